"""The help line: one line from the settings, at the foot of every page, as text."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from api.settings import People, from_environment
from notary.errors import Malformed
from tests.serving import site


def test_it_stands_on_every_page_as_text(tmp_path: Path) -> None:
    line = "0746-12345 <b>8:30 至 17:30</b>"
    people = People(help_line=line)
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db", people=people) as running:
        for path, label in (("/", "服务电话："), ("/en/help", "Help line: "), ("/no-such-page", "服务电话：")):
            page = httpx.get(running.url + path).text
            assert f"{label}0746-12345 &lt;b&gt;8:30 至 17:30&lt;/b&gt;" in page


def test_it_is_one_line() -> None:
    assert from_environment({"SUNBID_HELP_LINE": " 0746-12345 "}).people.help_line == "0746-12345"
    for wrong in ("a\nb", "一" * 101, "a\u202eb"):
        with pytest.raises(Malformed, match="help_line_wrong"):
            from_environment({"SUNBID_HELP_LINE": wrong})
