"""Passkeys (WebAuthn): the challenge is ours and used once; the user is verified, so one is two factors."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import Connection, delete, insert, select, update
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from api.rows import challenges, passkeys
from notary import chance
from notary.errors import Conflict, Forbidden, Malformed
from notary.work import Unit

LIFE = timedelta(minutes=5)
_MOST = 16_384
MAX_PASSKEYS = 10


@dataclass(frozen=True)
class Party:
    """Who asks for passkeys: the address of the site, as browsers see it (``https://ggzy.example.gov.cn``)."""

    origin: str

    @property
    def id(self) -> str:
        """The host name."""
        return urlsplit(self.origin).hostname or ""


def ask_new(unit: Unit, party: Party, *, person: str, login: str, name: str) -> dict[str, Any]:
    """What the browser needs to make a passkey for a person: one that is found without a login name."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name="Sunbid 阳光标",
        user_id=bytes.fromhex(person),
        user_name=login,
        user_display_name=name,
        challenge=_challenge(unit, "new", person),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=bytes.fromhex(row.credential)) for row in _of(unit.connection, person)
        ],
    )
    return dict(json.loads(options_to_json(options)))


def add(unit: Unit, party: Party, *, person: str, name: str, credential: str) -> None:
    """Add the passkey that the browser made. Raises Malformed (passkey_wrong), Conflict (challenge_old, …)."""
    answer = _read(credential)
    challenge = _taken(unit, answer, "new", person)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _wrong() from error
    if len(_of(unit.connection, person)) >= MAX_PASSKEYS:
        raise Conflict(
            "passkeys_many", "通行密钥已达上限，请先删除旧的。", "Too many passkeys: remove an old one first."
        )
    row = {
        "passkey": _id(made.credential_id),
        "person": person,
        "name": name,
        "credential": made.credential_id.hex(),
        "public_key": made.credential_public_key.hex(),
        "uses": made.sign_count,
        "added_at": unit.now,
    }
    unit.connection.execute(insert(passkeys).values(row))


def ask(unit: Unit, party: Party, person: str = "") -> dict[str, Any]:
    """What the browser needs to show a passkey; without a person, of whomever it has one."""
    known = [PublicKeyCredentialDescriptor(id=bytes.fromhex(row.credential)) for row in _of(unit.connection, person)]
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=_challenge(unit, "enter", person),
        allow_credentials=known if person else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def use(unit: Unit, party: Party, credential: str, person: str = "") -> str:
    """Whose passkey this answer was made with. person: whose it has to be. Raises Forbidden (passkey_refused)."""
    answer = _read(credential)
    challenge = _taken(unit, answer, "enter", person)
    row = unit.connection.execute(select(passkeys).where(passkeys.c.passkey == _id(_raw_id(answer)))).one_or_none()
    if row is None or (person and row.person != person) or not _is_of(answer, row.person):
        raise _refused()
    try:
        shown = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=bytes.fromhex(row.public_key),
            credential_current_sign_count=row.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refused() from error
    unit.connection.execute(
        update(passkeys).where(passkeys.c.passkey == row.passkey).values(uses=shown.new_sign_count, used_at=unit.now)
    )
    return str(row.person)


def _challenge(unit: Unit, purpose: str, person: str) -> bytes:
    unit.connection.execute(delete(challenges).where(challenges.c.ends_at < unit.now))
    made = chance.token()
    row = {"sha256": _id(made), "purpose": purpose, "person": person, "ends_at": unit.now + LIFE}
    unit.connection.execute(insert(challenges).values(row))
    return made


def _taken(unit: Unit, answer: dict[str, Any], purpose: str, person: str) -> bytes:
    """The challenge that an answer is for; nothing else is answered with it again. Raises Conflict (challenge_old)."""
    try:
        client = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(client["challenge"])
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong() from error
    done = unit.connection.execute(
        delete(challenges).where(
            challenges.c.sha256 == _id(challenge),
            challenges.c.purpose == purpose,
            challenges.c.person == person,
            challenges.c.ends_at > unit.now,
        )
    )
    if done.rowcount != 1:
        raise Conflict(
            "challenge_old", "操作已超时或已用过，请重新开始。", "That took too long, or was used: begin again."
        )
    return challenge


def _read(credential: str) -> dict[str, Any]:
    try:
        found = json.loads(credential) if len(credential) <= _MOST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _wrong()
    return found


def _raw_id(answer: dict[str, Any]) -> bytes:
    try:
        return base64url_to_bytes(answer["rawId"])
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong() from error


def _is_of(answer: dict[str, Any], person: str) -> bool:
    """The authenticator names whom the passkey was made for; it has to be the one we know it as (WebAuthn 7.2, 6)."""
    handle = answer["response"].get("userHandle")
    try:
        return handle is None or base64url_to_bytes(handle).hex() == person
    except (AttributeError, TypeError, ValueError) as error:
        raise _wrong() from error


def _of(connection: Connection, person: str) -> list[Any]:
    return list(connection.execute(select(passkeys).where(passkeys.c.person == person)))


def _id(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _wrong() -> Malformed:
    return Malformed("passkey_wrong", "浏览器给出的通行密钥无法识别。", "What the browser gave is no passkey.")


def _refused() -> Forbidden:
    return Forbidden("passkey_refused", "通行密钥不被接受。", "That passkey is not accepted.")
