"""Signing in and one's account in Chromium: passkeys by a virtual authenticator, the session's warning, the look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import recovery, registration, sessions
from tests.accounts import PASSWORD, Browser, Person, link, person
from tests.browser import look
from tests.browser.reader import Reader, Readers
from tests.serving import OPERATOR, Site, site
from tests.stage import AGENCY, Stage, code
from trading.parties import check_character


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("accounts")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db") as running:
        yield Stage(running, folder / "parties")


@pytest.fixture
def running(stage: Stage) -> Site:
    return stage.site


@pytest.fixture
def clerk(running: Site) -> Person:
    return person(running, AGENCY, "agency")


def local(running: Site) -> str:
    """A name, since passkeys are not made for network addresses."""
    return running.url.replace("127.0.0.1", "localhost")


def cookies(running: Site, who: Person) -> list[dict[str, str]]:
    """A session's cookie, as Playwright takes it."""
    with running.desk.work.unit() as unit:
        value = sessions.begin(unit, who.id, strong=True, device="Chromium")
    return [{"name": "sunbid", "value": value, "url": running.url}]


def with_authenticator(reader: Reader) -> Any:
    """The browser gets an authenticator that verifies its user."""
    session = reader.context.new_cdp_session(reader.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    found = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, found["authenticatorId"]


@pytest.mark.parametrize("path", ["/sign-in", "/claim", "/register", "/register?done=asked"])
def test_the_look_without_an_account(readers: Readers, running: Site, path: str) -> None:
    look.check(readers, running.url, path)


@pytest.mark.parametrize("path", ["/account", "/account/mail", "/account/factors", "/account/confirm", "/desk"])
def test_the_look_of_an_account(readers: Readers, running: Site, path: str) -> None:
    who = person(running, AGENCY, "agency", "expert")
    look.check(readers, running.url, path, cookies(running, who))


def test_a_refused_form_names_its_field_and_keeps_what_was_typed(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url, 320)
    page = reader.go("/en/claim#sb_secret")
    page.wait_for_function("location.hash === ''")
    page.get_by_label("Login name").fill("x")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("link", name="A login name has 3 to 64").click()
    assert page.evaluate("document.activeElement.id") == "field-login"
    assert page.get_by_label("The one-time link").input_value() == "sb_secret"
    assert page.get_by_label("Password").input_value() == ""
    assert look.faults(reader, 320) == []


def test_from_the_link_to_a_passkey_and_in_again_by_one_touch(readers: Readers, running: Site) -> None:
    made, _ = running.person(AGENCY, "agency")
    reader = readers.new(local(running))
    page = reader.page
    session, authenticator = with_authenticator(reader)
    reader.go(f"/claims#{link(running, made)}")
    page.wait_for_function("location.hash === ''")
    page.get_by_label("登录名").fill(f"clerk-{made[:8]}")
    page.get_by_role("button", name="启用").click()
    page.get_by_text("您的角色必须使用第二因素").wait_for()
    page.get_by_role("button", name="添加通行密钥").click()
    page.get_by_role("heading", name="恢复码").wait_for()
    assert look.faults(reader, 1280) == []
    reader.click("已保存，去工作台", "link")
    page.wait_for_url("**/agency")
    assert reader.clicks <= 3
    reader.go("/")
    reader.click("退出", "button")
    reader.go("/sign-in?then=/account")
    reader.begin()
    reader.click("使用通行密钥登录", "button")
    page.wait_for_url(f"{local(running)}/account")
    assert reader.clicks == 1
    assert page.get_by_text("第二因素", exact=True).is_visible()
    # The authenticator's counter went up; a passkey is also what confirms.
    assert (
        session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"][0]["signCount"] >= 2
    )
    reader.go("/account/confirm?then=/account/factors")
    reader.click("使用通行密钥验证", "button")
    page.wait_for_url(f"{local(running)}/account/factors")


def test_a_passkey_that_does_not_verify_its_user_is_none(readers: Readers, running: Site, clerk: Person) -> None:
    reader = readers.new(local(running))
    reader.context.add_cookies([one | {"url": local(running)} for one in cookies(running, clerk)])  # type: ignore[misc]
    session, authenticator = with_authenticator(reader)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page = reader.go("/account/factors")
    page.get_by_role("button", name="添加通行密钥").click()
    page.get_by_text("未能添加：").wait_for()


def test_a_passkey_answer_is_used_once(readers: Readers, running: Site, clerk: Person) -> None:
    reader = readers.new(local(running))
    reader.context.add_cookies([one | {"url": local(running)} for one in cookies(running, clerk)])  # type: ignore[misc]
    with_authenticator(reader)
    page = reader.go("/account/factors")
    page.get_by_role("button", name="添加通行密钥").click()
    page.get_by_text("已添加。").wait_for()
    reader.context.clear_cookies()
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.post_data or "") if one.url.endswith("/sign-in/passkey") else None)
    reader.go("/sign-in")
    reader.click("使用通行密钥登录", "button")
    page.wait_for_url("**/agency")
    stranger = Browser(running)
    answer = stranger.http.post(
        "/sign-in/passkey", content=sent[0], headers={"content-type": "application/x-www-form-urlencoded"}
    )
    stranger.close()
    assert answer.status_code == 409


