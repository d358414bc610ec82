"""Signed paper: pdfsig says valid, every changed byte shows, PDF/A stays, foreign signers are not trusted."""

from __future__ import annotations

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from pypdf import PdfReader

from notary.certificates import MARK, SHORT_MARK, Identity, certificate_for, demonstration_authority
from notary.documents import Signed, check_pdf, sign_pdf
from notary.errors import Malformed
from templates import render
from tests.templates.papers import attachments, facts_json

MOMENT = datetime(2026, 11, 30, 1, tzinfo=UTC)
TENDERER = "阳光市交通建设投资有限公司"
CODE = "91440000MA5DEMO01A"


@dataclass(frozen=True)
class Stage:
    paper: bytes
    signed: bytes
    authority: Identity
    tenderer: Identity


@pytest.fixture(scope="module")
def stage() -> Stage:
    authority = demonstration_authority(MOMENT)
    tenderer = certificate_for(authority, TENDERER, CODE, MOMENT)
    paper = render.pdf("award_letter", facts_json("award_letter"))
    return Stage(paper, _sign(paper, tenderer), authority, tenderer)


@pytest.fixture(scope="module")
def trusting(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An NSS database that trusts the demonstration authority, for pdfsig."""
    folder = tmp_path_factory.mktemp("nss")
    (folder / "root.pem").write_bytes(stage.authority.certificate)
    database = f"sql:{folder}"
    subprocess.run(["certutil", "-N", "-d", database, "--empty-password"], check=True)
    add = ["certutil", "-A", "-d", database, "-n", "root", "-t", "C,C,C", "-i", str(folder / "root.pem")]
    subprocess.run(add, check=True)
    return folder


def test_pdfsig_finds_it_valid_and_trusted(stage: Stage, trusting: Path, tmp_path: Path) -> None:
    said = _pdfsig(stage.signed, trusting, tmp_path)
    assert "Signature is Valid." in said
    assert "Certificate is Trusted." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert TENDERER + SHORT_MARK in said
    assert "Signing Time: Nov 30 2026" in said


def test_pdfsig_finds_a_changed_price(stage: Stage, trusting: Path, tmp_path: Path) -> None:
    broken = bytearray(stage.signed)
    broken[len(stage.paper) // 2] ^= 1
    said = _pdfsig(bytes(broken), trusting, tmp_path)
    assert "Signature is Valid." not in said


def test_our_own_check_agrees(stage: Stage) -> None:
    found = check_pdf(stage.signed, [stage.authority.certificate], MOMENT)
    assert found == [Signed(TENDERER + SHORT_MARK, CODE, MOMENT, "中标通知书 Letter of Award")]


def test_the_paper_itself_is_untouched(stage: Stage) -> None:
    assert stage.signed.startswith(stage.paper)
    assert attachments(stage.signed) == {"facts.json": [facts_json("award_letter")]}


def test_signed_paper_is_still_archival(stage: Stage) -> None:
    before, after = _root(stage.paper), _root(stage.signed)
    assert after["/Metadata"].get_object().get_data() == before["/Metadata"].get_object().get_data()
    assert {"/OutputIntents", "/StructTreeRoot", "/MarkInfo", "/AF", "/Lang"} <= set(after)
    assert "/NeedAppearances" not in after["/AcroForm"]
    field = after["/AcroForm"]["/Fields"][0].get_object()
    # ISO 19005-3, 6.3.2 and 6.3.3: printed, not hidden, with exactly the normal appearance; no action.
    assert field["/F"] & 0b111111 == 0b000100
    assert set(field["/AP"]) == {"/N"}
    assert not {"/A", "/AA"} & set(field)


def test_the_field_lies_over_the_seal_box(stage: Stage) -> None:
    reader = PdfReader(BytesIO(stage.signed))
    box: Any = reader.named_destinations["signature"]
    field = _root(stage.signed)["/AcroForm"]["/Fields"][0].get_object()
    left, bottom, right, top = (float(edge) for edge in field["/Rect"])
    assert abs(left - float(box.left)) <= 1
    assert abs(top - float(box.top)) <= 1
    assert right - left > 200
    assert 20 < top - bottom < 60


def test_a_paper_without_a_seal_box_gets_an_invisible_field(stage: Stage) -> None:
    signed = _sign(stage.signed, stage.tenderer, "second")
    second = _root(signed)["/AcroForm"]["/Fields"][1].get_object()
    assert [float(edge) for edge in second["/Rect"]] == [0, 0, 0, 0]


def test_two_parties_may_sign_one_after_the_other(stage: Stage) -> None:
    agency = certificate_for(stage.authority, "阳光市诚信招标代理有限公司", "91440000MA5DEMO09X", MOMENT)
    signed = _sign(stage.signed, agency, "agency")
    found = check_pdf(signed, [stage.authority.certificate], MOMENT)
    assert [one.signer.removesuffix(SHORT_MARK) for one in found] == [TENDERER, "阳光市诚信招标代理有限公司"]


@pytest.mark.parametrize("seed", range(60))
def test_every_changed_bit_is_found(stage: Stage, seed: int) -> None:
    """Before and behind the signature's own place."""
    start, end = _place(stage.signed)
    at = random.Random(seed).choice([*range(start), *range(end, len(stage.signed))])
    broken = bytearray(stage.signed)
    broken[at] ^= 1 << seed % 8
    with pytest.raises(Malformed, match="pdf_signature_wrong"):
        check_pdf(bytes(broken), [stage.authority.certificate], MOMENT)


@pytest.mark.parametrize("seed", range(40))
def test_a_changed_signature_says_nothing_else(stage: Stage, seed: int) -> None:
    """Its hex digits are not signed (``a`` may become ``A``), but they cannot come to mean another signature."""
    start, end = _place(stage.signed)
    broken = bytearray(stage.signed)
    broken[random.Random(seed).randrange(start, end)] ^= 1 << seed % 8
    assert _says(bytes(broken), stage) in ("refused", _says(stage.signed, stage))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"not a PDF",
        lambda paper: paper[:-200],
        lambda paper: paper + b"\n% later",
        lambda paper: paper.replace(b"/ByteRange", b"/ByteRangf"),
    ],
)
def test_spoiled_files_are_refused(stage: Stage, spoil: Any) -> None:
    with pytest.raises(Malformed, match="pdf_signature_wrong"):
        check_pdf(spoil(stage.signed), [stage.authority.certificate], MOMENT)


