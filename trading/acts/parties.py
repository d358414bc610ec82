"""Acts on those who take part: organisations, people, and the keys they sign with."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select

from notary import canonical, chance, clock, forms, signing
from notary.errors import Conflict, Malformed, TooMuch, Unknown
from notary.forms import Form, Hex32
from notary.rows import entries
from notary.work import Unit
from trading.caller import ROLES, Caller
from trading.parties import check_code
from trading.rows import keys, organisations, people, roles

KEY_TYPE = "sunbid/key/1"
ENDORSEMENT_TYPE = "sunbid/endorsement/1"
PURPOSES = ("statement", "trustee", "score", "draw")
_REGION = re.compile(r"[0-9]{6}", re.ASCII)  # 县级以上行政区划代码, GB/T 2260
_MAX_ORGANISATION = 200
_MAX_PERSON = 100
MAX_KEYS = 20
_KEYS = (
    select(keys.c.public_key, entries.c.body)
    .join(entries, entries.c.commitment == keys.c.leaf)
    .where(keys.c.owner == bindparam("owner"), keys.c.purpose == bindparam("purpose"))
    .order_by(entries.c.serial)
)


class Keys(NamedTuple):
    """An owner's public keys for a purpose. replaced: given up as lost, so that what they sign no longer counts."""

    standing: list[bytes]
    replaced: list[bytes]


class Possession(Form, frozen=True):
    """The object of a proof, ``sunbid/key/1``."""

    type: Literal["sunbid/key/1"]
    origin: str
    owner: str
    public_key: Hex32
    purpose: Literal["statement", "score", "draw"]


def add_organisation(unit: Unit, *, code: str, name: str, region: str) -> None:
    """Register an organisation. code: 统一社会信用代码; region: six digits of GB/T 2260. Raises Malformed, Conflict."""
    check_code(code, "code")
    _check_name(name, _MAX_ORGANISATION)
    if not _REGION.fullmatch(region):
        raise Malformed(
            "region_wrong", "行政区划代码应为 6 位数字。", "A region code has six digits (GB/T 2260).", field="region"
        )
    if unit.connection.execute(select(organisations.c.code).where(organisations.c.code == code)).first():
        raise Conflict(
            "organisation_there", "该单位已经登记。", "That organisation is registered already.", field="code"
        )
    unit.connection.execute(insert(organisations).values(code=code, name=name, region=region, created_at=unit.now))


def add_person(unit: Unit, *, organisation: str, name: str, roles: Collection[str]) -> str:
    """Register a person with at least one role; gives the opaque id. The name never leaves the table of people.

    Raises Malformed, Unknown (organisation_unknown).
    """
    _check_name(name, _MAX_PERSON)
    _check_roles(roles)
    if not unit.connection.execute(select(organisations.c.code).where(organisations.c.code == organisation)).first():
        raise Unknown(
            "organisation_unknown", "没有登记这个单位。", "There is no such organisation.", field="organisation"
        )
    person = chance.token(16).hex()
    unit.connection.execute(
        insert(people).values(person=person, organisation=organisation, name=name, created_at=unit.now)
    )
    _give_roles(unit, person, roles)
    return person


def check_names(organisation: str, person: str) -> None:
    """Raise Malformed (name_wrong, of `organisation` or `name`) for names that could not be registered."""
    _check_name(organisation, _MAX_ORGANISATION, "organisation")
    _check_name(person, _MAX_PERSON)


def register_key(
    unit: Unit,
    *,
    origin: str,
    owner: str,
    public_key: str,
    purpose: str,
    proof: dict[str, Any],
    endorsement: dict[str, Any] | None = None,
    reason: str | None = None,
) -> str:
    """Register an Ed25519 public key (hex) and log it; gives the commitment in hex.

    owner: a bidder's code (`statement`), a trustee's code (`trustee`), an expert's person id (`score`), the code of a
    party of draws (`draw`).
    proof: the signed object ``{"type": "sunbid/key/1", "origin", "owner", "public_key", "purpose"}``, by that key.
    endorsement: of every key but the owner's first for the purpose, ``sunbid/endorsement/1`` by an earlier one; so
    nobody who may register keys can speak for an owner that has one. reason: stands in its place where all its keys
    are lost, and whoever verifies is told (docs/spec/log.md, Keys in force).
    An expert's key is disclosed with the evaluation, not before: members are secret until the result (法 37).
    Raises Malformed (purpose_unknown, not_hex, proof_wrong, endorsement_wrong, signature_wrong), TooMuch (keys_many),
    Conflict (key_used, endorsement_missing, first_key).
    """
    if purpose not in PURPOSES:
        raise Malformed("purpose_unknown", "没有这种密钥用途。", "There is no such purpose of a key.", field="purpose")
    key = signing.unhex(public_key, 32, "public_key")
    wanted = {"type": KEY_TYPE, "origin": origin, "owner": owner, "public_key": public_key, "purpose": purpose}
    if signing.verify(proof, key, KEY_TYPE) != wanted:
        raise Malformed(
            "proof_wrong",
            "持有证明与登记的密钥、持有人或日志不符。",
            "The proof is not of this key, owner, purpose and origin.",
            field="proof",
        )
    if unit.connection.execute(select(keys.c.owner).where(keys.c.public_key == public_key)).first():
        raise Conflict(
            "key_used",
            "该公钥已经登记过，请另生成一把。",
            "That key was registered before: make a new one.",
            field="public_key",
        )
    _check_few(unit, owner)
    body: dict[str, Any] = {"owner": owner, "public_key": public_key, "purpose": purpose}
    _check_endorsed(unit, {"type": ENDORSEMENT_TYPE, "origin": origin, **body}, endorsement, reason)
    body |= {} if endorsement is None else {"endorsement": endorsement}
    body |= {} if reason is None else {"reason": reason}
    leaf = unit.record("key_registered", "", "", body, disclosed=purpose != "score").commitment().hex()
    unit.connection.execute(
        insert(keys).values(public_key=public_key, owner=owner, purpose=purpose, leaf=leaf, registered_at=unit.now)
    )
    return leaf


