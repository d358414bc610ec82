"""A tender from its draft to the verified award, typed as commands, by users who have nothing but their own folders."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notary import certificates, clock
from notary.certificates import Identity
from tests.api.cli.users import PATIENCE, User, Users, leaves, quick_vaults
from tests.serving import OPERATOR, ORIGIN, site
from tests.stage import AGENCY, code
from trading import calendar

pytestmark = pytest.mark.story

ROOT = Path(__file__).parents[3]
TENDER = "YZ-431102-GC-2026-0001"
SECOND = "YZ-431102-GC-2026-0002"
THIRD = "YZ-431102-CG-2026-0001"
LAND = "YZ-431102-TD-2026-0001"
TRUSTEES = ("T1", "T2", "T3")
PRICES = ("3680000.00", "3650000.00", "3700000.00")
REPLACED = "3600000.00"
HERE = "--demonstration"
INSPECTION = code(990)
#: Commands that never end by themselves, or are a story of their own: the test that runs them, and its words.
ELSEWHERE = {
    ("serve",): ("tests/serving.py", '"-m", "api.cli", "serve"'),
    ("demo",): ("tests/story/test_demo.py", '"demo", "--once"'),
    # The demonstration's witnesses are this command.
    ("witness", "serve"): ("api/demo/site.py", '["witness", "serve"'),
}
NOTICE = """
tender = "{tender}"
procedure = "construction-open"
subject = "works"
title = "永州市滨江路道路工程"
title_en = "Binjiang Road"
scope = "路面改造 3.2 公里。"
region = "431102"
funding = "财政资金"
qualification = "市政公用工程施工总承包三级及以上。"
budget = "4200000.00"
ceiling = "3980000.00"
deposit = "70000.00"
documents_offered_until = {offered}
questions_until = {questions}
deadline = {deadline}
validity_days = 90
documents = ["招标文件.txt"]

[evaluation]
method = "comprehensive"

[evaluation.criteria]
price_marks = "60.00"
parts = [{{ name = "technical", zh = "技术", en = "Technical", marks = "40.00" }}]
adjustments = []
ties = ["price"]
candidates = 3

[committee]
size = 5
experts = 4

[policy]
quorums = [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]]
"""


LAND_NOTICE = """
tender = "{tender}"
procedure = "land-listing"
title = "零陵区某宗地国有建设用地使用权"
title_en = "A plot of land"
scope = "宗地面积 20000 平方米。"
region = "431102"
qualification = "境内外法人和其他组织。"
deposit = "200000.00"
documents_offered_until = {opens}
questions_until = {opens}
deadline = {opens}
documents = ["招标文件.txt"]

[policy]
quorums = [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]]

[auction]
reserve = true
cap = "2000000.00"
offers = {{ seconds = 600 }}
start_price = "1000000.00"
step = "10000.00"
multiples = true
leader_may_raise = true
least_bidders = 1
opens_at = {opens}
closes_at = {closes}
soft_close_seconds = 0
resume_seconds = 600
outage_seconds = 3600

