"""Trustees, their one-time opening keys, key sets, rehearsals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from bidding import hpke, keysets, trustee
from bidding.rows import key_set_signatures, key_sets, opening_keys, rehearsals, trustees
from bidding.statements import Rehearsal, Signed, read_signed
from notary import canonical, chance, signing
from notary.entries import Entry
from notary.errors import Conflict, Malformed, Unknown
from notary.rows import AnyRow
from notary.work import Unit
from trading.acts import parties, stages
from trading.caller import Caller
from trading.draft import envelope_kinds, quorums_of
from trading.rows import tenders


def add_trustee(
    unit: Unit, *, trustee: str, name: str, organisation: str, identity: str, operator: bool, proof: Signed
) -> str:
    """Register a trustee and its identity key (logged). Raises Malformed, Conflict. Gives the leaf."""
    leaf = parties.register_key(
        unit, origin=unit.origin, owner=trustee, public_key=identity, purpose="trustee", proof=_plain(proof)
    )
    unit.connection.execute(
        insert(trustees).values(
            trustee=trustee,
            name=name,
            organisation=organisation,
            identity=identity,
            operator=operator,
            leaf=leaf,
            registered_at=unit.now,
        )
    )
    return leaf


def offer(unit: Unit, caller: Caller, tender: str, *, trustee_code: str, kind: str, opening_key: str) -> bytes:
    """Take a trustee's fresh opening key for a draft; gives the box by which possession is to be shown.

    Raises Malformed (key_low_order, …) and Conflict (key_used).
    """
    who = own_trustee(unit.connection, caller, trustee_code)
    row = stages.load(unit.connection, tender)
    _check_named(unit, row, who.trustee, kind)
    public_key = signing.unhex(opening_key, 32, "opening_key")
    hpke.check_point(public_key, "opening_key")
    inside = chance.token()
    offered = {
        "opening_key": opening_key,
        "trustee": who.trustee,
        "tender": tender,
        "kind": kind,
        "challenge": trustee.expected_answer(inside),
        "offered_at": unit.now,
    }
    if not _offered_before(unit.connection, offered):
        unit.connection.execute(insert(opening_keys).values(offered))
    else:
        unit.connection.execute(
            update(opening_keys).where(opening_keys.c.opening_key == opening_key).values(challenge=offered["challenge"])
        )
    info = trustee.possession_info(tender=tender, lot=row.lot, kind=kind, trustee=who.trustee, public_key=public_key)
    return trustee.challenge(inside, public_key, info)


def _offered_before(connection: Connection, offered: dict[str, Any]) -> bool:
    """Whether this very key was offered for this and not proved yet: a tool that broke off gets a new challenge.

    Raises Conflict (key_used) for a key used for anything else, and for a second key.
    """
    about = ("trustee", "tender", "kind")
    used = connection.execute(
        select(*(opening_keys.c[name] for name in (*about, "opening_key", "proved_at"))).where(
            (opening_keys.c.opening_key == offered["opening_key"])
            | and_(*(opening_keys.c[name] == offered[name] for name in about))
        )
    ).all()
    unproved = (*(offered[name] for name in (*about, "opening_key")), None)
    if used and [tuple(row) for row in used] != [unproved]:
        raise Conflict(
            "key_used",
            "该开标密钥已经用过，或您已为本项目提交过密钥；每把密钥只用一次。",
            "That opening key was used before, or you have offered one for this tender: one key, one lot.",
            field="opening_key",
        )
    return bool(used)


def prove(unit: Unit, caller: Caller, tender: str, *, trustee_code: str, kind: str, possession: Signed) -> str | None:
    """Take the answer to that box; the key set's id once every trustee has answered (it is composed then)."""
    who = own_trustee(unit.connection, caller, trustee_code)
    row = stages.load(unit.connection, tender)
    _check_named(unit, row, who.trustee, kind)
    key = unit.connection.execute(
        select(opening_keys).where(
            opening_keys.c.tender == tender, opening_keys.c.kind == kind, opening_keys.c.trustee == who.trustee
        )
    ).one_or_none()
    if key is None:
        raise Conflict("key_not_offered", "请先提交开标公钥。", "Offer an opening key first.", field="trustee")
    expected = trustee.possession(
        tender=tender,
        lot=row.lot,
        kind=kind,
        trustee=who.trustee,
        public_key=bytes.fromhex(key.opening_key),
        answered=key.challenge,
    )
    if possession.object != expected:
        raise Malformed(
            "possession_wrong", "未能证明持有该私钥。", "That does not show possession of the key.", field="possession"
        )
    signing.verify_bytes(signing.message(expected), possession.signature, bytes.fromhex(who.identity))
    if key.proved_at is None:
        unit.connection.execute(
            update(opening_keys).where(opening_keys.c.opening_key == key.opening_key).values(proved_at=unit.now)
        )
    return _compose_when_complete(unit, row, kind)


