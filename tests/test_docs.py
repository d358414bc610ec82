"""Documentation that can be checked."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from api.policy import POLICY

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def test_every_setting_is_documented() -> None:
    sources = [path for room in ("api", "notary") for path in (ROOT / room).rglob("*.py")]
    named = {name for path in sources for name in re.findall(r"\bSUNBID_[A-Z_]+\b", path.read_text("utf-8"))}
    page = (ROOT / "docs/operate.md").read_text("utf-8")
    assert sorted(name for name in named if name not in page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    gone = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert gone == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_named_files_exist(page: Path) -> None:
    """Paths in code marks, such as `notary/work.py`, are real."""
    named = re.findall(r"`((?:api|bidding|notary|trading|templates|tests|migrations|docs)/[\w/.-]+)`", page.read_text())
    assert [path for path in named if "*" not in path and not (ROOT / path).exists()] == []


def test_each_journey_is_held_to_its_clicks() -> None:
    """Every row of the table names a test that compares the clicks that were made with the row's number."""
    page = (ROOT / "docs/journeys.md").read_text("utf-8")
    rows = re.findall(r"\| (\d+) \| `([\w/.]+)` `(\w+)` \|$", page, re.MULTILINE)
    # The head of the table has no number.
    assert len(rows) == sum(line.startswith("| ") for line in page.splitlines()) - 1
    assert [row for row in rows if int(row[0]) not in _limits(ROOT / row[1], row[2])] == []


def _limits(file: Path, name: str) -> set[int]:
    """The numbers with which a test of a file compares ``….clicks``."""
    test = next(one for one in ast.parse(file.read_text("utf-8")).body if getattr(one, "name", "") == name)
    return {
        found.comparators[0].value
        for found in ast.walk(test)
        if isinstance(found, ast.Compare)
        and getattr(found.left, "attr", "") == "clicks"
        and isinstance(found.ops[0], ast.LtE | ast.Eq)
        and isinstance(found.comparators[0], ast.Constant)
        and isinstance(found.comparators[0].value, int)
    }


def test_http_page_names_every_operation() -> None:
    page = (ROOT / "docs/http.md").read_text("utf-8")
    handlers = [path.read_text("utf-8") for path in (ROOT / "api/handlers").glob("*.py")]
    routes = {
        re.sub(r"\{(\w+):\w+\}", r"{\1}", path): name
        for text in handlers
        for path, name in re.findall(r'@(?:get|post|put)\("([^"]+)", \*\*(?:streams\.)?operation\("([a-z_.]+)"', text)
    }
    assert set(routes.values()) <= set(POLICY)
    missing = sorted(path for path in routes if path.split("{")[0].rstrip("/") not in page)
    assert missing == []
