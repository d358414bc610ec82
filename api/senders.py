"""Who sent a request, and to whom: from which address, to which name, and whether a form came from our own pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any
from urllib.parse import urlsplit

from notary.errors import Forbidden

#: What browsers say of a request that our own page, or nobody's page, has made (Fetch Metadata).
_OWN = {b"same-origin", b"none"}
_HOST = re.compile(rb"(?:\[(?P<v6>[0-9a-f:]+)\]|(?P<name>[a-z0-9.-]+))(?::[0-9]{1,5})?")


def address(client: Any, headers: Mapping[str, str], proxies: Sequence[str]) -> str:
    """The address of whoever asked: the peer's, or the last one that our own proxies did not add themselves."""
    peer = str(client.host) if client else ""
    if peer not in proxies:
        return peer
    way = [one.strip() for one in headers.get("x-forwarded-for", "").split(",") if one.strip()]
    return next((one for one in reversed(way) if one not in proxies), peer)


def check_host(scope: Any, names: Set[str]) -> None:
    """Raise Forbidden (host_foreign) for a request to a name that is not ours.

    Without a set address of the site some pages name themselves by it, and are kept for whoever asks next.
    """
    given = [value for name, value in scope["headers"] if name == b"host"]
    found = _HOST.fullmatch(given[0].lower()) if len(given) == 1 else None
    if found is None or (found["v6"] or found["name"]).decode("ascii") not in names:
        raise Forbidden(
            "host_foreign",
            "请求所用的网站名称不是本站。请管理员在 SUNBID_SITE 或 SUNBID_HOSTS 中写明。",
            "This server does not go by that name. Its operator sets SUNBID_SITE or SUNBID_HOSTS.",
            field="Host",
        )


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
