"""An agency's pages as they look, what they refuse, and that nothing typed into them ever runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.tools import agency as agency_tool
from api.tools import vault
from bidding import hpke
from notary import chance
from tests.browser import desks, look
from tests.browser.desks import Person, press
from tests.browser.reader import Readers
from tests.browser.test_parties import PASSPHRASE
from tests.serving import site
from tests.stage import AGENCY, Stage, code

SCORED: dict[str, Any] = {
    "method": "comprehensive",
    "criteria": {
        "price_marks": "30.00",
        "parts": [
            {"name": "technical", "zh": "施工组织设计", "en": "Method statement", "marks": "50.00"},
            {"name": "business", "zh": "业绩", "en": "Record", "marks": "20.00"},
        ],
        "adjustments": [{"name": "payment_terms", "zh": "付款条件偏差", "en": "Payment terms"}],
        "ties": ["price", "draw"],
        "candidates": 3,
    },
}
WITH_BENCHMARK = SCORED["criteria"] | {
    "benchmark": {
        "trim": [],
        "mean_factor": "98.00",
        "ceiling_factor": "100.00",
        "ceiling_share": "0.00",
        "above": "2.00",
        "below": "1.00",
    }
}
SECTIONS = ("", "/basics", "/evaluation", "/dates", "/documents", "/trustees", "/check")
LOT = ("", "/preview", "/questions", "/objections", "/amendment", "/ending", "/opening", "/result", "/papers")
VECTORS = (
    "\"><img src=x onerror=document.title=1><script>document.title=2</script>{{7*7}}' onfocus=alert(1) autofocus x="
)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        yield Stage(running, tmp_path / "parties")


def working_paper(clerk: Person, stage: Stage, **values: str) -> str:
    """A draft begun from the first template, its first section saved; its address."""
    reader = clerk.at("/agency")
    press(reader, "工程建设项目公开招标")
    for name, text in {**desks.first_draft(stage.tender), **values}.items():
        reader.page.fill(f"[name='{name}']", text)
    press(reader, "保存并继续")
    return desks.path(reader).rpartition("/")[0]


def test_the_look_of_a_draft(readers: Readers, stage: Stage) -> None:
    clerk = desks.somebody(readers, stage.site, "agency")
    cookies = clerk.cookies()
    look.check(readers, stage.site.url, "/agency", cookies)
    draft = working_paper(clerk, stage)
    for section in SECTIONS:
        look.check(readers, stage.site.url, f"{draft}{section}", cookies)


def test_the_look_of_a_lot(readers: Readers, stage: Stage) -> None:
    clerk, second = (desks.somebody(readers, stage.site, "agency") for _ in range(2))
    stage.draft(evaluation=SCORED)
    press(clerk.at(f"/agency/lots/{stage.tender}"), "送审")
    other = second.at("/agency")
    press(other, "复核招标公告", "link")
    url, cookies = stage.site.url, second.cookies()
    look.check(readers, url, desks.path(other), cookies)
    press(other, "批准，立即生效")
    asked = stage.bidder(0).client.post(f"/tenders/{stage.tender}/questions", {"question": "标高是否有误？"})
    for page in (*LOT, f"/questions/{asked['question']}"):
        look.check(readers, url, f"/agency/lots/{stage.tender}{page}", cookies)
    look.check(readers, url, "/agency", cookies)


def test_the_look_of_a_result(readers: Readers, stage: Stage) -> None:
    stage.publish(evaluation=SCORED)
    for number, price in enumerate(("3680000.00", "3500000.00", "3700000.00")):
        stage.bid(stage.bidder(number), price)
    stage.open()
    clerk, url = desks.somebody(readers, stage.site, "agency"), stage.site.url
    lot = f"/agency/lots/{stage.tender}"
    look.check(readers, url, f"{lot}/opening", clerk.cookies())
    marks, far = {"technical": "40.00", "business": "18.00"}, {"technical": "10.00", "business": "18.00"}
    sheets: list[Any] = []

    def sheet(blank: dict[str, Any]) -> dict[str, Any]:
        """The first member's mark of the first bid lies far from those of the others."""
        sheets.append(blank)
        given = dict.fromkeys(blank["scores"], marks)
        given |= {next(iter(given)): far} if len(sheets) == 1 else {}
        return {"scores": given, "rejections": []}

    stage.evaluate(sheet)
    for page in ("/result", "/papers"):
        look.check(readers, url, f"{lot}{page}", clerk.cookies())
    supervisor = desks.somebody(readers, stage.site, "supervisor")
    for reader in (clerk.at(f"{lot}/result"), supervisor.at(f"/supervisor/lots/{stage.tender}")):
        table = reader.page.get_by_role("region", name="偏离较大的评分")
        assert table.locator("tbody tr").count() == 1
        assert table.locator("tbody .figure").all_inner_texts() == ["10.00", "40.00"]
    with clerk.http() as http:
        rows = http.get(f"{lot}/fees.csv").content.decode("utf-8-sig").splitlines()
    assert rows[0] == "name,organisation,role,declared,signed,fee"
    assert [row.split(",")[2] for row in rows[1:]] == ["expert"] * 4 + ["buyer"]
    assert all(row.split(",")[4] for row in rows[1:])


