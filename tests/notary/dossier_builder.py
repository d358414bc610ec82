"""One lot from publication to the completed contract, and its dossier.

`fault` makes one actor cheat at one step, with everything after it signed and logged as if all were well.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notary import verify
from tests.notary import announced, drawn, invited
from tests.notary.drawn import Draw, draw
from tests.notary.sealed import UNOPENABLE, Envelope
from tests.notary.terms import CRITERIA, SCHEMA, SCHEMA_TYPE
from tests.notary.world import LOT, TENDER, World, b64, inclusion, public, record_id, sha, signed, subtree, text

AGENCY = "91430000MA4LAGENCY"
#: A bidder's second key: endorsed by the first one, or not.
SECOND_KEYS = (
    "second_key_endorsed", "second_key_unendorsed", "second_key_after_loss", "endorsement_forged",
    "endorsement_of_another",
)  # fmt: skip
#: Of a procedure that awards from the evaluation.
AT_ONCE = ("awarded_at_once", "award_to_stranger_at_once", "candidates_uncalled_for")


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


class Story:
    """One lot up to its completed contract. `fault` is the one thing that is done wrong; "" for a clean record.

    `after` does more behind a step; `until` ends the story with a step, or with "failure" for want of bids.
    """

    def __init__(
        self,
        world: World,
        *,
        bidders: int = 4,
        fault: str = "",
        spoiled: str = "",
        until: str = "end",
        method: str = "comprehensive",
        publicity: bool = True,
        after: Mapping[str, Callable[[Story], object]] | None = None,
    ) -> None:
        self.after = after or {}
        self.publicity = publicity and fault not in AT_ONCE
        self.w, self.fault, self.spoiled, self.until, self.method = world, fault, spoiled, until, method
        if fault == "confirmation_of_invalid_bid":
            self.spoiled = "invalid"
        self.documents: dict[str, bytes] = {}
        self.outdated: set[str] = set()  # acceptances of bids to a key set no longer in force
        self.envelopes: dict[str, Envelope] = {}
        self.receipts: list[dict[str, Any]] = []
        self.bidders = [f"91430000MA4L{i:05d}A"[:18] for i in range(bidders)]
        self.keys = {bidder: world.ed25519() for bidder in self.bidders}
        self.experts = {f"E{i}": world.ed25519() for i in (1, 2, 3)}
        self.drawn: list[dict[str, str]] = []
        self.chain: dict[str, list[tuple[str, dict[str, Any], str]]] = {}
        self.play()

    def play(self) -> None:
        steps = (
            self.register, self.sign_keys, self.publish, self.bid, self.amend, self.bid_more, self.close, self.release,
            self.open, self.score, self.evaluate, self.publish_candidates, self.award,
            self.contract, self.perform,
        )  # fmt: skip
        for step in steps:
            self.w.foreign(self.w.rng.randrange(3))
            if self.w.rng.random() < 0.3:
                self.w.checkpoint()
            step()
            if step.__name__ in self.after:
                self.after[step.__name__](self)
            if step.__name__ == self.until or self.failed:
                return

    def members(self) -> dict[str, bytes]:
        frame = self.w.frame()
        opened = any(e["head"]["kind"] == "lot_opened" for e in frame["entries"])
        listed = [self.envelopes[i] for i in self.standing_envelopes] if opened else []
        if not opened:
            hidden = {"bidders_invited", "bid_accepted", "bid_withdrawn", "bid_refused"}
            hidden |= set() if self.failed else {"envelope_destroyed"}
            frame["entries"] = [e for e in frame["entries"] if e["head"]["kind"] not in hidden]
        frame["envelopes"] = [{"id": e.id, "blocks": e.blocks} for e in listed]
        members = {"dossier.json": rfc8785.dumps(frame)}
        members |= {f"envelopes/{e.id}": e.part for e in listed}
        return members | {f"documents/{sha256}": data for sha256, data in self.documents.items()}

    def dossier(self) -> bytes:
        return packed(self.members())

    failed = False
    opened = ""  # the commitment of the opening, once it is there
    standing_envelopes: list[str]
    drawing: Draw
    announced: list[str]  # commitments of the prior notices
    waiting: str  # a comment on them

    def register(self) -> None:
        for bidder, key in self.keys.items():
            if self.fault != "unregistered" or bidder != self.bidders[0]:
                body = {"owner": bidder, "public_key": public(key), "purpose": "statement"}
                self.w.add("key_registered", body, whole_log=True)

    def sign_keys(self) -> None:
        if self.fault == "one_identity_twice":
            self.w.trustees["T2"] = self.w.trustees["T1"]
        self.private = {name: self.w.x25519() for name in self.w.trustees}
        self.schema = SCHEMA
        trustees = [
            {"identity": public(key), "opening_key": public(self.private[name]), "trustee": name}
            for name, key in self.w.trustees.items()
        ]
        quorums = [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]]
        self.key_set = {
            "demonstration": self.w.demonstration, "evaluation_key": public(self.w.x25519()),
            "form_schema": record_id(SCHEMA_TYPE, self.schema), "kind": "bid", "lot": LOT, "tender": TENDER,
            "origin": self.w.origin, "quorums": quorums, "suite": 1, "trustees": trustees, "type": "sunbid/key-set/1",
        }  # fmt: skip
        if self.fault == "evaluation_key_released":
            self.key_set["evaluation_key"] = trustees[0]["opening_key"]
        self.w.edit("sunbid/key-set/1", self.key_set)
        self.key_set_id = record_id("sunbid/key-set/1", self.key_set)
        signers = dict(self.w.trustees)
        if self.fault == "foreign_identity":
            signers["T3"] = self.w.ed25519()
            trustees[2]["identity"] = public(signers["T3"])
            self.key_set_id = record_id("sunbid/key-set/1", self.key_set)
        signatures = {name: signed(self.key_set, key)["signature"] for name, key in signers.items()}
        if self.fault == "key_set_unsigned":
            del signatures["T3"]
        self.w.add("key_set_signed", {"key_set": self.key_set, "signatures": signatures})
        rehearsal = {
            "type": "sunbid/rehearsal/1",
            "key_set": self.key_set_id,
            "trustee": "T1",
            "answer": self.w.rng.randbytes(32).hex(),
        }
        self.w.add("trustee_rehearsed", {"rehearsal": self.w.sign(rehearsal, self.w.trustees["T1"])})

    def document(self, name: str) -> dict[str, Any]:
        data = self.w.rng.randbytes(self.w.rng.randrange(1, 3000))
        sha256 = sha(data).hex()
        self.documents[sha256] = data
        return {"media_type": "application/pdf", "name": name, "sha256": sha256, "size": len(data)}

    def invited_first(self) -> list[str]:
        """Everybody who bids in this story, and who is silent."""
        return [*self.bidders, invited.WITHDRAWS, *invited.SILENT]

    def publish(self) -> None:
        announced.announce(self)
        self.deadline = self.w.now + timedelta(days=20)
        self.notice: dict[str, Any] = {
            "deadline": text(self.deadline), "documents": [self.document("招标文件.pdf")],
            "evaluation": CRITERIA[self.method], "form_schema": self.schema, "key_sets": {"bid": self.key_set_id},
            "minimum_bids": 3, "number": 0,
            "notice": {
                "agency": {"code": AGENCY, "name": "永州市某局"}, "title": "道路工程",
                "committee": {"size": 3, "experts": 2 if self.fault == "chair_unannounced" else 3},
            },
            "opens_at": text(self.deadline),
            "previous": None, "procedure": "construction-open", "procedure_version": "1",
            "publicity": self.publicity, **invited.notice(self), **drawn.notice(self), **announced.notice(self),
            **({"explanation": {"clause": "51-6", "minutes": 30}} if self.fault.startswith("explanation") else {}),
        }  # fmt: skip
        self.seen = self.w.add("tender_published", self.notice)
        invited.publish(self)
        announced.after(self)
        self.w.add("question_answered", {"answer": "是。", "question": "可以分包吗？"})
        self.object("documents", answer="不成立。")

    def object(self, against: str, *, answer: str | None) -> None:
        """An objection that is answered at once; only where the story is about objections."""
        if not self.fault.startswith(("objection", "complaint")):
            return
        about = self.w.rng.randbytes(16).hex()
        filed = {
            "against": "opening" if self.fault == "objection_out_of_stage" else against, "answer_by": None,
            "commitment": self.w.rng.randbytes(32).hex(), "objection": about, "suspends": True,
        }  # fmt: skip
        replied = {
            "answer": answer, "commitment": self.w.rng.randbytes(32).hex(), "objection": about, "outcome": "dismissed",
        }  # fmt: skip
        suppressed = against == "result" and self.fault == "objection_suppressed"
        unanswered = against == "result" and self.fault == "objection_unanswered"
        for _ in range(2 if self.fault == "objection_twice" else 1):
            if not suppressed:
                self.w.add("objection_filed", filed)
        if not unanswered:
            self.w.add("objection_answered", replied)
        if self.fault.startswith("complaint") and against == "documents":
            self.complain(about)

    def complain(self, objection: str) -> None:
        """A complaint that suspends the lot, one not taken up, one withdrawn; and each lie about them."""
        complaint, fault = self.w.rng.randbytes(16).hex(), self.fault.removeprefix("complaint_")
        filed = {
            "commitment": self.w.rng.randbytes(32).hex(), "complaint": complaint, "decide_by": None,
            "objection": "00" * 16 if fault == "of_no_objection" else objection,
        }  # fmt: skip
        taken_up = fault not in {"not_taken_up", "not_taken_up_suspends", "not_taken_up_ruled"}
        suspends = (taken_up and fault != "withdrawn") or fault == "not_taken_up_suspends"
        until = self.w.now + timedelta(hours=1)
        decided = {
            "commitment": self.w.rng.randbytes(32).hex(), "complaint": complaint, "rule_by": None,
            "suspended_until": text(until) if fault == "suspension_over" else None, "suspends": suspends,
            "taken_up": taken_up,
        }  # fmt: skip
        ruled = {"complaint": complaint, "outcome": "dismissed", "ruling": "投诉缺乏事实依据，驳回投诉。"}
        for _ in range(2 if fault == "twice" else 1):
            self.w.add("complaint_filed", filed)
        if fault != "undecided":
            self.w.add("complaint_decided", decided)
        if fault == "withdrawn":
            self.w.add("complaint_withdrawn", {"complaint": complaint})
        elif fault not in {"suspends", "suspension_over", "not_taken_up", "not_taken_up_suspends"}:
            for _ in range(2 if fault == "ruled_twice" else 1):
                self.w.add("complaint_ruled", ruled)

    def amend(self) -> None:
        self.w.tick(86400)
        self.deadline += timedelta(days=5)
        previous = self.w.rng.randbytes(32).hex() if self.fault == "unchained_notice" else self.seen
        self.notice = self.notice | {
            "deadline": text(self.deadline), "opens_at": text(self.deadline), "number": self.notice["number"] + 1,
            "previous": previous, "reason": "延期", "documents": [*self.notice["documents"], self.document("补遗.pdf")],
        }  # fmt: skip
        if self.fault == "publicity_dropped":
            self.notice["publicity"] = False
        if self.fault == "invited_changed":
            self.notice["minimum_invited"] = 2
        self.notice |= drawn.amended(self)
        announced.amended(self)
        self.seen = self.w.add("tender_amended", self.notice)
        invited.amend(self)

    def values(self) -> dict[str, Any]:
        price = f"{self.w.rng.randrange(3_000_000, 3_900_000)}.{self.w.rng.randrange(100):02d}"
        return {"price": price, "duration_days": self.w.rng.randrange(90, 300), "quality": "合格"}

    def accept(
        self, bidder: str, spoiled: str = "", *, at: datetime | None = None, key: Ed25519PrivateKey | None = None
    ) -> str:
        base = {"bidder": bidder, "key_set": self.key_set_id, "kind": "bid", "lot": LOT, "tender": TENDER}
        values = {"price": "NaN"} if spoiled == "invalid" else self.values()
        envelope = Envelope(self.w, base, self.key_set, values, spoiled)
        self.envelopes[envelope.id] = envelope
        before = self.chain.get(bidder, [])
        statement = {
            "type": "sunbid/statement/1", "tender": TENDER, "lot": LOT, "bidder": bidder,
            "envelopes": {"bid": envelope.id}, "key_sets": {"bid": self.key_set_id},
            "seen": self.seen, "nonce": self.w.rng.randbytes(16).hex(),
            "replaces": record_id(before[-1][1]["type"], before[-1][1]) if before else None,
        }  # fmt: skip
        if self.fault == "unchained_statement" and before:
            statement["replaces"] = None
        return self.take("bid_accepted", bidder, statement, envelope.id, at=at, key=key)

    def withdraw(self, bidder: str, key: Ed25519PrivateKey | None = None) -> str:
        before = self.chain[bidder][-1][1]
        statement = {
            "type": "sunbid/withdrawal/1", "tender": TENDER, "lot": LOT, "bidder": bidder,
            "nonce": self.w.rng.randbytes(16).hex(), "replaces": record_id(before["type"], before),
        }  # fmt: skip
        return self.take("bid_withdrawn", bidder, statement, "", key=key)

    def take(
        self, kind: str, bidder: str, statement: dict[str, Any], envelope: str, *, at: datetime | None = None,
        key: Ed25519PrivateKey | None = None,
    ) -> str:  # fmt: skip
        number = self.w.rng.randbytes(16).hex()
        body = {"receipt": number, "statement": self.w.sign(statement, key or self.keys[bidder])}
        commitment = self.w.add(kind, body, at=at)
        entry = self.w.entries[-1]
        acceptance = {
            "type": "sunbid/acceptance/1", "origin": self.w.origin, "demonstration": self.w.demonstration,
            "tender": TENDER, "lot": LOT, "bidder": bidder, "receipt": number,
            "statement": record_id(statement["type"], statement), "leaf": commitment,
            "accepted_at": entry["head"]["time"],
        }  # fmt: skip
        parts = {m: entry[m] for m in ("head", "head_salt", "body", "body_salt")}
        said = signed(acceptance, self.w.receipt_key)
        self.receipts.append({"type": "sunbid/receipt/1", "acceptance": said, "entry": parts})
        self.chain.setdefault(bidder, []).append((commitment, statement, envelope))
        return commitment

    def refuse(self, bidder: str, reason: str) -> None:
        """A bid that is not taken, with its receipt."""
        number, statement = self.w.rng.randbytes(16).hex(), self.w.rng.randbytes(32).hex()
        leaf = self.w.add("bid_refused", {"reason": reason, "receipt": number, "statement": statement})
        entry = self.w.entries[-1]
        refusal = {
            "type": "sunbid/refusal/1", "origin": self.w.origin, "demonstration": self.w.demonstration,
            "tender": TENDER, "lot": LOT, "bidder": bidder, "receipt": number, "statement": statement,
            "refused_at": entry["head"]["time"], "reason": reason, "leaf": leaf,
        }  # fmt: skip
        parts = {m: entry[m] for m in ("head", "head_salt", "body", "body_salt")}
        said = signed(refusal, self.w.receipt_key)
        self.receipts.append({"type": "sunbid/receipt/1", "acceptance": said, "entry": parts})

    def receipt(self, number: int) -> dict[str, Any]:
        """One of the receipts, with a proof to the newest checkpoint."""
        receipt = self.receipts[number]
        self.w.checkpoint()
        size, note = self.w.notes[-1]
        index = self.w.leaves.index(bytes.fromhex(receipt["acceptance"]["object"]["leaf"]))
        hashes = "".join(f"{b64(h)}\n" for h in inclusion(index, self.w.leaves[:size]))
        return receipt | {"proof": f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}"}

    def bid(self) -> None:
        for bidder in self.bidders[: len(self.bidders) // 2]:
            self.accept(bidder)

    def destroy(self, accepted: str, envelope: str, reason: str) -> None:
        if self.fault != "not_destroyed":
            self.w.add("envelope_destroyed", {"accepted": accepted, "envelope": envelope, "reason": reason})

    def bid_more(self) -> None:
        self.w.now = self.deadline - timedelta(hours=2)
        for i, bidder in enumerate(self.bidders[len(self.bidders) // 2 :]):
            self.accept(bidder, self.spoiled if i == 0 else "")
        replaced = self.bidders[0]
        old = self.chain[replaced][-1] if replaced in self.chain else None
        if old:
            self.accept(replaced)
            self.destroy(old[0], old[2], "replaced")
        if self.fault in SECOND_KEYS:
            self.use_second_key(self.bidders[1])
        if self.fault == "withdrawn_by_operator":
            self.register_key(self.bidders[1], key := self.w.ed25519(), "statement")
            self.withdraw(self.bidders[1], key)
            self.destroy(self.chain[self.bidders[1]][0][0], self.chain[self.bidders[1]][0][2], "withdrawn")
        extra = "91430000MA4LWITHDR"
        self.keys[extra] = self.w.ed25519()
        self.w.add(
            "key_registered",
            {"owner": extra, "public_key": public(self.keys[extra]), "purpose": "statement"},
            whole_log=True,
        )
        accepted = self.accept(extra)
        self.withdraw(extra)
        self.destroy(accepted, self.chain[extra][0][2], "withdrawn")
        if self.fault == "withdrawal_invented":
            victim = self.bidders[-1]
            self.withdraw(victim, self.w.ed25519())
            self.destroy(self.chain[victim][0][0], self.chain[victim][0][2], "withdrawn")
        if self.fault == "destroyed_for_nothing":
            self.w.add("envelope_destroyed", {"accepted": self.seen, "envelope": self.key_set_id, "reason": "replaced"})
        if self.fault == "late_acceptance":
            self.w.now = self.deadline + timedelta(seconds=1)
            self.accept(self.add_bidder("91430000MA4LLATE00"))
        invited.late(self)
        if self.fault == "foreign_key":
            self.accept(self.add_bidder("91430000MA4LALIEN0"), key=self.w.ed25519())

    def add_bidder(self, bidder: str) -> str:
        self.keys[bidder] = self.w.ed25519()
        self.w.add(
            "key_registered",
            {"owner": bidder, "public_key": public(self.keys[bidder]), "purpose": "statement"},
            whole_log=True,
        )
        return bidder

    def use_second_key(self, bidder: str) -> None:
        """The bidder's bid is replaced with a statement by another key than the first; SECOND_KEYS says whose it is."""
        key, old = self.w.ed25519(), self.chain[bidder][-1]
        self.register_key(bidder, key, "statement", **self.standing_of(bidder, key, "statement", self.keys[bidder]))
        self.accept(bidder, key=key)
        self.destroy(old[0], old[2], "replaced")

    def standing_of(self, owner: str, key: Ed25519PrivateKey, purpose: str, first: Ed25519PrivateKey) -> dict[str, Any]:
        """What the entry of a second key says of it, by the fault."""
        about = {
            "type": "sunbid/endorsement/1", "origin": self.w.origin, "owner": owner, "public_key": public(key),
            "purpose": purpose,
        }  # fmt: skip
        if self.fault == "endorsement_of_another":
            about["owner"] = self.bidders[0]
        if self.fault.endswith("unendorsed"):
            return {}
        if self.fault == "second_key_after_loss":
            return {"reason": "密钥丢失"}
        return {"endorsement": self.w.sign(about, key if self.fault.endswith("forged") else first)}

    def register_key(self, owner: str, key: Ed25519PrivateKey, purpose: str, **more: Any) -> None:
        body = {"owner": owner, "public_key": public(key), "purpose": purpose, **more}
        self.w.add("key_registered", body, whole_log=True)

    def close(self) -> None:
        early = self.fault in {"early_closing", "early_release"}
        self.w.now = max(self.w.now, self.deadline - timedelta(seconds=3600 if early else 0))
        if self.fault != "late_acceptance":
            body = {
                "reason": "逾期",
                "receipt": self.w.rng.randbytes(16).hex(),
                "statement": self.w.rng.randbytes(32).hex(),
            }
            self.w.add("bid_refused", body, at=None if early else self.w.now)
        ends = [chain[-1] for chain in self.chain.values() if chain[-1][2] and chain[-1][0] not in self.outdated]
        if self.fault == "old_statement_back":
            ends = [
                chain[0] if chain[0][1]["bidder"] == self.bidders[0] else chain[-1]
                for chain in self.chain.values()
                if chain[-1][2]
            ]
        if self.fault == "left_out":
            ends = [ends[0], *ends[2:]]
        index = {commitment.hex(): i for i, commitment in enumerate(self.w.leaves)}
        ends.sort(key=lambda end: index[end[0]], reverse=self.fault == "shuffled_list")
        self.standing, self.standing_envelopes = ends, [end[2] for end in ends]
        accepted = [end[0] for end in ends]
        root = subtree([bytes.fromhex(c) for c in accepted]).hex()
        count, deadline = len(accepted) + (self.fault == "wrong_count"), text(self.deadline)
        if self.fault == "wrong_list_root":
            root = sha(b"").hex()
        if self.fault == "deadline_moved":
            deadline = text(self.deadline - timedelta(hours=1))
        self.w.add("lot_closed", {"accepted": accepted, "count": count, "deadline": deadline, "root": root})
        if self.fault == "accepted_after_closing":
            self.accept(self.add_bidder("91430000MA4LAFTER0"), at=self.deadline - timedelta(seconds=1))
        self.w.tick(600 if self.fault == "cosigned_late" else 5)
        self.point = self.w.checkpoint()
        if self.until == "failure":
            self.fail()

    def fail(self) -> None:
        self.failed = True
        for commitment, _, envelope in self.standing:
            self.destroy(commitment, envelope, "too_few")
        if self.fault == "released_though_failed":
            self.release_key("T1")
        self.w.add("lot_failed", {"reason": "too_few", "detail": {}})

    def release_key(self, name: str) -> None:
        private = self.w.x25519() if self.fault == "wrong_key" and name == "T1" else self.private[name]
        point = self.point
        if self.fault == "unknown_checkpoint":
            point = {"root": b64(self.w.rng.randbytes(32)), "size": self.point["size"]}
        release = {
            "type": "sunbid/release/1", "tender": TENDER, "lot": LOT, "key_set": self.key_set_id, "trustee": name,
            "private_key": private.private_bytes_raw().hex(), "checkpoint": point,
        }  # fmt: skip
        signer = self.w.ed25519() if self.fault == "release_unsigned" else self.w.trustees[name]
        self.w.add("key_released", {"release": self.w.sign(release, signer)})

    def release(self) -> None:
        if self.until == "failure":
            return
        self.w.add("lot_held", {"by": "supervisor", "reason": "核查"})
        if self.fault != "hold_ignored":
            self.w.add("hold_lifted", {"by": "supervisor", "reason": "核查完毕"})
        self.release_key("T1")
        if self.fault != "quorum_missing":
            self.release_key("T3")
        self.w.add("opening_intended", {"key_set": self.key_set_id, "quorum": 1})

    def open(self) -> None:
        bids = []
        for i, (commitment, statement, envelope) in enumerate(self.standing):
            values: dict[str, Any] | None = self.envelopes[envelope].values
            fault = self.spoiled if statement["bidder"] == self.bidders[len(self.bidders) // 2] else ""
            outcome = {"": "opened", "invalid": "invalid"}.get(fault, "unopenable")
            if self.fault == "price_altered" and i == 0:
                values = {**(values or {}), "price": "1.00"}
            if self.fault == "called_unopenable" and i == 0:
                outcome, values, fault = "unopenable", None, "form_closed"
            values = None if outcome == "unopenable" else values
            reason = {"opened": None, "invalid": "price"}.get(outcome, UNOPENABLE.get(fault))
            bids.append({
                "accepted": commitment, "bidder": statement["bidder"], "name": f"公司{i}", "envelope": envelope,
                "outcome": outcome, "reason": reason, "values": values,
            })  # fmt: skip
        if self.fault == "opening_left_out":
            bids.pop()
        quorum = 0 if self.fault == "other_quorum" else 1
        if self.fault == "confirmation_early":
            self.confirm(self.bidders[0], opened=self.seen)
        self.opened = self.w.add("lot_opened", {"bids": bids, "key_set": self.key_set_id, "quorum": quorum})
        self.bids = bids
        self.issue(self.opened)
        if self.fault.startswith("confirmation"):
            self.confirm_as_told()
        if self.fault == "held_behind_failure":
            self.failed = True
            self.w.add("lot_failed", {"reason": "cancelled", "detail": {}})
            self.w.add("lot_held", {"by": "supervisor", "reason": "核查"})

    def confirm(self, bidder: str, **wrong: Any) -> None:
        """A bidder confirms the opening; `wrong`: other members, and `key`."""
        key = wrong.pop("key", self.keys[bidder])
        about = {"tender": TENDER, "lot": LOT, "bidder": bidder, "opened": self.opened, **wrong}
        confirmation = {"type": "sunbid/confirmation/1", **about}
        self.w.add("opening_confirmed", {"confirmation": self.w.sign(confirmation, key)})

    def confirm_all(self) -> None:
        """Everybody whose bid was opened."""
        for bid in self.bids:
            if bid["outcome"] == "opened":
                self.confirm(bid["bidder"])

    def confirm_as_told(self) -> None:
        """The first bidder confirms, and then what the fault says."""
        one, two = self.bidders[:2]
        self.confirm(one)
        if self.fault == "confirmation_twice":
            self.confirm(one)
        if self.fault == "confirmation_of_other_opening":
            self.confirm(two, opened=self.seen)
        if self.fault == "confirmation_of_other_lot":
            self.confirm(two, opened=self.opened, lot="2")
        if self.fault == "confirmation_forged":
            self.confirm(two, key=self.w.ed25519())
        if self.fault == "confirmation_of_stranger":
            self.confirm(self.add_bidder("91430000MA4LALIEN0"))
        if self.fault == "confirmation_of_withdrawn_bid":
            self.confirm("91430000MA4LWITHDR")
        if self.fault == "confirmation_of_invalid_bid":
            self.confirm(next(bid["bidder"] for bid in self.bids if bid["outcome"] == "invalid"))
        if self.fault == "confirmation_unendorsed":
            self.register_key(two, key := self.w.ed25519(), "statement")
            self.confirm(two, key=key)

    def issue(self, entry: str) -> None:
        body = {"author": AGENCY, "entry": entry, **self.document("记录.pdf")}
        if self.fault == "document_of_nothing":
            body["entry"] = self.w.rng.randbytes(32).hex()
        self.w.add("document_issued", body)

    def score(self) -> None:
        """The committee is named, and changed; then each expert signs, the first one twice: the last one counts."""
        self.w.tick(3600)
        seats = self.seats()
        for expert, key in self.experts.items():
            body = {"owner": expert, "public_key": public(key), "purpose": "score"}
            self.w.add("key_registered", body, whole_log=True)
        if self.fault != "committee_unnamed":
            self.name_committee([*seats[1:], "E0"])
            self.name_committee(seats)
        if self.fault.startswith("expert_second_key"):
            key, first = self.w.ed25519(), self.experts["E1"]
            self.register_key("E1", key, "score", **self.standing_of("E1", key, "score", first))
            self.experts["E1"] = key
        opened = [bid for bid in self.bids if bid["outcome"] == "opened"]
        if self.fault.startswith("explanation"):
            self.explain(opened[-1]["bidder"])
        self.scores: list[tuple[str, dict[str, Any]]] = []
        for expert, key in [*self.experts.items(), next(iter(self.experts.items()))]:
            score = {
                "type": "sunbid/score/1", "tender": TENDER, "lot": LOT, "expert": expert,
                "opened": self.opened if self.fault != "score_of_other_opening" else self.seen,
                "scores": {bid["bidder"]: self.marks() for bid in opened}, "rejections": [],
            }  # fmt: skip
            if self.fault.startswith("explanation"):
                ground = {"bidder": opened[-1]["bidder"], "clause": "51-6", "reason": "不能说明"}
                score["rejections"] = [ground]
            signer = self.w.ed25519() if self.fault == "score_forged" else key
            commitment = self.w.add("score_signed", {"score": self.w.sign(score, signer)})
            self.scores = [s for s in self.scores if s[1]["expert"] != expert] + [(commitment, score)]
        if self.fault == "committee_renamed":
            self.name_committee(seats)
        if self.fault == "draw_behind_a_score":
            self.drawing.replace()

    def seats(self) -> list[str]:
        """Who is named; `experts` are those who sign."""
        if self.fault.startswith("draw_"):
            self.drawn = draw(self)
            self.experts = {one["person"]: self.w.ed25519() for one in self.drawn}
        seats = [*self.experts]
        if self.fault == "expert_left_out":
            del self.experts["E2"]
        if self.fault == "expert_invented":
            self.experts["E9"] = self.w.ed25519()
        if self.fault == "committee_too_small":
            seats.remove("E2")
            del self.experts["E2"]
        return seats

    def name_committee(self, persons: list[str]) -> None:
        salted = {one["person"]: one for one in self.drawn}
        members = [salted.get(person, {"person": person, "role": "expert"}) for person in persons]
        led = {"chair_expert": "E1", "chair_stranger": "E9", "chair_unannounced": "E1"}.get(self.fault)
        if self.fault == "chair_unannounced":
            members[0] = members[0] | {"role": "buyer"}
        self.w.add("committee_set", {"members": members, **({} if led is None else {"chair": led})})

    def explain(self, bidder: str) -> None:
        """A bidder is asked to explain its price, and does so, or lets the time pass."""
        if self.fault == "explanation_not_asked":
            return
        minutes = 29 if self.fault == "explanation_too_short" else 30
        body = {
            "bidder": bidder,
            "opened": self.opened,
            "answer_by": text(self.w.now + timedelta(minutes=minutes, seconds=9)),
        }
        if self.fault == "explanation_of_stranger":
            body["bidder"] = "91430000MA4LXXXXXX"
        if self.fault == "explanation_of_other_opening":
            body["opened"] = self.seen
        asked = self.w.add("explanation_asked", body)
        if self.fault == "explanation_asked_twice":
            self.w.add("explanation_asked", body)
        if self.fault in {"explanation_over", "explanation_late"}:
            self.w.tick(1900)
        if self.fault not in {"explanation_over", "explanation_early"}:
            for _ in range(2 if self.fault == "explanation_given_twice" else 1):
                self.w.add("explanation_given", {"asked": asked, "commitment": self.w.rng.randbytes(32).hex()})

    def marks(self) -> dict[str, str]:
        return {part["name"]: f"{self.w.rng.randrange(1, 20)}.{self.w.rng.randrange(100):02d}" for part in self.parts()}

    def parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = CRITERIA[self.method].get("parts", [])
        return parts

    def evaluate(self) -> None:
        used = self.scores[1:] if self.fault == "score_left_out" else self.scores
        self.evaluation = verify.evaluate(CRITERIA[self.method], self.bids, [score for _, score in used], None)
        ranked = self.evaluation["ranked"]
        if self.fault == "ranking_swapped":
            ranked[0]["bidder"], ranked[1]["bidder"] = ranked[1]["bidder"], ranked[0]["bidder"]
        self.w.add("lot_evaluated", {"evaluation": self.evaluation, "scores": [commitment for commitment, _ in used]})
        if self.fault == "confirmation_late":
            self.confirm(self.bidders[1])

    def publish_candidates(self) -> None:
        self.candidates = [r for r in self.evaluation["ranked"] if r["rank"] <= 3]
        if self.fault == "other_candidates":
            self.candidates = self.candidates[1:]
        skipped = not self.publicity or self.fault == "candidates_skipped"
        if skipped and self.fault != "candidates_uncalled_for":
            return
        self.w.tick()
        at = self.w.now
        if self.fault == "published_in_the_past":
            at -= timedelta(days=4)
        self.until_when = at + timedelta(days=0 if self.fault == "no_publicity" else 3)
        body = {
            "candidates": self.candidates,
            "objections_until": text(self.until_when),
            "published_at": text(at),
        }
        self.issue(self.w.add("candidates_published", body, at=self.w.now))

    def award(self) -> None:
        self.object("result", answer=None)
        self.w.tick(86400 * (1 if self.fault == "early_award" else 4))
        winner = self.candidates[1 if self.fault == "blank_reason" else 0]
        body = {"price": winner["price"], "winner": winner["bidder"]}
        if self.fault == "blank_reason":
            body["reason"] = " \t"
        if self.fault.startswith("award_to_stranger"):
            body["winner"] = "91430000MA4LXXXXXX"
        if self.fault == "award_price":
            body["price"] = "1.00"
        self.awarded = self.w.add("lot_awarded", body)
        self.award_body = self.w.entries[-1]["body"]
        self.issue(self.awarded)
        if self.fault.startswith("result"):
            self.tell()

    def tell(self) -> None:
        """Each who has not won is told so."""
        winner = self.award_body["winner"]
        losers = [bid["bidder"] for bid in self.bids if bid["bidder"] != winner]
        told = {
            "result_twice": losers[:1] * 2,
            "result_to_winner": [winner],
            "result_to_stranger": ["91430000MA4LXXXXXX"],
        }
        for bidder in told.get(self.fault, losers):
            file = self.w.rng.randbytes(32).hex()
            body = {"author": AGENCY, "award": self.awarded, "bidder": bidder, "media_type": "application/pdf"}
            if self.fault == "result_of_another_award":
                body["award"] = self.opened
            if self.fault == "result_by_another":
                body["author"] = "91430000MA4LXXXXXX"
            self.w.add("result_told", body | {"sha256": file, "size": 9})

    def contract(self) -> None:
        """Signed on the day before its registration; then a supplement that raises the price and gives more time."""
        self.w.tick(86400 * 2)
        signed = self.w.now - timedelta(days={"contract_before_award": 9, "contract_tomorrow": -1}.get(self.fault, 1))
        self.terms = {
            "award": self.awarded, "agency": AGENCY, "documents": [self.document("合同.pdf")], "ends_on": "2027-12-31",
            "price": self.award_body["price"], "signed_on": beijing_day(signed),
            "winner": self.award_body["winner"],
        }  # fmt: skip
        changed = {
            "contract_price": {"price": "1.00"},
            "contract_with_another": {"winner": self.bidders[-1]},
            "contract_of_another_agency": {"agency": "91430000MA4LXXXXXX"},
            "contract_of_another_award": {"award": "00" * 32},
        }
        first = self.w.add("contract_registered", self.terms | changed.get(self.fault, {}))
        self.w.tick(86400)
        self.under_contract = first
        more = {"documents": [self.document("补充合同.pdf")], "ends_on": "2028-01-31", "reason": "设计变更"}
        self.follow("contract_changed", more | {"price": self.raised})
        if self.fault == "contract_forked":
            self.under_contract = first

    def follow(self, kind: str, body: dict[str, Any]) -> None:
        """An entry about the contract, after the one before."""
        self.under_contract = self.w.add(kind, body | {"previous": self.under_contract})

    def perform(self) -> None:
        """A milestone, two payments, the acceptance."""
        rest = self.raised if self.fault == "contract_overpaid" else str(Decimal(self.raised) - 1)
        steps = [("milestone", None), ("payment", "1.00"), ("payment", rest)]
        if self.fault == "contract_payment_of_nothing":
            steps.append(("payment", None))
        for what, amount in steps:
            self.w.tick(86400)
            on = beijing_day(self.w.now)
            self.follow("contract_performed", {"amount": amount, "detail": "按合同", "on": on, "what": what})
        end = {"detail": "验收合格", "documents": [self.document("验收书.pdf")], "on": on}
        self.follow("contract_terminated" if self.fault == "contract_terminated" else "contract_completed", end)
        if self.fault == "contract_after_its_end":
            self.follow("contract_performed", {"amount": None, "detail": "再做", "on": on, "what": "milestone"})

    @property
    def raised(self) -> str:
        """The price after the supplement."""
        return str(Decimal(self.award_body["price"]) + 100)


def beijing_day(moment: datetime) -> str:
    """Its day in Beijing."""
    return (moment + timedelta(hours=8)).date().isoformat()
