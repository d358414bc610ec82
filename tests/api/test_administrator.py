"""The administrator's pages, registration, and recovery by two persons."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from api import sessions
from api.policy import POLICY
from api.rows import administration_log, registrations
from api.tools import keys, trust
from api.tools.client import ServerRefused
from notary import chance
from tests.accounts import PASSWORD, Browser, Make, Person, person
from tests.serving import OPERATOR
from tests.stage import AGENCY, Stage, code, vault

DATABASES = ("sqlite", "postgresql")
REASON = "当面核对身份证原件，单位盖章的申请一份。"


@pytest.fixture
def administrator(stage: Stage) -> Person:
    return person(stage.site, OPERATOR, "administrator")


@pytest.fixture
def other(stage: Stage) -> Person:
    return person(stage.site, OPERATOR, "administrator")


def acts(stage: Stage) -> list[tuple[str, str]]:
    """Act and subject of the log, oldest first."""
    with stage.site.desk.work.reading() as connection:
        rows = connection.execute(select(administration_log).order_by(administration_log.c.serial)).all()
    return [(row.act, row.subject) for row in rows]


# pages


@pytest.mark.parametrize("role", ["agency", "bidder", "trustee", "expert", "supervisor"])
def test_the_pages_are_the_administrators(browser: Make, stage: Stage, role: str) -> None:
    reader = browser(person(stage.site, OPERATOR, role))
    own = {name for name in POLICY if name.startswith("page.administrat")}
    assert len(own) == 10
    for path in (
        "",
        "/organisations",
        "/people",
        f"/people/{'0' * 32}",
        "/recoveries",
        "/registrations",
        "/trustees",
        "/mail",
    ):
        assert reader.get(f"/administrator{path}").status_code == 403, path
    assert reader.get("/administrator/log").status_code == (200 if role == "supervisor" else 403)


def test_an_organisation_and_a_person_are_registered_and_get_in(
    browser: Make, administrator: Person, stage: Stage
) -> None:
    reader = browser(administrator)
    answer = reader.send(
        "/administrator/organisations", "/administrator/organisations", code=code(60), name="新招标人", region="431102"
    )
    assert answer.headers["location"] == "/administrator/organisations?done=added"
    assert "新招标人" in reader.get("/administrator/organisations").text
    reader.get("/administrator/people")
    fields = reader.form("/administrator/people", organisation=f" {code(60).lower()} ", name="王五", roles="agency")
    found = re.search(r"<code>[^<]*/claim#(sb_[\w-]{43})</code>", reader.post("/administrator/people", fields).text)
    assert found
    newcomer = browser()
    answer = newcomer.send("/claim", "/claim", claim=found[1], login="wang.wu", password=PASSWORD)
    assert answer.headers["location"] == "/account/factors?done=claimed"
    assert ("organisation_added", code(60)) in acts(stage)
    assert acts(stage)[-1][0] == "person_added"


def test_an_expert_is_taken_into_the_pool_and_suspended(browser: Make, administrator: Person, stage: Stage) -> None:
    """The trace has neither specialities nor employers."""
    expert = person(stage.site, OPERATOR, "expert")
    page, reader = f"/administrator/people/{expert.id}", browser(administrator)
    assert "尚未入库" in reader.get(page).text
    known = {"specialities": "公路工程\r\n造价", "employments": f"{code(62)} 2025-06-30\r\n{code(63)}\r\n"}
    # A browser sends no box that is not ticked.
    fields = {name: text for name, text in reader.form(f"{page}/expert", **known).items() if name != "suspended"}
    answer = reader.post(f"{page}/expert", fields)
    assert answer.headers["location"] == f"{page}?done=expert_set"
    shown = reader.get(page).text
    assert f"{code(62)} 2025-06-30\n{code(63)}</textarea>" in shown
    assert "已入库。" in shown
    told = browser(expert).get("/account/data").json()["expert"]
    assert told["specialities"] == ["公路工程", "造价"]
    assert {"employer": code(62), "until": "2025-06-30"} in told["employments"]
    assert reader.send(page, f"{page}/expert", suspended="yes", **known).status_code == 303
    assert "已暂停：" in reader.get(page).text
    assert acts(stage)[-1] == ("expert_set", expert.id)
    with stage.site.desk.work.reading() as connection:
        traces = str(connection.execute(select(administration_log)).all())
    assert code(62) not in traces
    assert "公路" not in traces


@pytest.mark.parametrize(
    ("employments", "field"),
    [("91430000 2025-06-30 年底", "employments"), (f"{code(64)} 去年", "employments"), ("某单位", "employments")],
)
def test_employments_that_cannot_be_read_are_named(
    browser: Make, administrator: Person, stage: Stage, employments: str, field: str
) -> None:
    expert = person(stage.site, OPERATOR, "expert")
    page, reader = f"/administrator/people/{expert.id}", browser(administrator)
    answer = reader.send(page, f"{page}/expert", specialities="造价", employments=employments)
    assert answer.status_code == 422
    assert f'id="mistake-{field}"' in answer.text
    assert employments in answer.text


def test_a_refused_form_names_its_field(browser: Make, administrator: Person) -> None:
    reader = browser(administrator)
    wrong = code(61)[:-1] + ("0" if code(61)[-1] != "0" else "1")
    answer = reader.send(
        "/administrator/organisations", "/administrator/organisations", code=wrong, name="某某", region="431102"
    )
    assert answer.status_code == 422
    assert 'id="mistake-code"' in answer.text
    assert f'value="{wrong}"' in answer.text


def test_a_role_that_is_taken_away_ends_on_the_next_request(browser: Make, administrator: Person, stage: Stage) -> None:
    clerk = person(stage.site, AGENCY, "agency")
    working, reader = browser(clerk), browser(administrator)
    assert working.get("/desk").headers["location"] == "/agency"
    reader.get(f"/administrator/people/{clerk.id}")
    path = f"/administrator/people/{clerk.id}/roles"
    # A browser sends no box that is not ticked.
    fields = {name: text for name, text in reader.form(path).items() if name != "roles"}
    assert reader.post(path, fields).status_code == 303
    assert "您现在没有角色" in working.get("/desk").text
    assert working.http.get("/api/v1/tenders/YZ-431102-GC-2026-0001/envelopes").status_code == 403
    assert acts(stage)[-1] == ("roles_set", clerk.id)


def test_nobody_changes_its_own_roles_or_watches_itself(browser: Make, administrator: Person, other: Person) -> None:
    reader = browser(administrator)
    for who, roles in ((administrator.id, ["administrator", "agency"]), (other.id, ["administrator", "supervisor"])):
        reader.get(f"/administrator/people/{who}")
        path = f"/administrator/people/{who}/roles"
        assert reader.post(path, {**reader.form(path), "roles": roles}).status_code == 409


def test_sessions_and_tokens_of_a_person_are_ended(browser: Make, administrator: Person, stage: Stage) -> None:
    clerk = person(stage.site, AGENCY, "agency")
    working, reader = browser(clerk), browser(administrator)
    path = f"/administrator/people/{clerk.id}/sessions"
    assert reader.send(f"/administrator/people/{clerk.id}", path).status_code == 303
    assert working.get("/account").status_code == 303


def test_no_administrator_gets_a_token_or_link_of_somebody_with_an_account(
    browser: Make, administrator: Person, stage: Stage
) -> None:
    """It would be a way to act as anybody, alone."""
    clerk = person(stage.site, AGENCY, "agency")
    with pytest.raises(ServerRefused, match="account_there"):
        stage.administrator.post(f"/people/{clerk.id}/tokens", {"days": 1})
    reader = browser(administrator)
    reader.get(f"/administrator/people/{clerk.id}")
    own = reader.form("/sign-out")
    assert reader.post(f"/administrator/people/{clerk.id}/link", own).status_code == 409


def test_what_is_grave_needs_a_fresh_factor(browser: Make, administrator: Person, stage: Stage) -> None:
    reader = browser(administrator)
    reader.get("/account")
    own = reader.form("/sign-out")
    stage.pass_time(sessions.FRESH + timedelta(seconds=1))
    before = acts(stage)
    for path in (
        "/administrator/organisations",
        "/administrator/people",
        "/administrator/trustees",
        f"/administrator/people/{administrator.id}/roles",
        f"/administrator/people/{administrator.id}/link",
        f"/administrator/people/{administrator.id}/sessions",
        f"/administrator/people/{administrator.id}/recovery",
        f"/administrator/recoveries/{'0' * 32}/approve",
        f"/administrator/registrations/{'0' * 32}/take",
    ):
        assert reader.post(path, own).headers["location"].startswith("/account/confirm?then=/administrator"), path
        assert reader.post(path, own | {"csrf": "0" * 64}).status_code == 403, path
    assert acts(stage) == before


def test_a_trustee_is_registered_from_its_file(browser: Make, administrator: Person, stage: Stage) -> None:
    own = vault()
    own.add_signing_key("trustee", chance.token())
    proof = keys.proof(own, trust.trusted(stage.site.client(), own), "T9", "trustee")
    file = json.dumps({"trustee": "T9", "identity": own.public_key("trustee").hex(), "proof": proof})
    organisation = stage.site.organisation(code(62), "受托机构九")
    reader = browser(administrator)
    fields = {"organisation": organisation, "name": "受托机构九"}
    reader.get("/administrator/trustees")
    form = reader.form("/administrator/trustees")
    form.pop("operator")
    assert reader.post("/administrator/trustees", form | fields | {"file": "{}"}).status_code == 422
    reader.get("/administrator/trustees")
    form = reader.form("/administrator/trustees")
    form.pop("operator")
    assert reader.post("/administrator/trustees", form | fields | {"file": file}).status_code == 303
    assert own.public_key("trustee").hex() in reader.get("/administrator/trustees").text
    assert acts(stage)[-1] == ("trustee_added", "T9")


def test_the_system_page_shows_what_doctor_finds(browser: Make, administrator: Person) -> None:
    answer = browser(administrator).get("/administrator/system")
    assert answer.status_code == 200
    for words in ("database", "clock", "witness witness.example", "2026", "已确认"):
        assert words in answer.text, words


def test_the_log_has_no_names_and_is_changed_by_nobody(browser: Make, administrator: Person, stage: Stage) -> None:
    reader = browser(administrator)
    reader.get("/administrator/people")
    fields = reader.form("/administrator/people", organisation=OPERATOR, name="独孤求败", roles="expert")
    assert reader.post("/administrator/people", fields).status_code == 200
    with stage.site.desk.work.reading() as connection:
        assert "独孤求败" not in str(connection.execute(select(administration_log)).all())
    for change in ("UPDATE administration_log SET act = 'x'", "DELETE FROM administration_log"):
        with pytest.raises(DBAPIError, match="append-only"), stage.site.desk.work.unit() as unit:
            unit.connection.exec_driver_sql(change)


# recovery


def propose(reader: Browser, who: Person) -> None:
    path = f"/administrator/people/{who.id}/recovery"
    reader.get(f"/administrator/people/{who.id}")
    assert reader.post(path, reader.form(path) | {"reason": REASON}).status_code == 303


def decide(reader: Browser, who: str, step: str) -> int:
    """The status of a step; the page of recoveries shows one for each."""
    reader.get("/administrator/recoveries")
    own = reader.form("/sign-out")
    return reader.post(f"/administrator/recoveries/{who}/{step}", own).status_code


def recovery_of(stage: Stage, who: Person) -> str:
    with stage.site.desk.work.reading() as connection:
        return str(
            connection.exec_driver_sql(
                f"SELECT recovery FROM recoveries WHERE person = '{who.id}' AND ended_at IS NULL"
            ).scalar_one()
        )


def test_recovery_takes_two_persons_and_a_wait_and_ends_all_that_was(
    browser: Make, administrator: Person, other: Person, stage: Stage
) -> None:
    lost = person(stage.site, AGENCY, "agency")
    working = browser(lost)
    first = browser(administrator)
    propose(first, lost)
    which = recovery_of(stage, lost)
    assert decide(first, which, "approve") == 409
    assert decide(first, which, "finish") == 409
    assert working.get("/desk").headers["location"] == "/account"
    assert "有人提出恢复您的账户" in working.get("/account").text
    second = browser(other)
    assert decide(second, which, "approve") == 303
    assert decide(second, which, "finish") == 409
    stage.pass_time(timedelta(hours=24, seconds=1))
    third = browser(other)
    assert decide(third, which, "finish") == 200
    found = re.search(r"/claim#(sb_[\w-]{43})</code>", third.page)
    assert found
    assert browser().sign_in(lost).status_code == 403
    assert working.get("/account").status_code == 303
    answer = browser().send("/claim", "/claim", claim=found[1], login="back.again", password=PASSWORD)
    assert answer.status_code == 303
    assert [act for act, subject in acts(stage) if subject == lost.id] == [
        "recovery_proposed",
        "recovery_approved",
        "recovery_finished",
    ]


def test_the_person_stops_a_recovery_it_did_not_ask_for(
    browser: Make, administrator: Person, other: Person, stage: Stage
) -> None:
    victim = person(stage.site, AGENCY, "agency")
    working = browser(victim)
    propose(browser(administrator), victim)
    which = recovery_of(stage, victim)
    second = browser(other)
    assert decide(second, which, "approve") == 303
    assert working.send("/account", "/account/recovery/stop").headers["location"] == "/account?done=stopped"
    stage.pass_time(timedelta(hours=24, seconds=1))
    assert decide(browser(other), which, "finish") == 409
    assert browser(victim).get("/account").status_code == 200


def test_no_administrator_recovers_itself(browser: Make, administrator: Person, other: Person, stage: Stage) -> None:
    propose(browser(administrator), other)
    assert decide(browser(other), recovery_of(stage, other), "approve") == 409


# registration


def ask(browser: Browser, **changes: str) -> int:
    fields = {"organisation": "新投标人有限公司", "name": "赵六", "password": PASSWORD} | changes
    return browser.send("/register", "/register", **fields).status_code


def waiting(stage: Stage, whose: str) -> list[str]:
    with stage.site.desk.work.reading() as connection:
        rows = connection.scalars(
            select(registrations.c.registration).where(
                registrations.c.code == whose, registrations.c.state == "waiting"
            )
        )
        return list(rows)


def test_a_bidder_registers_and_gets_in_once_it_is_confirmed(
    browser: Make, administrator: Person, stage: Stage
) -> None:
    typed = f"{code(70)[:8].lower()} {code(70)[8:]}"
    assert ask(browser(), code=typed, login="zhao.liu") == 303
    assert ask(browser(), code=code(70), login="squatter") == 303
    newcomer = Person("", "zhao.liu")
    assert browser().sign_in(newcomer).status_code == 403
    reader = browser(administrator)
    first, _ = sorted(waiting(stage, code(70)), key=lambda one: one != _of_login(stage, "zhao.liu"))
    reader.get("/administrator/registrations")
    own = reader.form("/sign-out")
    assert reader.post(f"/administrator/registrations/{first}/take", own).status_code == 303
    assert waiting(stage, code(70)) == []
    bidder = browser()
    assert bidder.sign_in(newcomer).status_code == 303
    assert bidder.get("/desk").headers["location"] == "/bidder"
    assert browser().sign_in(Person("", "squatter")).status_code == 403


def _of_login(stage: Stage, login: str) -> str:
    with stage.site.desk.work.reading() as connection:
        return str(connection.scalar(select(registrations.c.registration).where(registrations.c.login == login)))


def test_an_organisation_that_is_there_lets_its_own_people_in_only(browser: Make, stage: Stage) -> None:
    assert ask(browser(), code=stage.bidder(0).code, login="spy") == 409
    own = person(stage.site, stage.bidder(0).code, "bidder")
    answer = browser(own).send("/account/colleagues", "/account/colleagues", name="钱七")
    found = re.search(r"/claim#(sb_[\w-]{43})</code>", answer.text)
    assert found
    colleague = browser()
    colleague.send("/claim", "/claim", claim=found[1], login="qian.qi", password=PASSWORD)
    assert colleague.get("/desk").headers["location"] == "/bidder"
    assert "colleague_added" in {act for act, _ in acts(stage)}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("code", "91430000MA4000000X"),
        ("code", "1"),
        ("login", "a b"),
        ("password", "short"),
        ("name", ""),
        ("organisation", ""),
    ],
)
def test_a_registration_with_a_mistake_names_the_field(browser: Make, field: str, text: str) -> None:
    reader = browser()
    fields = {"code": code(71), "login": "sun.ba", field: text}
    assert ask(reader, **fields) == 422
    assert f'id="mistake-{field}"' in reader.page


def test_nobody_else_decides_on_registrations(browser: Make, stage: Stage) -> None:
    assert ask(browser(), code=code(72), login="zhou.jiu") == 303
    reader = browser(person(stage.site, stage.bidder(0).code, "bidder"))
    reader.get("/account")
    own = reader.form("/sign-out")
    assert reader.post(f"/administrator/registrations/{waiting(stage, code(72))[0]}/take", own).status_code == 403
    assert reader.get("/administrator/registrations").status_code == 403
    assert len(waiting(stage, code(72))) == 1
