"""Sign paper and check its signature: PAdES baseline B-B (ETSI EN 319 142-1) by X.509 certificates.

The law names the author of each paper, and it is signed with that party's certificate. A real site brings certificates
of a licensed authority (电子签名法 article 16); :mod:`notary.certificates` makes demonstration ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from notary.certificates import Identity
from notary.errors import Malformed

SEAL_PLACE = "signature"
"""The named destination where paper has its seal box; the signature's clickable field lies over it."""
_SEAL_WIDTH, _SEAL_HEIGHT = 295, 38  # points


@dataclass(frozen=True)
class Signed:
    """A signature that holds. signer: the certificate's common name; at: the time that the signer states.

    organisation: 统一社会信用代码 in the certificate (ETSI EN 319 412-1), "" where it has none.
    """

    signer: str
    organisation: str
    at: datetime
    reason: str


def sign_pdf(
    pdf: bytes, identity: Identity, *, reason: str, location: str, field_name: str, signing_time: datetime
) -> bytes:
    """The paper with one signature over all of it, appended: the first bytes are `pdf` itself, and PDF/A-3 stays.

    signing_time: aware; it is the signer's statement, proved only by the log. Works in any thread that runs no event
    loop. Raises Malformed for bytes that are not a PDF, ValueError for an identity that cannot sign.
    """
    if signing_time.tzinfo is None:
        raise ValueError("naive datetime")
    try:
        writer = _Appender(BytesIO(pdf))
    except PdfError as error:
        raise Malformed("not_a_pdf", "不是有效的 PDF。", "Not a valid PDF.", field="pdf") from error
    place = _seal_box(writer.prev)
    metadata = PdfSignatureMetadata(
        field_name=field_name,
        md_algorithm="sha256",
        reason=reason,
        location=location,
        subfilter=SigSeedSubFilter.PADES,
    )
    signer = _MomentSigner(
        metadata,
        _signer(identity),
        stamp_style=_nothing_drawn(),
        new_field_spec=SigFieldSpec(field_name, on_page=place[0], box=place[1]),
        moment=signing_time,
    )
    signed: BytesIO = signer.sign_pdf(writer)
    return signed.getvalue()


def check_pdf(pdf: bytes, roots: Sequence[bytes], moment: datetime) -> list[Signed]:
    """The signatures of a paper, in order, after each was checked against the trusted roots (PEM) at `moment`.

    Every signature must hold and nothing but further signatures may follow the first; the last covers the whole file.
    Raises Malformed (reason ``pdf_signature_wrong``).
    """
    trust = [_certificate(root) for root in roots]
    try:
        signatures = PdfFileReader(BytesIO(pdf)).embedded_signatures
        found = [_checked(one, trust, moment) for one in signatures]
    except Malformed:
        raise
    except Exception as error:  # parsers of damaged files raise anything; then no signature holds
        raise _wrong("文件读不出签名。", "The signatures of the file cannot be read.") from error
    if not found:
        raise _wrong("文件没有签名。", "The file bears no signature.")
    if signatures[-1].coverage != SignatureCoverageLevel.ENTIRE_FILE:
        raise _wrong("签名之后文件有改动。", "The file was changed after it was signed.")
    return found


def _checked(one: EmbeddedPdfSignature, trust: list[x509.Certificate], moment: datetime) -> Signed:
    # No revocation list is fetched: a checker works offline, and the log holds when the paper was signed.
    context = ValidationContext(trust_roots=trust, moment=moment, allow_fetching=False)
    status = validate_pdf_signature(one, context)
    at = one.self_reported_timestamp
    if not status.bottom_line or at is None:
        raise _wrong("签名不正确，或者签名人不受信任。", "A signature does not verify, or its signer is not trusted.")
    subject = status.signing_cert.subject.native
    code = str(subject.get("organization_identifier", "")).removeprefix("NTRCN-")
    return Signed(str(subject["common_name"]), code, at, str(one.sig_object.get("/Reason", "")))


def _wrong(zh: str, en: str) -> Malformed:
    return Malformed("pdf_signature_wrong", zh, en, field="pdf")


class _Appender(IncrementalPdfFileWriter):
    """Appends a signature and leaves the metadata alone: their dates are the paper's own, not the host's clock."""

    def _update_meta(self) -> None:
        pass


class _MomentSigner(PdfSigner):
    """States the time it is given; the library would read the host's clock."""

    def __init__(self, *args: Any, moment: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._moment = moment

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._moment
        return session


def _signer(identity: Identity) -> SimpleSigner:
    key = keys.PrivateKeyInfo.load(pem.unarmor(identity.key)[2])
    issuers = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    issuers.register_multiple([_certificate(issuer) for issuer in identity.issuers])
    return SimpleSigner(_certificate(identity.certificate), key, issuers)


def _certificate(armoured: bytes) -> x509.Certificate:
    return x509.Certificate.load(pem.unarmor(armoured)[2])


def _seal_box(paper: PdfFileReader) -> tuple[int, tuple[int, int, int, int] | None]:
    """Page (from 0) and rectangle of the seal box that the paper drew; no rectangle when it has none or is signed."""
    if "/AcroForm" in paper.root or "/Names" not in paper.root or "/Dests" not in paper.root["/Names"]:
        return 0, None
    names = list(paper.root["/Names"]["/Dests"]["/Names"])
    if SEAL_PLACE not in names:
        return 0, None
    where = names[names.index(SEAL_PLACE) + 1]
    left, top = int(where[2]), int(where[3])
    box = (left, top - _SEAL_HEIGHT, left + _SEAL_WIDTH, top)
    return int(paper.root["/Pages"]["/Kids"].index(where.raw_get(0))), box


def _nothing_drawn() -> StaticStampStyle:
    """An empty appearance: the seal box is drawn by the paper itself, and PDF/A wants an appearance for every field."""
    box = BoxConstraints(width=_SEAL_WIDTH, height=_SEAL_HEIGHT)
    return StaticStampStyle(background=RawContent(b"q Q", box=box), border_width=0)
