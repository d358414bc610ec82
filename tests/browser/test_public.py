"""What everybody may read, without signing in: the look, the weight, the first-run journeys with their clicks."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from notary import clock
from tests.browser import look
from tests.browser.reader import Readers
from tests.serving import Site, site
from tests.stage import AGENCY, TENDER, Stage
from tests.trading.examples import PROCUREMENT
from trading.rows import organisations

OPEN = "YZ-431102-GC-2026-0002"
WAITING = "YZ-431102-GC-2026-0003"
VECTORS = (
    "<script>window.pwned=1</script>",
    "\"'><img src=x onerror=window.pwned=1>",
    "</title></textarea><svg/onload=window.pwned=1>",
    "javascript:window.pwned=1//{{7*7}}${7*7}",
)
WINNER = "测试施工企业2号有限公司"
PAGES = (
    "/",
    "/gallery",
    "/nothing",
    "/notices",
    "/notices?q=没有的&region=431102&stage=open",
    f"/lots/{TENDER}",
    f"/lots/{OPEN}",
    f"/lots/{OPEN}/notices/0",
    f"/lots/{OPEN}/notices/1",
    "/results",
    f"/orgs/{AGENCY}",
    "/openings",
    f"/openings/{TENDER}",
    f"/openings/{WAITING}",
    "/hall",
    f"/hall?lot={TENDER}",
    "/data",
    "/guides",
    "/guides/construction-open",
    f"/guides/procurement-open/{PROCUREMENT.version}",
    "/help",
    "/accessibility",
)
BARE = tuple(page for page in PAGES if page not in {"/gallery", "/nothing"})


def award_and_begin(made: Stage) -> None:
    """Award the lot that was published, and publish another one whose opening has begun."""
    publish(made, WAITING, "停车泊位建设工程", 25)
    for number in range(3):
        for tender in (TENDER, WAITING):
            made.tender = tender
            made.bid(made.bidder(number), f"36{5 - number}0000.00")
    made.tender = TENDER
    made.open()
    made.evaluate()
    made.award(made.bidder(2).code)
    made.tender = WAITING
    made.until_closed()
    made.release("T1")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A lot that was awarded, one whose opening has begun, and one that takes bids, amended and asked about."""
    folder: Path = tmp_path_factory.mktemp("public")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db") as running:
        made = Stage(running, folder / "parties")
        made.publish()
        award_and_begin(made)
        publish(made, OPEN, "排水管网改造工程", 34)
        asked = made.bidder(0).client.post(f"/tenders/{OPEN}/questions", {"question": "工期可否延长？"})
        made.clerk.post(f"/tenders/{OPEN}/answers", {"question": asked["question"], "answer": "不可以。"})
        changes = {"scope": "路面改造 3.6 公里。\n另建人行道。", "ceiling": "3990000.00"}
        amendment = {"reason": "补充范围。", "affects_bids": True, "changes": changes}
        made.approve(made.clerk.post(f"/tenders/{OPEN}/amendments", amendment))
        yield made


def test_what_others_wrote_is_text_and_nothing_else(readers: Readers, tmp_path: Path) -> None:
    """Vectors in every text that a page shows: no script runs, and the policy of pages has nothing to report."""
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        with running.desk.work.unit() as unit:
            unit.connection.execute(update(organisations).values(name=VECTORS[0]))
        for number, vector in enumerate(VECTORS):
            stage.tender = f"YZ-431102-GC-2026-{number:04d}"
            stage.publish(title=vector, title_en=vector, scope=vector, qualification=vector, funding=vector)
            asked = stage.bidder(0).client.post(f"/tenders/{stage.tender}/questions", {"question": vector})
            stage.clerk.post(f"/tenders/{stage.tender}/answers", {"question": asked["question"], "answer": vector})
            changes = {"scope": f"{vector} {vector}", "qualification": f"甲{vector}"}
            body = {"reason": vector, "affects_bids": False, "changes": changes}
            stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/amendments", body))
            stage.supervisor.post(f"/tenders/{stage.tender}/holds", {"reason": vector})
        lots = [f"/lots/YZ-431102-GC-2026-{number:04d}" for number in range(len(VECTORS))]
        paths = ["/", "/notices", "/openings", "/hall", f"/orgs/{AGENCY}", f"/notices?q={quote(VECTORS[0])}"]
        paths += [f"{lot}{more}" for lot in lots for more in ("", "/notices/0", "/notices/1")]
        paths += [lot.replace("/lots/", "/openings/") for lot in lots]
        reader = readers.new(running.url)
        reader.page.on("dialog", lambda dialog: reader.complaints.append(f"dialog {dialog.message}"))
        for path in [f"{language}{path}" for path in paths for language in look.LANGUAGES]:
            reader.go(path)
            assert not reader.page.evaluate("Boolean(window.pwned)"), path
        reader.go(lots[0])
        assert reader.page.locator("h1").text_content() == VECTORS[0]


def publish(stage: Stage, tender: str, title: str, days: int) -> None:
    """Publish a tender that takes bids for so many days."""
    stage.tender = tender
    deadline = (stage.now() + timedelta(days=days)).replace(microsecond=0)
    questions = clock.text(deadline - timedelta(days=9))
    stage.publish(title=title, deadline=clock.text(deadline), questions_until=questions)


@pytest.fixture
def running(stage: Stage) -> Site:
    stage.site.desk.kept.forget()
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


