"""Where every request goes through: sign-in, policy, idempotency, one unit of work.

write(request, body, locks, act)   one act in one transaction; the answer is kept in it under the Idempotency-Key
read(request, view)                one snapshot
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Request, Response
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from api import auth, policy, sessions
from api.kept import Kept
from api.marks import Marks
from api.sessions import Session
from api.settings import Settings
from bidding.acts.auctions import Floor
from bidding.signer import ReceiptSigner
from notary import canonical, clock, keys
from notary.errors import Conflict, Malformed, Refusal, Unknown
from notary.failpoints import failpoint
from notary.publish import Log
from notary.rows import requests
from notary.store import Store
from notary.work import Lock, Unit, Work
from trading.caller import Caller, known

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_CSRF_HEADER = "sunbid-csrf"
_INSERT_REQUEST = insert(requests).inline()

Act = Callable[[Unit, Caller], Any]
View = Callable[[Connection, Caller | None], Any]
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Answer:
    """What an act gives when it is not simply 200: a recorded refusal is committed and still no success."""

    value: Any
    status: int = 200


class Desk:
    """What handlers work with. `store`: sealed parts, documents and papers; `log`: the record; `kept`: made pages.

    floor: the auctions, as far as this process has read their events.
    """

    def __init__(
        self,
        settings: Settings,
        work: Work,
        store: Store,
        log: Log,
        receipt_key: Ed25519PrivateKey,
        witnesses: httpx.Client,
    ) -> None:
        self.settings = settings
        self.work = work
        self.store = store
        self.log = log
        self.receipt_key = receipt_key
        self.marks = Marks(keys.load_or_create(settings.home / "keys" / "accounts.key"))
        self.kept = Kept()
        self.floor = Floor()
        self._witnesses = witnesses

    def close(self) -> None:
        """Give up all connections."""
        self._witnesses.close()
        self.work.engine.dispose()

    def enter(self, request: AnyRequest) -> Caller | None:
        """The caller, once the policy lets it pass. Raises Forbidden."""
        caller = None
        if "authorization" in request.headers or sessions.COOKIE in request.cookies:
            with self.work.glance() as (connection, now):
                caller = _caller(request, connection, now)
        policy.check(_operation(request), caller)
        return caller

    def visitor(self, request: AnyRequest) -> Session | None:
        """The session of whoever reads a page, once the policy lets it pass; noted as in use. Raises Forbidden."""
        secret = request.cookies.get(sessions.COOKIE)
        if secret is None:
            policy.check(_operation(request), None)
            return None
        with self.work.glance() as (connection, now):
            session = sessions.find(connection, secret, now)
        policy.check(_operation(request), *((session.caller, session.withheld) if session else (None,)))
        if session is not None and now - session.seen_at > sessions.SEEN:
            with self.work.unit() as unit:
                sessions.touch(unit, session.id)
        return session

    def glance_time(self) -> datetime:
        """Roughly the time, for pages."""
        return clock.own_time(demonstration=self.settings.demonstration)

    def ahead(self) -> int:
        """How far a demonstration's clock is ahead of real time, in microseconds; 0 elsewhere."""
        offset = clock.demonstration_offset() if self.settings.demonstration else timedelta()
        return offset // timedelta(microseconds=1)

    @property
    def paper_roots(self) -> list[bytes]:
        """The X.509 roots (PEM each) under which papers must be signed."""
        path = self.settings.paper_roots
        if path is None:
            return []
        return _certificates(path.read_bytes())

    @property
    def signer(self) -> ReceiptSigner:
        """What receipts are signed with."""
        return ReceiptSigner(self.settings.origin, self.settings.demonstration, self.receipt_key)

    def anchors(self, trustees: dict[str, str]) -> dict[str, Any]:
        """What a verifier must know from outside (docs/spec/log.md)."""
        return {
            "type": "sunbid/anchors/1",
            "origin": self.settings.origin,
            "demonstration": self.settings.demonstration,
            "log_key": self.log.vkey.text,
            "receipt_key": self.receipt_key.public_key().public_bytes_raw().hex(),
            "witnesses": [link.key.text for link in self.log.witnesses],
            "witness_quorum": self.log.quorum,
            "trustees": trustees,
        }

    def member(self, request: AnyRequest) -> Caller:
        """The caller of an operation that needs sign-in."""
        with self.work.glance() as (connection, now):
            return _member(request, connection, now)

    def read(self, request: AnyRequest, view: View) -> Response[bytes]:
        """Answer with what the view finds, on one snapshot."""
        caller = self.enter(request)
        with self.work.reading() as connection:
            return json_response(canonical.dumps(view(connection, caller)))

    def write(
        self,
        request: AnyRequest,
        body: bytes,
        locks: Sequence[Lock],
        act: Act,
        *,
        key: str | None = None,
        csrf: str | None = None,
    ) -> Response[bytes]:
        """Do the act in one unit and keep its answer. The same key and body again gives the kept answer, byte for byte.

        key, csrf: of a page's form; else they are in the headers.
        Raises Malformed (idempotency_key), Conflict (key_reused: same key, other body), and what the act raises.
        """
        return self.write_prepared(request, body, locks, lambda _connection, _caller: act, key=key, csrf=csrf)

    def write_prepared(
        self,
        request: AnyRequest,
        body: bytes,
        locks: Sequence[Lock],
        prepare: Callable[[Connection, Caller], Act],
        *,
        key: str | None = None,
        csrf: str | None = None,
    ) -> Response[bytes]:
        """The same for an act of which `prepare` does what is slow, before the locks are taken."""
        key = _idempotency_key(request.headers.get("idempotency-key", "") if key is None else key)
        asked = hashlib.sha256(request.url.path.encode() + b"\n" + body).digest()
        caller = None
        try:
            with self.work.glance() as (connection, now):
                caller = _member(request, connection, now, csrf)
                act = prepare(connection, caller)
            with self.work.unit(*locks) as unit:
                done = act(unit, caller)
                answer = done if isinstance(done, Answer) else Answer(done)
                data = canonical.dumps(answer.value)
                row = {
                    "key": key,
                    "caller": caller.person,
                    "operation": _operation(request),
                    "body_sha256": asked,
                    "status": answer.status,
                    "answer": data.decode(),
                    "time": unit.now,
                }
                unit.connection.execute(_INSERT_REQUEST, row)
                failpoint("write.done")
        except (IntegrityError, Refusal):
            if caller is None:
                raise
            # What stands against it may be the same request, sent before or at the same moment: its row above, its
            # effect, or that what it was prepared from is gone. Then its answer is ours too.
            with self.work.reading() as connection:
                kept = _kept(connection, key, caller.person, asked)
            if kept is None:
                raise
            return kept
        failpoint("write.committed")
        return json_response(data, answer.status)

    def write_once(self, request: AnyRequest, act: Act) -> Response[bytes]:
        """Do an act whose answer is a secret: nothing of it is kept, so it is not answered twice."""
        caller = self.enter(request) or Caller("", "", frozenset())
        with self.work.unit() as unit:
            data = canonical.dumps(act(unit, caller))
        return json_response(data)

    def what_became_of(self, request: AnyRequest, key: str) -> Response[bytes]:
        """The kept answer of one of the caller's own requests. Raises Unknown when it never committed."""
        caller = self.member(request)
        with self.work.reading() as connection:
            row = connection.execute(
                select(requests.c.status, requests.c.answer).where(
                    requests.c.key == key, requests.c.caller == caller.person
                )
            ).one_or_none()
        if row is None:
            raise Unknown(
                "request_unknown",
                "该请求没有生效，可用同一请求号重试。",
                "That request did not take effect; it is safe to send it again.",
                field="key",
            )
        return json_response(canonical.dumps({"status": row.status, "body": canonical.loads(row.answer.encode())}))


