"""Servers that are away, refuse, die; a letter is sent at least once, and again only after a death."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api.mail import addresses, letters, post, standing
from api.rows import letters as rows
from api.settings import Mail
from notary.work import Unit, Work
from tests.api.mail.conftest import Give, given
from tests.mailbox import SENDER, SITE, Mailbox
from tests.serving import OPERATOR, Process, site
from tests.stage import Stage


@pytest.fixture
def letter(stage: Stage, mailbox: Mailbox, give: Give) -> str:
    """One letter that waits: its address."""
    stage.publish()
    address = give(stage.clerk.get("/me")["person"], "clerk@a.example")
    with mailbox.open():
        post.run(stage.site.desk)
    stage.pass_until(stage.deadline() - timedelta(hours=23))
    letters.write_all(stage.site.desk.work)
    return address


def states(stage: Stage) -> list[tuple[str, str, int]]:
    """State, answer and tries of each letter."""
    with stage.site.desk.work.reading() as connection:
        return [(row.state, row.answer, row.tries) for row in connection.execute(select(rows))]


def counted(stage: Stage) -> dict[str, object]:
    with stage.site.desk.work.reading() as connection:
        return standing.counted(connection)


def test_a_server_that_is_away_gets_it_once_it_is_back(stage: Stage, mailbox: Mailbox, letter: str) -> None:
    desk = stage.site.desk
    post.run(desk)
    assert states(stage) == [("waiting", "ConnectionRefusedError", 1)]
    with mailbox.open():
        post.run(desk)
        assert mailbox.taken() == []  # not yet: a minute, then two
        stage.pass_time(timedelta(seconds=61))
        post.run(desk)
        assert [one.to for one in mailbox.taken()] == [[letter]]
        stage.pass_time(timedelta(hours=2))
        post.run(desk)
        assert mailbox.taken() == []
    assert states(stage) == [("sent", "", 2)]


@pytest.mark.parametrize("where", ["recipient", "data"])
def test_a_passing_refusal_is_tried_again(stage: Stage, mailbox: Mailbox, letter: str, where: str) -> None:
    desk = stage.site.desk
    mailbox.refuse, mailbox.data = ({letter: "450 later"}, "250 OK") if where == "recipient" else ({}, "451 later")
    with mailbox.open():
        post.run(desk)
        assert states(stage) == [("waiting", "450" if where == "recipient" else "451", 1)]
        mailbox.refuse, mailbox.data = {}, "250 OK"
        stage.pass_time(timedelta(seconds=61))
        post.run(desk)
    assert [one.to for one in mailbox.taken()] == [[letter]]


@pytest.mark.parametrize("where", ["recipient", "data"])
def test_a_lasting_refusal_is_given_up_shown_and_tried_by_hand(
    stage: Stage, mailbox: Mailbox, letter: str, where: str
) -> None:
    desk = stage.site.desk
    mailbox.refuse, mailbox.data = (
        ({letter: f"550 {letter} unknown"}, "250 OK") if where == "recipient" else ({}, "554 no")
    )
    with mailbox.open():
        post.run(desk)
        stage.pass_time(timedelta(hours=2))
        post.run(desk)
        answer = "550" if where == "recipient" else "554"
        assert states(stage) == [("failed", answer, 1)]
        found = counted(stage)
        assert (found["waiting"], found["failed"]) == (0, 1)
        assert letter not in str(found)
        mailbox.refuse, mailbox.data = {}, "250 OK"
        with desk.work.unit() as unit:
            post.retry(unit)
        post.run(desk)
    assert [one.to for one in mailbox.taken()] == [[letter]]


def test_one_refusal_does_not_stop_the_others(stage: Stage, mailbox: Mailbox, letter: str, give: Give) -> None:
    other = give(stage.second.get("/me")["person"], "second@a.example")
    with stage.site.desk.work.unit() as unit:
        unit.connection.exec_driver_sql("DELETE FROM letters")
        unit.connection.exec_driver_sql("DELETE FROM mail_progress WHERE name = 'deadlines'")
    mailbox.refuse = {letter: "550 no"}
    with mailbox.open():
        post.run(stage.site.desk)
    assert [one.to for one in mailbox.taken()] == [[other]]


def test_a_letter_that_nobody_takes_is_given_up_after_three_days(stage: Stage, letter: str) -> None:
    with stage.site.desk.work.unit() as unit:
        unit.connection.execute(rows.update().values(made_at=unit.now - timedelta(days=3, seconds=1)))
    post.run(stage.site.desk)
    assert states(stage) == [("failed", "ConnectionRefusedError", 1)]


def test_without_a_way_out_nothing_is_written(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        given(running, stage.clerk.get("/me")["person"], "clerk@a.example")
        stage.pass_until(stage.deadline() - timedelta(hours=23))
        post.run(running.desk)
        assert states(stage) == []


def test_what_is_old_is_no_news(stage: Stage, mailbox: Mailbox, give: Give) -> None:
    """Mail that was off, or down, for days does not tell all that happened meanwhile."""
    stage.publish()
    give(stage.bidder(0).client.get("/me")["person"], "b@b.example")
    with mailbox.open():
        post.run(stage.site.desk)
        asked = stage.bidder(0).client.post(f"/tenders/{stage.tender}/questions", {"question": "何时？"})
        stage.clerk.post(f"/tenders/{stage.tender}/answers", {"question": asked["question"], "answer": "明天。"})
        stage.settle()
        stage.pass_time(timedelta(days=2, seconds=1))
        post.run(stage.site.desk)
    assert mailbox.taken() == []


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_two_postmen_send_it_once(stage: Stage, mailbox: Mailbox, letter: str) -> None:
    with mailbox.open(), ThreadPoolExecutor(4) as pool:
        list(pool.map(post.run, [stage.site.desk] * 8))
    assert [one.to for one in mailbox.taken()] == [[letter]]


def test_letters_that_tell_of_a_bid_are_not_counted_before_the_opening(
    stage: Stage, mailbox: Mailbox, give: Give
) -> None:
    with mailbox.open():
        post.run(stage.site.desk)
    stage.publish()
    stage.bid(stage.bidder(0), "3680000.00")
    before = counted(stage)
    give(stage.bidder(0).client.get("/me")["person"], "b@b.example")
    stage.pass_until(stage.deadline() - timedelta(hours=23))
    post.run(stage.site.desk)
    assert states(stage) == [("waiting", "ConnectionRefusedError", 1)]
    assert counted(stage) == before


def test_a_folder_takes_each_letter_as_a_file(tmp_path: Path, sqlite_url: str) -> None:
    folder = tmp_path / "mail"
    with site(tmp_path / "home", sqlite_url, mail=Mail(SENDER, SITE, folder=folder)) as running:
        stage = Stage(running, tmp_path / "parties")
        with running.desk.work.unit() as unit:
            addresses.give(unit, stage.clerk.get("/me")["person"], "clerk@a.example", "en")
        post.run(running.desk)
    (file,) = folder.iterdir()
    found = email.message_from_bytes(file.read_bytes(), policy=email.policy.SMTP)
    assert file.suffix == ".eml"
    assert found["to"] == "clerk@a.example"
    assert found["subject"] == "[Demonstration] The code that confirms your address"


def serve(home: Path, database_url: str, mailbox: Mailbox, log: Path | None = None) -> Process:
    """A server that sends to the mailbox; not started yet."""
    setting = {
        "SUNBID_MAIL_HOST": "127.0.0.1",
        "SUNBID_MAIL_PORT": str(mailbox.port),
        "SUNBID_MAIL_TLS": "none",
        "SUNBID_MAIL_FROM": SENDER,
        "SUNBID_MAIL_SITE": SITE,
    }
    return Process(home, database_url, setting, log)


def test_no_log_has_an_address(tmp_path: Path, sqlite_url: str, mailbox: Mailbox) -> None:
    home, log = tmp_path / "home", tmp_path / "server.log"
    with site(home, sqlite_url, ticking=False) as running:
        running.organisation(OPERATOR, "测试平台运营有限公司")
        person, _ = running.person(OPERATOR, "bidder")
        with running.desk.work.unit() as unit:
            addresses.give(unit, person, "b@b.example", "zh")
        mailbox.refuse = {"b@b.example": "550 <b@b.example> is unknown"}
        process = serve(home, sqlite_url, mailbox, log)
        with mailbox.open():
            process.start()
            try:
                _until(lambda: _none_waits(running.desk.work))
            finally:
                process.kill()
    written = log.read_text("utf-8")
    assert "letter_not_taken" in written
    assert "b@b" not in written


@pytest.mark.fault
def test_a_death_between_sending_and_noting_sends_it_once_more(
    tmp_path: Path, database_url: str, mailbox: Mailbox
) -> None:
    """The server dies while the mail server has the letter and has not said so; started again it sends it once more."""
    home = tmp_path / "home"
    with site(home, database_url, ticking=False) as running:
        running.organisation(OPERATOR, "测试平台运营有限公司")
        person, _ = running.person(OPERATOR, "bidder")
        process = serve(home, database_url, mailbox)
        with mailbox.open():
            process.start()
            mailbox.then = process.kill
            with running.desk.work.unit() as unit:
                addresses.give(unit, person, "b@b.example", "zh")
            _until(lambda: len(mailbox.delivered) == 1)
            mailbox.then = lambda: None
            with running.desk.work.unit() as unit:
                assert _waiting(unit) == 1
                unit.connection.execute(rows.update().values(next_at=unit.now))
            process.start()
            try:
                _until(lambda: _none_waits(running.desk.work))
            finally:
                process.kill()
    first, second = mailbox.taken()
    assert first.message["message-id"] == second.message["message-id"]
    assert first.text == second.text


def _until(met: Callable[[], bool]) -> None:
    for _ in range(3000):
        if met():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def _waiting(unit: Unit) -> int:
    return len(unit.connection.execute(select(rows).where(rows.c.state == "waiting")).all())


def _none_waits(work: Work) -> bool:
    with work.unit() as unit:
        return _waiting(unit) == 0
