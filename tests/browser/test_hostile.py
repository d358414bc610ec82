"""Whatever anybody types is text: nothing of it runs and the policy has nothing to report, on every page of every role.

The texts are found, not listed: those of pages by the forms that stand on them, those of the interface by its forms
(tests/browser/test_hostile_interface.py), the pages by the routes. A text that was neither taken nor seen refused, and
a text that was taken and stands nowhere, fail the test.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import parse_qs, quote

import pytest
from playwright.sync_api import Browser, Response
from playwright.sync_api import Route as PlaywrightRoute

from api.pages.page import POLICY_HEADER
from tests.accounts import PASSWORD
from tests.browser.hostile import LOTS, Town, file, hostile_town
from tests.browser.sweep import PageForm, Watch, forms, links
from tests.browser.visits import Visits
from tests.stage import code

#: What is typed where a vector was refused, so that the form's other texts have their turn.
GOOD = {
    "tender": "YZ-431102-GC-2026-0099",
    "region": "431102",
    "budget": "4200000",
    "ceiling": "3980000",
    "deposit": "70000",
    "price_marks": "40",
    "price": "3630000.00",
    "amount": "",
    "part#.marks": "60",
    "benchmark.mean_factor": "98",
    "benchmark.ceiling_share": "0",
    "benchmark.ceiling_factor": "95",
    "benchmark.above": "2",
    "benchmark.below": "1",
    "benchmark.trim1.bids": "5",
    "benchmark.trim1.highest": "1",
    "benchmark.trim1.lowest": "1",
    "benchmark.trim2.bids": "9",
    "benchmark.trim2.highest": "2",
    "benchmark.trim2.lowest": "2",
    "benchmark.trim3.bids": "15",
    "benchmark.trim3.highest": "3",
    "benchmark.trim3.lowest": "3",
    "evaluation_key": "aa" * 32,
    "code": code(700),
    "organisation": code(500),
    "login": "somebody.new",
    "password": PASSWORD,
    "mark.#.technical": "60.50",
    "mark.#.payment_terms": "0.00",
}
#: What is chosen, where nothing is typed.
CHOSEN = {"method": "comprehensive_benchmark", "outcome": "dismissed", "roles": "bidder", "clause.#": "51-6"}
#: Texts of forms that are neither taken nor refused by name, and why.
APART = {
    "/sign-in login": "unknown, wrong and without code are one answer",
    "/sign-in code": "unknown, wrong and without code are one answer",
    "/account/factors/passkey passkey_name": "taken only with what a device has signed",
    "/administrator/trustees organisation": "looked at after the file, which is refused",
    "/administrator/trustees name": "looked at after the file; trustee.add of the interface has it",
    "/account/factors/authenticator name": "taken only with a code; the town has typed it with one",
}
#: Texts that are taken and stand on no page, and where they are.
ELSEWHERE = {
    **{
        f"/agency/lots/{{tender:str}}/prior {name}": "in a proposal that the second person's form sends back"
        for name in ("said.reason", "said.opinion", "said.contact", "until", "until-hour", "files")
    },
    "a bid's file": "sealed; a page opens it with the agency's key (tests/browser/test_reading.py)",
    "/agency/lots/{tender:str}/amendment qualification": "in a difference, in pieces",
    "/agency/lots/{tender:str}/amendment scope": "in a difference, in pieces",
    "/account/password username": "for password managers, and never read",
    "a question": "a question that nobody asks is not repeated",
    "deposit.assign reason": "between the operator and the bank's file; no page has it",
    "expert.set specialities.[]": "a choice where a draw is called; once drawn it is draw.call groups.[].speciality",
    "key.replace reason": "in the record (tests/browser/test_hostile_interface.py)",
    "score.sign rejections.[].reason": "in the record, as it was signed",
}
#: A form of a draft is typed into the first of those that are there, and their names are random: what belongs to a
#: method of evaluation (tests/api/test_evaluation_form.py) stands on a page where that draft has come to the method.
CHANCE = {
    "/agency/drafts/{draft:str}/files files",
    *(
        f"/agency/drafts/{{draft:str}}/{{section:str}} {name}"
        for name in ("cost#.zh", "cost#.en", "cost#.first", "cost#.last", "life_cycle.discount")
    ),
}
#: Forms that stand on no page of this town, and why they need none.
UNSEEN = {
    "/account/confirm/passkey": "sent by a script, with what a device has signed",
    "/account/confirm/passkey/options": "sent by a script, without a text",
    "/account/factors/passkey/options": "sent by a script, without a text",
    "/sign-in/passkey/options": "sent by a script, without a text",
    "/account/factors/certificate": "a button, where a proxy passes certificates",
    "/sign-in/certificate": "a button, where a proxy passes certificates",
    "/agency/drafts/{draft:str}/hand-on": "a button, once a draft is whole",
    "/agency/lots/{tender:str}/auction/admissions": "until the registration ends; the interface has its text",
    "/agency/lots/{tender:str}/auction/stop": "a choice, where the auction is not stopped yet",
    "/agency/lots/{tender:str}/candidates": "a button",
    "/agency/lots/{tender:str}/draw": "choices and numbers, before there is a draw; the interface has its text",
    "/agency/lots/{tender:str}/draw/withheld": "a button, while a value is missing",
    "/bidder/lots/{tender:str}/explanation": "once, when the committee has asked; the interface has its text",
    "/agency/small-purchases": "a button",
    "/bidder/auctions/{tender:str}/applications": "for who has not applied; the interface has its text",
    "/agency/lots/{tender:str}/invitations": "where the procedure invites (tests/browser/test_invitations.py)",
    "/bidder/prior/{tender:str}": "until its period is over; the interface has its text",
    "/bidder/lots/{tender:str}/complaints": "until the last day for it (tests/browser/test_objections.py)",
    "/bidder/lots/{tender:str}/complaints/withdrawal": "a button, until the ruling",
    "/supervisor/lots/{tender:str}/complaint-decision": "once for each complaint (tests/browser/test_objections.py)",
    "/supervisor/lots/{tender:str}/complaint-ruling": "once for each complaint (tests/browser/test_objections.py)",
    "/supervisor/lots/{tender:str}/auction/stop": "a choice, where the auction is not stopped yet",
    "/agency/lots/{tender:str}/evaluation": "a button, and bidders in a drawn order",
}
#: What is read and is no page of its own.
NO_PAGES = {
    "/account/factors/provider": "leads to another site, where one is set",
    "/sign-in/provider": "leads to another site, where one is set",
    "/sign-in/provider/back": "leads on",
    "/desk": "leads on",
    "/auctions/{tender:str}/events": "a stream; its page is here",
    "/openings/{tender:str}/events": "a stream; its page is here",
}
_MANY = re.compile(r"9[0-9A-Z]{17}|(?<=part)[0-9]|(?<=adjustment)[0-9]|(?<=cost)[0-9]")


def place_of(path: str, name: str) -> str:
    """Where a text is typed: rows of one kind are one place."""
    return f"{path} {_MANY.sub('#', name)}"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with hostile_town(tmp_path_factory.mktemp("hostile")) as found:
        yield found


def done(answer: Response) -> bool:
    """Whether a form was taken."""
    return answer.request.redirected_from is not None or answer.status == 200


class Sweep:
    """The whole sweep.

    seen: places whose text stood on a page; taken, refused, stuck: what became of what was typed there.
    """

    def __init__(self, town: Town, chromium: Browser) -> None:
        self.town, self.chromium = town, chromium
        self.faults: list[str] = []
        self.seen: set[str] = set()
        self.taken: set[str] = set()
        self.refused: set[str] = set()
        self.stuck: set[str] = set()
        self.driven: set[str] = set()
        self.secrets: set[str] = set()
        self.asked: set[str] = set()
        self.mailed: set[str] = set()

    def watch(self, visits: Visits, person: str) -> Watch:
        return Watch(self.chromium, self.town.site.url, visits.cookies(person), self.faults)

    def note(self, text: str) -> None:
        for place, typed in self.town.typed.texts.items():
            if place not in self.seen and any(one in text for one in typed):
                self.seen.add(place)

    # pages

    def look(self, visits: Visits, person: str) -> None:
        """Every page of one person, by turns in Chinese, and in English with a question that nobody asks."""
        watch = self.watch(visits, person)
        question = quote(self.town.typed.at("a question"))
        for turn, path in enumerate(visits.pages[person]):
            english = f"/en{path}".removesuffix("/") + f"?then={question}&done={question}"
            self.note(watch.look(english if turn % 2 else path))
        watch.close()

    # forms

    def type(self, visits: Visits, person: str) -> None:
        """Fill in every form that this person may send and nobody has sent yet."""
        watch = self.watch(visits, person)
        for path, text in visits.pages[person].items():
            for form in forms(path, text):
                route = visits.addresses.of("POST", form.action)
                # The gallery's forms are examples.
                if route is None or route.path in UNSEEN or form.method != "post" or path == "/gallery":
                    continue
                known = f"{route.path} {sorted({place_of('', name) for name in form.fields})}"
                if known not in self.driven:
                    self.driven |= {route.path, known}
                    if form.fields or form.hidden:
                        self.fill(watch, route.path, form)
        # A password that was changed ends all other sessions.
        visits.keep(person, watch.context.cookies())
        watch.close()

    def fill(self, watch: Watch, path: str, form: PageForm) -> None:
        """Everything at once, hidden fields too; then what people type, until it is taken or nothing more is named."""
        with self.town.site.desk.work.unit() as unit:
            unit.connection.exec_driver_sql("DELETE FROM attempts")
        names = {place_of(path, name): name for name in reversed((*form.fields, *form.hidden))}
        watch.look(form.page)
        every = {place: self.town.typed.tries(place)[0] for place in names}
        answer = watch.submit(form.at, {}, {names[place]: text for place, text in every.items()}, {})
        self.secret(watch.text())
        if done(answer):
            self.take({place: text for place, text in every.items() if names[place] in form.fields}, form, names)
            return
        left = {place: self.tries(place, form.fields[name]) for place, name in names.items() if name in form.fields}
        known = GOOD | {"on": self.town.stage.today(), "signed_on": self.town.stage.today(), "ends_on": "2029-12-31"}
        good = {name: known[key] for name in form.fields if (key := place_of("", name).strip()) in known}
        good |= {name: text for name, text in good.items() if place_of(path, name) not in left}
        chosen = {name: place_of("", name).strip() for place, name in names.items() if name in form.hidden}
        forced = {name: CHOSEN[key] for name, key in chosen.items() if key in CHOSEN}
        if "method" in forced and "benchmark.mean_factor" not in form.fields:
            forced["method"] = "comprehensive"  # of a procedure that allows no benchmark
        while left:
            typed = {names[place]: texts[0] for place, texts in left.items()}
            files = {
                name: str(self.town.stage.folder / text) for name, text in typed.items() if form.fields[name] == "file"
            }
            plain = {name: text for name, text in typed.items() if name not in files}
            watch.look(form.page)
            answer = watch.submit(form.at, good | plain, forced, files)
            self.secret(watch.text())
            if done(answer):
                self.take({place: texts[0] for place, texts in left.items()}, form, names)
                return
            named = [place_of(path, name) for name in watch.mistakes()]
            wrong = [place for place in left if place in named or place.removesuffix("-hour") in named]
            if not wrong:
                self.stuck |= {place for place in left if form.fields[names[place]] != "password"}
                return
            for place in wrong:
                left[place] = left[place][1:]
                if not left[place]:
                    del left[place]
                    self.refused.add(place)
                    self.town.typed.texts.pop(place, None)

    def tries(self, place: str, kind: str) -> list[str]:
        """What is typed into a field of a kind, one after the other."""
        if kind == "file":
            return [file(self.town, place)]
        made = self.town.typed.tries(place)
        return [made[0], made[-1]] if kind in {"text", "textarea", "search"} else made[-1:]

    def take(self, texts: dict[str, str], form: PageForm, names: dict[str, str]) -> None:
        """Note what a form has taken: it must stand somewhere, but for secrets."""
        self.taken |= set(texts)
        for place, text in texts.items():
            kept = (
                self.secrets
                if form.fields[names[place]] == "password"
                else self.town.typed.texts.setdefault(place, set())
            )
            kept.add(text)

    def secret(self, text: str) -> None:
        """Note what stands on a page; a secret never does."""
        self.note(text)
        self.faults += [f"a secret is shown: {one}" for one in self.secrets if one in text]

    # addresses

    def ask(self, visits: Visits, person: str) -> None:
        """Every filter that a page's forms and links have, and every place of an address, with a vector in it."""
        watch = self.watch(visits, person)
        vector = quote(self.town.typed.at("an address"), safe="")
        for address in sorted(set(filters(visits, person)) - self.asked):
            self.asked.add(address)
            self.note(watch.look(f"{address}={vector}"))
        for route in visits.addresses.routes:
            if route.method == "GET" and route.places and visits.may(person, route) and route.path not in self.asked:
                self.asked.add(route.path)
                known = {"tender": LOTS[0], "language": "zh"}
                for place in route.places:
                    others = {name: known.get(name, "0") for name in route.places}
                    watch.look(route.at(others | {place: vector}))
        watch.close()

    # mail

    def read(self) -> None:
        """Every letter, as a reader would see it who runs everything."""
        watch = Watch(self.chromium, self.town.site.url, [], self.faults)
        for letter in sorted(self.town.mail.iterdir()):
            message = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
            part = message.get_body(("html",))
            assert part is not None
            watch.page.set_content(part.get_content())
            self.mailed |= {
                one for one, typed in self.town.typed.texts.items() if any(t in watch.text() for t in typed)
            }
        watch.close()