def replace_key(unit: Unit, *, proof: dict[str, Any], reason: str) -> str:
    """Register a key for an owner that has lost all its keys; gives the commitment in hex.

    proof: as of register_key. reason: what the administrator saw. Raises Malformed, Conflict (first_key, …).
    """
    told = forms.convert(proof["object"], Possession)
    return register_key(
        unit,
        origin=unit.origin,
        owner=told.owner,
        public_key=told.public_key,
        purpose=told.purpose,
        proof=proof,
        reason=reason,
    )


def own_keys(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """The registered keys of the caller's organisation and of the person, in their order: what their entries say."""
    mine = and_(keys.c.owner == caller.organisation, keys.c.purpose.in_(("statement", "draw")))
    query = (
        select(keys.c.leaf, keys.c.registered_at, entries.c.body)
        .join(entries, entries.c.commitment == keys.c.leaf)
        .where(or_(mine, keys.c.owner == caller.person))
        .order_by(entries.c.serial)
    )
    found = []
    for row in connection.execute(query):
        body = canonical.loads(row.body.encode())
        stands = {"endorsement": body.get("endorsement"), "reason": body.get("reason")}
        entry = {"leaf": row.leaf, "registered_at": clock.text(row.registered_at)}
        found.append({"public_key": body["public_key"], "purpose": body["purpose"], **entry, **stands})
    return found


def keys_of(connection: Connection, owner: str, purpose: str) -> Keys:
    """An owner's keys for a purpose. One that was registered for lost ones (`reason`) replaces all before it."""
    standing: list[bytes] = []
    replaced: list[bytes] = []
    for row in connection.execute(_KEYS, {"owner": owner, "purpose": purpose}):
        if "reason" in canonical.loads(row.body.encode()):
            replaced, standing = [*replaced, *standing], []
        standing.append(bytes.fromhex(row.public_key))
    return Keys(standing, replaced)


def _check_endorsed(unit: Unit, wanted: dict[str, Any], endorsement: dict[str, Any] | None, reason: str | None) -> None:
    earlier = keys_of(unit.connection, wanted["owner"], wanted["purpose"]).standing
    if not earlier and (endorsement is not None or reason is not None):
        raise Conflict(
            "first_key",
            "尚无已登记的公钥：第一把公钥直接登记即可。",
            "No key is registered yet: the first one is registered without an endorsement.",
            field="endorsement",
        )
    if not earlier or reason is not None:
        return
    if endorsement is None:
        raise Conflict(
            "endorsement_missing",
            "已有公钥登记：如是本单位的，请由其持有人背书（sunbid key endorse）；如不是，是有人冒名登记，请立即投诉。",
            "A key is registered already. If it is yours, have its holder endorse this one (sunbid key endorse); "
            "if not, somebody has registered in your name: complain at once.",
            field="endorsement",
            registered=[key.hex() for key in earlier],
        )
    if endorsement["object"] != wanted:
        raise Malformed(
            "endorsement_wrong",
            "背书的不是这把公钥、持有人、用途或日志。",
            "It endorses another key, owner, purpose or log.",
            field="endorsement.object",
        )
    if not any(signing.verifies(endorsement, key) for key in earlier):
        raise Malformed(
            "signature_wrong",
            "背书不是先前登记的公钥签署的。",
            "The endorsement is not by a key registered before.",
            field="endorsement.signature",
        )


def _check_few(unit: Unit, owner: str) -> None:
    """Every dossier carries all registered keys: one owner cannot make them too large to be verified."""
    there = unit.connection.scalar(select(func.count()).select_from(keys).where(keys.c.owner == owner))
    if (there or 0) >= MAX_KEYS:
        raise TooMuch(
            "keys_many",
            f"已登记 {MAX_KEYS} 把公钥，不能再登记。",
            f"{MAX_KEYS} keys are registered already: no more.",
            field="public_key",
        )


def _give_roles(unit: Unit, person: str, wanted: Collection[str]) -> None:
    unit.connection.execute(insert(roles), [{"person": person, "role": role} for role in sorted(set(wanted))])


def _check_roles(wanted: Collection[str]) -> None:
    if not wanted or not set(wanted) <= set(ROLES):
        allowed = ", ".join(ROLES)
        raise Malformed("role_unknown", f"角色只能是：{allowed}。", f"Roles are some of {allowed}.", field="roles")


def _check_name(name: str, most: int, field: str = "name") -> None:
    canonical.check(name, field)
    if not name.strip() or len(name) > most or not name.isprintable():
        raise Malformed(
            "name_wrong",
            f"名称应为 1 至 {most} 字的一行文字。",
            f"A name is one line of 1 to {most} characters.",
            field=field,
        )
