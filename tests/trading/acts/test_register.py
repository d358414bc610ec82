"""Organisations, people and their keys."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from notary import signing
from notary.errors import Conflict, Malformed, TooMuch, Unknown
from notary.work import Unit
from tests.trading.acts.office import ORIGIN, Office, organisation_code, private_key, proof, recorded, refused
from tests.trading.examples import NOON
from trading.acts import parties
from trading.rows import keys

KEY = private_key(99)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
OWNER = organisation_code(10)


def test_an_organisation_is_registered_once(office: Office) -> None:
    with refused(Conflict, "organisation_there"), office.at(NOON) as unit:
        parties.add_organisation(unit, code=organisation_code(1), name="又来", region="431102")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"code": organisation_code(50)[:-1] + "0"}, "code"),
        ({"code": "../../etc"}, "code"),
        ({"region": "43110"}, "region"),
        ({"region": "４３１１０２"}, "region"),
        ({"name": ""}, "name"),
        ({"name": "一\n二"}, "name"),
        ({"name": "长" * 201}, "name"),
    ],
)
def test_a_wrong_organisation_names_the_field(small_office: Office, changed: dict[str, str], field: str) -> None:
    good = {"code": organisation_code(50), "name": "某公司", "region": "431102"}
    assert good["code"][-1] != "0"
    with pytest.raises(Malformed) as refusal, small_office.at(NOON) as unit:
        parties.add_organisation(unit, **(good | changed))
    assert refusal.value.field == field


def test_a_person_needs_an_organisation_and_known_roles(small_office: Office) -> None:
    with small_office.at(NOON) as unit:
        with refused(Unknown, "organisation_unknown"):
            parties.add_person(unit, organisation=organisation_code(98), name="甲", roles=["bidder"])
        for roles in ([], ["king"]):
            with refused(Malformed, "role_unknown"):
                parties.add_person(unit, organisation=OWNER, name="甲", roles=roles)


@pytest.mark.parametrize(("purpose", "disclosed"), [("statement", True), ("trustee", True), ("score", False)])
def test_a_key_is_logged(small_office: Office, purpose: str, disclosed: bool) -> None:
    """An expert's is not disclosed yet: members are secret until the result."""
    with small_office.at(NOON) as unit:
        leaf = parties.register_key(
            unit, origin=ORIGIN, owner=OWNER, public_key=PUBLIC, purpose=purpose, proof=proof(KEY, OWNER, purpose)
        )
        assert unit.connection.scalar(select(keys.c.leaf)) == leaf
        assert recorded(unit.connection, "key_registered", tender="") == [
            {"owner": OWNER, "public_key": PUBLIC, "purpose": purpose, "disclosed": disclosed}
        ]


def test_a_key_is_registered_once_for_all(office: Office) -> None:
    with office.at(NOON) as unit:
        parties.register_key(
            unit,
            origin=ORIGIN,
            owner=OWNER,
            public_key=PUBLIC,
            purpose="statement",
            proof=proof(KEY, OWNER, "statement"),
        )
        with refused(Conflict, "key_used"):
            parties.register_key(
                unit, origin=ORIGIN, owner="T9", public_key=PUBLIC, purpose="trustee", proof=proof(KEY, "T9", "trustee")
            )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"owner": organisation_code(11)}, "proof_wrong"),
        ({"origin": "another.example"}, "proof_wrong"),
        ({"purpose": "score"}, "proof_wrong"),
        ({"public_key": "00" * 32}, "proof_wrong"),
        ({"extra": "x"}, "proof_wrong"),
        ({"type": "sunbid/key/2"}, "type_wrong"),
    ],
)
def test_a_proof_of_something_else_is_refused(small_office: Office, changed: dict[str, str], reason: str) -> None:
    shown = proof(KEY, OWNER, "statement", changed)
    with refused(Malformed, reason), small_office.at(NOON) as unit:
        parties.register_key(unit, origin=ORIGIN, owner=OWNER, public_key=PUBLIC, purpose="statement", proof=shown)


def test_a_proof_by_another_key_is_refused(small_office: Office) -> None:
    value = proof(KEY, OWNER, "statement")["object"]
    forged = {"object": value, "signature": proof(private_key(98), OWNER, "statement")["signature"]}
    with refused(Malformed, "signature_wrong"), small_office.at(NOON) as unit:
        parties.register_key(unit, origin=ORIGIN, owner=OWNER, public_key=PUBLIC, purpose="statement", proof=forged)


def test_an_unknown_purpose_is_refused(small_office: Office) -> None:
    with refused(Malformed, "purpose_unknown"), small_office.at(NOON) as unit:
        parties.register_key(
            unit, origin=ORIGIN, owner=OWNER, public_key=PUBLIC, purpose="magic", proof=proof(KEY, OWNER, "magic")
        )


