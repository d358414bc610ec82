"""Who others say that somebody is: an organisation's certificate that our proxy has verified, or another provider.

Neither makes accounts: a person that is signed in adds one to its own account, and can sign in by it from then on.
"""

from __future__ import annotations

import hashlib
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import func, insert, select

from api.rows import identities
from notary.errors import Conflict, Forbidden, Malformed
from notary.work import Unit
from trading.caller import Caller

CERTIFICATE, PROVIDER = "certificate", "provider"
_MOST = 10
_LONGEST = 16_384


def certificate_of(header: str) -> x509.Certificate:
    """The certificate that the proxy has verified. Raises Malformed (no_certificate)."""
    try:
        if 0 < len(header) <= _LONGEST:
            return x509.load_pem_x509_certificate(unquote_to_bytes(header))
    except ValueError as error:
        raise _no_certificate() from error
    raise _no_certificate()


def of_certificate(certificate: x509.Certificate) -> str:
    """The identity of a certificate: its fingerprint, so a renewed one is added again."""
    return _identity(CERTIFICATE, certificate.fingerprint(SHA256()).hex())


def of_subject(issuer: str, subject: str) -> str:
    """The identity of a provider's subject."""
    return _identity(PROVIDER, f"{issuer}\n{subject}")


def check_organisation(certificate: x509.Certificate, code: str) -> None:
    """Raise Forbidden (certificate_foreign) unless the subject names this organisation by its code.

    By the code itself, as Chinese authorities write it, or as ``NTRCN-`` and the code (ETSI EN 319 412-1, 5.1.4).
    """
    if not {code, f"NTRCN-{code}"} & {str(one.value) for one in certificate.subject}:
        raise Forbidden(
            "certificate_foreign",
            "证书主体中没有您单位的统一社会信用代码。",
            "The certificate's subject does not name your organisation by its code.",
        )


def add(unit: Unit, caller: Caller, identity: str, kind: str, name: str) -> None:
    """Add an identity to the caller's account. Raises Conflict (identity_used, identities_many)."""
    used = unit.connection.execute(select(identities).where(identities.c.identity == identity)).first()
    if used is not None:
        raise Conflict("identity_used", "该证书或外部身份已在使用。", "That certificate or identity is in use already.")
    mine = select(func.count()).select_from(identities).where(identities.c.person == caller.person)
    if (unit.connection.scalar(mine) or 0) >= _MOST:
        raise Conflict("identities_many", "已达上限，请先删除旧的。", "Too many: remove an old one first.")
    row = {"identity": identity, "person": caller.person, "kind": kind, "name": name[:100], "added_at": unit.now}
    unit.connection.execute(insert(identities).values(row))


def person_of(unit: Unit, identity: str) -> str:
    """Whose identity it is. Raises Forbidden (identity_unknown)."""
    found = unit.connection.scalar(select(identities.c.person).where(identities.c.identity == identity))
    if found is None:
        raise Forbidden(
            "identity_unknown",
            "该证书或外部身份尚未绑定账户：请先用其他方式登录，在“通行密钥和验证码”中添加。",
            "No account has that certificate or identity: sign in otherwise, and add it under passkeys first.",
        )
    return str(found)


def _identity(kind: str, which: str) -> str:
    return hashlib.sha256(f"{kind}\n{which}".encode()).hexdigest()


def _no_certificate() -> Malformed:
    return Malformed(
        "no_certificate",
        "浏览器没有出示证书，或证书未通过验证。",
        "Your browser showed no certificate, or it was not accepted.",
    )
