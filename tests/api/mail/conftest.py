"""A published lot of a site that sends to a mail server of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.mail import addresses
from tests.mailbox import Mailbox
from tests.serving import Site, site
from tests.stage import Stage

Give = Callable[..., str]


@pytest.fixture
def mailbox() -> Mailbox:
    """Not open yet."""
    return Mailbox()


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a new database. A test for which it matters which one names both."""
    found: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return found


@pytest.fixture
def stage(tmp_path: Path, url: str, mailbox: Mailbox) -> Iterator[Stage]:
    """A site; nothing is published yet."""
    with site(tmp_path / "home", url, mail=mailbox.mail()) as running:
        yield Stage(running, tmp_path / "parties")


@pytest.fixture
def give(stage: Stage) -> Give:
    """Gives a person a confirmed address."""
    return lambda person, address, language="zh": given(stage.site, person, address, language)


def given(running: Site, person: str, address: str, language: str = "zh") -> str:
    """The address, confirmed by its code; nothing of it is left to send."""
    with running.desk.work.unit() as unit:
        addresses.give(unit, person, address, language)
        known = addresses.of(unit.connection, person)
        assert known
        addresses.confirm(unit, running.desk.marks, person, addresses.code_of(running.desk.marks, known))
        unit.connection.exec_driver_sql("DELETE FROM letters WHERE kind = 'confirm'")
    return address