def test_a_section_that_is_refused_keeps_what_was_typed_and_names_the_field(readers: Readers, stage: Stage) -> None:
    clerk = desks.somebody(readers, stage.site, "agency")
    reader = clerk.at(f"{working_paper(clerk, stage)}/basics")
    reader.page.fill("[name=budget]", "四百万")
    reader.page.fill("[name=title]", "改过的名称")
    press(reader, "保存并继续")
    reader.page.locator("#mistake-budget").wait_for()
    assert reader.page.input_value("[name=title]") == "改过的名称"
    reader.page.fill("[name=budget]", "5000000")
    press(reader, "保存并继续")
    reader.go(desks.path(reader).rpartition("/")[0] + "/basics")
    assert reader.page.input_value("[name=budget]") == "5000000.00"


def test_a_method_takes_its_own_figures_and_the_notice_says_how_it_computes(readers: Readers, stage: Stage) -> None:
    clerk = desks.somebody(readers, stage.site, "agency")
    draft = working_paper(clerk, stage)
    reader = clerk.at(f"{draft}/evaluation")
    reader.page.locator("[name=method]").select_option("comprehensive_benchmark")
    reader.page.get_by_text("评标基准价（只用于按基准价评分的方法）").click()
    figures = {"price_marks": "40", "part1.zh": "技术", "part1.marks": "60"}
    figures |= {"benchmark.mean_factor": "49.99", "benchmark.above": "2", "benchmark.below": "1"}
    for name, text in figures.items():
        reader.page.fill(f"[name='{name}']", text)
    press(reader, "保存并继续")
    reader.page.locator("[id='mistake-benchmark.mean_factor']").wait_for()
    reader.page.fill("[name='benchmark.mean_factor']", "98")
    for name, text in {"bids": "5", "highest": "1", "lowest": "1"}.items():
        reader.page.fill(f"[name='benchmark.trim1.{name}']", text)
    press(reader, "保存并继续")
    reader.go(f"{draft}/evaluation")
    assert reader.page.input_value("[name='benchmark.trim1.bids']") == "5"
    look.check(readers, stage.site.url, f"{draft}/evaluation", clerk.cookies())
    stage.publish(evaluation=SCORED | {"method": "comprehensive_benchmark", "criteria": WITH_BENCHMARK})
    reader.go(f"/lots/{stage.tender}")
    assert reader.page.get_by_text("评标基准价＝全部有效投标评标价的平均值×98.00%。").is_visible()


def test_no_criterion_is_lost_however_many_there_are(readers: Readers, stage: Stage) -> None:
    """The page always has a free row behind those that are filled in."""
    clerk = desks.somebody(readers, stage.site, "agency")
    draft = working_paper(clerk, stage)
    reader = clerk.at(f"{draft}/evaluation")
    reader.page.locator("[name=method]").select_option("comprehensive")
    reader.page.fill("[name=price_marks]", "30")
    for number in range(1, 8):
        reader.page.fill(f"[name='part{number}.zh']", f"评分项{number}")
        reader.page.fill(f"[name='part{number}.marks']", "10")
        if number == 6:
            press(reader, "保存并继续")
            reader.go(f"{draft}/evaluation")
    press(reader, "保存并继续")
    reader.go(f"{draft}/evaluation")
    assert [reader.page.input_value(f"[name='part{number}.zh']") for number in range(1, 9)] == [
        *(f"评分项{number}" for number in range(1, 8)),
        "",
    ]