def test_an_owner_has_few_keys(small_office: Office) -> None:
    """Every dossier carries them all."""

    with small_office.at(NOON) as unit:
        for number in range(parties.MAX_KEYS):
            register(unit, 100 + number, endorsed(100 + number, 99 + number) if number else None)
        with refused(TooMuch, "keys_many"):
            register(unit, 100 + parties.MAX_KEYS, endorsed(100 + parties.MAX_KEYS, 100))


def register(unit: Unit, number: int, endorsement: dict[str, Any] | None = None, reason: str | None = None) -> str:
    """Register key number so-and-so for OWNER."""
    key = private_key(number)
    return parties.register_key(
        unit,
        origin=ORIGIN,
        owner=OWNER,
        public_key=public_of(number),
        purpose="statement",
        proof=proof(key, OWNER, "statement"),
        endorsement=endorsement,
        reason=reason,
    )


def public_of(number: int) -> str:
    """A key's public half."""
    return private_key(number).public_key().public_bytes_raw().hex()


def endorsed(number: int, by: int, **changed: str) -> dict[str, Any]:
    """An endorsement of one key by another."""
    value = {
        "type": "sunbid/endorsement/1",
        "origin": ORIGIN,
        "owner": OWNER,
        "public_key": public_of(number),
        "purpose": "statement",
    }
    return signing.sign(value | changed, private_key(by))


def test_a_second_key_needs_an_earlier_one(small_office: Office) -> None:
    """Whoever may add people and tokens cannot speak for an organisation that has a key."""
    with small_office.at(NOON) as unit:
        with refused(Conflict, "first_key"):
            register(unit, 50, endorsed(50, 51))
        with refused(Conflict, "first_key"):
            register(unit, 50, reason="丢失")
        register(unit, 50)
        with pytest.raises(Conflict) as refusal:
            register(unit, 51)
        assert refusal.value.reason == "endorsement_missing"
        assert refusal.value.facts == {"registered": [public_of(50)]}
        for changed in (
            {"owner": "x"},
            {"origin": "x"},
            {"purpose": "score"},
            {"public_key": "00" * 32},
            {"more": "x"},
        ):
            with refused(Malformed, "endorsement_wrong"):
                register(unit, 51, endorsed(51, 50, **changed))
        for by in (51, 52):
            with refused(Malformed, "signature_wrong"):
                register(unit, 51, endorsed(51, by))
        register(unit, 51, endorsed(51, 50))
        register(unit, 52, endorsed(52, 51))
        shown = recorded(unit.connection, "key_registered", tender="")
        assert [one.get("endorsement") for one in shown] == [None, endorsed(51, 50), endorsed(52, 51)]


def test_a_key_in_place_of_lost_ones(small_office: Office) -> None:
    with small_office.at(NOON) as unit:
        register(unit, 50)
        parties.replace_key(unit, proof=proof(private_key(51), OWNER, "statement"), reason="凭公函核实，密钥丢失")
        last = recorded(unit.connection, "key_registered", tender="")[-1]
        assert (last["public_key"], last["reason"]) == (public_of(51), "凭公函核实，密钥丢失")
        assert "endorsement" not in last
        with refused(Malformed, "signature_wrong"):
            forged = proof(private_key(52), OWNER, "statement")
            parties.replace_key(unit, proof=forged | {"signature": "AAAA"}, reason="x")
        own = parties.keys_of(unit.connection, OWNER, "statement")
        assert [[key.hex() for key in known] for known in own] == [[public_of(51)], [public_of(50)]]
        with refused(Malformed, "signature_wrong"):
            register(unit, 54, endorsed(54, 50))
        register(unit, 54, endorsed(54, 51))
        with refused(Malformed, "field_wrong"):
            parties.replace_key(unit, proof=proof(private_key(53), OWNER, "trustee"), reason="x")


def test_keys_of_ones_own(small_office: Office) -> None:
    """A bidder sees its organisation's, an expert its own; nobody another's."""
    bidder, expert = small_office.bidders["A"], small_office.experts[0]
    with small_office.at(NOON) as unit:
        small_office.register(unit, bidder.organisation, "statement")
        small_office.register(unit, expert.person, "score")
        for caller, purpose in ((bidder, "statement"), (expert, "score")):
            (found,) = parties.own_keys(unit.connection, caller)
            assert (found["purpose"], found["endorsement"], found["reason"]) == (purpose, None, None)
        assert parties.own_keys(unit.connection, small_office.bidders["B"]) == []
