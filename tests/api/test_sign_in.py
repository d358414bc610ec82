"""Signing in: by password and code, by a one-time link; limits, equal answers, new sessions."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select

from api import codes, passwords, sessions, throttle
from api.pages.own import own_path
from api.rows import attempts
from api.throttle import Scope
from notary.errors import Malformed, TooMuch
from tests.accounts import PASSWORD, Make, Person, link, person
from tests.stage import AGENCY, TENDER, Stage, code

DATABASES = ("sqlite", "postgresql")


def exhaust(stage: Stage, who: Person) -> None:
    """A stranger has tried this account's password sixty times."""
    values = {"scope": throttle.scope("account", who.login).id, "tries": 60}
    with stage.site.desk.work.unit() as unit:
        unit.connection.execute(delete(attempts).where(attempts.c.scope == values["scope"]))
        until = unit.now + throttle.wait_after(60, "account")
        unit.connection.execute(insert(attempts).values(values | {"until": until, "last_at": unit.now}))


def test_password_and_code_sign_in(browser: Make, clerk: Person) -> None:
    reader = browser()
    answer = reader.sign_in(clerk)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert reader.get("/desk").headers["location"] == "/agency"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_password_alone_is_enough_for_a_bidder_who_is_then_led_on(browser: Make, bidder: Person) -> None:
    reader = browser()
    assert reader.sign_in(bidder).status_code == 303
    assert "您只用密码登录" in reader.get("/account").text


def test_an_official_with_a_password_alone_can_only_add_a_factor(browser: Make, stage: Stage) -> None:
    who = person(stage.site, AGENCY, "agency", second=False)
    reader = browser()
    assert reader.sign_in(who).status_code == 303
    assert reader.get("/desk").headers["location"].startswith("/account/factors")
    session = reader.cookie
    with stage.site.desk.work.glance() as (connection, now):
        found = sessions.find(connection, session, now)
    assert found is not None
    assert found.caller.roles == frozenset()
    answer = reader.http.get(f"/api/v1/tenders/{TENDER}/envelopes")
    assert (answer.status_code, answer.json()["reason"]) == (403, "role")


def test_unknown_wrong_and_without_code_are_one_answer(browser: Make, clerk: Person, stage: Stage) -> None:
    unknown = Person("", "nobody.of.this.name")
    cases = [
        browser().sign_in(unknown),
        browser().sign_in(clerk, "wrong horse battery", code=""),
        browser().sign_in(clerk, code=""),
        browser().sign_in(clerk, code="000000"),
    ]
    assert {answer.status_code for answer in cases} == {403}
    plain = {re.sub(r'value="[^"]*"|<time.*?</time>|data-now="[^"]*"', "", answer.text) for answer in cases}
    assert len(plain) == 1
    assert not any("set-cookie" in answer.headers for answer in cases)


def test_unknown_takes_as_long_as_wrong(browser: Make, clerk: Person, stage: Stage) -> None:
    """Interleaved; the medians are compared, and what the machine does between is the same for both."""
    known = passwords.hashed(PASSWORD)

    def took(hash_: str | None) -> float:
        start = time.perf_counter()
        assert not passwords.verify(hash_, "wrong horse battery")
        return time.perf_counter() - start

    pairs = [(took(known), took(None)) for _ in range(40)]
    usual = median(one for pair in pairs for one in pair)
    assert abs(median(known_ - unknown for known_, unknown in pairs)) < usual / 4


def test_unknown_asks_the_database_the_same_and_takes_as_long(browser: Make, clerk: Person, stage: Stage) -> None:
    """Over HTTP: statements one by one; the time loosely, since a hash is most of it and either has one."""
    names = {"known": clerk.login, "unknown": "nobody.of.this.name"}
    told: dict[str, list[list[str]]] = {name: [] for name in names}
    took: dict[str, list[float]] = {name: [] for name in names}
    engine = stage.site.desk.work.engine
    listening: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if any(table in statement for table in ("accounts", "authenticators", "passkeys", "attempts", "sessions")):
            listening.append(statement)

    event.listen(engine, "before_cursor_execute", heard)
    try:
        for _ in range(15):
            for name, login in names.items():
                reader = browser()
                reader.get("/sign-in")
                fields = reader.form("/sign-in", login=login, password="wrong horse battery")
                listening.clear()
                start = time.perf_counter()
                assert reader.post("/sign-in", fields).status_code == 403
                took[name].append(time.perf_counter() - start)
                told[name].append(list(listening))
    finally:
        event.remove(engine, "before_cursor_execute", heard)
    assert told["known"] == told["unknown"]
    assert any("accounts" in one for one in told["known"][0])
    # The quickest of each: a busy machine makes some slower, and none quicker.
    known, unknown = min(took["known"]), min(took["unknown"])
    assert 0.6 < known / unknown < 1 / 0.6