def sign(
    unit: Unit, caller: Caller, tender: str, *, trustee_code: str, kind: str, key_set: str, signature: str
) -> bool:
    """Take a trustee's signature over the whole key set; whether all have signed now."""
    who = own_trustee(unit.connection, caller, trustee_code)
    record = load_record(unit.connection, tender, kind)
    if record is None or signing.object_id(record["key_set"]) != key_set or not _is_named(record, who.trustee):
        raise Unknown("key_set_unknown", "没有这个密钥组。", "There is no such key set.", field="key_set")
    named = keysets.parse(record["key_set"]).trustee(who.trustee)
    keysets.check_signature(record["key_set"], named, signature)
    signed = record["signatures"]
    if who.trustee not in signed:
        unit.connection.execute(
            insert(key_set_signatures).values(key_set=key_set, trustee=who.trustee, signature=signature)
        )
    return len(signed.keys() | {who.trustee}) == len(record["key_set"]["trustees"])


def rehearsal_box(unit: Unit, caller: Caller, tender: str, *, trustee_code: str, kind: str) -> dict[str, Any]:
    """The box that a trustee is to open in a rehearsal: the same one until it was answered."""
    who = own_trustee(unit.connection, caller, trustee_code)
    record = load_record(unit.connection, tender, kind)
    if record is None or not _is_named(record, who.trustee):
        raise Unknown("key_set_unknown", "没有这个密钥组。", "There is no such key set.", field="tender")
    key_set = keysets.parse(record["key_set"])
    public_key = key_set.trustee(who.trustee).opening_key
    kept = unit.connection.execute(
        select(rehearsals.c.box).where(rehearsals.c.key_set == key_set.id, rehearsals.c.trustee == who.trustee)
    ).scalar_one_or_none()
    if kept is None:
        inside = chance.token()
        kept = signing.b64(trustee.challenge(inside, public_key, trustee.rehearsal_info(key_set.id, public_key)))
        unit.connection.execute(
            insert(rehearsals).values(
                key_set=key_set.id, trustee=who.trustee, box=kept, challenge=trustee.expected_answer(inside)
            )
        )
    return {"box": kept, "key_set": key_set.id}


def rehearse(unit: Unit, caller: Caller, tender: str, rehearsal: Signed) -> Entry:
    """Take a rehearsal's answer and log it. No key leaves its trustee. A rehearsal of another lot is none of this."""
    trustee_code = str(rehearsal.object.get("trustee", ""))
    who = own_trustee(unit.connection, caller, trustee_code)
    answered = read_signed(rehearsal, Rehearsal, [bytes.fromhex(who.identity)])
    kept = unit.connection.execute(
        select(rehearsals, tenders.c.lot)
        .join(key_sets, key_sets.c.key_set == rehearsals.c.key_set)
        .join(tenders, tenders.c.tender == key_sets.c.tender)
        .where(
            key_sets.c.tender == tender,
            rehearsals.c.key_set == answered.key_set,
            rehearsals.c.trustee == who.trustee,
        )
    ).one_or_none()
    if kept is None or kept.challenge != answered.answer:
        raise Malformed(
            "rehearsal_wrong", "演练答案不对。", "The rehearsal's answer is wrong.", field="rehearsal.answer"
        )
    if kept.leaf is not None:
        raise Conflict("rehearsed", "已经演练过。", "That was rehearsed already.", field="rehearsal")
    entry = unit.record("trustee_rehearsed", tender, kept.lot, {"rehearsal": _plain(rehearsal)}, disclosed=True)
    unit.connection.execute(
        update(rehearsals)
        .where(rehearsals.c.key_set == kept.key_set, rehearsals.c.trustee == who.trustee)
        .values(leaf=entry.commitment().hex(), rehearsed_at=unit.now)
    )
    return entry


def listed(connection: Connection) -> list[dict[str, Any]]:
    """All trustees, for choosing and for checking fingerprints."""
    rows = connection.execute(select(trustees).order_by(trustees.c.trustee))
    return [
        {
            "trustee": row.trustee,
            "name": row.name,
            "organisation": row.organisation,
            "identity": row.identity,
            "operator": row.operator,
        }
        for row in rows
    ]


