"""One's own account: sessions, factors, password, tokens, data; confirming again; every form has its token."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from api import codes, sessions
from api.policy import ANYONE, POLICY, Owns
from tests.accounts import PASSWORD, Browser, Make, Person, person
from tests.stage import AGENCY, Stage

NEW = "another long passphrase"
DATABASES = ("sqlite", "postgresql")


def enter(browser: Browser, who: Person) -> Browser:
    assert browser.sign_in(who).status_code == 303
    return browser


def add_authenticator(reader: Browser, stage: Stage) -> tuple[str, str]:
    """The page that answers, and the secret."""
    reader.get("/account/factors")
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", reader.page)
    assert found
    secret = found[1].replace(" ", "")
    now = int(stage.now().timestamp()) // codes.PERIOD
    fields = reader.form("/account/factors/authenticator", code=pyotp.TOTP(secret).generate_otp(now))
    return reader.post("/account/factors/authenticator", fields).text, secret


def test_a_first_authenticator_gives_recovery_codes_and_a_strong_session(
    browser: Make, bidder: Person, stage: Stage
) -> None:
    reader, other = enter(browser(), bidder), enter(browser(), bidder)
    before = reader.cookie
    page, secret = add_authenticator(reader, stage)
    assert len(re.findall(r"<code>[A-Z2-7]{5}(?:-[A-Z2-7]{5}){4}</code>", page)) == codes.CODES
    assert reader.cookie != before
    assert not other.is_in()
    assert browser().sign_in(bidder).status_code == 403
    bidder.secret, bidder.by = secret, 1
    assert browser().sign_in(bidder).status_code == 303


def test_a_wrong_first_code_keeps_the_offered_secret(browser: Make, bidder: Person) -> None:
    reader = enter(browser(), bidder)
    reader.get("/account/factors")
    fields = reader.form("/account/factors/authenticator", code="123")
    answer = reader.post("/account/factors/authenticator", fields)
    assert answer.status_code == 403
    assert reader.form("/account/factors/authenticator")["secret"] == fields["secret"]


def test_an_authenticator_of_another_page_is_refused(browser: Make, bidder: Person, clerk: Person) -> None:
    own, foreign = enter(browser(), bidder), enter(browser(), clerk)
    foreign.get("/account/factors")
    secret = foreign.form("/account/factors/authenticator")["secret"]
    own.get("/account/factors")
    fields = own.form("/account/factors/authenticator", secret=secret, code="123456")
    assert own.post("/account/factors/authenticator", fields).status_code == 409


def test_a_password_that_changes_ends_all_other_sessions(browser: Make, bidder: Person) -> None:
    reader, other = enter(browser(), bidder), enter(browser(), bidder)
    before = reader.cookie or ""
    answer = reader.send("/account", "/account/password", password=NEW)
    assert answer.headers["location"] == "/account?done=password_changed"
    assert reader.is_in()
    assert not other.is_in()
    reader.http.cookies.set("sunbid", before)
    assert browser().sign_in(bidder).status_code == 403
    assert browser().sign_in(bidder, NEW).status_code == 303


def test_a_weak_password_is_named_and_changes_nothing(browser: Make, bidder: Person) -> None:
    answer = enter(browser(), bidder).send("/account", "/account/password", password="short")
    assert answer.status_code == 422
    assert 'id="mistake-password"' in answer.text
    assert "short" not in answer.text.partition("<main")[2]
    assert browser().sign_in(bidder).status_code == 303


def test_what_is_grave_needs_the_factor_again_after_ten_minutes(browser: Make, clerk: Person, stage: Stage) -> None:
    reader = enter(browser(), clerk)
    stage.pass_time(sessions.FRESH + timedelta(seconds=1))
    clerk.by = -1
    answer = reader.send("/account", "/account/password", password=NEW)
    assert answer.headers["location"] == "/account/confirm?then=/account"
    before = reader.cookie
    answer = reader.send("/account/confirm?then=/account", "/account/confirm", code="000000")
    assert answer.status_code == 403
    answer = reader.post("/account/confirm", reader.form("/account/confirm", code=clerk.code(stage.site)))
    assert answer.headers["location"] == "/account"
    assert reader.cookie != before
    assert reader.send("/account", "/account/password", password=NEW).headers["location"].endswith("password_changed")


def test_a_password_does_not_confirm_where_there_is_a_second_factor(browser: Make, clerk: Person) -> None:
    reader = enter(browser(), clerk)
    reader.get("/account/confirm")
    assert reader.post("/account/confirm", reader.form("/account/confirm", password=PASSWORD)).status_code == 403


def test_a_password_confirms_where_there_is_nothing_else(browser: Make, bidder: Person) -> None:
    reader = enter(browser(), bidder)
    answer = reader.send("/account/confirm?then=/account/factors", "/account/confirm", password=PASSWORD)
    assert answer.headers["location"] == "/account/factors"


def test_confirming_is_slowed_like_signing_in(browser: Make, clerk: Person) -> None:
    reader = enter(browser(), clerk)
    answers: list[int] = []
    while 429 not in answers and len(answers) < 30:
        answers.append(reader.send("/account/confirm", "/account/confirm", code="000000").status_code)
    assert answers[0] == 403
    assert answers[-1] == 429


def test_the_last_factor_goes_and_the_session_is_weak(browser: Make, clerk: Person) -> None:
    reader = enter(browser(), clerk)
    answer = reader.send("/account/factors", "/account/factors/remove")
    assert answer.headers["location"] == "/account/factors?done=factor_removed"
    assert "必须使用第二因素" in reader.get("/account/factors").text


def test_nobody_removes_anothers_factor(browser: Make, clerk: Person, bidder: Person) -> None:
    other = enter(browser(), clerk)
    other.get("/account/factors")
    fields = other.form("/account/factors/remove")
    reader = enter(browser(), bidder)
    reader.get("/account/factors")
    own = reader.form("/account/factors/authenticator") | {"kind": fields["kind"], "factor": fields["factor"]}
    assert reader.post("/account/factors/remove", own).status_code == 404
    assert browser().sign_in(clerk).status_code == 303


def test_sessions_are_listed_and_ended_and_only_ones_own(browser: Make, bidder: Person, clerk: Person) -> None:
    reader, other, foreign = enter(browser(), bidder), enter(browser(), bidder), enter(browser(), clerk)
    reader.get("/account")
    fields = reader.form("/account/sessions/end")
    foreign.get("/account")
    stolen = foreign.form("/sign-out") | {"session": fields["session"]}
    assert foreign.post("/account/sessions/end", stolen).status_code == 404
    assert other.is_in()
    assert reader.post("/account/sessions/end", fields).status_code == 303
    assert not other.is_in()
    assert reader.is_in()


def test_a_token_is_shown_once_works_and_ends(browser: Make, clerk: Person, bidder: Person, stage: Stage) -> None:
    reader = enter(browser(), clerk)
    found = re.search(r"<code>(sb_[\w-]{43})</code>", reader.send("/account", "/account/tokens").text)
    assert found
    client = stage.site.client(found[1])
    assert client.get("/me")["person"] == clerk.id
    assert found[1] not in reader.get("/account").text
    # The first is the one that the test's own person was registered with.
    tokens = re.findall(r'name="token" value="([0-9a-f]{64})"', reader.page)
    foreign = enter(browser(), bidder)
    foreign.get("/account")
    assert foreign.post("/account/tokens/end", foreign.form("/sign-out") | {"token": tokens[-1]}).status_code == 404
    form = reader.form("/sign-out")
    for token in tokens:
        assert reader.post("/account/tokens/end", form | {"token": token}).status_code == 303
    with pytest.raises(Exception, match="token_wrong"):
        client.get("/me")


def test_an_official_without_second_factor_gets_no_token(browser: Make, stage: Stage) -> None:
    reader = enter(browser(), person(stage.site, AGENCY, "agency", second=False))
    assert reader.send("/account", "/account/tokens").status_code == 403


def test_own_data_is_given_without_secrets(browser: Make, clerk: Person) -> None:
    answer = enter(browser(), clerk).get("/account/data")
    assert answer.headers["content-disposition"].startswith("attachment")
    found = answer.json()
    assert found["login"] == clerk.login
    assert clerk.secret not in answer.text
    assert "argon2" not in answer.text


def test_a_session_is_extended_by_a_form(browser: Make, bidder: Person, stage: Stage) -> None:
    reader = enter(browser(), bidder)
    reader.get("/account")
    fields = reader.form("/session/extend")
    for _ in range(2):
        stage.pass_time(sessions.IDLE - timedelta(minutes=2))
        assert reader.post("/session/extend", fields).json() == {"idle": 1800}
    assert reader.is_in()


def test_operations_on_accounts_are_of_whoever_is_signed_in() -> None:
    own = [name for name, one in POLICY.items() if Owns.SELF in one.owns]
    assert {
        name for name in own if name.startswith(("account.", "factor.", "session.", "token.make", "token.end"))
    } <= {name for name in own if POLICY[name].roles == ANYONE}
