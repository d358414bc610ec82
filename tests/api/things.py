"""What the address of a request can be about: for each parameter one's own thing, a foreign one, and an absent one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from api.policy import POLICY, Owns
from templates import web
from tests.api.sweep import NOTHING, Thing
from tests.api.world import ABSENT, AUCTIONS, CLOSING, NOBODYS, World
from tests.routes import Route
from tests.trading.examples import CONSTRUCTION

#: What stands for a parameter of a lot's address where the lot has no such thing, as all lots of nobody.
_OF_A_LOT = {
    "envelope": NOBODYS * 2,
    "proposal": NOBODYS,
    "question": NOBODYS,
    "number": "0",
    "name": "tender_notice_0",
    "bidder": NOBODYS[:18],
    "sha256": NOBODYS * 2,
    "reference": "NONE",
}
#: What an agency stores.
DOCUMENT = "招标文件".encode()
_OF_PRIOR = (
    *("prior.show", "comment.file", "comment.list"),
    *("page.prior", "page.bidder_prior", "page.supervisor_prior"),
)
#: What a body names of the lot.
_NAMED = {
    "tender.approve": {"proposal"},
    "tender.send_back": {"proposal"},
    "question.answer": {"question"},
    "objection.answer": {"objection"},
    **{name: {"prior"} for name in _OF_PRIOR},
    "comment.answer": {"comment"},
    "complaint.file": {"answered"},
    "complaint.decide": {"complaint"},
    "complaint.rule": {"taken up"},
    "complaint.withdraw": {"regretted"},
    **{name: {"auction"} for name in POLICY if name.startswith("auction.")},
    "auction.admit": {"auction", "application"},
    "auction.reserve": set(),  # of a draft
}
#: Operations on something that a lot of the stage may lack: operation, lot.
LACKS = {
    *((name, "keyless") for name in ("key_set.show", "key_set.sign", "rehearsal.show", "rehearsal.answer")),
    # Nobody in the town has a factor, and no provider is set up.
    *((name, "nothing") for name in ("factor.remove", "page.provider", "page.provider_own", "session.provider")),
    # Nothing is sealed where an auction decides, and nobody opens.
    *(
        (name, lot)
        for name in (
            *("key_set.show", "key_set.sign", "rehearsal.show", "rehearsal.answer", "opening_key.offer"),
            *("bid.submit", "bid.withdraw", "closing.show", "page.bidder", "award.propose"),
        )
        for lot in AUCTIONS
    ),
    # It ended before it was closed.
    ("closing.show", "cancelled"),
    # An envelope that was destroyed unopened is not shown.
    ("envelope.part", "failed"),
    ("envelope.part", "cancelled"),
}


def things(route: Route, made: World) -> Iterator[Thing]:
    """Everything that an address with these parameters can be about; what is not there comes first."""
    places = set(route.places)
    if not places:
        yield replace(
            NOTHING,
            lacks=(route.operation, "nothing") in LACKS,
            secrets=Owns.HOLDER in POLICY[route.operation].owns,
        )
    elif "tender" in places:
        yield from _lots(route, made)
    elif places & {"person", "which"}:
        yield from _of_administrators(route, made)
    else:
        yield from _owned(route, made)
        yield from _public(route, made)


def _lots(route: Route, made: World) -> Iterator[Thing]:
    asks = "?trustee={trustee}" if route.operation == "rehearsal.show" else ""
    yield Thing("absent", _OF_A_LOT | {"tender": ABSENT}, absent=True, query=asks)
    for lot in made.lots.values():
        about = Thing(
            lot.name,
            _OF_A_LOT | lot.places,
            lot=lot,
            public=lot.published,
            announced=lot.announced,
            secret=not (lot.published or lot.announced),
            agency=made.actors["clerk"].organisation,
            trustees=frozenset() if lot.name in AUCTIONS else made.trustees,
            committee=made.seats(lot),
            free=made.seats(lot) if lot.name != "opened" else frozenset({made.actors["member"].person}),
            bidders=made.opened(lot),
            parties=frozenset(made.stage.drawers()) if lot.name in CLOSING[:-1] else frozenset(),
            objectors=frozenset({made.stage.bidder(0).code}) if lot.name == "open" else frozenset(),
            asked_by=made.actors["clerk"].person,
            lacks=not {*route.places, *_NAMED.get(route.operation, ())} <= lot.places.keys()
            or (route.operation, lot.name) in LACKS
            or (_is_of_auctions(route) and "auction" not in lot.places),
            query=asks,
        )
        if route.operation == "paper.show":
            yield replace(about, public=lot.signed_paper, agency="")
            yield replace(about, public=False, query="?unsigned=true")
        elif route.operation == "result_letter.show":
            yield replace(about, organisation=lot.places.get("bidder", ""), lacks=not lot.signed_paper)
            yield replace(about, public=False, query="?unsigned=true")
        else:
            yield about


def _is_of_auctions(route: Route) -> bool:
    """Whether it is a page that only a lot with an auction has."""
    return route.is_page and "/auction" in route.path


def _of_administrators(route: Route, made: World) -> Iterator[Thing]:
    """People, registrations and recoveries: an administrator's business whoever they are."""
    own = made.own
    if "person" in route.places:
        yield Thing("absent person", {"person": NOBODYS}, absent=True)
        yield Thing("person", {"person": own["person"]})
        yield Thing("newcomer", {"person": own["newcomer"]})
        oneself = made.actors["administrator"].person
        yield Thing("oneself", {"person": oneself}, asked_by=oneself)
        return
    kinds = ("recovery", "approve") if "recover" in route.path else ("registration", "take")
    yield Thing(f"absent {kinds[0]}", {"which": NOBODYS, "step": kinds[1]}, absent=True)
    yield Thing(
        kinds[0], {"which": own[kinds[0]], "step": kinds[1]}, asked_by=made.actors["other administrator"].person
    )