def test_a_code_is_good_once(browser: Make, clerk: Person, stage: Stage) -> None:
    used = clerk.code(stage.site)
    assert browser().sign_in(clerk, code=used).status_code == 303
    assert browser().sign_in(clerk, code=used).status_code == 403
    assert browser().sign_in(clerk).status_code == 303


def test_an_older_code_is_refused_after_a_newer_one(browser: Make, clerk: Person, stage: Stage) -> None:
    older, newer = clerk.code(stage.site), clerk.code(stage.site)
    assert browser().sign_in(clerk, code=newer).status_code == 303
    assert browser().sign_in(clerk, code=older).status_code == 403


def test_a_recovery_code_is_good_once_and_kept_as_a_hash(browser: Make, clerk: Person, stage: Stage) -> None:
    with stage.site.desk.work.unit() as unit:
        paper = codes.renew_paper(unit, clerk.id)[0]
        kept = str(unit.connection.exec_driver_sql("SELECT * FROM recovery_codes").all())
    assert paper not in kept
    assert paper.replace("-", "") not in kept
    assert browser().sign_in(clerk, code=paper.lower()).status_code == 303
    assert browser().sign_in(clerk, code=paper).status_code == 403


def test_secrets_lie_in_the_database_only_sealed_or_hashed(clerk: Person, stage: Stage) -> None:
    with stage.site.desk.work.reading() as connection:
        stored = [
            str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            for table in ("accounts", "authenticators", "sessions")
        ]
    assert "$argon2id$" in stored[0]
    assert PASSWORD not in stored[0]
    assert clerk.secret not in stored[1]


def test_brute_force_is_slowed_and_the_owner_gets_in(browser: Make, bidder: Person, stage: Stage) -> None:
    known = browser()
    assert known.sign_in(bidder).status_code == 303
    stranger = browser()
    # However slow this machine is: the wait doubles until it is longer than an attempt.
    answers: list[int] = []
    while 429 not in answers and len(answers) < 30:
        answers.append(stranger.sign_in(bidder, "wrong horse battery").status_code)
    assert answers[: throttle.FREE["account"]] == [403] * throttle.FREE["account"]
    assert 429 in answers
    exhaust(stage, bidder)
    # The stranger waits, whatever it gives; the owner's own device does not.
    assert stranger.sign_in(bidder).status_code == 429
    assert known.sign_in(bidder).status_code == 303
    stage.pass_time(throttle.LONGEST + timedelta(seconds=1))
    assert stranger.sign_in(bidder).status_code == 303


def test_a_device_is_known_for_its_own_account_only(browser: Make, bidder: Person, clerk: Person, stage: Stage) -> None:
    known = browser()
    assert known.sign_in(bidder).status_code == 303
    exhaust(stage, clerk)
    assert known.sign_in(clerk).status_code == 429
    assert browser(forgetting=False).sign_in(clerk).status_code == 429
    forged = browser(forgetting=False)
    forged.http.cookies.set("sunbid-device", throttle.scope("login", clerk.login).id + "/1.0")
    assert forged.sign_in(clerk).status_code == 429


def test_the_wait_grows_slowly_and_ends() -> None:
    waits = [throttle.wait_after(count, "account").total_seconds() for count in range(1, 60)]
    assert waits[:4] == [0] * 4
    assert waits == sorted(waits)
    assert waits[5] <= 2
    assert max(waits) == throttle.LONGEST.total_seconds()


def test_attempts_are_counted_before_they_are_made_and_once_each(stage: Stage) -> None:
    scope = throttle.scope("account", "somebody")
    row = {"scope": scope.id, "tries": 40, "until": stage.now(), "last_at": stage.now()}
    with stage.site.desk.work.unit() as unit:
        unit.connection.execute(insert(attempts).values(row))
    throttle.take(stage.site.desk.work, [scope])
    with pytest.raises(TooMuch, match="too_many_attempts"):
        throttle.take(stage.site.desk.work, [scope])
    with stage.site.desk.work.reading() as connection:
        assert connection.scalar(select(attempts.c.tries).where(attempts.c.scope == scope.id)) == 41


