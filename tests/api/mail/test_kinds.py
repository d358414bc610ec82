"""A whole tender: every kind of mail goes to exactly the people concerned, in their language, no price in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from api.mail import post
from api.tools import draws
from notary import clock
from notary.work import Lock
from tests.api.mail.conftest import Give
from tests.auctioning import Salesroom
from tests.fault import search
from tests.mailbox import SENDER, SITE, Delivered, Mailbox
from tests.stage import AGENCY, Stage
from trading.acts import result_letters
from trading.caller import Caller

#: In figures, grouped, and in 分: none of it is in any mail, ever.
PRICES = ("3680000.00", "3680001.00", "3680002.00")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Whom an entry concerns is read alike from either database; test_sending runs on both."""
    return sqlite_url


def me(client: object) -> str:
    person: str = client.get("/me")["person"]  # type: ignore[attr-defined]  # a client of tools or of a bidder
    return person


class Post:
    """The postman, who goes once all is in the record."""

    def __init__(self, stage: Stage, mailbox: Mailbox) -> None:
        self.stage, self.mailbox = stage, mailbox
        self.all: list[Delivered] = []

    def go(self) -> dict[str, Delivered]:
        """What came of one round: address -> message; one recipient each, nobody twice, and no price."""
        self.stage.settle()
        post.run(self.stage.site.desk)
        found = self.mailbox.taken()
        self.all += found
        for one in found:
            assert one.to == [str(one.message["to"])]
            assert one.sender == SENDER
            assert not {"cc", "bcc"} & {name.lower() for name in one.message}
            for price in PRICES:
                whole, grouped = price.partition(".")[0], f"{int(price.partition('.')[0]):,}"
                needles = search.writings(whole) | search.writings(grouped)
                assert not search.found_in([one.data, one.text.encode(), one.html.encode()], needles)
        by = {one.to[0]: one for one in found}
        assert len(by) == len(found)
        return by


class Town:
    """Everybody has an address, so that whoever is not concerned gets nothing all the same."""

    def __init__(self, stage: Stage, give: Give) -> None:
        stage.publish()
        self.clerks = {give(me(stage.clerk), "clerk@a.example"), give(me(stage.second), "second@a.example", "en")}
        other_clerk, _ = stage.site.person(AGENCY, "agency")
        give(other_clerk, "third@a.example")
        self.supervisor = give(me(stage.supervisor), "supervisor@s.example")
        give(me(stage.administrator), "administrator@o.example")
        self.trustees = {give(me(one.client), f"{name.lower()}@t.example") for name, one in stage.trustees.items()}
        self.bidders = [stage.bidder(number) for number in range(4)]
        #: Bidder 0 reads Chinese, the others English.
        self.b = [give(me(one.client), f"b{i}@b.example", "en" if i else "zh") for i, one in enumerate(self.bidders)]
        expert, _ = stage.site.person(self.bidders[0].code, "expert")
        give(expert, "expert@b.example")
        self.stage = stage

    def bid(self) -> set[str]:
        """Bidders 0 to 2 bid; their addresses."""
        for one, price in zip(self.bidders, PRICES, strict=False):
            self.stage.bid(one, price)
        return set(self.b[:3])

    def ask(self, number: int, question: str, answer: str) -> None:
        """A bidder asks and is answered."""
        lot = f"/tenders/{self.stage.tender}"
        asked = self.bidders[number].client.post(f"{lot}/questions", {"question": question})
        self.stage.clerk.post(f"{lot}/answers", {"question": asked["question"], "answer": answer})

    def amend(self, **change: Any) -> None:
        """Two persons amend."""
        lot = f"/tenders/{self.stage.tender}"
        self.stage.approve(self.stage.clerk.post(f"{lot}/amendments", {"reason": "更正第 12 项。", **change}))


@pytest.fixture
def out(stage: Stage, mailbox: Mailbox) -> Iterator[Post]:
    """The postman at work, from before the publication on."""
    with mailbox.open():
        made = Post(stage, mailbox)
        assert made.go() == {}
        yield made


def test_before_the_opening_mail_goes_to_those_concerned_and_to_nobody_else(
    stage: Stage, out: Post, give: Give
) -> None:
    town = Town(stage, give)
    bidders = town.bid()
    asker = town.b[3]
    assert out.go() == {}
    town.ask(3, "<b>再生骨料</b>可用吗？", "可以。<script>alert(1)</script>")
    answered = out.go()
    assert answered.keys() == bidders | {asker}
    zh, en = answered[town.b[0]], answered[asker]
    assert zh.message["subject"] == "〔演示〕问题已答复：测试路面改造工程"
    assert en.message["subject"] == "[Demonstration] Question answered: Road works"
    assert "<script>" not in zh.html
    assert "&lt;script&gt;" in zh.html
    assert "可以。<script>alert(1)</script>" in en.text
    assert f"{SITE}/en/lots/{stage.tender}" in en.text
    assert f"{SITE}/lots/{stage.tender}" in zh.html
    # The asker's own letter is no other than everybody's.
    assert en.text == answered[town.b[1]].text

    town.amend(affects_bids=False, changes={"ceiling": "3900000.00"})
    assert out.go().keys() == bidders | {asker}
    stage.pass_time(timedelta(days=15))
    town.amend(affects_bids=True, changes={"scope": "路面改造 3.5 公里。"}, deadline=None)
    assert out.go().keys() == bidders | {asker} | town.trustees

    stage.pass_until(stage.deadline() - timedelta(hours=25))
    assert out.go() == {}
    stage.pass_until(stage.deadline() - timedelta(hours=23))
    assert out.go().keys() == bidders | town.trustees | town.clerks
    assert out.go() == {}


