"""What `make demo` ends with: the portal, with a lot in every stage and an opening to come, until Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.demo.lots import LOTS
from api.pages.front import HOMES
from tests.browser.reader import launched, reading

SUNBID = [sys.executable, "-m", "api.cli"]
STAGES = {
    "drafted": None,
    "cancelled": "cancelled",
    "publicity": "publicity",
    "held": "closed",
    "soon": "open",
    "open": "open",
}

pytestmark = pytest.mark.story


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A demonstration that serves its portal; and the address that it tells."""
    folder = tmp_path_factory.mktemp("demo")
    output = folder / "output"
    with output.open("wb") as sink:
        command = [*SUNBID, "demo", "--once", "--portal", "--directory", str(folder / "play")]
        process = subprocess.Popen(command, stdout=sink, stderr=sink)
    try:
        yield process, _address(process, output)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], output: Path) -> str:
    while not (found := re.search(r"门户 · Portal\s+(http\S+)[\s\S]*Ctrl-C ends", output.read_text("utf-8"))):
        assert process.poll() is None, output.read_text("utf-8")
        time.sleep(0.1)
    return found[1]


def test_a_lot_in_every_stage_and_an_opening_to_come(portal: tuple[subprocess.Popen[bytes], str]) -> None:
    _, url = portal
    shown = {one["tender"]: one for one in httpx.get(f"{url}/api/v1/tenders").json()["items"]}
    found = {lot.fate: shown.get(lot.tender, {}).get("stage") for lot in LOTS}
    assert found == STAGES
    assert {one["tender"] for one in shown.values() if one["held"]} == {
        lot.tender for lot in LOTS if lot.fate == "held"
    }


def test_everybody_may_enter_as_anybody(portal: tuple[subprocess.Popen[bytes], str]) -> None:
    _, url = portal
    front = httpx.get(url).text
    for name in ("李慧", "刘建平", "周明远", "受托人经办", "投标经办"):
        assert name in front


def test_one_command_and_one_click(portal: tuple[subprocess.Popen[bytes], str]) -> None:
    """The address that it tells, and there a button for each role that leads to its work."""
    _, url = portal
    with launched() as chromium, reading(chromium) as readers:
        for role, home in HOMES.items():
            reader = readers.new(url)
            page = reader.go("/")
            entrance = page.locator("#enter form").filter(has=page.locator(f"[name=key][value$='-enter-1{role}']"))
            entrance.get_by_role("button").click()
            page.wait_for_url(f"{url}{home}")
            assert reader.clicks == 1
            assert page.locator("h1").is_visible()


def test_ctrl_c_ends_it(portal: tuple[subprocess.Popen[bytes], str]) -> None:
    process, url = portal
    process.send_signal(signal.SIGINT)
    assert process.wait(180) == 0  # several servers end, on a machine that may be busy
    with pytest.raises(httpx.TransportError):
        httpx.get(url)
