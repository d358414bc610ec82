"""The application: a desk in, Litestar out."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from litestar import Litestar, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.openapi import OpenAPIConfig

from api import auction_live, openapi
from api.desk import AnyRequest, Desk, json_response
from api.front_door import MAX_JSON, front_door
from api.handlers import (
    auctions,
    awards,
    bids,
    complaints,
    contracts,
    deposits,
    draws,
    experts,
    explanations,
    invitations,
    keys,
    objections,
    openings,
    papers,
    parties,
    prior,
    record,
    result_letters,
    tenders,
)
from api.operations import operation
from api.pages import (
    account,
    administrator,
    administrator_people,
    agency,
    agency_acts,
    agency_contract,
    agency_draft,
    agency_draw,
    agency_invitations,
    agency_result,
    agency_small,
    assets,
    auction_desks,
    bidder,
    bidder_auction,
    elsewhere,
    expert,
    factors,
    front,
    gallery,
    guides,
    hall,
    helping,
    lots,
    mail,
    notices,
    organisations,
    register,
    results,
    sign_in,
    supervisor,
    trustee,
    verify,
)
from api.pages import auctions as auction_pages
from api.pages import complaints as complaint_pages
from api.pages import draws as draw_pages
from api.pages import keys as page_keys
from api.pages import objections as objection_pages
from api.pages import prior as prior_pages
from api.pages import problems as page_problems

VERSION = "0.1.0"
_AREAS = (
    *(parties, tenders, prior, invitations, objections, complaints, keys, bids, auctions),
    *(experts, openings, draws, explanations, awards, contracts, deposits, papers, result_letters, record),
)
_PAGES = (
    *(front, notices, lots, results, organisations, hall, auction_pages, guides, helping, verify, gallery),
    *(sign_in, elsewhere, account, factors, register, administrator, administrator_people, mail),
    *(page_keys, bidder, bidder_auction, objection_pages, complaint_pages, prior_pages, trustee),
    *(agency, agency_draft, agency_small, agency_acts, agency_invitations, agency_result, agency_contract),
    *(auction_desks, agency_draw, draw_pages, supervisor, expert),
)


@get("/openapi.json", **operation("openapi.show"))
def show_openapi(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    desk.enter(request)
    return json_response(json.dumps(openapi.document(request.app), ensure_ascii=False).encode())


def create(desk: Desk) -> Litestar:
    """The ASGI application of one desk."""
    handlers: list[Any] = [handler for area in _AREAS for handler in area.HANDLERS]
    live, auctioned = hall.live_of(desk), auction_live.live_of(desk)
    shown: list[Any] = [handler for area in _PAGES for handler in area.HANDLERS]
    return Litestar(
        route_handlers=[
            Router("/api/v1", route_handlers=[*handlers, show_openapi]),
            *record.ROOT_HANDLERS,
            *assets.HANDLERS,
            *(Router(language, route_handlers=shown) for language in ("/", "/en")),
        ],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "live": Provide(lambda: live, sync_to_thread=False),
            "auction_live": Provide(lambda: auctioned, sync_to_thread=False),
        },
        lifespan=[hall.polling(live, auctioned)],
        state=State({"lives": (live, auctioned)}),
        middleware=[desk.kept.door, partial(front_door, names=desk.settings.people.names)],
        exception_handlers=page_problems.handlers(desk),
        request_max_body_size=MAX_JSON,
        # Made from Litestar's own and completed in api/openapi.py; its pages would load scripts from foreign hosts.
        openapi_config=OpenAPIConfig(
            title="Sunbid 阳光标", version=VERSION, path="/api/v1/openapi", render_plugins=[], create_examples=False
        ),
        debug=False,
        logging_config=None,
    )
