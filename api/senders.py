"""Who sent a request: from which address, and whether a form came from our own pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from notary.errors import Forbidden

#: What browsers say of a request that our own page, or nobody's page, has made (Fetch Metadata).
_OWN = {b"same-origin", b"none"}


def address(client: Any, headers: Mapping[str, str], proxies: Sequence[str]) -> str:
    """The address of whoever asked: the peer's, or the last one that our own proxies did not add themselves."""
    peer = str(client.host) if client else ""
    if peer not in proxies:
        return peer
    way = [one.strip() for one in headers.get("x-forwarded-for", "").split(",") if one.strip()]
    return next((one for one in reversed(way) if one not in proxies), peer)


def check_own(scope: Any) -> None:
    """Raise Forbidden (foreign_form) for a form that another site's page has sent.

    The session's token would refuse it too; this also holds where there is no session yet, as at signing in.
    Without a referrer browsers send ``Origin: null`` from our own pages, so that says nothing.
    """
    headers = dict(scope["headers"])
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin", b"null")
    if site is not None:
        own = site in _OWN
    else:
        own = origin == b"null" or urlsplit(origin).netloc == headers.get(b"host", b"")
    if not own:
        raise Forbidden(
            "foreign_form",
            "请求来自其他网站，未作任何更改。",
            "Another site sent this; nothing was changed.",
        )
