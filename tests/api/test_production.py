"""A server that is no demonstration: nobody enters as somebody else, and what signs somebody in goes over TLS only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from notary import clock
from tests.accounts import Browser, Person, person
from tests.serving import OPERATOR, Site, site


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("real")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db", demonstration=False) as running:
        running.organisation(OPERATOR, "市公共资源交易中心")
        yield running


@pytest.fixture(scope="module")
def official(real: Site) -> Person:
    return person(real, OPERATOR, "administrator")


@pytest.fixture
def reader(real: Site) -> Iterator[Browser]:
    made = Browser(real)
    yield made
    made.close()


def test_all_cookies_go_over_tls_only(reader: Browser, official: Person) -> None:
    given = reader.sign_in(official).headers.get_list("set-cookie")
    assert {one.partition("=")[0] for one in given} == {"sunbid", "sunbid-device"}
    for one in given:
        assert {"secure", "httponly", "samesite=lax"} <= {part.strip().lower() for part in one.split(";")}, one


def test_nobody_enters_as_somebody_else(reader: Browser, official: Person) -> None:
    assert reader.enter(official.id).status_code == 404
    assert reader.cookie is None


@pytest.mark.parametrize("path", ["/", "/en/", "/notices", "/sign-in", "/verify"])
def test_no_page_says_demonstration(reader: Browser, path: str) -> None:
    text = reader.get(path).text
    assert 'class="demonstration"' not in text
    assert "/demonstration/enter" not in text


def test_no_file_moves_its_clock(real: Site) -> None:
    """The file that moves a demonstration's is there, and set."""
    moved = real.desk.settings.home / "clock"
    moved.write_text("86400", "ascii")
    try:
        assert clock.demonstration_offset() == timedelta(days=1)
        assert abs(real.desk.glance_time() - clock.host_time()) < timedelta(minutes=5)
        assert abs(real.desk.work.now() - clock.host_time()) < timedelta(minutes=5)
    finally:
        moved.unlink()