def _caller(request: AnyRequest, connection: Connection, now: datetime, csrf: str | None = None) -> Caller | None:
    """By bearer token, or by a page's session; a session that writes must give its own token too."""
    header = request.headers.get("authorization")
    if header is not None:
        return auth.authenticate(connection, header, now)
    session = sessions.find(connection, request.cookies.get(sessions.COOKIE), now)
    if session is None:
        return None
    if request.route_handler.opt["writes"]:
        sessions.check(session, request.headers.get(_CSRF_HEADER) if csrf is None else csrf)
    return session.caller


def _member(request: AnyRequest, connection: Connection, now: datetime, csrf: str | None = None) -> Caller:
    caller = _caller(request, connection, now, csrf)
    policy.check(_operation(request), caller)
    return known(caller)


def _certificates(data: bytes) -> list[bytes]:
    return re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", data, re.DOTALL)


def for_saving(name: str) -> dict[str, str]:
    """Headers of bytes that somebody else made: a browser saves them under a plain ASCII name and never shows them."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


def json_response(body: bytes, status: int = 200) -> Response[bytes]:
    """Canonical JSON as a response."""
    media_type = "application/json" if status < 400 else "application/problem+json"
    return Response(body, status_code=status, media_type=media_type)


def _kept(connection: Connection, key: str, person: str, asked: bytes) -> Response[bytes] | None:
    row = connection.execute(
        select(requests.c.body_sha256, requests.c.status, requests.c.answer).where(
            requests.c.key == key, requests.c.caller == person
        )
    ).one_or_none()
    if row is None:
        return None
    if row.body_sha256 != asked:
        raise Conflict(
            "key_reused",
            "该请求号已用于另一内容的请求，请换新的请求号。",
            "This Idempotency-Key was used with another body; take a new one.",
            field="Idempotency-Key",
        )
    return json_response(row.answer.encode(), row.status)


def _operation(request: AnyRequest) -> str:
    name: str = request.route_handler.opt["operation"]
    return name


def _idempotency_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Malformed(
            "idempotency_key",
            "缺少请求号：请在 Idempotency-Key 中给出 16 至 64 个字母、数字、- 或 _。",
            "Idempotency-Key is missing: 16 to 64 letters, digits, - or _.",
            field="Idempotency-Key",
        )
    return key
