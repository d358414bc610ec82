"""The one place where a refusal becomes an HTTP status (RFC 9457)."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from notary import canonical
from notary.errors import (
    Conflict,
    Forbidden,
    Held,
    Malformed,
    Refusal,
    RuleBroken,
    TooLate,
    TooMuch,
    Unknown,
)

_log = structlog.get_logger()

STATUS: dict[type[Refusal], int] = {
    Malformed: 422,
    Unknown: 404,
    Forbidden: 403,
    Conflict: 409,
    RuleBroken: 422,
    TooLate: 409,
    TooMuch: 413,
    Held: 503,
}

_BY_REASON = {"sign_in": 401, "token_wrong": 401, "content_type": 415, "too_many_attempts": 429, "host_foreign": 421}  # nosec B105  # reasons, no secrets

_TITLES = {
    400: "Bad request",
    401: "Sign in",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    421: "Misdirected request",
    422: "Not acceptable as it is",
    428: "Precondition required",
    429: "Too many attempts",
    500: "Internal error",
    503: "Try again",
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    if refusal.reason in _BY_REASON:
        return _BY_REASON[refusal.reason]
    return next(status for type_, status in STATUS.items() if isinstance(refusal, type_))


def body_of(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """The problem document of a refusal."""
    return {
        **refusal.facts,
        "type": f"/help/{refusal.reason}",
        "title": _TITLES.get(status_of(refusal), "Refused"),
        "status": status_of(refusal),
        "detail": refusal.zh,
        "detail_en": refusal.en,
        "reason": refusal.reason,
        "field": refusal.field,
        "cites": refusal.cites,
        "instance": request_id,
    }


def answer(refusal: Refusal, request_id: str = "") -> Response[bytes]:
    """The response for a refusal."""
    status = status_of(refusal)
    headers = {"Retry-After": "1"} if status == 503 else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        canonical.dumps(body_of(refusal, request_id)),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """Handler of every Refusal."""
    return answer(refusal, _id(request))


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What Litestar itself refuses: no such path, wrong method, a parameter of the wrong form."""
    if error.status_code == 404:
        return answer(Unknown("not_found", "没有这个地址。", "There is nothing here."), _id(request))
    extra = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    field = str(extra.get("key", "")) or None
    problem = Malformed(
        "request_wrong", "请求不符合接口要求。", str(extra.get("message", error.detail)) or "Bad request.", field=field
    )
    body = body_of(problem, _id(request)) | {"status": error.status_code, "title": _TITLES.get(error.status_code, "")}
    return Response(canonical.dumps(body), status_code=error.status_code, media_type="application/problem+json")


def on_database(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A lost connection or an exhausted pool: nothing was changed, or the key tells what became of it."""
    _log.warning("database_unavailable", error=type(error).__name__, request=_id(request))
    return answer(
        Held(
            "database_unavailable",
            "数据库暂不可用。请用同一请求号重试，系统会告知先前的结果。",
            "The database is not available. Try again with the same key: you are told what became of it.",
        ),
        _id(request),
    )


def on_integrity(request: Request[Any, Any, Any], error: IntegrityError) -> Response[bytes]:
    """Two acts at once on one thing: the database let one through."""
    # The first line names the constraint; PostgreSQL's second has the values, such as whose bid it was.
    _log.info("integrity_conflict", request=_id(request), constraint=str(error.orig).partition("\n")[0])
    return answer(
        Conflict(
            "already_there", "已存在或同时被他人更改。", "It is there already, or was changed by another at once."
        ),
        _id(request),
    )


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A fault of ours: told without its inside, logged with it."""
    _log.error("internal_error", request=_id(request), path=request.url.path, exc_info=error)
    body = {
        "type": "/help/internal",
        "title": _TITLES[500],
        "status": 500,
        "detail": "系统内部错误，未作任何更改。请稍后用同一请求号重试，并告知运维人员请求编号。",
        "detail_en": "Internal error; nothing was changed. Try again with the same key, and tell the operator the id.",
        "reason": "internal",
        "field": None,
        "cites": None,
        "instance": _id(request),
    }
    return Response(canonical.dumps(body), status_code=500, media_type="application/problem+json")


HANDLERS: dict[Any, Any] = {
    Refusal: on_refusal,
    HTTPException: on_http,
    # The last two: of a connection that has ended while it was in use.
    **dict.fromkeys((OperationalError, PoolTimeout, InterfaceError, InternalError), on_database),
    IntegrityError: on_integrity,
    Exception: on_error,
}


def _id(request: Request[Any, Any, Any]) -> str:
    return str(request.scope.get("sunbid_request", ""))
