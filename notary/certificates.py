"""Demonstration certificates: an authority that says DEMONSTRATION 演示 in every subject it writes.

They exist so that a demonstration can sign its paper; no reader trusts them unless told to. Times are arguments; keys
are P-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notary import chance

MARK = "DEMONSTRATION 演示"
SHORT_MARK = "（演示）"
# X.520 allows 64 characters; the library counts bytes.
_NAME_LIMIT = 64
_VALID = timedelta(days=3650)
# A demonstration's clock may run weeks ahead of the reader's.
_EARLIER = timedelta(days=365)


@dataclass(frozen=True)
class Identity:
    """Who signs paper. certificate, issuers: X.509 in PEM; key: its private key, PKCS #8 in PEM without passphrase."""

    certificate: bytes
    key: bytes
    issuers: tuple[bytes, ...] = ()


def demonstration_authority(moment: datetime) -> Identity:
    """A new root of trust for one demonstration, valid from a year before `moment` (aware) to ten years after it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Sunbid Root", None)
    builder = _builder(name, name, key.public_key(), moment).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return Identity(_pem(_issue(builder, key, key.public_key(), certifies=True)), _key_pem(key))


def certificate_for(authority: Identity, organisation: str, code: str, moment: datetime) -> Identity:
    """A certificate for signing paper. code: 统一社会信用代码 (ETSI EN 319 412-1)."""
    root = x509.load_pem_x509_certificate(authority.certificate)
    root_key = serialization.load_pem_private_key(authority.key, None)
    if not isinstance(root_key, ec.EllipticCurvePrivateKey):
        raise TypeError("a demonstration authority has a P-256 key")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(organisation, code), root.subject, key.public_key(), moment).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    issued = _issue(builder, root_key, root_key.public_key(), certifies=False)
    return Identity(_pem(issued), _key_pem(key), (authority.certificate, *authority.issuers))


def _name(organisation: str, code: str | None) -> x509.Name:
    room = _NAME_LIMIT - len(SHORT_MARK.encode())
    short = organisation.encode()[:room].decode("utf-8", "ignore")
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, MARK),
        x509.NameAttribute(NameOID.COMMON_NAME, short + SHORT_MARK),
    ]
    if code is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{code}"))
    return x509.Name(parts)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, moment: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(int.from_bytes(b"\x01" + chance.token(18), "big"))
        .not_valid_before(moment - _EARLIER)
        .not_valid_after(moment + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _issue(
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    issuer: ec.EllipticCurvePublicKey,
    *,
    certifies: bool,
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=not certifies,
        content_commitment=not certifies,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer)
    builder = builder.add_extension(usage, critical=True).add_extension(identifier, critical=False)
    return builder.sign(key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
