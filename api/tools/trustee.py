"""The trustee's side: keys that never leave this machine before the opening, and the conditions of giving one up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from api.tools import conditions, opening_keys, record
from api.tools.client import Client
from api.tools.conditions import Condition, Evidence
from api.tools.vault import Opening, Seen, Vault
from bidding import keysets
from bidding import trustee as pure
from bidding.keysets import KeySet
from notary import clock, notes, proofs, signing, tiles
from notary.anchors import Anchors
from notary.errors import Conflict, Held, Malformed, Refusal, Unknown

MAX_ATTEMPTS = 16


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
    opening = opening_keys.latest(own.vault, tender, kind)
    if opening is None or opening.key_set is not None:
        opening = opening_keys.make(own.vault, tender, kind, opening.attempt + 1 if opening else 0)
        opening_keys.write(own.vault, opening)
    about = {"trustee": own.code, "kind": kind}
    offered = own.client.post(f"/tenders/{tender}/opening-keys", {**about, "opening_key": opening.public_key})
    public_key = bytes.fromhex(opening.public_key)
    info = pure.possession_info(**about, tender=tender, lot=lot, public_key=public_key)
    private_key = opening_keys.private_key(own.vault, opening)
    answered = pure.answer(private_key, info, signing.unb64(offered["box"], "box"))
    possession = pure.possession(**about, tender=tender, lot=lot, public_key=public_key, answered=answered)
    signed = signing.sign(possession, own.vault.signing_key("trustee"))
    answer: dict[str, Any] = own.client.post(f"/tenders/{tender}/possessions", {**about, "possession": signed})
    return answer


def sign_key_set(own: Trustee, tender: str, kind: str) -> dict[str, Any]:
    """Sign the whole key set, once checked. One key set per opening key, ever: the journal is written first.

    Raises Malformed, Unknown and Conflict (opening_key_signed), each naming what is wrong with the key set.
    """
    value = own.client.get(f"/tenders/{tender}/key-set", kind=kind)["key_set"]
    key_set = keysets.parse(value)
    opening = _check_own(own, key_set, tender, kind)
    if opening.key_set not in {None, key_set.id}:
        raise Conflict(
            "opening_key_signed",
            "本机的这把开标密钥已签入另一密钥组，一把密钥只能签一个。",
            "This opening key stands in another key set that was signed here; one key, one key set.",
            key_set=opening.key_set,
        )
    opening_keys.write(own.vault, replace(opening, key_set=key_set.id))
    signature = signing.sign(value, own.vault.signing_key("trustee"))["signature"]
    body = {"trustee": own.code, "kind": kind, "key_set": key_set.id, "signature": signature}
    answer: dict[str, Any] = own.client.post(f"/tenders/{tender}/key-set-signatures", body)
    return {"key_set": key_set.id, **answer}


def rehearse(own: Trustee, tender: str, kind: str) -> dict[str, Any]:
    """Show that the opening key is still here: open a box that no bid uses, sign what was inside. No key leaves."""
    opening = _signed(own, tender, kind)
    found = own.client.get(f"/tenders/{tender}/rehearsal", trustee=own.code, kind=kind)
    if found["key_set"] != opening.key_set:
        raise _another_key_set()
    info = pure.rehearsal_info(found["key_set"], bytes.fromhex(opening.public_key))
    answered = pure.answer(opening_keys.private_key(own.vault, opening), info, signing.unb64(found["box"], "box"))
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
    opening = _signed(own, tender, kind)
    checkpoint = conditions.checkpoint_of(evidence.checkpoint)
    statement = {
        "type": "sunbid/release/1",
        "tender": tender,
        "lot": evidence.key_set.lot,
        "key_set": evidence.key_set.id,
        "trustee": own.code,
        "private_key": opening_keys.private_key(own.vault, opening).hex(),
        "checkpoint": {"root": signing.b64(checkpoint.root), "size": checkpoint.size},
    }
    signed = signing.sign(statement, own.vault.signing_key("trustee"))
    answer: dict[str, Any] = own.client.post(f"/tenders/{tender}/releases", {"release": signed})
    seen = Seen(size=checkpoint.size, root=signing.b64(checkpoint.root))
    opening_keys.write(own.vault, replace(opening, released=True), seen=seen)
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
    opening = _signed(own, tender, kind)
    found = own.client.get(f"/tenders/{tender}/closing", kind=kind)
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


def _check_own(own: Trustee, key_set: KeySet, tender: str, kind: str) -> Opening:
    """The opening key with which this trustee stands in the key set, all of which is as it should be."""
    if (key_set.tender, key_set.kind) != (tender, kind):
        raise _wrong("key_set_tender", "密钥组属于另一项目。", "The key set is of another tender.")
    if (key_set.origin, key_set.demonstration) != (own.anchors.origin, own.anchors.demonstration):
        raise _wrong("origin_wrong", "密钥组属于另一系统。", "The key set is of another log.")
    for other in key_set.trustees:
        if own.anchors.trustees.get(other.trustee) != other.identity:
            raise _wrong(
                "identity_unknown", "有受托人的身份公钥不符。", "A trustee's identity key is not the known one."
            )
    opening = opening_keys.latest(own.vault, tender, kind)
    if opening is None or opening.public_key != key_set.trustee(own.code).opening_key.hex():
        raise _wrong("opening_key_foreign", "密钥组中的公钥不是本机的。", "The opening key is not one of this vault.")
    return opening


def _signed(own: Trustee, tender: str, kind: str) -> Opening:
    """The opening key that stands in the key set this trustee signed. Raises Unknown (key_set_not_signed)."""
    opening = opening_keys.latest(own.vault, tender, kind)
    if opening is None or opening.key_set is None:
        return _remembered(own, tender, kind)
    return opening


def _remembered(own: Trustee, tender: str, kind: str) -> Opening:
    """Put back into a vault that was restored from an older copy what it signed since: the signature is the proof."""
    found = own.client.get(f"/tenders/{tender}/key-set", kind=kind)
    key_set = keysets.parse(found["key_set"])
    named = key_set.trustee(own.code)
    if own.code not in found["signatures"] or named.identity != own.vault.public_key("trustee"):
        raise _not_signed()
    keysets.check_signature(found["key_set"], named, found["signatures"][own.code])
    for attempt in range(MAX_ATTEMPTS):
        opening = opening_keys.make(own.vault, tender, kind, attempt)
        if opening.public_key == named.opening_key.hex():
            opening = replace(opening, key_set=key_set.id)
            opening_keys.write(own.vault, opening)
            return opening
    raise _not_signed()


def _not_signed() -> Unknown:
    return Unknown("key_set_not_signed", "本机没有为该项目签署密钥组。", "No key set of that tender was signed here.")


def _another_key_set() -> Malformed:
    return _wrong(
        "key_set_differs", "服务器的密钥组不是本机签署的。", "The server's key set is not the one signed here."
    )


def _wrong(reason: str, zh: str, en: str) -> Malformed:
    return Malformed(reason, zh, en, field="key_set")
