"""Papers: equal facts give equal bytes, the facts are inside, Chinese is read back, PDF/A-3a has its parts."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from notary import canonical
from notary.errors import Malformed
from templates import paper, render
from templates.facts import (
    Attachment,
    AwardLetter,
    CandidatesNotice,
    EvaluationReport,
    OpeningRecord,
    ResultLetter,
    TenderNotice,
)
from tests.templates.papers import NAMES, attachments, facts, facts_json, text

# WeasyPrint 70 leaves its colour profile open.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")
PRINT = Path(render.__file__).parent / "print"
INJECTIONS = [
    "{{7*7}}",
    "${7*7}",
    "%s%n",
    "{0.__class__}",
    "{% include '/etc/passwd' %}",
    "<b>&amp;</b>",
    "'\"--></style>",
]


@pytest.fixture(scope="module")
def papers() -> dict[str, bytes]:
    made = render.pdfs([(name, facts_json(name)) for name in NAMES])
    return dict(zip(NAMES, made, strict=True))


SHAPES: dict[str, Any] = {
    "attachment": Attachment,
    "award_letter": AwardLetter,
    "candidates_notice": CandidatesNotice,
    "evaluation_report": EvaluationReport,
    "opening_record": OpeningRecord,
    "result_letter": ResultLetter,
    "tender_notice": TenderNotice,
}


def test_every_template_has_example_facts() -> None:
    assert {path.stem for path in PRINT.glob("[a-z]*.html")} == set(NAMES) == set(SHAPES)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_of_their_shape(name: str) -> None:
    assert set(facts(name)) == SHAPES[name].__required_keys__


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_inside_unchanged(papers: dict[str, bytes], name: str) -> None:
    assert attachments(papers[name]) == {"facts.json": [facts_json(name)]}
    assert _root(papers[name])["/AF"][0].get_object()["/AFRelationship"] == "/Data"


def test_equal_facts_give_equal_bytes_in_any_company(papers: dict[str, bytes]) -> None:
    alone = render.pdf("award_letter", facts_json("award_letter"))
    assert alone == papers["award_letter"]


def test_one_changed_fact_changes_the_paper_and_its_id(papers: dict[str, bytes]) -> None:
    changed = facts("award_letter") | {"winner": "另一家公司"}
    made = render.pdf("award_letter", canonical.dumps(changed))
    assert PdfReader(BytesIO(made)).trailer["/ID"] != PdfReader(BytesIO(papers["award_letter"])).trailer["/ID"]
    assert hashlib.sha256(canonical.dumps(changed)).hexdigest() in text(made)


@pytest.mark.parametrize("name", NAMES)
def test_every_word_of_the_facts_is_read_back(papers: dict[str, bytes], name: str) -> None:
    """Among them 㙓 and 䶮, which the main font lacks."""
    read = text(papers[name])
    unread = [word for word in _shown(facts(name)) if "".join(word.split()) not in read]
    assert unread == []
    assert hashlib.sha256(facts_json(name)).hexdigest() in read
    assert "第1页/共" in read


@pytest.mark.parametrize("name", NAMES)
def test_fonts_are_embedded(papers: dict[str, bytes], name: str) -> None:
    fonts = _fonts(papers[name])
    assert {"WenQuanYi-Micro-Hei"} <= {font["/BaseFont"].split("+")[1] for font in fonts}
    for font in fonts:
        assert "/ToUnicode" in font
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile2" in descriptor


@pytest.mark.parametrize("name", NAMES)
def test_it_is_archival_and_tagged(papers: dict[str, bytes], name: str) -> None:
    root = _root(papers[name])
    metadata = root["/Metadata"].get_object().get_data()
    assert b'pdfaid:part="3" pdfaid:conformance="A"' in metadata
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "zh-CN"
    assert {"/H1", "/P", "/Table", "/TH", "/TD"} <= _roles(root["/StructTreeRoot"])
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root)


def test_the_demonstration_mark_is_on_every_page_and_only_then(papers: dict[str, bytes]) -> None:
    pages = PdfReader(BytesIO(papers["opening_record"])).pages
    assert all("没有法律效力" in "".join(page.extract_text().split()) for page in pages)
    assert "DEMONSTRATION" in text(papers["opening_record"])
    real = text(render.pdf("award_letter", canonical.dumps(facts("award_letter") | {"demonstration": False})))
    assert "DEMONSTRATION" not in real
    assert "没有法律效力" not in real


def test_a_character_that_no_font_has_is_marked_and_named() -> None:
    """PDF/A forbids glyph 0, and a box tells the reader nothing."""
    made = render.pdf("award_letter", canonical.dumps(facts("award_letter") | {"winner": "𠮷祥建设有限公司"}))
    read = text(made)
    assert "〓祥建设有限公司" in read
    assert "U+20BB7" in read
    assert "𠮷祥" in attachments(made)["facts.json"][0].decode("utf-8")


@pytest.mark.parametrize("injection", INJECTIONS)
def test_template_code_in_facts_is_printed_as_text(injection: str) -> None:
    given_facts = facts("award_letter") | {"winner": injection, "head": injection}
    made = paper.paper("award_letter", canonical.dumps(given_facts), 1000)
    assert text(made).count("".join(injection.split())) == 2


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_that_the_record_may_hold_can_be_printed(wild: str) -> None:
    given_facts = facts("award_letter") | {"winner": wild}
    try:
        given_json = canonical.dumps(given_facts)
    except Malformed:
        return
    assert attachments(paper.paper("award_letter", given_json, 1000)) == {"facts.json": [given_json]}


def test_figures() -> None:
    assert [paper.figures(yuan) for yuan in ("0.00", "999.90", "1000.00", "3680000.00", "12345678901.23")] == [
        "0.00",
        "999.90",
        "1,000.00",
        "3,680,000.00",
        "12,345,678,901.23",
    ]


def _root(pdf: bytes) -> Any:
    return PdfReader(BytesIO(pdf)).trailer["/Root"]


def _fonts(pdf: bytes) -> list[Any]:
    pages = PdfReader(BytesIO(pdf)).pages
    return [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]


def _roles(element: Any) -> set[str]:
    found: set[str] = set()
    waiting = [element]
    while waiting:
        one = waiting.pop().get_object()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            found |= {str(one["/S"])} if "/S" in one else set()
            waiting.extend([one["/K"]] if "/K" in one else [])
    return found


def _shown(value: Any, key: str = "") -> list[str]:
    """The texts of facts as a paper shows them; issued_at is shown in Beijing words instead."""
    if isinstance(value, dict):
        return [word for name, item in value.items() for word in _shown(item, name)]
    if isinstance(value, list):
        return [word for item in value for word in _shown(item, key)]
    if isinstance(value, str) and key == "yuan":
        return [paper.figures(value)]
    return [value] if isinstance(value, str) and key != "issued_at" else []
