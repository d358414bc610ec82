"""Cookies: not for scripts, not sent by other sites' forms, and outside a demonstration over TLS only."""

from __future__ import annotations

from datetime import timedelta

from litestar import Response

from api.desk import Desk


def give(desk: Desk, response: Response[bytes], name: str, value: str, life: timedelta) -> Response[bytes]:
    """The response with a cookie that lives so long."""
    response.set_cookie(
        name,
        value,
        max_age=int(life.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=not desk.settings.demonstration,
    )
    return response
