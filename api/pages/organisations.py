"""An organisation: what it tendered, what it bid for and won, all of it after the opening."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import page
from bidding import views_opening
from trading import regions, terms, views_lists
from trading.acts.listing import NOTICES, RESULTS
from trading.views_lists import Wanted

_MOST = 50


@get("/orgs/{code:str}", **page.operation("page.organisation"))
def show_organisation(desk: NamedDependency[Desk], request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        tendered, won = Wanted(terms=(terms.of_agency(code),)), Wanted(terms=(terms.of_winner(code),))
        organisation = views_lists.organisation(connection, code)
        found = {
            "tendered_count": views_lists.count(connection, NOTICES, tendered),
            "bid_count": views_opening.bid_count(connection, code),
        }
        if not any(found.values()):
            # That somebody is registered is nobody's business before it has done something in public.
            raise views_lists.organisation_unknown()
        return found | {
            "organisation": organisation,
            "tendered": views_lists.notices(connection, tendered, cursor=None, limit=_MOST)[0],
            "won": views_lists.results(connection, won, cursor=None, limit=_MOST)[0],
            "won_count": views_lists.count(connection, RESULTS, won),
            "bids": views_opening.bids_of(connection, code, limit=_MOST),
            "regions": regions.regions(),
            "most": views_lists.MOST_COUNTED,
        }

    return page.show_all(desk, request, "public/organisation", view)


HANDLERS = [show_organisation]