def test_the_session_warns_and_goes_on_by_one_key(readers: Readers, running: Site, clerk: Person) -> None:
    """WCAG 2.2.1: told before, time to answer, one key; the reader's own words stay where they are."""
    reader = readers.new(running.url, 320)
    reader.context.add_cookies(cookies(running, clerk))  # type: ignore[arg-type]
    reader.page.clock.install()
    page = reader.go("/en/account")
    page.get_by_label("New password").fill("half a password")
    page.clock.fast_forward(26 * 60 * 1000)
    assert not page.get_by_role("button", name="Stay signed in").is_visible()
    page.clock.fast_forward(90 * 1000)
    stay = page.get_by_role("button", name="Stay signed in")
    stay.wait_for()
    assert page.get_by_role("alert").filter(has_text="within 2 minutes").is_visible()
    assert look.faults(reader, 320) == []
    stay.focus()
    page.keyboard.press("Enter")
    stay.wait_for(state="hidden")
    assert page.get_by_label("New password").input_value() == "half a password"
    page.clock.fast_forward(30 * 60 * 1000)
    page.get_by_role("alert").filter(has_text="has ended").wait_for()


def test_signed_in_pages_have_few_bytes_of_script(readers: Readers, running: Site, clerk: Person) -> None:
    reader = readers.new(running.url)
    reader.context.add_cookies(cookies(running, clerk))  # type: ignore[arg-type]
    reader.go("/account/factors")
    assert look.weight(reader).get("text/javascript", 0) <= 10_000


ADMINISTRATOR = [
    "",
    "/organisations",
    "/people",
    "/recoveries",
    "/registrations",
    "/trustees",
    "/system",
    "/mail",
    "/log",
]


@pytest.fixture(scope="module")
def office(stage: Stage) -> Person:
    """An administrator, with something on each of its pages."""
    running = stage.site
    who, lost = person(running, OPERATOR, "administrator"), person(running, AGENCY, "agency")
    with running.desk.work.unit() as unit:
        recovery.propose(unit, who.id, lost.id, "当面核对身份证原件。")
        fields = {"organisation": "新投标人有限公司", "name": "赵六", "login": "zhao.liu", "password": "-"}
        registration.ask(unit, code=code(80), **fields)
    return who


@pytest.mark.parametrize("path", ADMINISTRATOR)
def test_the_look_of_the_administrators_pages(readers: Readers, running: Site, office: Person, path: str) -> None:
    look.check(readers, running.url, f"/administrator{path}", cookies(running, office))


def test_the_look_of_a_person_and_of_colleagues(readers: Readers, running: Site, office: Person) -> None:
    look.check(readers, running.url, f"/administrator/people/{office.id}", cookies(running, office))
    bidder = person(running, running.organisation(code(81), "测试投标人"), "bidder")
    look.check(readers, running.url, "/account/colleagues", cookies(running, bidder))


CODES = [
    ("9143", "已填 4 位"),
    ("91430000MA4O", "第 12 位“O”不可能出现"),
    ("914300A0", "第 7 位“A”应为数字"),
    ("91430000MA4？", "第 12 位“?”不是数字或字母"),
    (code(1)[:17] + ("2" if code(1)[17] != "2" else "3"), "与前 17 位不符"),
    (code(1) + "0", "多了 1 位"),
    (f" {code(1)[:9].lower()} {code(1)[9:]}", "代码正确"),
]


def test_the_code_is_checked_as_it_is_typed(readers: Readers, running: Site) -> None:
    page = readers.new(running.url).go("/register")
    field, said = page.get_by_label("统一社会信用代码"), page.locator("[data-uscc-said]")
    for typed, told in CODES:
        field.fill(typed)
        assert told in said.inner_text(), typed
    page.get_by_label("单位全称").focus()
    assert field.input_value() == code(1)


def test_page_and_server_have_the_same_check_character(readers: Readers, running: Site, assets: str) -> None:
    page = readers.new(assets.partition("/static")[0]).go("/empty")
    bodies = [code(number)[:17] for number in range(0, 2000, 7)]
    found = page.evaluate(
        "async ([url, bodies]) => { const { checkCharacter } = await import(url); return bodies.map(checkCharacter) }",
        [f"{assets}/js/uscc.js", bodies],
    )
    assert found == [check_character(body) for body in bodies]


def test_from_the_registration_to_the_desk(readers: Readers, running: Site, office: Person) -> None:
    """Registered in two clicks, confirmed in one, signed in."""
    reader = readers.new(running.url, 320)
    page = reader.go("/sign-in")
    reader.click("投标人注册", "link")
    page.get_by_label("统一社会信用代码").fill(code(82))
    page.get_by_label("单位全称").fill("湘江建设有限公司")
    page.get_by_label("经办人姓名").fill("孙八")
    page.get_by_label("登录名").fill("sun.ba")
    page.get_by_label("密码").fill(PASSWORD)
    reader.click("提交注册", "button")
    page.get_by_role("heading", name="已收到注册申请").wait_for()
    assert reader.clicks == 2
    assert look.faults(reader, 320) == []
    administrator = readers.new(running.url)
    administrator.context.add_cookies(cookies(running, office))  # type: ignore[arg-type]
    desk = administrator.go("/administrator/registrations")
    desk.locator("section", has_text="湘江建设有限公司").get_by_role("button", name="通过").click()
    desk.get_by_text("已办理。").wait_for()
    reader.go("/sign-in")
    page.get_by_label("登录名").fill("sun.ba")
    page.get_by_role("textbox", name="密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/bidder")
