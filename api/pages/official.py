"""Pages of officials about one lot: who looked at what before the opening is noted for the supervisor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response

from api.desk import AnyRequest, Desk, View
from api.pages import page
from api.pages.page import Again
from api.pages.sent import Sent
from notary.work import Lock, Unit
from trading.acts import access
from trading.caller import Caller


def show(
    desk: Desk, request: AnyRequest, template: str, view: View, tender: str, *, libraries: bool = False
) -> Response[bytes]:
    """A page about a lot, and the note that this official has seen it. libraries: as in page.show."""
    response = page.show(desk, request, template, view, libraries=libraries)
    note(desk, request, tender)
    return response


def note(desk: Desk, request: AnyRequest, tender: str) -> None:
    """Note that whoever asks has seen a lot, where that is worth a note. After the view: what is refused is unseen."""
    caller = desk.enter(request)
    if caller is None:
        return
    seen = str(request.route_handler.opt["operation"])
    with desk.work.glance() as (connection, now):
        new = access.is_new(connection, caller, tender, seen, now)
    if new:
        with desk.work.unit() as unit:
            access.note(unit, caller, tender, seen)


def submit(
    desk: Desk,
    request: AnyRequest,
    form: Sent,
    tender: str,
    act: Callable[[Unit, Caller], Any],
    then: str,
    again: Again,
) -> Response[bytes]:
    """An agency's act on one lot, under the lot's lock. then: where to go from the lot's page, as `/result?done=…`."""
    return page.submit(desk, request, form, [Lock(tender)], act, lambda _answer: f"/agency/lots/{tender}{then}", again)


Facts = dict[str, Any]
