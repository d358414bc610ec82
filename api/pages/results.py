"""Results: who won, at what price, how far below the cap; the same as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import asked, notices, page
from api.pages.asked import Asked
from trading.acts.listing import RESULTS
from trading.views import lists
from trading.views.lists import Wanted

_COLUMNS: Final = (
    "tender", "title", "agency_code", "agency_name", "region", "category", "winner_code", "winner_name", "price",
    "ceiling", "below_percent", "awarded_at",
)  # fmt: skip


@get("/results", **page.operation("page.results"))
def show_results(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    asking = asked.read(request.query_params)

    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        wanted = _wanted(desk, asking)
        items, following = lists.results(connection, wanted, cursor=asking.cursor, limit=notices.PAGE)
        number = lists.count(connection, RESULTS, wanted)
        return notices.found(asking, "/results", items, following, number)

    return page.show_all(desk, request, "public/results", view)


@get("/results.csv", **page.operation("page.results"))
def export_csv(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The same question, as a spreadsheet reads it."""
    return notices.csv_response("results", _COLUMNS, [_flat(item) for item in _all(desk, request)])


@get("/results.json", **page.operation("page.results"))
def export_json(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The same question, as programs read it."""
    return notices.json_attachment("results", _all(desk, request))


def _wanted(desk: Desk, asking: Asked) -> Wanted:
    """Results are ordered by their award, and none takes bids any more."""
    return Wanted(terms=asking.wanted(desk.glance_time()).terms)


def _all(desk: Desk, request: AnyRequest) -> Sequence[dict[str, Any]]:
    def view(connection: Connection, asking: Asked) -> Sequence[dict[str, Any]]:
        wanted = _wanted(desk, asking)
        return lists.results(connection, wanted, cursor=asking.cursor, limit=notices.MOST)[0]

    return notices.export(desk, request, view)


def _flat(item: Mapping[str, Any]) -> list[str]:
    return [
        item["tender"],
        item["title"],
        item["agency"]["code"],
        item["agency"]["name"],
        item["region"],
        item["procedure"]["category"],
        item["winner"]["code"],
        item["winner"]["name"],
        item["price"],
        item["ceiling"] or "",
        item["below"] or "",
        item["awarded_at"],
    ]


HANDLERS = [show_results, export_csv, export_json]