[auction.timed]
contenders = 2
window_seconds = 3600
preparation_seconds = 900
countdown_seconds = 300
"""


class Play:
    """The users of one play. The clerk of the agency drafts, the chief approves."""

    def __init__(self, users: Users, authority: Identity) -> None:
        self.users = users
        self.authority = authority
        self.administrator = self._administrator()
        self.supervisor, _ = self.person("supervisor", OPERATOR, "supervisor")
        self.organisation(AGENCY, "永州市住房和城乡建设局")
        self.clerk, _ = self.person("clerk", AGENCY, "agency")
        self.chief, _ = self.person("chief", AGENCY, "agency")
        self.trustees = {name: self._trustee(name, 900 + number) for number, name in enumerate(TRUSTEES)}
        self.inspector, _ = self.person(
            "inspector", self.organisation(INSPECTION, "永州市发展和改革委员会"), "supervisor"
        )
        self.drawers = {AGENCY: self.clerk, INSPECTION: self.inspector, OPERATOR: self.administrator}
        for user in self.drawers.values():
            user.run("key", "init", "--purpose", "draw")
            user.run("key", "register", "--purpose", "draw", HERE)
        self.bidders = [self._bidder(number) for number in range(len(PRICES))]

    def organisation(self, own: str, name: str) -> str:
        """Register an organisation."""
        self.administrator.run("org", "add", "--code", own, "--name", name, "--region", "431102")
        return own

    def person(self, name: str, organisation: str, role: str) -> tuple[User, str]:
        """Register a person with a token: the user, and the person's id."""
        user = self.users.user(name)
        about = ("--organisation", organisation, "--name", name, "--role", role)
        person = self.administrator.run("person", "add", *about)["person"]
        self.administrator.run("token", "issue", person, "--days", "366", "--out", user.folder / "token")
        return user, person

    def approve(self, proposed: dict[str, Any], tender: str = TENDER) -> Any:
        """The chief approves what the clerk proposed."""
        return self.chief.run(
            "tender", "approve", tender, "--proposal", proposed["proposal"], "--content", proposed["content"]
        )

    def show(self) -> dict[str, Any]:
        """The tender as everybody sees it."""
        found: dict[str, Any] = self.clerk.run("tender", "show", TENDER)
        return found

    def until(self, met: Callable[[], bool]) -> None:
        """Ask again and again until it is so."""
        end = time.monotonic() + PATIENCE
        while not met():
            assert time.monotonic() < end
            time.sleep(0.05)

    def draft(self, tender: str, invited: list[str]) -> None:
        """The clerk drafts a lawful tender, in TOML; open to all where nobody is invited."""
        now = self.users.site.desk.work.now()
        self.clerk.file("招标文件.txt", "本工程为测试工程。")
        moments = {"offered": 20, "questions": 36, "deadline": 40}
        text = NOTICE.format(
            tender=tender, **{name: clock.text(now + timedelta(days=days)) for name, days in moments.items()}
        )
        if invited:
            text = text.replace("construction-open", "construction-invited")
            text += f"\n[invited]\nbidders = {json.dumps(invited)}\n"
        assert self.clerk.run("tender", "draft", self.clerk.file("tender.toml", text)) == {"tender": tender}

    def _administrator(self) -> User:
        user = self.users.user("administrator")
        assert user.run("migrate")["before"] == user.run("migrate")["now"]
        operator = ("--code", OPERATOR, "--name", "永州市公共资源交易中心", "--region", "431100")
        link = user.run("admin", "create", "--url", self.users.site.url, *operator)
        user.run("token", "claim", user.file("link", link), "--out", user.folder / "token")
        return user

    def _trustee(self, name: str, number: int) -> User:
        organisation = self.organisation(code(number), f"受托机构{name}")
        user, _ = self.person(name, organisation, "trustee")
        registration = self.administrator.file(f"{name}.json", user.run("trustee", "init", name, HERE))
        self.administrator.run("trustee", "add", registration, "--name", name, "--organisation", organisation)
        return user

    def _bidder(self, number: int) -> User:
        user, _ = self.person(f"bidder-{number}", self.organisation(code(number), f"施工企业{number}号"), "bidder")
        user.run("key", "init")
        user.run("key", "register", HERE)
        return user


@contextmanager
def play(folder: Path, database_url: str) -> Iterator[Play]:
    """A site and its users."""
    roots = folder / "roots.pem"
    authority = certificates.demonstration_authority(clock.host_time())
    roots.write_bytes(authority.certificate)
    with site(folder / "home", database_url, paper_roots=roots) as running, quick_vaults():
        yield Play(Users(running, database_url, folder / "users"), authority)


