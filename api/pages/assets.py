"""Static files of the pages, and the clock that they show."""

from __future__ import annotations

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.desk import AnyRequest, Desk, json_response
from api.pages.page import operation
from notary import canonical, clock
from notary.errors import Unknown
from templates import web

_FOR_EVER = "public, max-age=31536000, immutable"
# A worker has the policy of its own file, not of its page: it may load modules and connect to nothing.
_POLICY = "default-src 'none'; script-src 'self'"


@get("/static/{version:str}/{path:path}", **operation("asset.show"))
def show_asset(
    desk: NamedDependency[Desk], request: AnyRequest, version: FromPath[str], path: FromPath[str]
) -> Response[bytes]:
    """A file of this release. Another release's is not here: its pages are asked for again anyway."""
    desk.enter(request)
    file = web.files().get(path.removeprefix("/"))
    if file is None or version != web.version():
        raise Unknown("not_found", "没有这个地址。", "There is nothing here.")
    headers = {
        "cache-control": _FOR_EVER,
        "content-security-policy": _POLICY,
        "content-type": file.media_type,
        "vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, headers={**headers, "content-encoding": "gzip"})
    return Response(file.data, headers=headers)


@get("/clock", **operation("page.clock"))
def show_clock(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The server's time now: for pages that are the same for everybody, and so cannot have it in them."""
    desk.enter(request)
    return json_response(canonical.dumps({"now": clock.text(desk.glance_time())}))


HANDLERS = [show_asset, show_clock]