def test_an_invitation_goes_to_those_who_are_invited_and_to_nobody_else(stage: Stage, out: Post, give: Give) -> None:
    """Before the opening no letter and no count of letters tells anybody else who or how many they are."""
    people = [
        give(me(stage.bidder(number).client), f"b{number}@b.example", "en" if number else "zh") for number in range(5)
    ]
    for other, name in (
        (stage.supervisor, "supervisor"),
        (stage.administrator, "administrator"),
        (stage.clerk, "clerk"),
    ):
        give(me(other), f"{name}@o.example")
    stage.publish(procedure="construction-invited", invited=stage.invited(0, 1, 2))
    invited = out.go()
    assert invited.keys() == set(people[:3])
    assert invited[people[0]].message["subject"] == "〔演示〕邀请投标：测试路面改造工程"
    assert invited[people[1]].message["subject"] == "[Demonstration] You are invited to bid: Road works"
    assert f"{SITE}/en/bidder/lots/{stage.tender}" in invited[people[1]].text
    for one in invited.values():
        others = [stage.bidder(number).code for number in range(5)]
        assert not [code for code in others if code in one.text + one.html]
    stage.invite(3)
    assert out.go().keys() == {people[3]}
    change = {"reason": "更正", "affects_bids": False, "changes": {"ceiling": "3970000.00"}}
    stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/amendments", change))
    assert out.go().keys() == set(people[:4])


def test_opening_and_result_are_told_to_bidders(stage: Stage, out: Post, give: Give) -> None:
    town = Town(stage, give)
    bidders = town.bid()
    town.ask(3, "何时？", "见公告。")
    out.go()
    stage.open()
    # The deadline's own letters are no more: it is past.
    assert out.go().keys() == bidders | town.clerks
    stage.evaluate()
    assert out.go() == {}
    body = stage.clerk.post(f"/tenders/{stage.tender}/candidates", {})
    assert out.go().keys() == bidders
    stage.pass_until(clock.parse(body["objections_until"]) + timedelta(seconds=1))
    winner = {"winner": town.bidders[0].code, "reason": None}
    stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/award", winner))
    done = out.go()
    assert done.keys() == bidders
    assert "测试施工企业0号有限公司" in done[town.b[2]].text
    # Who has not won is told that there is a letter, once it is signed; nobody else learns of it.
    clerk = Caller(me(stage.clerk), AGENCY, frozenset({"agency"}))
    with stage.site.desk.work.unit(Lock(stage.tender)) as unit:
        loser = town.bidders[1].code
        result_letters.issue(unit, clerk, stage.tender, loser, sha256="ab" * 32, size=9)
    told = out.go()
    assert told.keys() == {town.b[1]}
    assert f"{SITE}/en/bidder/lots/{stage.tender}" in told[town.b[1]].text
    assert len({one.message["message-id"] for one in out.all}) == len(out.all)


def test_a_draw_is_told_to_the_party_whose_turn_it_is_and_the_committee_to_who_sits(
    stage: Stage, out: Post, give: Give
) -> None:
    """Nobody else learns whom it draws; who was named before is not called twice."""
    stage.publish()
    for number, price in enumerate(PRICES):
        stage.bid(stage.bidder(number), price)
    pool = stage.admit(6)
    parties = stage.drawers()
    at = [
        give(me(client), f"{number}@p.example", "zh" if number else "en")
        for number, (client, _, _) in enumerate(parties.values())
    ]
    experts = {person: give(person, f"{number}@e.example") for number, (person, _, _) in enumerate(pool)}
    stage.open()
    out.go()
    stage.call_draw(("公路工程", 4))
    told = out.go()
    assert told.keys() == set(at)
    assert f"{SITE}/en/draws/{stage.tender}" in told[at[0]].text
    for number, (client, own, anchors) in enumerate(parties.values()):
        draws.commit(client, own, anchors, stage.tender)
        assert out.go().keys() == (set(at) if number == 2 else set())
    agency, supervisor, operator = parties
    draws.reveal(*parties[agency], stage.tender)
    stage.clerk.post(f"/tenders/{stage.tender}/draw-withheld", {"of": supervisor})
    assert out.go().keys() == {at[2]}
    draws.reveal(*parties[operator], stage.tender)
    drawn = stage.drawn()
    stage.seat_drawn()
    assert out.go().keys() == {experts[person] for person in drawn}
    stage.clerk.post(f"/tenders/{stage.tender}/draw-replacements", {"person": drawn[0], "reason": "absent"})
    stage.seat_drawn()
    (coming,) = set(stage.drawn()) - set(drawn)
    told = out.go()
    assert told.keys() == {experts[coming]}
    assert "请您评标" in told[experts[coming]].message["subject"]
    # A request to explain a price is sealed until the evaluation: only whoever is asked is told.
    to = [give(me(stage.bidder(number).client), f"b{number}@b.example") for number in (0, 1)]
    member = next(client for person, client, _ in pool if person == coming)
    member.post(f"/tenders/{stage.tender}/explanation-requests", {"bidder": stage.bidder(0).code, "minutes": 60})
    told = out.go()
    assert told.keys() == {to[0]}
    assert f"{SITE}/bidder/lots/{stage.tender}" in told[to[0]].html