def _owned(route: Route, made: World) -> Iterator[Thing]:
    """Things of one organisation or person."""
    bidder, clerk = made.actors["bidder"], made.actors["clerk"]
    more = {"number": "0", "section": "basics"}
    kinds: dict[str, dict[str, Any]] = {
        "upload": {"organisation": bidder.organisation, "lot": made.lots["open"]},
        "receipt": {"organisation": bidder.organisation},
        "key": {"person": bidder.person},
        "draft": {"organisation": clerk.organisation},
        "sha256": {"agency": clerk.organisation},
        "reference": {},
    }
    for place, whose in kinds.items():
        if place in route.places and (place, route.method) != ("sha256", "PUT"):
            absent = NOBODYS * 2 if place == "sha256" else NOBODYS
            yield Thing(f"absent {place}", more | {place: absent}, absent=True)
            yield Thing(place, more | {place: made.own[place]}, lacks=route.path.endswith("/drop"), **whose)


#: What is there whatever was done.
_OTHERS = {
    "page.guide": {"procedure": "construction-open", "version": CONSTRUCTION.version},
    "asset.show": {"version": web.version(), "path": "css/base.css"},
    "log.file": {"path": "checkpoint"},
    "page.administrator_mail": {"kind": "award", "language": "zh"},
}


def _public(route: Route, made: World) -> Iterator[Thing]:
    """What everybody may see, and what it must not be taken for."""
    places = set(route.places)
    if "sha256" in places and route.method == "PUT":
        yield Thing("new document", {"sha256": hashlib.sha256(DOCUMENT).hexdigest()}, public=True)
    elif "sha256" in places:
        public = made.lots["open"].places["sha256"]
        yield Thing("public document", {"sha256": public}, public=True)
    elif "index" in places:
        yield Thing("absent entry", {"index": "99999999"}, absent=True)
        yield Thing("sealed entry", {"index": made.own["sealed"]})
        yield Thing("public entry", {"index": made.own["disclosed"]}, public=True)
    elif "code" in places:
        yield Thing("organisation", {"code": made.actors["bidder"].organisation}, public=True)
    elif route.operation == "procedure.show":
        version = made.stage.clerk.get(f"/tenders/{made.lots['open'].tender}")["procedure_version"]
        yield Thing("procedure", {"version": version}, public=True)
    elif route.operation in _OTHERS:
        yield Thing(route.operation, _OTHERS[route.operation], public=True)
    elif not places & {"upload", "receipt", "key", "draft", "reference"}:
        raise AssertionError(f"nobody has thought of what {route.path} is about")
