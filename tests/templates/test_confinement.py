"""Paper fetches nothing and cannot eat the machine: limits, refusals, a canary on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import weasyprint
from weasyprint.urls import FatalURLFetchingError

from notary import canonical
from templates import paper, render
from templates.assets import Assets
from templates.render import Limits, RenderFailed
from tests.templates.papers import attachments, facts, facts_json, text

# WeasyPrint 70 leaves its colour profile open.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")
MOMENT = datetime(2026, 11, 30, 1, tzinfo=UTC)
# {url} is the canary or a secret file.
FETCHES = {
    "img": '<img src="{url}">',
    "srcset": '<img srcset="{url} 2x" src="{url}">',
    "stylesheet": '<link rel="stylesheet" href="{url}">',
    "import": '<style>@import url("{url}");</style>',
    "font": '<style>@font-face {{ font-family: x; src: url("{url}") }} p {{ font-family: x }}</style><p>x</p>',
    "background": '<p style="background-image: url({url})">x</p>',
    "list": '<ul style="list-style-image: url({url})"><li>x</li></ul>',
    "content": '<style>p::before {{ content: url("{url}") }}</style><p>x</p>',
    "page": '<style>@page {{ background: url("{url}") }}</style><p>x</p>',
    "object": '<object data="{url}">x</object>',
    "embed": '<embed src="{url}">',
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}" width="9" height="9"/></svg>',
    "svg-use": '<svg xmlns="http://www.w3.org/2000/svg"><use href="{url}#x"/></svg>',
    "attachment": '<link rel="attachment" href="{url}">',
    "attachment-anchor": '<a rel="attachment" href="{url}">x</a>',
    "base": '<base href="{url}"><img src="x.png">',
    "anchor": '<a href="{url}">x</a>',
}
SCHEMES = ["http://{host}/x", "https://{host}/x", "ftp://{host}/x", "file://{secret}", "data:text/plain,secret"]


class Canary:
    """A listener on loopback that counts who comes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.hits = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.hits += 1
            caller.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    one = Canary()
    yield one
    one.close()


@pytest.mark.parametrize("vector", FETCHES)
def test_markup_that_wants_to_fetch_gets_nothing(vector: str, canary: Canary, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", "utf-8")
    for scheme in SCHEMES:
        html = FETCHES[vector].format(url=scheme.format(host=canary.host, secret=secret))
        assert _embedded(html) in ({"facts.json": [b"{}"]}, "refused")
    assert canary.hits == 0


def test_the_canary_would_notice(canary: Canary) -> None:
    html = FETCHES["background"].format(url=f"http://{canary.host}/x")
    weasyprint.HTML(string=html).write_pdf()
    assert canary.hits > 0


def test_hostile_facts_are_printed_not_fetched(canary: Canary) -> None:
    hostile = [vector.format(url=f"http://{canary.host}/x") for vector in FETCHES.values()]
    words = [{"zh": one, "en": one} for one in hostile]
    more = {"winner": hostile[0], "where": hostile[1], "head": hostile[2], "copies": hostile, "paragraphs": words}
    given = canonical.dumps(facts("award_letter") | more)
    made = paper.paper("award_letter", given, 1000)
    assert attachments(made) == {"facts.json": [given]}
    read = text(made)
    assert [one for one in hostile if "".join(one.split()) not in read] == []
    assert canary.hits == 0


@pytest.mark.parametrize(
    "name", ["../render.py", "/etc/passwd", "nothing.css", "../static/../paper.py", "", "print.css?x"]
)
def test_only_packaged_assets_are_served(name: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        Assets().fetch(f"asset:{name}")


@pytest.mark.parametrize(
    "escape",
    [
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('localhost', 80)",
        "os.system('true')",
        "subprocess.run(['true'])",
        "os.execv('/bin/true', ['true'])",
    ],
)
def test_the_child_has_no_way_out(escape: str) -> None:
    program = f"import os, socket, subprocess\nfrom templates.paper import confine\nconfine(1 << 32, 30)\n{escape}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "PermissionError: paper may not" in done.stderr


def test_a_hundred_thousand_rows_are_refused() -> None:
    _refused("size", _rows(100_000), Limits())


def test_too_many_bytes_and_too_many_papers_are_refused() -> None:
    with pytest.raises(RenderFailed, match="size"):
        render.pdf("award_letter", b" " * (render.MAX_FACTS + 1))
    with pytest.raises(RenderFailed, match="size"):
        render.pdfs([("award_letter", b"{}")] * (render.MAX_DOCUMENTS + 1))


def test_processor_time_ends() -> None:
    _refused("time", _rows(3000), Limits(processor=2))


def test_wall_time_ends() -> None:
    _refused("time", _rows(3000), Limits(wall=1))


def test_memory_ends() -> None:
    # An allocation that fails inside a C library may leave one of its locks taken: then the child's time ends it.
    with pytest.raises(RenderFailed) as refused:
        render.pdf("opening_record", _rows(800), Limits(memory=200 << 20, wall=30))
    assert refused.value.reason in {"crash", "time"}


def test_a_colspan_bomb_in_facts_is_text() -> None:
    bomb = facts("award_letter") | {"winner": "<table><tr><td colspan=100000000>x</td></tr></table>"}
    assert render.pdf("award_letter", canonical.dumps(bomb))


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"[]",
        b"{}",
        b'{"issued_at": 5}',
        b'{"issued_at": "2026-11-30"}',
        b'{"issued_at": "2026-11-30T01:00:00.000000Z"}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_not_facts_is_refused(given: bytes) -> None:
    with pytest.raises(RenderFailed, match="facts"):
        render.pdf("award_letter", given)


@pytest.mark.parametrize("key", sorted(facts("award_letter")))
def test_a_missing_fact_is_an_error_not_a_blank(key: str) -> None:
    less = {name: value for name, value in facts("award_letter").items() if name != key}
    with pytest.raises(paper.Unfit):
        paper.paper("award_letter", canonical.dumps(less), 1000)


@pytest.mark.parametrize("name", ["nothing", "_paper", "../paper", "award_letter.html", "", "a" * 41])
def test_there_is_no_such_paper(name: str) -> None:
    with pytest.raises(paper.Unfit, match="there is no paper"):
        paper.paper(name, facts_json("award_letter"), 1000)


def test_one_unfit_paper_stops_the_batch() -> None:
    with pytest.raises(RenderFailed, match="facts"):
        render.pdfs([("award_letter", facts_json("award_letter")), ("award_letter", b"{}")])


def _embedded(html: str) -> dict[str, list[bytes]] | str:
    try:
        return attachments(paper.lay_out(html, b"{}", MOMENT)[0])
    except FatalURLFetchingError:
        return "refused"


def _rows(count: int) -> bytes:
    given: dict[str, Any] = facts("opening_record")
    given["not_opened"] = [given["not_opened"][0]] * count
    return canonical.dumps(given)


def _refused(reason: str, given: bytes, limits: Limits) -> None:
    with pytest.raises(RenderFailed) as refused:
        render.pdf("opening_record", given, limits)
    assert refused.value.reason == reason
