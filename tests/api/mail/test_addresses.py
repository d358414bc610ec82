"""One's own address: nothing but a code is sent before the code came back; it is changed, removed, told nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api.mail import addresses, post
from api.mail.examples import FACTS
from api.rows import letters
from notary.rows import entries
from tests.accounts import Browser, Person, person
from tests.mailbox import Mailbox
from tests.serving import OPERATOR, site
from tests.stage import AGENCY, Stage

Make = Callable[[Person], Browser]
PAGE = "/account/mail"


@pytest.fixture
def stage(tmp_path: Path, sqlite_url: str, mailbox: Mailbox) -> Iterator[Stage]:
    with site(tmp_path / "home", sqlite_url, mail=mailbox.mail()) as running:
        yield Stage(running, tmp_path / "parties")


@pytest.fixture
def make(stage: Stage) -> Iterator[Make]:
    made: list[Browser] = []

    def browser(who: Person) -> Browser:
        made.append(Browser(stage.site))
        assert made[-1].sign_in(who).status_code == 303
        return made[-1]

    yield browser
    for one in made:
        one.close()


@pytest.fixture
def clerk(stage: Stage) -> Person:
    return person(stage.site, AGENCY, "agency")


def code_in(mailbox: Mailbox) -> str:
    (found,) = mailbox.taken()
    code = re.search(r"\b\d{8}\b", found.text)
    assert code
    return code[0]


def test_an_address_is_confirmed_by_its_code_and_counts_only_then(
    stage: Stage, mailbox: Mailbox, make: Make, clerk: Person
) -> None:
    reader = make(clerk)
    with mailbox.open():
        answer = reader.send(PAGE, PAGE, address="wang@a.example", language="en")
        assert answer.headers["location"] == f"{PAGE}?done=given"
        post.run(stage.site.desk)
        (sent,) = mailbox.delivered
        assert sent.to == ["wang@a.example"]
        assert sent.message["subject"] == "[Demonstration] The code that confirms your address"
        code = code_in(mailbox)
        with stage.site.desk.work.reading() as connection:
            assert addresses.confirmed(connection, {clerk.id}) == set()
        wrong = f"{(int(code) + 1) % 10**8:08d}"
        refused = reader.send(PAGE, f"{PAGE}/confirm", code=wrong)
        assert refused.status_code == 422
        assert 'aria-invalid="true"' in refused.text
        assert reader.send(PAGE, f"{PAGE}/confirm", code=code).headers["location"] == f"{PAGE}?done=confirmed"
        with stage.site.desk.work.reading() as connection:
            assert addresses.confirmed(connection, {clerk.id}) == {clerk.id}
        # The language alone needs no new code; another address does.
        reader.send(PAGE, PAGE, address="wang@a.example", language="zh")
        reader.send(PAGE, PAGE, address="other@a.example", language="zh")
        with stage.site.desk.work.reading() as connection:
            assert addresses.confirmed(connection, {clerk.id}) == set()
        post.run(stage.site.desk)
        assert reader.send(PAGE, f"{PAGE}/confirm", code=code).status_code == 422
        assert code_in(mailbox) != code
        assert reader.send(PAGE, f"{PAGE}/remove").headers["location"] == f"{PAGE}?done=removed"
    with stage.site.desk.work.reading() as connection:
        assert addresses.of(connection, clerk.id) is None
        assert set(connection.scalars(select(letters.c.state))) == {"sent"}


def test_a_code_is_good_for_a_day(stage: Stage, make: Make, clerk: Person) -> None:
    with stage.site.desk.work.unit() as unit:
        addresses.give(unit, clerk.id, "wang@a.example", "zh")
        known = addresses.of(unit.connection, clerk.id)
    assert known
    stage.pass_time(timedelta(hours=24, seconds=1))
    reader = make(clerk)
    code = addresses.code_of(stage.site.desk.marks, known)
    assert reader.send(PAGE, f"{PAGE}/confirm", code=code).status_code == 422


def test_codes_are_not_guessed_and_nobodys_mailbox_is_filled(make: Make, clerk: Person) -> None:
    reader = make(clerk)
    given = [reader.send(PAGE, PAGE, address=f"w{i}@a.example", language="zh").status_code for i in range(7)]
    assert given[:5] == [303] * 5
    assert given[-1] == 429
    tried = [reader.send(PAGE, f"{PAGE}/confirm", code="00000000").status_code for _ in range(7)]
    assert tried[:5] == [422] * 5
    assert tried[-1] == 429


@pytest.mark.parametrize(
    "address",
    [
        "a@b",
        "a b@x.example",
        "a@x.example\r\nBcc: b@x.example",
        "a@x.example, b@x.example",
        "<a@x.example>",
        "a@x.example>",
        '"a"@x.example',
        "王@x.example",
        "a@例子.example",
        "a\u202e@x.example",
        f"{'a' * 65}@x.example",
        f"a@{'x' * 250}.example",
        "a@-x.example",
        ".a@x.example",
    ],
)
def test_what_is_no_address_is_refused_at_its_field(make: Make, clerk: Person, address: str) -> None:
    answer = make(clerk).send(PAGE, PAGE, address=address, language="zh")
    assert answer.status_code in {400, 422}
    assert "邮箱地址应形如" in answer.text or "控制" in answer.text or "不可见" in answer.text or "字符" in answer.text


def test_an_address_is_nowhere_but_with_its_owner(stage: Stage, make: Make, clerk: Person) -> None:
    """Not in the record, not on the administrator's pages; in one's own data it is."""
    reader = make(clerk)
    reader.send(PAGE, PAGE, address="wang@a.example", language="zh")
    stage.settle()
    assert reader.get("/account/data").json()["mail"]["address"] == "wang@a.example"
    office = make(person(stage.site, OPERATOR, "administrator"))
    for path in ("", "/mail", "/people", f"/people/{clerk.id}", "/system", "/log"):
        assert "wang@a" not in office.get(f"/administrator{path}").text
    with stage.site.desk.work.reading() as connection:
        assert not [body for body in connection.scalars(select(entries.c.body)) if "wang@a" in body]


def test_without_mail_the_page_says_so_and_takes_no_address(tmp_path: Path) -> None:
    with site(tmp_path / "other", f"sqlite:///{tmp_path}/other.db") as running:
        running.organisation(AGENCY, "测试招标人")
        reader = Browser(running)
        reader.sign_in(person(running, AGENCY, "agency"))
        page = reader.get(PAGE)
        assert "本站没有启用邮件" in page.text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert csrf
        fields = {"csrf": csrf[1], "key": "k" * 20, "address": "a@x.example", "language": "zh"}
        assert reader.post(PAGE, fields).status_code == 409
        reader.close()


def test_the_administrator_sees_every_kind_and_retries(stage: Stage, make: Make) -> None:
    office = make(person(stage.site, OPERATOR, "administrator"))
    page = office.get("/administrator/mail")
    previews = re.findall(r'href="(/administrator/mail/\w+/(?:zh|en))"', page.text)
    assert len(previews) == 2 * len(FACTS)
    for path in previews:
        shown = office.get(path)
        assert shown.status_code == 200
        assert "sandbox;" in shown.headers["content-security-policy"]
        assert "script" not in shown.text
    assert office.get("/administrator/mail/nothing/zh").status_code == 404
    done = office.send("/administrator/mail", "/administrator/mail/retry")
    assert done.headers["location"] == "/administrator/mail?done=retried"
    assert "mail_retried" in office.get("/administrator/log").text
