"""What a request says: a body that fits its form, so that it is refused for nothing but what the policy says."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api import auth
from api.policy import POLICY
from notary import chance, clock, signing
from tests.accounts import PASSWORD
from tests.api.sweep import Thing
from tests.api.things import DOCUMENT
from tests.api.world import NOBODYS, SPECIALITY, Actor, World
from tests.routes import Route
from tests.stage import code
from trading.calendar import beijing_day

_SIGNED = {"object": {"type": "sunbid/none/1"}, "signature": "AAAA"}
_WHY = "依据书面材料"
_OTHER_PRICE: dict[str, Any] = {
    "price": "1.00",
    "ends_on": "2030-01-01",
    "documents": [{"name": "合同.pdf", "media_type": "application/pdf", "sha256": "0" * 64, "size": 1}],
}
_LONG_AGO: dict[str, Any] = {
    "result": "completed",
    "on": "2020-01-01",
    "detail": _WHY,
    "documents": _OTHER_PRICE["documents"],
}


@dataclass(frozen=True)
class Asking:
    """Who asks for what of whom; what bodies are made of."""

    made: World
    actor: Actor
    thing: Thing

    def place(self, name: str) -> str:
        """What the lot has of this kind; nobody's where it has none."""
        places = {} if self.thing.lot is None else self.thing.lot.places
        return places.get(name, NOBODYS)

    @property
    def tender(self) -> str:
        """The code in the address."""
        return self.thing.places["tender"]

    @property
    def proposed(self) -> str:
        """The hash of what was proposed last."""
        return NOBODYS * 2 if self.thing.lot is None else self.thing.lot.proposed

    @property
    def key_set(self) -> str:
        """The id of the lot's key set."""
        lot = self.thing.lot
        known = None if lot is None else lot.key_set
        return NOBODYS * 2 if known is None else signing.object_id(known["key_set"])

    @property
    def winner(self) -> str:
        """The first candidate, where there is one."""
        return self.made.stage.bidder(1).code

    def signed(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Signed by whoever asks with its own key, of whatever kind it has; by nobody without one."""
        vault = self.actor.vault
        for purpose in ("trustee", "statement", "score"):
            if vault is not None and purpose in vault.content.signing:
                return signing.sign(dict(value), vault.signing_key(purpose))
        return {"object": dict(value), "signature": "AAAA"}

    def members(self) -> list[str]:
        """The committee, the buyer last."""
        buyer = self.made.actors["buyer"].person
        return [*sorted(self.made.committee - {buyer}), buyer]


Body = Callable[[Asking], dict[str, Any]]


def api(asking: Asking, route: Route) -> tuple[bytes | None, dict[str, str]]:
    """Body and headers of a request of the interface."""
    if route.method == "GET":
        return None, {}
    if route.method == "PUT":
        data = DOCUMENT if "documents" in route.path else b"%PDF-1.7\n"
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        return data, {"Content-Type": "application/octet-stream", "Content-Digest": f"sha-256=:{digest}:"}
    return json.dumps(_API[route.operation](asking)).encode(), {"Content-Type": "application/json"}


def question(asking: Asking, route: Route) -> str:
    """What stands behind the address."""
    asked = {
        "document.put": "?name=a.txt&media_type=text/plain",
        "log.consistency": "?old=1&new=2",
    }.get(route.operation, asking.thing.query)
    return asked.format(trustee=asking.actor.trustee)


def fields(asking: Asking, route: Route) -> dict[str, Any]:
    """Fields of a page's form; lists are given several times, bytes are files."""
    made = _FORMS.get(route.path)
    return {} if made is None else made(asking)


def covers(routes: list[Route]) -> bool:
    """Whether there is a body for everything that writes."""
    wanted = {one.operation for one in routes if not one.is_page and one.method == "POST"}
    return wanted == _API.keys() and all(POLICY[name].writes for name in wanted)


def _draft(asking: Asking) -> dict[str, Any]:
    made = asking.made
    content = dict(made.lots["draft"].content)
    if asking.actor.organisation != made.actors["clerk"].organisation:
        content["documents"] = []
    at = clock.text(made.stage.now() + timedelta(days=40))
    return content | {"tender": f"YZ-{chance.token(4).hex().upper()}", "deadline": at}


def _release(asking: Asking) -> dict[str, Any]:
    said = {
        "type": "sunbid/release/1",
        "tender": asking.tender,
        "lot": "1",
        "key_set": asking.key_set,
        "trustee": asking.actor.trustee,
        "private_key": "ab" * 32,
        "checkpoint": {"size": 1, "root": "AAAA"},
    }
    return {"release": asking.signed(said)}


def _confirmation(asking: Asking) -> dict[str, Any]:
    said = {
        "type": "sunbid/confirmation/1",
        "tender": asking.tender,
        "lot": "1",
        "bidder": asking.actor.organisation,
        "opened": NOBODYS * 2 if asking.thing.lot is None else asking.thing.lot.opened,
    }
    return {"confirmation": asking.signed(said)}


def _rehearsal(asking: Asking) -> dict[str, Any]:
    said = {
        "type": "sunbid/rehearsal/1",
        "key_set": asking.key_set,
        "trustee": asking.actor.trustee,
        "answer": "ab" * 32,
    }
    return {"rehearsal": asking.signed(said)}


def _key_set_signature(asking: Asking) -> dict[str, Any]:
    lot = asking.thing.lot
    known = {"type": "sunbid/none/1"} if lot is None or lot.key_set is None else lot.key_set["key_set"]
    about = {"trustee": asking.actor.trustee, "kind": "bid", "key_set": asking.key_set}
    return about | {"signature": asking.signed(known)["signature"]}


def _purpose(actor: Actor) -> str:
    if "expert" in actor.roles:
        return "score"
    return "statement" if "bidder" in actor.roles else "draw"


def _pool(asking: Asking) -> dict[str, Any]:
    _, supervisor, operator = asking.made.stage.drawers()
    return {"groups": [{"speciality": SPECIALITY, "count": 4}], "supervisor": supervisor, "operator": operator}


def _pool_form(asking: Asking) -> dict[str, Any]:
    called = _pool(asking)
    (group,) = called.pop("groups")
    return called | {"speciality-0": group["speciality"], "count-0": str(group["count"])}


def _of_draw(asking: Asking, step: str) -> dict[str, Any]:
    about = {"type": f"sunbid/draw-{step}/1", "tender": asking.tender, "lot": "1", "draw": NOBODYS * 2}
    return about | {"party": asking.actor.organisation}


#: Without a lot: what names one is in the town.
_TRANSFER = {
    "reference": "SWEPT",
    "account": "62220001",
    "payer": "某公司",
    "amount": "1.00",
    "received_at": "2026-01-05T01:00:00.000000Z",
}


def _refund(asking: Asking) -> dict[str, Any]:
    """Of what came today, so without interest."""
    today = beijing_day(asking.made.stage.now()).isoformat()
    paid = {"reference": asking.made.own["stray"], "payment": "B1", "paid_on": today, "amount": "1.00"}
    return paid | {"reason": _WHY}


_API: dict[str, Body] = {
    "claim.use": lambda _: {"claim": "sb_" + "A" * 43},
    "organisation.add": lambda _: {"code": code(980), "name": "某单位", "region": "431102"},
    "person.add": lambda a: {"organisation": a.winner, "name": "某人", "roles": ["bidder"]},
    "expert.set": lambda _: {
        "specialities": ["公路工程"],
        "employments": [{"employer": code(983), "until": "2025-06-30"}],
        "suspended": False,
    },
    "token.issue": lambda _: {"days": 1},
    "key.register": lambda a: {
        "public_key": "ab" * 32,
        "purpose": _purpose(a.actor),
        "proof": _SIGNED,
    },
    "key.replace": lambda _: {"proof": _SIGNED, "reason": _WHY},
    "trustee.add": lambda a: {
        "trustee": "T9",
        "name": "某机构",
        "organisation": a.winner,
        "identity": "ab" * 32,
        "operator": False,
        "proof": _SIGNED,
    },
    "tender.draft": _draft,
    "tender.publish": lambda _: {},
    "tender.amend": lambda _: {"reason": _WHY, "affects_bids": False, "changes": {"ceiling": "3960000.00"}},
    "tender.approve": lambda a: {"proposal": a.place("proposal"), "content": a.proposed},
    "tender.send_back": lambda a: {"proposal": a.place("proposal"), "reason": _WHY},
    "tender.fail": lambda _: {"reason": "other", "detail": _WHY},
    "tender.hold": lambda _: {"reason": _WHY},
    "tender.lift": lambda _: {"reason": _WHY},
    "question.ask": lambda _: {"question": "工期可否顺延？"},
    "question.answer": lambda a: {"question": a.place("question"), "answer": "不可以。"},
    "objection.file": lambda a: {"against": _against(a), "facts": _WHY, "basis": _WHY, "request": _WHY},
    "objection.answer": lambda a: {"objection": a.place("objection"), "outcome": "dismissed", "answer": _WHY},
    "prior.propose": lambda _: {"said": {"reason": _WHY, "opinion": _WHY, "contact": _WHY}},
    "comment.file": lambda _: {"text": _WHY},
    "comment.answer": lambda a: {"comment": a.place("comment"), "outcome": "dismissed", "answer": _WHY},
    "invitation.add": lambda a: {"bidders": [a.winner], "reason": _WHY},
    "complaint.file": lambda a: {"objection": a.place("answered"), "facts": _WHY, "basis": _WHY, "request": _WHY},
    "complaint.decide": lambda a: {
        "complaint": a.place("complaint"),
        "taken_up": True,
        "suspends": False,
        "reason": _WHY,
    },
    "complaint.rule": lambda a: {"complaint": a.place("taken up"), "outcome": "dismissed", "ruling": _WHY},
    "complaint.withdraw": lambda a: {"complaint": a.place("regretted")},
    "opening_key.offer": lambda a: {"trustee": a.actor.trustee, "kind": "bid", "opening_key": "09" + "0" * 62},
    "opening_key.prove": lambda a: {"trustee": a.actor.trustee, "kind": "bid", "possession": _SIGNED},
    "key_set.sign": _key_set_signature,
    "rehearsal.answer": _rehearsal,
    "upload.begin": lambda _: {"kind": "bid", "part_sizes": [100, 100]},
    "bid.submit": lambda a: {"statement": _SIGNED, "uploads": {"bid": a.made.own["upload"]}},
    "bid.withdraw": lambda _: {"statement": _SIGNED},
    "auction.reserve": lambda _: {"envelope": "AAAA"},
    "auction.apply": lambda _: {"statement": _WHY},
    "auction.admit": lambda a: {"application": a.place("application"), "clause": None, "reason": None},
    "auction.bid": lambda _: {"statement": _SIGNED},
    "auction.stop": lambda _: {"ground": "inquiry"},
    "auction.announce": lambda a: {"resumes_at": clock.text(a.made.stage.now() + timedelta(days=9))},
    "auction.resume": lambda _: {},
    # A ground of another effect: one termination would leave nothing to stop.
    "auction.terminate": lambda _: {"ground": "inquiry"},
    "key.release": _release,
    "opening.confirm": _confirmation,
    "documents.hand": lambda _: {"box": "YWdl"},
    "committee.set": lambda a: {
        "members": [
            {"person": person, "role": "buyer" if person == a.members()[-1] else "expert"} for person in a.members()
        ]
    },
    "draw.call": _pool,
    "draw.commit": lambda a: {"commitment": a.signed(_of_draw(a, "commitment"))},
    "draw.reveal": lambda a: {"reveal": a.signed(_of_draw(a, "reveal"))},
    "draw.withhold": lambda a: {"of": a.actor.organisation or code(990)},
    "draw.replace": lambda a: {"person": a.members()[0], "reason": "absent"},
    "draw.fail": lambda _: {"reason": "abandoned"},
    "explanation.ask": lambda a: {"bidder": a.made.stage.bidder(0).code, "minutes": 30},
    "explanation.give": lambda _: {"text": _WHY},
    "committee.declare": lambda _: {"recused": False},
    "score.sign": lambda _: {"score": _SIGNED},
    "evaluation.make": lambda _: {"draw": None},
    "candidates.publish": lambda _: {},
    "award.propose": lambda a: {"winner": a.winner, "reason": None},
    # Of another price than the award's, and of a day before the contract: refused for nothing but that.
    "contract.register": lambda a: _OTHER_PRICE | {"signed_on": clock.text(a.made.stage.now())[:10]},
    "contract.change": lambda _: _OTHER_PRICE | {"reason": _WHY, "ends_on": "2020-01-01"},
    "contract.perform": lambda a: {"what": "milestone", "on": a.made.signed_on, "detail": "开工"},
    "contract.end": lambda _: _LONG_AGO,
    "deposit.import": lambda _: {"transfers": [_TRANSFER]},
    "deposit.pay": lambda a: {"payments": [_refund(a)]},
    "deposit.assign": lambda a: {"tender": a.made.lots["open"].tender, "organisation": a.winner, "reason": _WHY},
    "deposit.guarantee": lambda a: {
        "organisation": a.winner,
        "number": chance.token(4).hex(),
        "issuer": "某银行",
        "amount": "1.00",
        "expires_on": "2030-01-01",
    },
    "deposit.keep": lambda _: {"ground": "refused", "reason": _WHY},
}


def _against(asking: Asking) -> str:
    lot = asking.thing.lot
    return {"opened": "opening", "publicity": "result", "awarding": "result"}.get(lot.stage if lot else "", "documents")


def _own_token(asking: Asking) -> dict[str, Any]:
    if asking.actor.public:
        return {"token": NOBODYS * 2}
    with asking.made.site.desk.work.unit() as unit:
        token, _ = auth.issue_token(unit, asking.actor.person, days=1)
    return {"token": hashlib.sha256(token.encode()).hexdigest()}


def _resumption(asking: Asking) -> dict[str, Any]:
    return {"resumes_at": f"{asking.made.stage.now() + timedelta(days=9):%Y-%m-%d}", "resumes_at-hour": "09:00"}


_OTHER_TERMS: dict[str, Any] = {"price": "1.00", "ends_on": "2030-01-01", "files": DOCUMENT}
_LOT = "/agency/lots/{tender:str}"
_PERSON = "/administrator/people/{person:str}"
_SAID = ("against", "facts", "basis", "request")
_FORMS: dict[str, Body] = {
    "/agency/drafts": lambda _: {"procedure": "construction-open", "subject": "works"},
    "/agency/drafts/{draft:str}/files": lambda _: {"files": DOCUMENT},
    "/agency/drafts/{draft:str}/removals": lambda _: {"name": "招标文件.txt"},
    "/agency/drafts/{draft:str}/{section:str}": lambda _: {
        **dict.fromkeys(("title", "scope", "funding", "qualification"), _WHY),
        "tender": "431102-2026-0099",
        "region": "431102",
        "budget": "4200000",
    },
    f"{_LOT}/amendment": lambda _: {"reason": _WHY, "ceiling": "3950000"},
    f"{_LOT}/auction/admissions": lambda a: {"application": a.place("application"), "admitted": "yes"},
    f"{_LOT}/auction/announcement": _resumption,
    f"{_LOT}/auction/stop": _API["auction.stop"],
    f"{_LOT}/award": lambda a: {"winner": a.winner},
    f"{_LOT}/committee": lambda a: {"member": a.members()},
    f"{_LOT}/draw": _pool_form,
    f"{_LOT}/draw/withheld": _API["draw.withhold"],
    f"{_LOT}/draw/replacement": _API["draw.replace"],
    f"{_LOT}/draw/failure": _API["draw.fail"],
    f"{_LOT}/contract": lambda _: _OTHER_TERMS | {"signed_on": "2026-01-01"},
    f"{_LOT}/contract/changes": lambda _: _OTHER_TERMS | {"reason": _WHY, "ends_on": "2020-01-01"},
    f"{_LOT}/contract/performance": _API["contract.perform"],
    f"{_LOT}/contract/end": lambda _: {"result": "completed", "on": "2020-01-01", "detail": _WHY, "files": DOCUMENT},
    f"{_LOT}/prior": lambda _: dict.fromkeys(("said.reason", "said.opinion", "said.contact"), _WHY),
    f"{_LOT}/comments": _API["comment.answer"],
    "/bidder/prior/{tender:str}": _API["comment.file"],
    f"{_LOT}/invitations": lambda a: {"invited.bidders": a.winner, "reason": _WHY},
    f"{_LOT}/ending": lambda _: {"reason": "other", "detail": _WHY},
    f"{_LOT}/objections": _API["objection.answer"],
    f"{_LOT}/papers/{{name:str}}": lambda _: {"pdf": b"%PDF-1.7\n"},
    f"{_LOT}/result-letters/{{bidder:str}}": lambda _: {"pdf": b"%PDF-1.7\n"},
    f"{_LOT}/proposals/{{proposal:str}}/approval": lambda a: {"content": a.proposed},
    f"{_LOT}/proposals/{{proposal:str}}/return": lambda _: {"reason": _WHY},
    f"{_LOT}/questions/{{question:str}}": lambda _: {"answer": "不可以。"},
    "/bidder/auctions/{tender:str}/applications": _API["auction.apply"],
    "/bidder/auctions/{tender:str}/questions": lambda _: {"question": "红线外由谁建设？"},
    "/bidder/lots/{tender:str}/explanation": _API["explanation.give"],
    "/expert/lots/{tender:str}/explanations": _API["explanation.ask"],
    "/bidder/lots/{tender:str}/objections": _API["objection.file"],
    "/bidder/lots/{tender:str}/complaints": _API["complaint.file"],
    "/bidder/lots/{tender:str}/complaints/withdrawal": _API["complaint.withdraw"],
    "/supervisor/lots/{tender:str}/complaint-decision": lambda a: {
        "complaint": a.place("complaint"),
        "decision": "taken_up",
        "reason": _WHY,
    },
    "/supervisor/lots/{tender:str}/complaint-ruling": _API["complaint.rule"],
    "/bidder/lots/{tender:str}/questions": lambda _: {"question": "工期可否顺延？"},
    "/expert/lots/{tender:str}/declaration": lambda _: {"declared": "free"},
    "/expert/lots/{tender:str}/signed": lambda _: {"signed": json.dumps(_SIGNED)},
    "/supervisor/lots/{tender:str}/auction/announcement": _resumption,
    "/supervisor/lots/{tender:str}/auction/stop": _API["auction.stop"],
    # As of the interface: a ground of another effect.
    "/supervisor/lots/{tender:str}/auction/termination": lambda _: {"end_ground": "inquiry", "sure": "yes"},
    "/supervisor/lots/{tender:str}/hold": lambda _: {"reason": _WHY},
    "/supervisor/lots/{tender:str}/lift": lambda _: {"reason": _WHY},
    "/administrator/organisations": lambda _: {"code": code(981), "name": "某单位", "region": "431102"},
    "/administrator/trustees": lambda a: {"name": "某机构", "organisation": a.winner, "file": "{}"},
    "/administrator/people": lambda a: {"organisation": a.winner, "name": "某人", "roles": "bidder"},
    f"{_PERSON}/expert": lambda _: {"specialities": "公路工程", "employments": f"{code(983)} 2025-06-30"},
    f"{_PERSON}/roles": lambda _: {"roles": "expert"},
    f"{_PERSON}/recovery": lambda _: {"reason": _WHY},
    "/account/colleagues": lambda _: {"name": "某人"},
    "/account/password": lambda _: {"password": PASSWORD},
    "/account/confirm": lambda _: {"password": PASSWORD, "then": "/account"},
    "/account/sessions/end": lambda _: {"session": "others"},
    "/account/tokens/end": _own_token,
    "/account/mail": lambda _: {"address": "a@example.org", "language": "zh"},
    "/account/mail/confirm": lambda _: {"code": "123456"},
    "/account/factors/remove": lambda _: {"kind": "passkey", "factor": "none"},
    "/demonstration/enter": lambda a: {"person": a.made.own["person"]},
    "/claim": lambda a: {"claim": a.made.own["secret"], "login": "newcomer", "password": PASSWORD},
    "/register": lambda _: {
        "code": code(982),
        "organisation": "某单位",
        "name": "某人",
        "login": f"n{chance.token(5).hex()}",
        "password": PASSWORD,
    },
    "/sign-in": lambda a: {"login": a.actor.person or "nobody", "password": PASSWORD},
}