def test_unsigned_paper_is_refused(stage: Stage) -> None:
    with pytest.raises(Malformed, match="bears no signature"):
        check_pdf(stage.paper, [stage.authority.certificate], MOMENT)


def test_another_authority_of_the_same_name_is_not_trusted(stage: Stage) -> None:
    other = demonstration_authority(MOMENT)
    with pytest.raises(Malformed, match="pdf_signature_wrong"):
        check_pdf(stage.signed, [other.certificate], MOMENT)


def test_an_expired_certificate_is_not_trusted(stage: Stage) -> None:
    with pytest.raises(Malformed, match="pdf_signature_wrong"):
        check_pdf(stage.signed, [stage.authority.certificate], MOMENT + timedelta(days=4000))


def test_signing_works_in_threads(stage: Stage) -> None:
    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(lambda _: _sign(stage.paper, stage.tenderer), range(8)))
    for one in signed:
        check_pdf(one, [stage.authority.certificate], MOMENT)


def test_a_naive_time_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="naive"):
        sign_pdf(stage.paper, stage.tenderer, reason="", location="", field_name="x", signing_time=datetime(2026, 1, 1))  # noqa: DTZ001  # the point of the test


def test_what_is_not_a_pdf_is_not_signed(stage: Stage) -> None:
    with pytest.raises(Malformed, match="not_a_pdf"):
        _sign(b"not a PDF", stage.tenderer)


def test_certificates_say_demonstration_whatever_the_name() -> None:
    authority = demonstration_authority(MOMENT)
    for name in ("甲", "很" * 200):
        identity = certificate_for(authority, name, "91440000MA5DEMO01A", MOMENT)
        subject = x509.load_pem_x509_certificate(identity.certificate).subject
        assert str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value).endswith(SHORT_MARK)
        assert subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value == MARK
        assert identity.issuers == (authority.certificate,)


def _sign(pdf: bytes, identity: Identity, field_name: str = "tenderer") -> bytes:
    return sign_pdf(
        pdf,
        identity,
        reason="中标通知书 Letter of Award",
        location="阳光市",
        field_name=field_name,
        signing_time=MOMENT,
    )


def _says(pdf: bytes, stage: Stage) -> list[Signed] | str:
    try:
        return check_pdf(pdf, [stage.authority.certificate], MOMENT)
    except Malformed:
        return "refused"


def _pdfsig(pdf: bytes, trusting: Path, folder: Path) -> str:
    (folder / "paper.pdf").write_bytes(pdf)
    command = ["pdfsig", "-nssdir", f"sql:{trusting}", str(folder / "paper.pdf")]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _place(signed: bytes) -> tuple[int, int]:
    """Where the signature's own hex digits stand: all but these bytes are signed."""
    signature = _root(signed)["/AcroForm"]["/Fields"][0].get_object()["/V"]
    _, first, second, _ = (int(number) for number in signature["/ByteRange"])
    return first, second


def _root(pdf: bytes) -> Any:
    return PdfReader(BytesIO(pdf)).trailer["/Root"]