def test_the_region_is_one_of_the_sites(readers: Readers, stage: Stage) -> None:
    """The agency's own at first; another one is kept."""
    clerk = desks.somebody(readers, stage.site, "agency")
    draft = working_paper(clerk, stage)
    reader = clerk.at(f"{draft}/basics")
    region = reader.page.get_by_label("行政区划")
    assert region.input_value() == "431102"
    assert region.locator("option").all_inner_texts()[1:3] == ["零陵区 431102", "冷水滩区 431103"]
    region.select_option("431103")
    press(reader, "保存并继续")
    reader.go(f"{draft}/basics")
    assert region.input_value() == "431103"


def test_dates_are_counted_from_the_day_of_publication(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    clerk = desks.somebody(readers, stage.site, "agency")
    reader = clerk.at(f"{working_paper(clerk, stage)}/dates")
    first = reader.page.input_value("[name=deadline]")
    planned = stage.now() + timedelta(days=16)
    reader.page.fill("[name=publish_by]", planned.strftime("%Y-%m-%d"))
    press(reader, "按最早合法日期重算")
    assert first < reader.page.input_value("[name=deadline]")
    assert reader.page.get_by_text("招标投标法 24").is_visible()
    # Too early a deadline is told by the check, with the article.
    for name, days in (("deadline", 5), ("documents_offered_until", 3), ("questions_until", 3)):
        reader.page.fill(f"[name={name}]", (planned + timedelta(days=days)).strftime("%Y-%m-%d"))
    press(reader, "采用这些日期")
    document = tmp_path / "招标文件.txt"
    document.write_text("本工程为测试工程。", "utf-8")
    reader.page.set_input_files("[name=files]", document)
    press(reader, "上传", exact=True)
    reader.page.fill("[name=evaluation_key]", agency_tool.evaluation_key(stage.agency_vault))
    press(reader, "保存并继续")
    reader.page.get_by_text("规则检查未通过").wait_for()
    assert reader.page.get_by_role("button", name="提交并通知受托人").count() == 0


def test_nothing_typed_runs(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    """Every text of a draft, of a question, an answer, a reason: shown as text, on every page that shows it."""
    clerk, second = (desks.somebody(readers, stage.site, "agency") for _ in range(2))
    stage.publish(**dict.fromkeys(("title", "title_en", "scope", "funding", "qualification"), VECTORS))
    asked = stage.bidder(0).client.post(f"/tenders/{stage.tender}/questions", {"question": VECTORS})
    draft = working_paper(clerk, stage, tender="XSS-0001", title=VECTORS, scope=VECTORS, funding=VECTORS)
    reader = clerk.at(f"/agency/lots/{stage.tender}/amendment", scripts=True)
    reader.page.fill("[name=reason]", VECTORS)
    reader.page.fill("[name=scope]", f"{VECTORS}2")
    press(reader, "送审")
    proposal = reader.page.locator("a[href*='/proposals/']").get_attribute("href")
    pages = [f"/agency/lots/{stage.tender}{page}" for page in LOT] + [f"{draft}{one}" for one in SECTIONS]
    for page in ["/agency", *pages, str(proposal), f"/agency/lots/{stage.tender}/questions/{asked['question']}"]:
        shown = second.at(page, scripts=True)
        assert shown.page.title() not in {"1", "2"}
        assert shown.page.locator("main img, main script, main [onfocus], main [onerror]").count() == 0, page
        shown.context.close()


def test_a_file_is_taken_only_with_the_sessions_token(stage: Stage, readers: Readers) -> None:
    clerk = desks.somebody(readers, stage.site, "agency")
    draft = working_paper(clerk, stage)
    with clerk.http() as http:
        files = {"files": ("a.txt", b"x", "text/plain")}
        for fields in ({"key": "k" * 20}, {"key": "k" * 20, "csrf": "0" * 64}):
            answer = http.post(f"{draft}/files", data=fields, files=files)
            assert answer.status_code == 403
        plain = http.post(f"{draft}/files", data={"key": "k" * 20})
        assert plain.status_code == 415
    with stage.site.desk.work.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM documents").scalar_one() == 0


def test_a_form_without_the_sessions_token_changes_nothing(stage: Stage, readers: Readers) -> None:
    stage.publish()
    clerk = desks.somebody(readers, stage.site, "agency")
    lot = f"/agency/lots/{stage.tender}"
    asked = stage.bidder(0).client.post(f"/tenders/{stage.tender}/questions", {"question": "标高是否有误？"})
    posts = (
        "/publication",
        f"/questions/{asked['question']}",
        "/ending",
        "/committee",
        "/evaluation",
        "/candidates",
        "/award",
    )
    with clerk.http() as http:
        for page in ("/agency/drafts", *(f"{lot}{one}" for one in posts)):
            answer = http.post(page, data={"key": chance.token(16).hex(), "procedure": "x", "reason": "x"})
            assert answer.status_code == 403, page


def test_foreign_and_absent_look_the_same(stage: Stage, readers: Readers) -> None:
    """Another agency, a draft of ours: every address, reading and writing."""
    clerk = desks.somebody(readers, stage.site, "agency")
    draft = working_paper(clerk, stage, tender="OWN-0001")
    stage.draft()
    stage.site.organisation(code(77), "另一招标人")
    stranger = desks.somebody(readers, stage.site, "agency", code(77))
    token = stranger.at("/agency").page.locator("[name=csrf]").first.input_value()
    own, absent = f"/agency/lots/{stage.tender}", "/agency/lots/NO-SUCH-TENDER"
    pairs = [(f"{own}{page}", f"{absent}{page}") for page in (*LOT, "/proposals/x", "/questions/x")]
    pairs += [(f"{draft}{page}", f"/agency/drafts/{'0' * 32}{page}") for page in SECTIONS]
    with stranger.http() as http:
        http.cookies.set("sunbid", stranger.reader.context.cookies()[0]["value"])  # type: ignore[union-attr]  # it was made above
        for pair in pairs:
            assert told(http, "GET", pair[0]) == told(http, "GET", pair[1]), pair
        for page in ("/publication", "/ending", "/committee", "/evaluation", "/candidates", "/award"):
            body = {"csrf": token, "reason": "other", "detail": "x", "member": "0" * 32, "winner": AGENCY}
            assert told(http, "POST", f"{own}{page}", body) == told(http, "POST", f"{absent}{page}", body), page


def told(http: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    """Status and what the page says, but for the request's own number."""
    data = None if body is None else {**body, "key": chance.token(16).hex()}
    answer = http.request(method, path, data=data)
    assert answer.status_code in {403, 404, 409, 422}, (path, answer.status_code)
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return answer.status_code, "".join(line for line in main.splitlines() if "<code>" not in line)


def test_an_evaluation_key_is_made_on_the_clerks_own_device(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    """Its public half stands in the draft; the private one is in the recovery file, which the command line reads."""
    clerk = desks.somebody(readers, stage.site, "agency")
    draft = working_paper(clerk, stage)
    reader = clerk.at(f"{draft}/trustees", scripts=True)
    reader.page.fill("#make [name=passphrase]", PASSPHRASE)
    with reader.page.expect_download() as started:
        press(reader, "生成并填入")
    reader.page.get_by_text("公钥已填入上面").wait_for()
    made = reader.page.input_value("[name=evaluation_key]")
    kept = tmp_path / "kept.age"
    started.value.save_as(kept)
    private_key = vault.VaultFile(kept, PASSPHRASE).open().content.evaluation[made]
    assert hpke.public_key(bytes.fromhex(private_key)).hex() == made
    press(reader, "保存并继续")
    assert desks.path(reader) == f"{draft}/documents"