def test_the_deadline_and_the_tender_file_in_three_clicks(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url)
    reader.go("/")
    reader.page.get_by_role("searchbox").fill("排水管网")
    reader.click("查找", role="button")
    reader.click("排水管网改造工程", role="link")
    assert reader.page.get_by_text("北京时间，以服务器时间为准").is_visible()
    expect(reader.page.locator(".deadline time[data-left]")).to_be_visible()
    with reader.page.expect_download() as saved:
        reader.click("招标文件.txt", role="link")
    assert saved.value.suggested_filename == "招标文件.txt"
    assert saved.value.path().read_text("utf-8") == "本工程为测试工程。"
    assert reader.clicks == 3


def test_who_won_and_for_how_much_in_two_clicks(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url)
    reader.go("/")
    reader.click("成交结果", role="link")
    reader.click("测试路面改造工程", role="link")
    award = reader.page.locator("section", has=reader.page.get_by_role("heading", name="中标结果"))
    assert award.get_by_text("¥3,630,000.00").is_visible()
    assert award.get_by_text("人民币叁佰陆拾叁万元整").is_visible()
    assert award.get_by_role("link", name=WINNER).is_visible()
    assert reader.clicks == 2


def test_an_opening_in_two_clicks(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url)
    reader.go("/")
    reader.page.locator(".counters").get_by_role("link", name="今天开标").click()
    reader.click("停车泊位建设工程", role="link")
    assert reader.page.url == f"{running.url}/openings/{WAITING}"
    assert reader.clicks == 2


def test_data_in_two_clicks(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url, permissions=["clipboard-read", "clipboard-write"])
    reader.go("/")
    reader.click("开放数据", role="link")
    reader.page.get_by_role("button", name="复制").first.click()
    reader.page.get_by_role("button", name="已复制").wait_for()
    command = reader.page.evaluate("navigator.clipboard.readText()")
    assert command == f"curl -s '{running.url}/api/v1/tenders?limit=5'"
    assert reader.clicks <= 2
    told = subprocess.run(shlex.split(command), capture_output=True, check=True)
    assert len(json.loads(told.stdout)["items"]) == 3


def test_a_filter_asks_at_once_and_stands_in_the_address(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url)
    reader.go("/notices")
    reader.page.get_by_label("阶段").select_option("awarded")
    reader.page.wait_for_url("**/notices?*stage=awarded*")
    reader.page.get_by_text("共 1 项").wait_for()
    reader.go(reader.page.url.removeprefix(running.url))
    assert reader.page.locator(".results h2").all_text_contents() == ["测试路面改造工程"]


def test_a_change_is_shown_against_what_was_before(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url)
    reader.go(f"/lots/{OPEN}")
    reader.click("第 1 次变更", role="link")
    changes = reader.page.locator("section", has=reader.page.get_by_role("heading", name="与上一份相比"))
    assert changes.locator("del").all_text_contents() == ["¥3,980,000.00", "3.2"]
    assert changes.locator("ins").all_text_contents() == ["¥3,990,000.00", "3.6", "\n另建人行道。"]


@pytest.mark.parametrize("path", BARE)
def test_every_page_says_all_of_it_without_a_script(readers: Readers, running: Site, path: str) -> None:
    """Nothing is there only with a script, but countdowns and what is live."""
    bare = readers.new(running.url, java_script_enabled=False)
    full = readers.new(running.url)
    texts = []
    for reader in (bare, full):
        reader.go(path)
        texts.append(set(reader.page.locator("main").inner_text().split("\n")))
    missing = {
        line
        for line in texts[1] - texts[0]
        if not any(word in line for word in ("还剩", "天 ", ":", "实时", "复制", "数据 ", "服务器时间"))
    }
    assert missing == set()


def test_without_a_script_the_filters_have_a_button_and_an_opening_is_read_again(
    readers: Readers, running: Site
) -> None:
    reader = readers.new(running.url, java_script_enabled=False)
    reader.go("/notices")
    reader.page.get_by_label("阶段").select_option("awarded")
    reader.click("查找", role="button")
    assert reader.page.locator(".results h2").all_text_contents() == ["测试路面改造工程"]
    reader.go(f"/openings/{WAITING}")
    assert '<meta http-equiv="refresh" content="15">' in reader.page.content()
    reader.go(f"/openings/{TENDER}")
    assert "http-equiv" not in reader.page.content()


def test_a_demonstration_lets_anybody_in_as_anybody(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url)
    reader.go("/")
    reader.page.get_by_role("button", name="测试招标人").first.click()
    assert reader.page.url == f"{running.url}/agency"
    reader.go("/en")
    reader.page.get_by_role("button", name="Sign out").click()
    assert reader.page.get_by_role("link", name="Sign in").is_visible()


def test_an_opening_is_seen_as_it_happens(readers: Readers, stage: Stage) -> None:
    """Last: it opens the lot that the other tests look at. Page and hall change by themselves."""
    page, hall = readers.new(stage.site.url), readers.new(stage.site.url, 1920)
    page.go(f"/openings/{WAITING}")
    hall.go(f"/hall?lot={WAITING}")
    for reader in (page, hall):
        reader.page.get_by_text("密钥释放中").wait_for()
        assert reader.page.get_by_text("测试施工企业").count() == 0
        reader.page.evaluate("window.stayed = true")
    stage.tender = WAITING
    stage.release("T2")
    for reader in (page, hall):
        reader.page.get_by_text("已开标", exact=True).wait_for()
        assert reader.page.get_by_role("cell", name="¥3,650,000.00").is_visible()
        assert reader.page.evaluate("window.stayed")
