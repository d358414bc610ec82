"""What everybody may read, without signing in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import look
from tests.browser.reader import Readers
from tests.serving import Site, site
from tests.stage import Stage

PAGES = ("/", "/gallery", "/nothing")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A site with a published tender."""
    folder: Path = tmp_path_factory.mktemp("public")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db") as running:
        made = Stage(running, folder / "parties")
        made.publish()
        yield made


@pytest.fixture
def running(stage: Stage) -> Site:
    return stage.site


@pytest.mark.parametrize("path", PAGES)
def test_the_look(readers: Readers, running: Site, path: str) -> None:
    look.check(readers, running.url, path)


@pytest.mark.parametrize("path", PAGES)
def test_the_weight(readers: Readers, running: Site, path: str) -> None:
    """60 KB without images, 10 KB of script."""
    reader = readers.new(running.url)
    reader.go(path)
    found = look.weight(reader)
    assert sum(found.values()) <= 60_000, found
    assert found.get("text/javascript", 0) <= 10_000, found


def test_a_demonstration_lets_anybody_in_as_anybody(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url)
    reader.go("/")
    reader.page.get_by_role("button", name="测试招标人").first.click()
    assert reader.page.url == f"{running.url}/agency"
    reader.go("/en")
    reader.page.get_by_role("button", name="Sign out").click()
    assert reader.page.get_by_role("link", name="Sign in").is_visible()