def identities(connection: Connection) -> dict[str, str]:
    """Trustee to identity key in hex: the part of the anchors that grows."""
    rows = connection.execute(select(trustees.c.trustee, trustees.c.identity).order_by(trustees.c.trustee))
    return {row.trustee: row.identity for row in rows}


def load_record(connection: Connection, tender: str, kind: str) -> dict[str, Any] | None:
    """The key set record ``{"key_set", "signatures"}`` as far as it is, or None."""
    row = connection.execute(select(key_sets).where(key_sets.c.tender == tender, key_sets.c.kind == kind)).one_or_none()
    if row is None:
        return None
    signed = connection.execute(
        select(key_set_signatures.c.trustee, key_set_signatures.c.signature)
        .where(key_set_signatures.c.key_set == row.key_set)
        .order_by(key_set_signatures.c.trustee)
    )
    return {
        "key_set": canonical.loads(row.content.encode()),
        "signatures": {one.trustee: one.signature for one in signed},
    }


def own_trustee(connection: Connection, caller: Caller, trustee_code: str) -> AnyRow:
    """The trustee, if it is of the caller's organisation. Raises Unknown."""
    row = connection.execute(
        select(trustees).where(trustees.c.trustee == trustee_code, trustees.c.organisation == caller.organisation)
    ).one_or_none()
    if row is None:
        raise Unknown("trustee_unknown", "没有这个受托人。", "There is no such trustee.", field="trustee")
    return row


def registered(connection: Connection, codes: list[str]) -> dict[str, AnyRow]:
    """The trustees of these codes. Raises Unknown naming one that is not registered."""
    found = {row.trustee: row for row in connection.execute(select(trustees).where(trustees.c.trustee.in_(codes)))}
    for code in codes:
        if code not in found:
            raise Unknown(
                "trustee_unknown", f"受托人 {code} 未登记。", f"Trustee {code} is not registered.", field="policy"
            )
    return found


def _compose_when_complete(unit: Unit, row: stages.Tender, kind: str) -> str | None:
    quorums = row.content["policy"]["quorums"]
    names = sorted({name for quorum in quorums for name in quorum})
    proved = {
        key.trustee: key.opening_key
        for key in unit.connection.execute(
            select(opening_keys.c.trustee, opening_keys.c.opening_key).where(
                opening_keys.c.tender == row.tender,
                opening_keys.c.kind == kind,
                opening_keys.c.proved_at.is_not(None),
            )
        )
    }
    if set(proved) != set(names):
        return None
    there = load_record(unit.connection, row.tender, kind)
    if there is not None:
        return signing.object_id(there["key_set"])
    known = registered(unit.connection, names)
    key_set = {
        "demonstration": unit.demonstration,
        "evaluation_key": row.content["evaluation_key"],
        "form_schema": signing.object_id(stages.procedure_in_force(row, unit.now).form_schema),
        "kind": kind,
        "lot": row.lot,
        "origin": unit.origin,
        "quorums": quorums,
        "suite": keysets.SUITE,
        "tender": row.tender,
        "trustees": [
            {"identity": known[name].identity, "opening_key": proved[name], "trustee": name} for name in names
        ],
        "type": keysets.TYPE,
    }
    checked = keysets.parse(key_set)
    keysets.check_policy(checked.quorums, names, operators=[name for name in names if known[name].operator])
    unit.connection.execute(
        insert(key_sets).values(
            key_set=checked.id,
            tender=row.tender,
            kind=kind,
            content=canonical.dumps(key_set).decode(),
            composed_at=unit.now,
        )
    )
    return checked.id


def _check_named(unit: Unit, row: stages.Tender, trustee_code: str, kind: str) -> None:
    named = {name for quorum in quorums_of(row.content) for name in quorum}
    # First: whom a draft does not name learns nothing of it, not even that it is no draft any more.
    if trustee_code not in named or kind not in envelope_kinds(row.content, stages.procedure_in_force(row, unit.now)):
        raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
    if row.stage != "draft":
        raise Conflict(
            "tender_published", "项目已提交发布，密钥不能再变。", "The tender is past its draft.", field="tender"
        )


def _is_named(record: dict[str, Any], trustee_code: str) -> bool:
    """Whether a key set has this trustee; for all others it is as if there were none."""
    return any(one["trustee"] == trustee_code for one in record["key_set"]["trustees"])


def _plain(signed: Signed) -> dict[str, Any]:
    return {"object": signed.object, "signature": signed.signature}
