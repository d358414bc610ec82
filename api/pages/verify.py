"""The verify page, and the stand-alone verifier to take away."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

import notary
from api.desk import AnyRequest, Desk
from api.pages import page


@get("/verify", **page.operation("page.verify"))
def show_verify(desk: NamedDependency[Desk], request: AnyRequest, tender: FromQuery[str] = "") -> Response[bytes]:
    def view(_connection: Any, _caller: Any) -> dict[str, Any]:
        data = _program()
        return {"tender": tender, "program": {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}}

    return page.show_all(desk, request, "public/verify", view)


@get("/verify/verify.py", **page.operation("page.verifier"))
def download_verifier(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    desk.enter(request)
    headers = {
        "content-type": "text/x-python; charset=utf-8",
        "content-disposition": 'attachment; filename="verify.py"',
    }
    return Response(_program(), headers=headers)


@cache
def _program() -> bytes:
    # Read, never imported: the verifier shares no code with the server (tests/test_house.py).
    return (Path(notary.__file__).parent / "verify.py").read_bytes()


HANDLERS = [show_verify, download_verifier]
