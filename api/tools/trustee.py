"""The trustee's side: keys that never leave this machine before the opening, and the conditions of giving one up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api.tools import conditions, record
from api.tools.client import Client
from api.tools.conditions import Condition, Evidence
from api.tools.vault import Opening, Seen, Vault
from bidding import hpke, keysets
from bidding import trustee as pure
from bidding.keysets import KeySet
from notary import clock, notes, proofs, signing, tiles
from notary.anchors import Anchors
from notary.errors import Conflict, Held, Malformed, Refusal, Unknown


@dataclass(frozen=True)
class Trustee:
    """A trustee at work: its connection, its opened vault, the anchors it believes, its code."""

    client: Client
    vault: Vault
    anchors: Anchors
    code: str


def trustee(client: Client, vault: Vault, anchors: Anchors) -> Trustee:
    """The trustee whose identity key is in the vault. Raises Unknown (not_registered)."""
    identity = vault.public_key("trustee")
    for code, registered in anchors.trustees.items():
        if registered == identity:
            return Trustee(client, vault, anchors, code)
    raise Unknown(
        "not_registered",
        "本机身份公钥尚未登记为受托人，请把 trustee init 输出的文件交给管理员。",
        "The identity key here is no registered trustee's: give the administrator what trustee init printed.",
    )


def offer_key(own: Trustee, tender: str, kind: str) -> dict[str, Any]:
    """Hand over a fresh opening key for one kind of one tender, and show that its private half is here.

    Until a key set was signed, doing it again goes on with the same key. Answer: ``{complete, key_set?}``.
    """
    lot = own.client.get(f"/tenders/{tender}")["lot"]
    number = _number(own.vault, tender, kind)
    if number is None or own.vault.content.openings[number].key_set is not None:
        number = len(own.vault.content.openings)
        public_key = hpke.public_key(_private_key(own.vault, number))
        fresh = Opening(tender=tender, kind=kind, public_key=public_key.hex())
        own.vault.change(openings=[*own.vault.content.openings, fresh])
    private_key = _private_key(own.vault, number)
    public_key = hpke.public_key(private_key)
    about = {"trustee": own.code, "kind": kind}
    offered = own.client.post(f"/tenders/{tender}/opening-keys", {**about, "opening_key": public_key.hex()})
    lot_kind = {"tender": tender, "lot": lot, "kind": kind, "trustee": own.code}
    info = pure.possession_info(**lot_kind, public_key=public_key)
    answered = pure.answer(private_key, info, signing.unb64(offered["box"], "box"))
    possession = pure.possession(**lot_kind, public_key=public_key, answered=answered)
    signed = signing.sign(possession, own.vault.signing_key("trustee"))
    answer: dict[str, Any] = own.client.post(f"/tenders/{tender}/possessions", {**about, "possession": signed})
    return answer


def sign_key_set(own: Trustee, tender: str, kind: str) -> dict[str, Any]:
    """Sign the whole key set, once checked. One key set per opening key, ever: the journal is written first.

    Raises Malformed, Unknown and Conflict (opening_key_signed), each naming what is wrong with the key set.
    """
    value = own.client.get(f"/tenders/{tender}/key-set", kind=kind)["key_set"]
    key_set = keysets.parse(value)
    number = _check_own(own, key_set, tender, kind)
    signed = own.vault.content.openings[number].key_set
    if signed not in {None, key_set.id}:
        raise Conflict(
            "opening_key_signed",
            "本机的这把开标密钥已签入另一密钥组，一把密钥只能签一个。",
            "This opening key stands in another key set that was signed here; one key, one key set.",
            key_set=signed,
        )
    own.vault.change(openings=own.vault.openings_with(number, key_set=key_set.id))
    signature = signing.sign(value, own.vault.signing_key("trustee"))["signature"]
    body = {"trustee": own.code, "kind": kind, "key_set": key_set.id, "signature": signature}
    answer: dict[str, Any] = own.client.post(f"/tenders/{tender}/key-set-signatures", body)
    return {"key_set": key_set.id, **answer}


def rehearse(own: Trustee, tender: str, kind: str) -> dict[str, Any]:
    """Show that the opening key is still here: open a box that no bid uses, sign what was inside. No key leaves."""
    number = _signed_number(own.vault, tender, kind)
    opening = own.vault.content.openings[number]
    found = own.client.get(f"/tenders/{tender}/rehearsal", trustee=own.code, kind=kind)
    if found["key_set"] != opening.key_set:
        raise _another_key_set()
    info = pure.rehearsal_info(found["key_set"], bytes.fromhex(opening.public_key))
    answered = pure.answer(_private_key(own.vault, number), info, signing.unb64(found["box"], "box"))
    rehearsal = pure.rehearsal(key_set=found["key_set"], trustee=own.code, answered=answered)
    signed = signing.sign(rehearsal, own.vault.signing_key("trustee"))
    answer: dict[str, Any] = own.client.post(f"/tenders/{tender}/rehearsals", {"rehearsal": signed})
    return answer


def release_conditions(own: Trustee, tender: str, kind: str) -> list[Condition]:
    """Every condition of a release, met or not, as things stand."""
    return conditions.release_conditions(_gather(own, tender, kind))


def release(own: Trustee, tender: str, kind: str) -> dict[str, Any]:
    """Give up the opening key when every condition is met. Raises Held (conditions_unmet) naming the others."""
    evidence = _gather(own, tender, kind)
    unmet = [condition for condition in conditions.release_conditions(evidence) if not condition.met]
    if unmet:
        raise Held(
            "conditions_unmet",
            "条件未满足，密钥未公布：" + "；".join(f"应{one.zh}" for one in unmet) + "。",
            "Not released, this does not hold: " + "; ".join(one.en for one in unmet) + ".",
            unmet=[one.name for one in unmet],
        )
    number = _signed_number(own.vault, tender, kind)
    checkpoint = conditions.checkpoint_of(evidence.checkpoint)
    statement = {
        "type": "sunbid/release/1",
        "tender": tender,
        "lot": evidence.key_set.lot,
        "key_set": evidence.key_set.id,
        "trustee": own.code,
        "private_key": _private_key(own.vault, number).hex(),
        "checkpoint": {"root": signing.b64(checkpoint.root), "size": checkpoint.size},
    }
    signed = signing.sign(statement, own.vault.signing_key("trustee"))
    answer: dict[str, Any] = own.client.post(f"/tenders/{tender}/releases", {"release": signed})
    seen = Seen(size=checkpoint.size, root=signing.b64(checkpoint.root))
    own.vault.change(seen=seen, openings=own.vault.openings_with(number, released=True))
    return answer


def release_due(own: Trustee) -> Iterator[tuple[Opening, dict[str, Any] | Refusal]]:
    """Release every key whose hour has come: each key still held, with the server's answer or why it stays here."""
    for opening in own.vault.content.openings:
        if opening.key_set is None or opening.released:
            continue
        try:
            yield opening, release(own, opening.tender, opening.kind)
        except Refusal as refusal:
            yield opening, refusal


