"""A town in which everybody types what would run: every text of the interface holds a vector, or refuses it.

`Typed` makes the texts, each with the number of the place that it was typed in. `hostile_town` plays lots in every
stage with them; what was sent is noted, so that a text that nobody thought of is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp

from api import auth, codes, sessions
from api.mail import addresses, post
from api.settings import Mail
from api.tools import agency, keys, trustee
from api.tools.client import Client
from notary import chance, clock
from tests import accounts
from tests.api.mail.conftest import given
from tests.auctioning import Salesroom
from tests.browser.desks import Person
from tests.serving import Site, site
from tests.stage import Stage, code, vault
from trading.acts import parties

MARK = "pwned"
#: What would run, or fetch, or break out, in any place that a page may have for a text: the longest that fits is typed.
_TINY = '"><svg onload=pwned({n})>'
_SHORT = "javascript:pwned({n})//\"'" + _TINY[1:] + "]]>{{{{7*7}}}}</textarea><script>pwned({n})</script>"
_LONG = (
    _SHORT + "</title><style>*{{background:url(/pwned)}}</style><img src=/pwned onerror=pwned({n})>${{7*7}}"
    '<a href="javascript:pwned({n})" onfocus=pwned({n}) autofocus>&lt;script&gt;'
)
AWARDED, OPEN, OPENED, ENDED, DRAFTED, RANKED, DONE = (f"YZ-431102-GC-2026-000{number}" for number in range(1, 8))
#: With a prior notice, and not published.
ANNOUNCED = "YZ-431102-CG-2026-0001"
LOTS = (OPEN, AWARDED, OPENED, ENDED, DRAFTED, RANKED, DONE, ANNOUNCED)
#: What an auction decides.
AUCTIONED = "YZ-431102-TD-2026-0001"


@dataclass
class Typed:
    """The texts by where they were typed. numbers: of a place, in its vectors; texts: what was typed there."""

    numbers: dict[str, int] = field(default_factory=dict)
    texts: dict[str, set[str]] = field(default_factory=dict)

    def at(self, place: str, most: int = 300) -> str:
        """A text of at most so many signs for a place."""
        made = self.tries(place, most)[0]
        self.texts.setdefault(place, set()).add(made)
        return made

    def tries(self, place: str, most: int = 300) -> list[str]:
        """The texts for a place, the longest that fits first."""
        number = self.numbers.setdefault(place, len(self.numbers) + 1)
        return [text for one in (_LONG, _SHORT, _TINY) if len(text := one.format(n=number)) <= most]

    def file(self, place: str) -> str:
        """A name for a file: it may have no slash and no colon."""
        made = f"{_TINY.format(n=self.numbers.setdefault(place, len(self.numbers) + 1))}.txt"
        self.texts.setdefault(place, set()).add(made)
        return made


@dataclass
class Call:
    """What a client posted, and who."""

    client: Client
    path: str
    body: dict[str, Any]


class Noting(Client):
    """A client that notes what it posted with success; names that the stage gives are typed instead."""

    town: HostileSite

    def post(self, path: str, body: dict[str, Any]) -> Any:
        if path == "/trustees":
            body = body | {"name": self.town.typed.at("trustee.add name")}
        answer = super().post(path, body)
        self.town.calls.append(Call(self, path, body))
        return answer


class HostileSite(Site):
    """A site on which names are vectors, too."""

    def __init__(self, url: str, desk: Any) -> None:
        super().__init__(url, desk)
        self.typed = Typed()
        self.calls: list[Call] = []

    def client(self, token: str | None = None) -> Client:
        made = Noting(self.url, token, demonstration=True)
        made.town = self
        self._clients.append(made)
        return made

    def person(self, organisation: str, *roles: str) -> tuple[str, str]:
        with self.desk.work.unit() as unit:
            name = self.typed.at("person.add name", 100)
            person = parties.add_person(unit, organisation=organisation, name=name, roles=roles)
            token, _ = auth.issue_token(unit, person, days=30)
        return person, token

    def organisation(self, code: str, name: str) -> str:
        return super().organisation(code, self.typed.at("organisation.add name", 200))


@dataclass
class Town:
    """The lots, and who is in them. people: role -> ids; cookies: by id, of a session; mail: the folder of letters.

    small: the address of a small purchase that was begun.
    """

    site: HostileSite
    stage: Stage
    mail: Path
    people: dict[str, list[str]] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    small: str = ""

    @property
    def typed(self) -> Typed:
        """What was typed where."""
        return self.site.typed


@contextmanager
def hostile_town(folder: Path) -> Iterator[Town]:
    """Lots awarded, done, open, opened, ended and drafted; every text of theirs is a vector."""
    letters = folder / "letters"
    letters.mkdir()
    mail = Mail(sender="notices@ggzy.example.gov.cn", site="https://ggzy.example.gov.cn", folder=letters)
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db", mail=mail) as running:
        hostile = HostileSite(running.url, running.desk)
        try:
            town = Town(hostile, Stage(hostile, folder / "parties"), letters)
            _play(town)
            yield town
        finally:
            hostile.close()


def _play(town: Town) -> None:
    stage = town.stage
    _addresses(town)
    for act in (
        _publish,
        _announce,
        _registered,
        _talk,
        _registration,
        _end,
        _bids,
        _judge,
        _award,
        _perform,
        _ledger,
        _accounts,
    ):
        act(town)
        stage.settle()
        # What is two days old is no news.
        post.run(town.site.desk)


def _publish(town: Town) -> None:
    stage = town.stage
    for tender in (AWARDED, DONE, RANKED, OPENED, ENDED, OPEN):
        stage.tender = tender
        later = stage.now().replace(microsecond=0) + timedelta(days=60 if tender == OPEN else 25)
        dates = {"deadline": clock.text(later), "questions_until": clock.text(later - timedelta(days=7))}
        inviting = {"procedure": "construction-invited", "invited": stage.invited(0, 1, 2)} if tender == ENDED else {}
        stage.publish(**content(town), **dates, **inviting)
    stage.tender = DRAFTED
    stage.draft(**content(town))


def _announce(town: Town) -> None:
    """A prior notice that is commented on; one comment is answered, one waits."""
    stage, typed = town.stage, town.typed
    stage.tender = ANNOUNCED
    single = {"procedure": "procurement-single-source", "subject": "goods", "committee": {"size": 3, "experts": 2}}
    stage.draft(**content(town), **single, invited=stage.invited(0, way="only_supplier"))
    name = file(town, "prior.propose documents.[].name")
    said = {one: typed.at(f"prior.propose said.{one}") for one in ("reason", "opinion", "contact")}
    stage.announce(said, agency.document(stage.clerk, name, stage.folder))
    path = f"/tenders/{ANNOUNCED}"
    filed = [
        stage.bidder(number).client.post(f"{path}/comments", {"text": typed.at("comment.file text")})
        for number in range(2)
    ]
    answer = {"outcome": "dismissed", "answer": typed.at("comment.answer answer")}
    stage.clerk.post(f"{path}/comment-answers", {"comment": filed[0]["comment"], **answer})


def content(town: Town) -> dict[str, Any]:
    """What a clerk writes into a draft."""
    typed = town.typed
    name = file(town, "tender.draft documents.[].name")
    lines = {one: typed.at(f"tender.draft {one}") for one in ("title", "title_en", "scope", "funding", "qualification")}
    said = {one: typed.at(f"tender.draft evaluation.criteria.parts.[].{one}", 100) for one in ("zh", "en")}
    more = {one: typed.at(f"tender.draft evaluation.criteria.adjustments.[].{one}", 100) for one in ("zh", "en")}
    criteria = {
        "price_marks": "30.00",
        "parts": [{"name": "technical", "marks": "70.00", **said}],
        "adjustments": [{"name": "payment_terms", **more}],
        "ties": ["price", "draw"],
        "candidates": 3,
    }
    return {**lines, "documents": [name], "evaluation": {"method": "comprehensive", "criteria": criteria}}


def file(town: Town, place: str) -> str:
    """A file that would run as a page; its name would, too."""
    name = town.typed.file(place)
    (town.stage.folder / name).write_text("<script>pwned(0)</script>", "utf-8")
    return name


def _registered(town: Town) -> None:
    """By the interface: an organisation and a person; and a key that is given up as lost."""
    stage, typed = town.stage, town.typed
    administrator = stage.administrator
    named = {"code": code(500), "name": typed.at("organisation.add name", 200), "region": "431102"}
    administrator.post("/organisations", named)
    who = {"organisation": code(500), "name": typed.at("person.add name", 100), "roles": ["bidder"]}
    administrator.post("/people", who)
    lost, fresh = stage.bidder(9), vault()
    fresh.add_signing_key("statement", chance.token())
    proof = keys.proof(fresh, lost.anchors, lost.code, "statement")
    administrator.post("/keys/replacements", {"proof": proof, "reason": typed.at("key.replace reason")})


def _addresses(town: Town) -> None:
    """Everybody concerned gets mail."""
    stage = town.stage
    for number, client in enumerate((stage.clerk, stage.second, *(stage.bidder(one).client for one in range(3)))):
        person = client.get("/me")["person"]
        given(town.site, person, f"reader{number}@sunbid.example", "en" if number % 2 else "zh")


def _talk(town: Town) -> None:
    """Questions, objections, amendments, holds, and what was sent back."""
    stage, typed = town.stage, town.typed
    lot, bidder = f"/tenders/{OPEN}", stage.bidder(0).client
    asked = [bidder.post(f"{lot}/questions", {"question": typed.at("question.ask question")}) for _ in range(2)]
    stage.clerk.post(f"{lot}/answers", asked[0] | {"answer": typed.at("question.answer answer")})
    said = {one: typed.at(f"objection.file {one}") for one in ("facts", "basis", "request")}
    filed = [bidder.post(f"{lot}/objections", {"against": "documents", **said})]
    filed.append(stage.bidder(1).client.post(f"{lot}/objections", {"against": "documents", **said}))
    answer = {"outcome": "dismissed", "answer": typed.at("objection.answer answer")}
    stage.clerk.post(f"{lot}/objection-answers", {"objection": filed[0]["objection"], **answer})
    about = {one: typed.at(f"complaint.file {one}") for one in ("facts", "basis", "request")}
    complaint = bidder.post(f"{lot}/complaints", {"objection": filed[0]["objection"], **about})["complaint"]
    decision = {"taken_up": True, "suspends": False, "reason": typed.at("complaint.decide reason")}
    stage.supervisor.post(f"{lot}/complaint-decisions", {"complaint": complaint, **decision})
    ruling = {"outcome": "dismissed", "ruling": typed.at("complaint.rule ruling")}
    stage.supervisor.post(f"{lot}/complaint-rulings", {"complaint": complaint, **ruling})
    stage.tender = OPEN
    amendment = amended(town)
    sent_back = stage.clerk.post(f"{lot}/amendments", amendment)
    returned = {"proposal": sent_back["proposal"], "reason": typed.at("tender.send_back reason")}
    stage.second.post(f"{lot}/returns", returned)
    stage.approve(stage.clerk.post(f"{lot}/amendments", amendment))
    for act in ("hold", "lift"):
        stage.supervisor.post(f"{lot}/{act}s", {"reason": typed.at(f"tender.{act} reason")})


def _registration(town: Town) -> None:
    """An auction: one applicant is refused, one admitted, one waits; it is frozen, goes on, and is frozen again."""
    stage, typed = town.stage, town.typed
    room = Salesroom(stage, tender=AUCTIONED)
    room.publish(**{one: typed.at(f"tender.draft {one}") for one in ("title", "title_en", "scope", "qualification")})
    refused = room.apply(3, typed.at("auction.apply statement"))
    room.decide(refused, "incomplete", typed.at("auction.admit reason"))
    room.enter(0)
    room.apply(4, typed.at("auction.apply statement"))
    path = f"/tenders/{AUCTIONED}/auction"
    stage.clerk.post(f"{path}/stops", {"ground": "inquiry"})
    stage.clerk.post(f"{path}/announcements", {"resumes_at": clock.text(stage.now() + timedelta(hours=1))})
    stage.clerk.post(f"{path}/resumptions", {})
    stage.clerk.post(f"{path}/stops", {"ground": "inquiry"})


def amended(town: Town) -> dict[str, Any]:
    """An amendment in which every text is a vector, and a file more is named."""
    changes = {name: town.typed.at(f"tender.amend changes.{name}") for name in ("scope", "qualification")}
    named = [file(town, "tender.amend changes.documents.[].name")]
    made = {"reason": town.typed.at("tender.amend reason"), "affects_bids": True}
    documents = [agency.document(town.stage.clerk, one, town.stage.folder) for one in named]
    return {**made, "changes": {**changes, "documents": documents}}


def _end(town: Town) -> None:
    stage = town.stage
    detail = town.typed.at("tender.fail detail")
    stage.tender = ENDED
    stage.invite(3, reason=town.typed.at("invitation.add reason"))
    stage.approve(stage.clerk.post(f"/tenders/{ENDED}/failure", {"reason": "cancelled", "detail": detail}))


def _bids(town: Town) -> None:
    stage, typed = town.stage, town.typed
    name = file(town, "a bid's file")
    for tender in (AWARDED, DONE, RANKED, OPENED):
        stage.tender = tender
        trustee.rehearse(stage.trustees["T1"], tender, "bid")
        for number in range(3):
            price = f"36{5 - number}0000.00"
            stage.bid(stage.bidder(number), price, [stage.folder / name], quality=typed.at("a bid's form", 200))
    stage.withdraw(stage.bidder(0))
    stage.bid(stage.bidder(0), "3660000.00", quality=typed.at("a bid's form", 200))
    for tender in (AWARDED, DONE, RANKED, OPENED):
        stage.tender = tender
        stage.open()


def _judge(town: Town) -> None:
    stage, typed = town.stage, town.typed

    def sheet(blank: dict[str, Any]) -> dict[str, Any]:
        marks = {bidder: {"technical": "60.50", "payment_terms": "0.00"} for bidder in blank["scores"]}
        ground = {"bidder": next(iter(marks)), "clause": "51-6", "reason": typed.at("score.sign rejections.[].reason")}
        # One of five: it is written down, and no majority.
        sheets.append(blank)
        if len(sheets) % 5 != 1:
            return {"scores": marks, "rejections": []}
        return {"scores": marks, "rejections": [ground], "dissent": typed.at("score.sign dissent")}

    sheets: list[Any] = []
    for tender in (AWARDED, DONE, RANKED):
        stage.tender = tender
        stage.evaluate(sheet)
    stage.tender = OPENED
    word = typed.at("draw.call groups.[].speciality", 40)
    stage.admit(4, word)
    stage.draw((word, 4))
    members = stage.seat_drawn()
    recusal = {"recused": True, "reason": typed.at("committee.declare reason")}
    members[0][0].post(f"/tenders/{OPENED}/declarations", recusal)
    members[1][0].post(f"/tenders/{OPENED}/declarations", {"recused": False})
    asked = stage.bidder(1)
    members[1][0].post(f"/tenders/{OPENED}/explanation-requests", {"bidder": asked.code, "minutes": 1440})
    asked.client.post(f"/tenders/{OPENED}/explanations", {"text": typed.at("explanation.give text")})
    # One who has declared, and one who has not.
    town.people["expert"] = [client.get("/me")["person"] for client, _ in members[1:3]]
    pool = {"specialities": [typed.at("expert.set specialities.[]", 40)], "employments": [], "suspended": False}
    stage.administrator.post(f"/people/{town.people['expert'][1]}/expert", pool)


def _award(town: Town) -> None:
    """With a reason; the other lot is left at the moment when it may be awarded."""
    stage = town.stage
    over = [stage.clerk.post(f"/tenders/{one}/candidates", {})["objections_until"] for one in (AWARDED, DONE, RANKED)]
    stage.pass_until(clock.parse(over[-1]) + timedelta(seconds=1))
    reason = town.typed.at("award.propose reason")
    for stage.tender in (DONE, AWARDED):
        award = {"winner": stage.bidder(2).code, "reason": reason}
        stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/award", award))
    # It waits for its second person.
    failing = {"reason": "cancelled", "detail": town.typed.at("tender.fail detail")}
    stage.clerk.post(f"/tenders/{OPENED}/failure", failing)


def _perform(town: Town) -> None:
    """The contract of a lot from its signature to its end."""
    stage, typed = town.stage, town.typed
    stage.tender = DONE

    def named(act: str) -> list[dict[str, Any]]:
        return [agency.document(stage.clerk, file(town, f"contract.{act} documents.[].name"), stage.folder)]

    terms = stage.contract(documents=named("register"))
    path, today = f"/tenders/{DONE}/contract", {"on": terms["signed_on"]}
    change = {"price": terms["price"], "ends_on": "2029-06-30", "documents": named("change")}
    stage.clerk.post(f"{path}/changes", change | {"reason": typed.at("contract.change reason")})
    step = {"what": "milestone", "detail": typed.at("contract.perform detail")}
    stage.clerk.post(f"{path}/performance", step | today)
    end = {"result": "completed", "detail": typed.at("contract.end detail"), "documents": named("end")}
    stage.clerk.post(f"{path}/end", end | today)


def _ledger(town: Town) -> None:
    """Deposits of that lot: assigned, paid back early, kept."""
    stage, typed, desk, path = town.stage, town.typed, town.stage.administrator, f"/tenders/{DONE}"
    stage.tender = DONE
    report = {"account": "62220001", "amount": "1.00", "received_at": clock.text(stage.now())}
    report |= {"payer": typed.at("deposit.import transfers.[].payer", 300)}
    of_winner = {"tender": DONE, "organisation": stage.bidder(2).code}
    desk.post("/deposits", {"transfers": [report | of_winner | {"reference": "A1"}, report | {"reference": "A2"}]})
    assigned = {"tender": DONE, "organisation": stage.bidder(1).code, "reason": typed.at("deposit.assign reason")}
    desk.post("/deposits/A2/assignment", assigned)
    letter = {name: typed.at(f"deposit.guarantee {name}", 300) for name in ("number", "issuer")}
    letter |= {"organisation": stage.bidder(1).code, "amount": "1.00", "expires_on": "2030-01-01"}
    desk.post(f"{path}/guarantees", letter)
    paid = {"reference": "A2", "payment": "B2", "paid_on": stage.today(), "amount": "1.00"}
    desk.post("/deposits/payments", {"payments": [paid | {"reason": typed.at("deposit.pay payments.[].reason")}]})
    kept = {"ground": "refused", "reason": typed.at("deposit.keep reason")}
    stage.clerk.post(f"{path}/deposits/A1/keeping", kept)


def _accounts(town: Town) -> None:
    """Who looks at pages: a bidder with an account and two devices, a clerk with a working paper, one of each role."""
    stage, typed = town.stage, town.typed
    own = accounts.person(town.site, stage.bidder(0).code, "bidder")
    for _ in range(2):
        device = accounts.Browser(town.site, **{"user-agent": typed.at("device", 200)})
        assert device.sign_in(own).status_code == 303
        town.cookies[own.id] = device.cookie or ""
        device.close()
    with town.site.desk.work.unit() as unit:
        name, more = typed.at("/account/factors/authenticator name", 100), codes.offer(own.login).text
        first = pyotp.TOTP(more).generate_otp(int(unit.now.timestamp()) // codes.PERIOD - 1)
        codes.add(unit, town.site.desk.marks, own.id, text=more, name=name, code=first)
        addresses.give(unit, own.id, "waiting@sunbid.example", "zh")
    clients = {
        "agency": stage.second,
        "trustee": stage.trustees["T1"].client,
        "supervisor": stage.supervisor,
        "administrator": stage.administrator,
    }
    town.people |= {role: [client.get("/me")["person"]] for role, client in clients.items()}
    town.people["bidder"] = [own.id]
    with Person(town.site, town.people["agency"][0]).http() as http:
        csrf = sessions.token(http.cookies[sessions.COOKIE])
        begun = {"procedure": "construction-open", "subject": "works", "key": "k" * 20, "csrf": csrf}
        draft = http.post("/agency/drafts", data=begun).headers["location"].removesuffix("/basics")
        # A form removes it: there is one whichever of the drafts the sweep comes to first.
        files = {"files": (file(town, "a draft's file"), b"text", "text/plain")}
        added = http.post(f"{draft}/files", data={"key": "f" * 20, "csrf": csrf}, files=files)
        assert added.status_code == 303
        small = {"key": "s" * 20, "csrf": csrf}
        town.small = http.post("/agency/small-purchases", data=small).headers["location"]


__all__ = ["LOTS", "Call", "HostileSite", "Town", "Typed", "hostile_town"]