def filters(visits: Visits, person: str) -> Iterator[str]:
    """Page and name of what an address may ask for, by the forms and links of this person's pages."""
    for path, text in visits.pages[person].items():
        for form in forms(path, text):
            if form.method == "get" and form.action.startswith("/"):
                yield from (f"{form.action}?{name}" for name in (*form.fields, *form.hidden))
        for link in links(text):
            page, _, query = link.partition("?")
            route = visits.addresses.of("GET", page)
            if query and route is not None and not route.places and page in visits.pages[person]:
                yield from (f"{page}?{name}" for name in parse_qs(query, keep_blank_values=True))


def test_nothing_typed_runs(town: Town, chromium: Browser) -> None:
    """Fill in every form as everybody, then look at every page as everybody."""
    sweep = Sweep(town, chromium)
    for _ in range(2):  # what was typed first makes pages with more forms
        visits = Visits(town)
        for person in visits.pages:
            sweep.type(visits, person)
    visits = Visits(town)
    for person in visits.pages:
        sweep.look(visits, person)
        sweep.ask(visits, person)
    sweep.read()
    assert sweep.faults == []
    found = visits.addresses.routes
    assert {one.path for one in found if one.method == "POST"} - sweep.driven == set(UNSEEN)
    assert {one.path for one in found if one.method == "GET"} - visits.visited == set(NO_PAGES)
    assert sweep.stuck - sweep.taken - sweep.refused == set(APART)
    assert set(town.typed.texts) - sweep.seen - CHANCE == set(ELSEWHERE) - CHANCE
    # Nobody tells what is missing where nothing was typed, read or found.
    assert sweep.taken
    assert sweep.refused
    assert {"tender.draft title", "organisation.add name"} <= sweep.mailed


def fulfilled(route: PlaywrightRoute, *, body: str, headers: dict[str, str]) -> None:
    route.fulfill(body=body, headers=headers)


@pytest.mark.parametrize(
    ("headers", "noticed"), [({}, "ran"), ({"content-security-policy": POLICY_HEADER}, "reported")]
)
def test_the_sweep_would_notice(town: Town, chromium: Browser, headers: dict[str, str], noticed: str) -> None:
    """Each vector on a page that does not escape it: without the policy it runs, with it that is reported."""
    for text in town.typed.tries("nowhere"):
        faults: list[str] = []
        watch = Watch(chromium, town.site.url, [], faults)
        body = f'<!doctype html><html lang="en"><title>unsafe</title><input value="{text}">'
        kind = {"content-type": "text/html; charset=utf-8", **headers}
        watch.context.route("**/unsafe", partial(fulfilled, body=body, headers=kind))
        watch.look("/unsafe")
        watch.close()
        assert any(noticed in one for one in faults), text
