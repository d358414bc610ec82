"""Notices: the list, its search and filters, and the same question as CSV, JSON and Atom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import asked, page
from api.pages.asked import Asked
from notary import canonical
from templates import pages
from trading import regions, spreadsheet
from trading.acts.listing import NOTICES
from trading.views import lists

PAGE: Final = 20
MOST: Final = 10_000
_FEED: Final = 50
_COLUMNS: Final = (
    "tender", "title", "title_en", "agency_code", "agency_name", "region", "procedure", "category", "stage", "held",
    "budget", "ceiling", "deadline", "published_at",
)  # fmt: skip


@get("/notices", **page.operation("page.notices"))
def show_notices(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    asking = asked.read(request.query_params)

    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        wanted = asking.wanted(desk.glance_time())
        items, following = lists.notices(connection, wanted, cursor=asking.cursor, limit=PAGE)
        number = lists.count(connection, NOTICES, wanted)
        return found(asking, "/notices", items, following, number)

    return page.show_all(desk, request, "public/notices", view)


@get("/notices.csv", **page.operation("page.notices"))
def export_csv(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The same question, as a spreadsheet reads it."""
    rows = [_flat(item) for item in _all(desk, request)]
    return csv_response("notices", _COLUMNS, rows)


@get("/notices.json", **page.operation("page.notices"))
def export_json(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The same question, as programs read it."""
    return json_attachment("notices", _all(desk, request))


@get("/notices.atom", **page.operation("page.notices"))
def show_feed(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The newest of the same question, to subscribe to (RFC 4287)."""
    asking, base = asked.read(request.query_params), page.site(desk, request)
    desk.enter(request)
    with desk.work.reading() as connection:
        wanted = asking.wanted(desk.glance_time())
        items, _ = lists.notices(connection, wanted, cursor=None, limit=_FEED)
    addresses = {"here": asking.address("/notices"), "feed": asking.address("/notices.atom")}
    facts = {"items": items, "base": base, "at": "/lots/", **addresses}
    body = pages.feed(facts, page.shell(desk, request, None)).encode()
    return Response(body, headers={"content-type": "application/atom+xml; charset=utf-8"})


def found(
    asking: Asked, path: str, items: Sequence[Mapping[str, Any]], following: str | None, number: int
) -> dict[str, Any]:
    """The facts of a list page: what was found, and the addresses of everything that goes on from here."""
    return {
        "asked": asking,
        "choices": asked.choices(),
        "items": items,
        "count": number,
        "most": lists.MOST_COUNTED,
        "first": asking.address(path) if asking.cursor else None,
        "following": None if following is None else asking.address(path, cursor=following),
        "forms": {name: asking.address(f"{path}.{name}") for name in ("csv", "json", "atom")},
        "regions": regions.regions(),
    }


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Response[bytes]:
    """A CSV file to download."""
    headers = {"content-type": "text/csv; charset=utf-8", "content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(spreadsheet.write(columns, rows), headers=headers)


def json_attachment(name: str, items: Sequence[Any]) -> Response[bytes]:
    """A JSON file to download."""
    headers = {"content-type": "application/json", "content-disposition": f'attachment; filename="{name}.json"'}
    return Response(canonical.dumps({"items": list(items)}), headers=headers)


def export(desk: Desk, request: AnyRequest, view: Callable[[Connection, Asked], Sequence[Any]]) -> Sequence[Any]:
    """What a view finds for the question of an address."""
    desk.enter(request)
    asking = asked.read(request.query_params)
    with desk.work.reading() as connection:
        return view(connection, asking)


def _all(desk: Desk, request: AnyRequest) -> Sequence[dict[str, Any]]:
    def view(connection: Connection, asking: Asked) -> Sequence[dict[str, Any]]:
        wanted = asking.wanted(desk.glance_time())
        return lists.notices(connection, wanted, cursor=asking.cursor, limit=MOST)[0]

    return export(desk, request, view)


def _flat(item: Mapping[str, Any]) -> list[str]:
    whole = dict(item) | {
        "agency_code": item["agency"]["code"],
        "agency_name": item["agency"]["name"],
        "procedure": item["procedure"]["name"],
        "category": item["procedure"]["category"],
    }
    return ["" if whole[name] is None else str(whole[name]) for name in _COLUMNS]


HANDLERS = [show_notices, export_csv, export_json, show_feed]