def test_an_end_without_award_is_told_to_bidders_clerks_and_trustees(stage: Stage, out: Post, give: Give) -> None:
    stage.publish()
    own = stage.bidder(0)
    people = {"b": me(own.client), "c": me(stage.clerk), "d": me(stage.second)}
    people |= {name: me(one.client) for name, one in stage.trustees.items()}
    to = {give(person, f"{name.lower()}@x.example") for name, person in people.items()}
    give(me(stage.bidder(1).client), "none@x.example")
    stage.bid(own, PRICES[0])
    stage.close()
    stage.until(lambda: stage.stage() == "failed")
    found = out.go()
    assert {address for address, one in found.items() if "项目已终止" in one.message["subject"]} == to
    assert found.keys() == to


@pytest.mark.parametrize(("sold", "subject"), [(True, "已定标"), (False, "项目已终止")])
def test_the_end_of_an_auction_is_told_to_those_with_a_number(
    stage: Stage, out: Post, give: Give, *, sold: bool, subject: str
) -> None:
    room = Salesroom(stage, "land-auction")
    room.publish()
    room.enter(0, 1, 2)
    people = [give(me(stage.bidder(number).client), f"b{number}@b.example") for number in range(4)]
    room.apply(3)
    if sold:
        room.award(room.sell())
    else:
        stage.supervisor.post(f"/tenders/{stage.tender}/auction/terminations", {"ground": "planning"})
    told = {address for address, one in out.go().items() if subject in one.message["subject"]}
    assert told == set(people[:3])


def test_an_objection_is_told_to_the_clerks_and_its_answer_to_whoever_objected(
    stage: Stage, out: Post, give: Give
) -> None:
    town = Town(stage, give)
    town.bid()
    out.go()
    lot, said = f"/tenders/{stage.tender}", {"facts": "清单漏项 3680000.00", "basis": "第三章", "request": "更正"}
    filed = town.bidders[3].client.post(f"{lot}/objections", {"against": "documents", **said})
    told = out.go()
    assert told.keys() == town.clerks
    assert "清单漏项" not in "".join(one.text + one.html for one in told.values())
    answer = {"objection": filed["objection"], "outcome": "dismissed", "answer": "清单无误。"}
    stage.clerk.post(f"{lot}/objection-answers", answer)
    found = out.go()
    assert found.keys() == {town.b[3]}
    assert "Dismissed" in found[town.b[3]].text


def test_a_complaint_is_told_to_supervisors_then_to_both_sides(stage: Stage, out: Post, give: Give) -> None:
    town = Town(stage, give)
    town.bid()
    lot, said = f"/tenders/{stage.tender}", {"facts": "清单漏项 3680000.00", "basis": "第三章", "request": "更正"}
    own = town.bidders[3].client
    about = {"objection": own.post(f"{lot}/objections", {"against": "documents", **said})["objection"]}
    stage.clerk.post(f"{lot}/objection-answers", about | {"outcome": "dismissed", "answer": "清单无误。"})
    out.go()
    complaint = {"complaint": own.post(f"{lot}/complaints", about | said)["complaint"]}
    told = out.go()
    assert told.keys() == {town.supervisor}
    assert "清单漏项" not in told[town.supervisor].text + told[town.supervisor].html
    decision = {"taken_up": True, "suspends": True, "reason": "符合受理条件"}
    stage.supervisor.post(f"{lot}/complaint-decisions", complaint | decision)
    told = out.go()
    assert told.keys() == {town.b[3], *town.clerks}
    assert "suspended" in told[town.b[3]].text
    stage.supervisor.post(f"{lot}/complaint-rulings", complaint | {"outcome": "upheld", "ruling": "责令更正清单。"})
    told = out.go()
    assert told.keys() == {town.b[3], *town.clerks}
    assert "责令更正清单。" in told[town.b[3]].text