def test_addresses_of_one_network_count_together() -> None:
    one, same, other = (throttle.by_address("address", a) for a in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"))
    assert one == same != other
    assert isinstance(one, Scope)


def test_each_sign_in_has_a_new_session_and_a_planted_one_is_none(browser: Make, bidder: Person) -> None:
    reader = browser()
    reader.http.cookies.set("sunbid", "f" * 64)
    assert not reader.is_in()
    reader.http.cookies.delete("sunbid")
    reader.sign_in(bidder)
    first = reader.cookie
    reader.sign_in(bidder)
    assert reader.cookie not in {first, "f" * 64, None}


def test_a_session_that_was_left_is_of_no_use(browser: Make, bidder: Person) -> None:
    reader = browser()
    reader.sign_in(bidder)
    kept = reader.cookie or ""
    reader.get("/account")
    assert reader.post("/sign-out", reader.form("/sign-out")).status_code == 303
    assert not reader.is_in()
    reader.http.cookies.set("sunbid", kept)
    assert not reader.is_in()


def test_a_session_ends_when_idle_and_after_its_whole_life(browser: Make, bidder: Person, stage: Stage) -> None:
    reader = browser()
    reader.sign_in(bidder)
    stage.pass_time(sessions.IDLE - timedelta(minutes=1))
    assert reader.is_in()
    stage.pass_time(sessions.IDLE + timedelta(minutes=1))
    assert not reader.is_in()
    reader.sign_in(bidder)
    for _ in range(26):
        stage.pass_time(timedelta(minutes=28))
        if not reader.is_in():
            break
    assert not reader.is_in()


def test_too_many_sessions_end_the_oldest(browser: Make, bidder: Person) -> None:
    readers = [browser() for _ in range(sessions.MOST + 1)]
    for reader in readers:
        assert reader.sign_in(bidder).status_code == 303
    assert [reader.is_in() for reader in readers] == [False] + [True] * sessions.MOST


@pytest.mark.parametrize(
    "then",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "/%2f%2fevil",
        "javascript:x",
        "\t//evil",
        "/api/v1/me",
    ],
)
def test_then_leads_to_our_own_pages_only(browser: Make, bidder: Person, then: str) -> None:
    assert own_path(then) == "/desk"
    answer = browser().sign_in(bidder, then=then)
    assert answer.headers["location"] == "/desk"


def test_then_leads_back_in_the_same_language(browser: Make, bidder: Person) -> None:
    reader = browser()
    answer = reader.get("/en/account")
    assert answer.headers["location"] == "/en/sign-in?then=/en/account"
    reader.get(answer.headers["location"])
    answer = reader.post("/en/sign-in", reader.form("/sign-in", login=bidder.login, password=PASSWORD))
    assert answer.headers["location"] == "/en/account"


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}]
)
def test_another_sites_form_signs_nobody_in(browser: Make, bidder: Person, headers: dict[str, str]) -> None:
    reader = browser()
    reader.get("/sign-in")
    answer = reader.post("/sign-in", reader.form("/sign-in", login=bidder.login, password=PASSWORD), **headers)
    assert answer.status_code == 403
    assert reader.cookie is None


def test_a_link_makes_an_account_once(browser: Make, stage: Stage) -> None:
    made, _ = stage.site.person(stage.site.organisation(code(77), "新单位"), "bidder")
    secret = link(stage.site, made)
    reader = browser()
    sent = {"claim": f"https://ggzy.example/claims#{secret}", "login": "New.Person", "password": PASSWORD}
    answer = reader.send("/claims", "/claim", **sent)
    assert answer.headers["location"] == "/account/factors?done=claimed"
    assert reader.is_in()
    again = browser().send("/claim", "/claim", **(sent | {"login": "other.person"}))
    assert (again.status_code, "已用过" in again.text) == (409, True), again.text
    assert browser().sign_in(Person(made, "NEW.person")).status_code == 303


def test_a_link_of_somebody_with_an_account_changes_nothing(browser: Make, bidder: Person, stage: Stage) -> None:
    secret = link(stage.site, bidder.id)
    answer = browser().send("/claim", "/claim", claim=secret, login="thief", password="another long password")
    assert answer.status_code == 409
    assert browser().sign_in(bidder).status_code == 303


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "Password123456", "123456789012", "maria.lopez-2026"])
def test_weak_passwords_are_refused(weak: str) -> None:
    with pytest.raises(Malformed, match="password_weak"):
        passwords.check(weak, "maria.lopez")


@pytest.mark.parametrize("good", ["correct horse battery", "我家门前有两棵枣树另一棵也是", "a" * 6 + "bcdefg h!?"])
def test_long_passwords_of_any_letters_are_good(good: str) -> None:
    passwords.check(good, "maria.lopez")
    assert passwords.verify(passwords.hashed(good), good)


def test_no_secret_is_in_an_address_or_referrer(browser: Make) -> None:
    answer = browser().get("/claim")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "private, no-store"