def _gather(own: Trustee, tender: str, kind: str) -> Evidence:
    opening = own.vault.content.openings[_signed_number(own.vault, tender, kind)]
    found = own.client.get(f"/tenders/{tender}/closing")
    key_set = keysets.parse(own.client.get(f"/tenders/{tender}/key-set", kind=kind)["key_set"])
    disclosed = tuple(record.of_tender(own.client, tender))
    notice = record.latest_notice(list(disclosed))
    proof = proofs.parse_proof(found["proof"].encode())
    size = conditions.checkpoint_of(proof.checkpoint).size
    seen = own.vault.content.seen
    return Evidence(
        key_set=key_set,
        signed=opening.key_set,
        anchors=own.anchors,
        closing=record.read({**found["entry"], "index": proof.index}),
        closing_proof=proof.hashes,
        notice=notice,
        notice_proof=_notice_proof(own.client, notice.index, size),
        checkpoint=proof.checkpoint,
        last_seen=(seen.size, signing.unb64(seen.root)) if seen else None,
        consistency=_consistency(own.client, seen.size, size) if seen else (),
        held=found["held"],
        record=disclosed,
        now=clock.own_time(demonstration=own.client.demonstration),
    )


def _notice_proof(client: Client, index: int | None, size: int) -> tuple[bytes, ...]:
    """Made here from the log's public tiles."""
    if index is None or index >= size:
        raise Held("not_published", "公告尚未进入检查点，请稍后再试。", "The notice is in no checkpoint yet.")
    tree = tiles.Tree(lambda path: client.read_static(f"/log/{path}"), size)
    return tuple(tree.inclusion_proof(index))


def _consistency(client: Client, old_size: int, size: int) -> tuple[bytes, ...]:
    if old_size > size:
        raise Malformed(
            "log_shrunk",
            "日志比上次所见的短，请立即报告监督部门。",
            "The log is shorter than it was: report this to the supervisor at once.",
        )
    proof = client.get("/log/consistency", old=old_size, new=size)["proof"]
    return tuple(notes.parse_hash(text, "proof") for text in proof)


def _check_own(own: Trustee, key_set: KeySet, tender: str, kind: str) -> int:
    """The number of the opening key with which this trustee stands in the key set, all of which is as it should be."""
    if (key_set.tender, key_set.kind) != (tender, kind):
        raise _wrong("key_set_tender", "密钥组属于另一项目。", "The key set is of another tender.")
    if (key_set.origin, key_set.demonstration) != (own.anchors.origin, own.anchors.demonstration):
        raise _wrong("origin_wrong", "密钥组属于另一系统。", "The key set is of another log.")
    for other in key_set.trustees:
        if own.anchors.trustees.get(other.trustee) != other.identity:
            raise _wrong(
                "identity_unknown", "有受托人的身份公钥不符。", "A trustee's identity key is not the known one."
            )
    number = _number(own.vault, tender, kind)
    public_key = key_set.trustee(own.code).opening_key.hex()
    if number is None or own.vault.content.openings[number].public_key != public_key:
        raise _wrong("opening_key_foreign", "密钥组中的公钥不是本机的。", "The opening key is not one of this vault.")
    return number


def _signed_number(vault: Vault, tender: str, kind: str) -> int:
    number = _number(vault, tender, kind)
    if number is None or vault.content.openings[number].key_set is None:
        raise Unknown(
            "key_set_not_signed", "本机没有为该项目签署密钥组。", "No key set of that tender was signed here."
        )
    return number


def _number(vault: Vault, tender: str, kind: str) -> int | None:
    """The newest opening key for one kind of one tender."""
    found = [n for n, one in enumerate(vault.content.openings) if (one.tender, one.kind) == (tender, kind)]
    return found[-1] if found else None


def _private_key(vault: Vault, number: int) -> bytes:
    return pure.opening_key(bytes.fromhex(vault.content.seed), number)


def _another_key_set() -> Malformed:
    return _wrong(
        "key_set_differs", "服务器的密钥组不是本机签署的。", "The server's key set is not the one signed here."
    )


def _wrong(reason: str, zh: str, en: str) -> Malformed:
    return Malformed(reason, zh, en, field="key_set")
