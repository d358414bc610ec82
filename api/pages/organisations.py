"""An organisation: what it tendered, what it bid for and won, all of it after the opening."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import page
from bidding.views import public
from trading import regions, terms
from trading.acts.listing import NOTICES, RESULTS
from trading.views import lists
from trading.views.lists import Wanted

_MOST = 50


@get("/orgs/{code:str}", **page.operation("page.organisation"))
def show_organisation(desk: NamedDependency[Desk], request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        tendered, won = Wanted(terms=(terms.of_agency(code),)), Wanted(terms=(terms.of_winner(code),))
        organisation = lists.organisation(connection, code)
        found = {
            "tendered_count": lists.count(connection, NOTICES, tendered),
            "bid_count": public.bid_count(connection, code),
        }
        if not any(found.values()):
            # That somebody is registered is nobody's business before it has done something in public.
            raise lists.organisation_unknown()
        return found | {
            "organisation": organisation,
            "tendered": lists.notices(connection, tendered, cursor=None, limit=_MOST)[0],
            "won": lists.results(connection, won, cursor=None, limit=_MOST)[0],
            "won_count": lists.count(connection, RESULTS, won),
            "bids": public.bids_of(connection, code, limit=_MOST),
            "regions": regions.regions(),
            "most": lists.MOST_COUNTED,
        }

    return page.show_all(desk, request, "public/organisation", view)


HANDLERS = [show_organisation]