def test_from_the_draft_to_the_verified_award(tmp_path: Path, sqlite_url: str) -> None:
    with play(tmp_path, sqlite_url) as played:
        publish(played)
        clarify(played)
        proved = bid(played)
        share_keys(played)
        open_(played)
        winner = evaluate(played)
        award(played, winner)
        perform(played)
        pay_back(played, winner)
        give_up_another(played)
        announce_a_third(played)
        bid_in_an_auction(played)
        verify(played, tmp_path, proved)
        assert every_command(played.users.ran) == []


def every_command(ran: set[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The commands that neither this test nor another runs."""
    for file, words in ELSEWHERE.values():
        assert words in (ROOT / file).read_text("utf-8")
    return sorted({path for path, _ in leaves()} - ran - ELSEWHERE.keys())


def publish(played: Play) -> None:
    """Draft, opening keys, publication by two persons."""
    assert len(played.clerk.run("tender", "key")["evaluation_key"]) == 64
    proposed = propose(played, TENDER)
    own = ("--proposal", proposed["proposal"], "--content", proposed["content"])
    assert played.clerk.refused("tender", "approve", TENDER, *own) == "same_person"
    played.approve(proposed)
    assert played.show()["stage"] == "open"
    assert [one["tender"] for one in played.clerk.run("tender", "show")] == [TENDER]


def clarify(played: Play) -> None:
    """A question and its answer, an amendment, a hold that is lifted, a rehearsal."""
    asker = played.bidders[0]
    question = asker.run("tender", "ask", TENDER, asker.file("question.txt", "工期可否顺延？\n"))["question"]
    assert [one["question"] for one in played.clerk.run("tender", "questions", TENDER)] == [question]
    played.clerk.run("tender", "answer", TENDER, question, played.clerk.file("answer.txt", "不可以。\n"))
    amendment = 'reason = "更正"\naffects_bids = false\n[changes]\nceiling = "3970000.00"\n'
    played.approve(played.clerk.run("tender", "amend", TENDER, played.clerk.file("amendment.toml", amendment)))
    assert played.show()["content"]["ceiling"] == "3970000.00"
    played.supervisor.run("tender", "hold", TENDER, "--reason", "投诉受理期间暂停")
    assert played.show()["held"] is True
    played.supervisor.run("tender", "lift", TENDER, "--reason", "投诉已处理")
    assert played.show()["held"] is False
    played.trustees["T1"].run("trustee", "rehearse", TENDER, HERE)


def seal(user: User, price: str, name: str) -> Path:
    """A sealed bid with one document."""
    values = {"price": price, "duration_days": 180, "quality": "合格"}
    files = ("--out", user.folder / f"{name}.bid", "--recovery", user.folder / f"{name}.recovery.age")
    told = ("--recovery-passphrase-file", user.folder / "passphrase")
    document = user.file("技术标.txt", f"施工组织设计 {price}")
    user.run("bid", "seal", TENDER, document, "--form", user.file("form.json", values), *files, *told, HERE)
    return user.folder / f"{name}.bid"


def bid(played: Play) -> list[Path]:
    """Three bids; one is withdrawn and handed in again, one replaced. The receipts of those that stand."""
    receipts = []
    for number, (user, price) in enumerate(zip(played.bidders, PRICES, strict=True)):
        sealed = seal(user, price, "first")
        assert user.run("bid", "submit", sealed, HERE)["proved"] is True
        assert user.run("bid", "status", TENDER, HERE)["standing"] is not None
        if number == 0:
            user.run("bid", "withdraw", TENDER, "--receipt", user.folder / "withdrawal.json", HERE)
            assert user.run("bid", "status", TENDER, HERE)["standing"] is None
            done = user.run("bid", "submit", seal(user, price, "again"), HERE)
        else:
            assert user.refused("bid", "submit", sealed, HERE) == "bid_stands"
            done = user.run("bid", "replace", seal(user, REPLACED if number == 1 else price, "second"), HERE)
        receipt = user.folder / "receipt.json"
        assert user.run("bid", "receipt", done["receipt"], "--out", receipt, HERE)["proved"] is True
        receipts.append(receipt)
    return receipts


def share_keys(played: Play) -> None:
    """A colleague gets a key by endorsement; one whom the administrator has registered is not believed until known."""
    own, organisation = played.bidders[2], code(2)
    colleague, _ = played.person("colleague", organisation, "bidder")
    public_key = colleague.run("key", "init")["public_key"]
    assert colleague.refused("key", "register", HERE) == "endorsement_missing"
    endorsement = colleague.folder / "endorsement.json"
    own.run("key", "endorse", public_key, "--out", endorsement, HERE)
    colleague.run("key", "register", "--endorsement", endorsement, HERE)
    assert [one["known"] for one in colleague.run("key", "list", HERE)] == [True, True]
    stranger, _ = played.person("somebody", organisation, "bidder")
    strange = stranger.run("key", "init")["public_key"]
    stranger.run("key", "proof", "--out", stranger.folder / "proof.json", HERE)
    played.administrator.run("key", "replace", stranger.folder / "proof.json", "--reason", "称密钥丢失")
    exit_code, found, told = own.attempt("bid", "status", TENDER, HERE)
    assert (exit_code, found["unknown_keys"]) == (1, [strange])
    assert "WARNING" in told
    assert own.attempt("key", "list", HERE)[1][2] | {"registered_at": ""} == {
        "public_key": strange,
        "registered_at": "",
        "endorsed": False,
        "reason": "称密钥丢失",
        "known": False,
    }
    for act in (("bid", "withdraw", TENDER), ("bid", "replace", own.folder / "second.bid")):
        assert own.refused(*act, HERE) == "key_unknown"
    own.run("key", "know", strange)
    own.run("bid", "status", TENDER, HERE)


def open_(played: Play) -> None:
    """The deadline; one trustee releases by hand, one by its service, one never; the bids' documents."""
    played.users.pass_until(clock.parse(played.show()["deadline"]))
    played.until(lambda: played.show()["stage"] == "closed")
    late = played.bidders[0]
    # Before the closing stands in a cosigned checkpoint: exit code 3, and it is run again.
    assert played.trustees["T1"].run("trustee", "release", TENDER, HERE)["complete"] is False
    checked = played.trustees["T2"].run("trustee", "release", TENDER, "--dry-run", HERE)
    assert {one["met"] for one in checked} == {True}
    played.trustees["T2"].run("trustee", "serve", "--once", HERE, told="The opening key is released")
    assert late.refused("bid", "withdraw", TENDER, "--receipt", late.folder / "late.json", HERE) == "deadline_passed"
    confirm(played)
    opened = played.clerk.run("open", TENDER, "--out", played.clerk.folder / "bids")
    assert [(one["files"], one["reason"]) for one in opened] == [(["技术标.txt"], None)] * 3
    texts = {path.parent.name: path.read_text("utf-8") for path in played.clerk.folder.glob("bids/*/技术标.txt")}
    prices = (PRICES[0], REPLACED, PRICES[2])
    assert texts == {code(number): f"施工组织设计 {price}" for number, price in enumerate(prices)}


def confirm(played: Play) -> None:
    """A bidder looks at the opening, and confirms just that record, once."""
    own = played.bidders[1]
    command = ("bid", "confirm", TENDER)
    found = own.run(*command, HERE)
    assert (found["bids"], found["own"]["values"]["price"]) == (3, REPLACED)
    assert own.refused(*command, "--opened", "00" * 32, HERE) == "opening_other"
    assert own.run(*command, "--opened", found["opened"], HERE)["leaf"]
    assert own.refused(*command, "--opened", found["opened"], HERE) == "confirmed_already"


def evaluate(played: Play) -> str:
    """A committee of five, their sheets, the ranking; the first of it."""
    members = []
    for number in range(7):
        buyer = number == 6
        organisation = AGENCY if buyer else OPERATOR
        user, person = played.person(f"expert-{number}", organisation, "expert")
        user.run("key", "init", "--purpose", "score")
        user.run("key", "register", "--purpose", "score", HERE)
        members.append((user, {"person": person, "role": "buyer" if buyer else "expert"}))
        if not buyer:
            left = f"{code(7)}:2025-06-30"
            played.administrator.run("person", "expert", person, "--speciality", "市政公用工程", "--employer", left)
    drawn = draw(played)
    members = [one for one in members if one[1]["role"] == "buyer" or one[1]["person"] in drawn]
    listed = played.clerk.file("committee.json", {"members": [member for _, member in members]})
    played.clerk.run("tender", "committee", TENDER, listed)
    members[0][0].run("expert", "ask", TENDER, code(0), "--minutes", "45")
    own = played.bidders[0]
    assert own.run("bid", "explain", TENDER, own.file("explanation.txt", "成本测算见附表。"))["leaf"]
    assert [one["text"] for one in own.run("bid", "asked", TENDER)] == ["成本测算见附表。"]
    for user, _ in members:
        sheet = user.run("expert", "score", TENDER)
        assert set(sheet["scores"]) == {code(number) for number in range(3)}
        filled = sheet | {"scores": {bidder: {"technical": "31.50"} for bidder in sheet["scores"]}}
        user.run("expert", "sign", TENDER, user.file("sheet.json", filled))
    ranking = played.clerk.run("evaluate", TENDER)
    found: str = ranking["ranked"][0]["bidder"]
    assert found == code(1)
    return found


def draw(played: Play) -> list[str]:
    """A draw that is given up, then one in which a value is withheld and one of those drawn is replaced; who sits."""
    call = ("draw", "call", TENDER, "--seats", "市政公用工程", "4", "--supervisor", INSPECTION, "--operator", OPERATOR)
    played.clerk.run(*call)
    assert played.clerk.refused(*call) == "draw_there"
    played.clerk.run("draw", "fail", TENDER, "--reason", "abandoned")
    played.clerk.run(*call)
    for user in played.drawers.values():
        user.run("draw", "commit", TENDER, HERE)
    played.clerk.run("draw", "reveal", TENDER, HERE)
    played.administrator.run("draw", "reveal", TENDER, HERE)
    assert played.clerk.run("draw", "show", TENDER)[1]["turns"] == {INSPECTION: INSPECTION}
    played.clerk.run("draw", "withheld", TENDER, INSPECTION)
    played.administrator.run("draw", "reveal", TENDER, HERE)
    seated = [one["person"] for one in played.clerk.run("draw", "seated", TENDER)]
    played.clerk.run("draw", "replace", TENDER, seated[0], "--reason", "absent")
    return [one["person"] for one in played.clerk.run("draw", "seated", TENDER)]


def award(played: Play, winner: str) -> None:
    """Candidates, their publicity period, the award by two persons; a paper signed by its author."""
    until = played.clerk.run("award", "candidates", TENDER)["objections_until"]
    played.users.pass_until(clock.parse(until))
    played.approve(played.clerk.run("award", "propose", TENDER, "--winner", winner))
    assert played.show()["stage"] == "awarded"
    papers = {one["name"]: one for one in played.clerk.run("paper", "list", TENDER)}
    name = next(name for name in papers if name.startswith("award"))
    moment = played.users.site.desk.work.now()
    identity = certificates.certificate_for(played.authority, "永州市住房和城乡建设局", AGENCY, moment)
    files = {
        "--certificate": played.clerk.file("agency.pem", identity.certificate.decode()),
        "--key": played.clerk.file("agency.key", identity.key.decode()),
        "--issuer": played.clerk.file("issuer.pem", identity.issuers[0].decode()),
    }
    options = [word for pair in files.items() for word in pair]
    signed = played.clerk.run("paper", "sign", TENDER, name, *options, HERE)
    assert {one["name"]: one.get("sha256") for one in played.clerk.run("paper", "list", TENDER)}[name] == signed[
        "sha256"
    ]
    assert played.clerk.run("paper", "report", TENDER, "--out", played.clerk.folder / "report.pdf", HERE)["sha256"]
    told = played.clerk.run("paper", "tell", TENDER, *options, HERE)
    assert told
    assert [one["sha256"] for one in played.clerk.run("paper", "results", TENDER)] == [one["sha256"] for one in told]
    for one in told:
        saved = played.clerk.run(
            "paper", "result", TENDER, one["bidder"], "--out", played.clerk.folder / "letter.pdf", HERE
        )
        assert saved["sha256"] == one["sha256"]
        assert played.clerk.run("paper", "tell", TENDER, *options, HERE) == []


def perform(played: Play) -> None:
    """The contract with its text, a supplement, a payment, the acceptance."""
    today = calendar.beijing_day(played.users.site.desk.work.now()).isoformat()
    played.clerk.file("合同.txt", "本合同为测试合同。")
    terms = f'price = "{REPLACED}"\nends_on = "2028-12-31"\ndocuments = ["合同.txt"]\n'
    signed = played.clerk.file("contract.toml", f'{terms}signed_on = "{today}"\n')
    played.clerk.run("contract", "register", TENDER, signed)
    played.clerk.run("contract", "change", TENDER, played.clerk.file("change.toml", f'{terms}reason = "延长"\n'))
    step = ("--on", today, "--detail", "预付款", "--paid")
    assert played.clerk.refused("contract", "perform", TENDER, *step, "9000000.00") == "paid_more"
    played.clerk.run("contract", "perform", TENDER, *step, "1000.00")
    end = played.clerk.file(
        "end.toml", f'result = "completed"\non = "{today}"\ndetail = "验收合格"\ndocuments = ["合同.txt"]\n'
    )
    played.clerk.run("contract", "end", TENDER, end)
    assert played.clerk.refused("contract", "end", TENDER, end) == "act_not_in_stage"
    shown = played.clerk.run("contract", "show", TENDER)
    assert (shown["contract"]["paid"], len(shown["entries"])) == ("1000.00", 4)
    assert played.show()["stage"] == "completed"


def pay_back(played: Play, winner: str) -> None:
    """The bank's files: what came in, one without a lot; what goes back, and what the agency keeps."""
    operator, today = played.administrator, calendar.beijing_day(played.users.site.desk.work.now())
    # At its midnight: some moment of today that is past.
    heading = "流水号,付款账号,付款人,金额,到账时间,项目编号,统一社会信用代码\n"
    arrived = f"62220001,某公司,1.00,{today} 00:00:00"
    lines = f"A1,{arrived},{TENDER},{code(0)}\nA2,{arrived},,\n"
    bank = operator.file("bank.csv", heading + lines)
    assert operator.run("deposit", "import", bank) == {"known": 0, "new": 2, "unassigned": 1}
    operator.run("deposit", "assign", "A2", TENDER, code(2), "--reason", "付款附言")
    terms = ("--number", "1", "--issuer", "某银行", "--amount", "1.00", "--expires-on", "2030-01-01")
    operator.run("deposit", "guarantee", TENDER, code(1), *terms)
    listed = operator.folder / "refunds.csv"
    due = operator.run("deposit", "list", "--csv", listed)["refunds"]
    assert [line.split(",")[0] for line in listed.read_text("utf-8-sig").splitlines()] == ["流水号", "A1", "A2"]
    back = next(one for one in due if one["reference"] == "A2")
    answer = f"原流水号,退款流水号,退款日期,退款金额\nA2,B2,{today},{back['total']}\n"
    operator.run("deposit", "pay", operator.file("paid.csv", answer))
    setting_off = ("A1", "--ground", "price", "--reason", "抵作价款")
    assert played.clerk.refused("deposit", "keep", TENDER, *setting_off) == "rule_broken"
    ground = "refused" if winner == code(0) else "revoked"
    played.clerk.run("deposit", "keep", TENDER, "A1", "--ground", ground, "--reason", "事实")
    shown = played.clerk.run("deposit", "show", TENDER)["deposits"]
    assert [one["organisation"] for one in shown] == sorted([code(0), code(1), code(2)])
    (own,) = played.bidders[0].run("deposit", "own", TENDER)["deposits"]
    assert own["paid"] == "0.00"


def propose(played: Play, tender: str, invited: list[str] | None = None) -> dict[str, Any]:
    """Draft and opening keys, up to the second person."""
    played.draft(tender, invited or [])
    for name, user in played.trustees.items():
        assert user.run("trustee", "keys", tender, HERE)["complete"] is (name == TRUSTEES[-1])
    for name, user in played.trustees.items():
        assert user.run("trustee", "sign", tender, HERE)["complete"] is (name == TRUSTEES[-1])
    proposed: dict[str, Any] = played.clerk.run("tender", "publish", tender)
    return proposed


def give_up_another(played: Play) -> None:
    """Another tender is published, to which bidders are invited, and ended by two persons."""
    invited = [code(number) for number in (0, 1, 901)]
    played.approve(propose(played, SECOND, invited), SECOND)
    stranger = played.bidders[2]
    form = stranger.file("form.json", {"price": PRICES[0], "duration_days": 180, "quality": "合格"})
    files = ("--out", stranger.folder / "no.bid", "--recovery", stranger.folder / "no.age")
    told = ("--recovery-passphrase-file", stranger.folder / "passphrase")
    assert stranger.refused("bid", "seal", SECOND, "--form", form, *files, *told, HERE) == "not_invited"
    further = played.clerk.file("further.toml", f'bidders = ["{code(902)}"]\nreason = "补充邀请"\n')
    played.approve(played.clerk.run("tender", "invite", SECOND, further), SECOND)
    told_of = [[one["code"] for one in entry["bidders"]] for entry in played.clerk.run("tender", "invited", SECOND)]
    assert told_of == [sorted(invited), [code(902)]]
    why = ("--reason", "plan_changed", "--detail", "资金未落实")
    played.approve(played.clerk.run("tender", "fail", SECOND, *why), SECOND)
    assert played.clerk.run("tender", "show", SECOND)["stage"] == "cancelled"


def announce_a_third(played: Play) -> None:
    """A tender with one supplier is announced by two persons, objected to, and answered."""
    now = played.users.site.desk.work.now()
    text = NOTICE.format(
        tender=THIRD, **{name: clock.text(now + timedelta(days=40)) for name in ("offered", "questions", "deadline")}
    )
    text = text.replace("construction-open", "procurement-single-source").replace('"works"', '"goods"')
    text += f'\n[invited]\nbidders = ["{code(0)}"]\nway = "only_supplier"\n'
    played.clerk.run("tender", "draft", played.clerk.file("single.toml", text))
    played.clerk.file("论证意见.txt", "三位专业人员一致认为只有一家。")
    said = {"reason": "专利产品。", "opinion": "只有一家。", "contact": "采购人"}
    notice = played.clerk.file("notice.json", {"said": said, "documents": ["论证意见.txt"]})
    played.approve(played.clerk.run("prior", "propose", THIRD, notice), THIRD)
    assert [one["tender"] for one in played.bidders[1].run("prior", "show")] == [THIRD]
    played.bidders[1].run("prior", "comment", THIRD, played.bidders[1].file("comment.txt", "本单位也能供货。"))
    [comment] = played.clerk.run("prior", "comments", THIRD)
    reply = played.clerk.file("reply.txt", "参数不满足。")
    played.clerk.run("prior", "answer", THIRD, comment["comment"], reply, "--outcome", "dismissed")
    shown = played.bidders[0].run("prior", "show", THIRD)
    assert [one["answer"] for one in shown["comments"]] == ["参数不满足。"]
    assert [one["name"] for one in shown["notices"][0]["documents"]] == ["论证意见.txt"]


def bid_in_an_auction(played: Play) -> None:
    """A listing: reserve price, applications, a bid and one that is refused, a freeze, the supervisor's end of it."""
    now = played.users.site.desk.work.now()
    china = calendar.china()
    opens_at = china.end(now, 20, "calendar_day", roll=True) + timedelta(hours=9)
    closes_at = china.end(opens_at, 10, "working_day", roll=True) + timedelta(hours=9)
    text = LAND_NOTICE.format(tender=LAND, opens=clock.text(opens_at), closes=clock.text(closes_at))
    assert played.clerk.run("tender", "draft", played.clerk.file("land.toml", text)) == {"tender": LAND}
    for step in ("keys", "sign"):
        for user in played.trustees.values():
            for kind in ("offer", "reserve"):
                user.run("trustee", step, LAND, "--kind", kind, HERE)
    assert played.clerk.refused("tender", "publish", LAND) == "reserve_missing"
    sealed = played.clerk.run("auction", "reserve", LAND, "1000000.00", HERE)["envelope"]
    played.approve(played.clerk.run("tender", "publish", LAND), LAND)
    assert played.clerk.run("auction", "show", LAND)["terms"]["reserve"] == sealed
    one, other = played.bidders[:2]
    for user in (one, other):
        user.run("auction", "apply", LAND, user.file("竞买申请书.txt", "已缴保证金。"))
    first, second = (found["application"] for found in played.clerk.run("auction", "applications", LAND))
    played.clerk.run("auction", "admit", LAND, first)
    played.clerk.run("auction", "admit", LAND, second, "--refuse", "no_deposit", "--reason", "保证金未到账")
    assert len(one.run("auction", "own", LAND)["number"]) == 6
    assert other.run("auction", "own", LAND)["application"]["state"] == "refused"
    played.users.pass_until(opens_at)
    played.until(lambda: played.clerk.run("auction", "show", LAND)["phase"] == "open")
    price = ("auction", "bid", LAND, "1000000.00", "--receipt")
    assert other.refused(*price, other.folder / "none.json", HERE) == "no_number"
    taken = one.run(*price, one.folder / "auction.json", HERE)
    assert (taken["accepted"], taken["reason"]) == (True, None)
    again = one.run(*price, one.folder / "again.json", HERE)
    assert (again["accepted"], again["reason"]) == (False, "not_above_by_step")
    offered = one.run("auction", "offer", LAND, "2000000.00", "--receipt", one.folder / "offer.json", HERE)
    assert (offered["accepted"], offered["reason"]) == (False, "takes_bids")
    played.clerk.run("auction", "stop", LAND, "--ground", "inquiry")
    played.clerk.run("auction", "announce", LAND, clock.text(opens_at + timedelta(days=1)))
    assert played.clerk.run("auction", "resume", LAND) == {"phase": "open", "stopped": False}
    ended = played.supervisor.run("auction", "terminate", LAND, "--ground", "planning")
    assert ended["phase"] == "ended"
    assert played.clerk.run("tender", "show", LAND)["stage"] == "failed"


def verify(played: Play, folder: Path, receipts: list[Path]) -> None:
    """A stranger verifies the dossier and the bidders their receipts; the operator finds its data whole."""
    stranger, anchors = played.users.user("stranger"), folder / "anchors.json"
    anchors.write_text(json.dumps(played.users.site.client().get("/anchors")), "utf-8")
    dossier = stranger.folder / "dossier.zip"
    size = stranger.run("dossier", TENDER, "--out", dossier)["size"]
    assert size == dossier.stat().st_size
    stranger.run("verify", dossier, "--anchors", anchors)
    for receipt in receipts:
        stranger.run("verify", receipt, "--anchors", anchors, "--dossier", dossier)
    assert stranger.run("log", "show")["origin"] == ORIGIN
    assert stranger.run("log", "show", "0")["head"]["kind"]
    operator = played.users.user("operator")
    assert operator.run("upload", "gc")["uploads"] == 0
    assert operator.run("fsck") == []
    operator.run("doctor")
