"""What the policy table expects of every request of everybody, and what came of it.

Nothing here says what the server does: who may follows from `POLICY`, from who somebody is and what a thing is. An
answer is read only as far as one can without knowing the operation: a success, a refusal, and of what kind.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any
from urllib.parse import urlencode, urlsplit

from api import sessions
from api.policy import POLICY, PUBLIC, Owns
from notary import chance
from tests.api.world import Actor, Lot, World

#: What an answer has of its own moment and request.
OWN = re.compile(
    rb'"instance":"[0-9a-f]{16}"'
    rb"|<code>[0-9a-f]{16}</code>"
    rb'|name="key" value="[0-9a-f]{32}'
    rb'|name="csrf" value="[0-9a-f]{64}'
    rb'|data-(?:now|ends)="[0-9T:.Z-]+"'
    rb'|<time datetime="[^"]+">[^<]+</time>(?:\xef\xbc\x88| \()'
)
#: A refusal because of the lot's stage, by the reason that is given.
OF_THE_STAGE = frozenset(
    {
        "act_not_in_stage",
        "deadline_passed",
        "early_release",
        "lot_ended",
        "not_closed",
        "not_opened",
        "release_ended",
        "tender_published",
    }
)
#: How pages say that somebody's role does not let it in.
_ROLE = tuple(
    one.encode() for one in ("您的角色不能执行此操作", "您的角色须使用通行密钥", "请先添加第二因素，再生成令牌")
)


#: Shorter parameters than codes and ids are words of a page as well.
_ECHOED = 8


class Verdict(Enum):
    """What a request is to come to."""

    SIGN_IN = auto()  # sign in first
    ROLE = auto()  # not in this role
    HIDDEN = auto()  # refused as if there were no such thing
    REFUSED = auto()  # refused, of a thing that everybody may know of
    NOT_NOW = auto()  # not in this stage
    LET_IN = auto()  # what is wrong with it, if anything, is what it says


@dataclass(frozen=True)
class Thing:
    """What a request is about: the parameters of its address, and whose it is.

    public: open to everybody who has the role; announced: that by its prior notice. secret: that it exists is not known
    to others. asked_by: who asked for what another person has to decide. lacks: it has no such part, so 404 is right.
    secrets: it takes a secret, and 403 says that this was none.
    """

    name: str
    places: Mapping[str, str] = field(default_factory=dict)
    lot: Lot | None = None
    public: bool = False
    announced: bool = False
    secret: bool = True
    absent: bool = False
    agency: str = ""
    trustees: frozenset[str] = frozenset()
    committee: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    bidders: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    objectors: frozenset[str] = frozenset()
    organisation: str = ""
    person: str = ""
    asked_by: str = ""
    lacks: bool = False
    secrets: bool = False
    query: str = ""

    @property
    def refusals(self) -> set[int]:
        """The statuses that nobody gets who is let in: what its body lacks is told with others."""
        return {401, *({403} if not self.secrets else ()), *({404} if not self.lacks else ())}

    def open_to(self, owns: Owns, actor: Actor) -> bool:
        """Whether somebody stands in this relation to it."""
        return {
            Owns.ALL: True,
            Owns.HOLDER: True,
            Owns.PUBLISHED: self.public,
            Owns.AGENCY: "agency" in actor.roles and actor.organisation == self.agency,
            Owns.TRUSTEE: "trustee" in actor.roles and actor.organisation in self.trustees,
            Owns.COMMITTEE: "expert" in actor.roles and actor.person in self.committee,
            Owns.FREE: "expert" in actor.roles and actor.person in self.free,
            Owns.PARTY: actor.organisation in self.parties,
            Owns.BIDDER: "bidder" in actor.roles and actor.organisation in self.bidders,
            Owns.OBJECTOR: "bidder" in actor.roles and actor.organisation in self.objectors,
            Owns.OFFICE: "supervisor" in actor.roles and self.public,
            Owns.ANNOUNCED: self.announced,
            Owns.COMMENTER: self.announced and actor.organisation != self.agency,
            Owns.STRANGER: self.public and actor.organisation != self.agency,
            Owns.ORGANISATION: actor.organisation == self.organisation,
            Owns.SELF: actor.person == self.person,
        }[owns]


#: Of requests that name no thing in their address.
NOTHING = Thing("nothing", public=True, secret=False)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    location: str
    body: bytes

    @property
    def reason(self) -> str:
        """The slug of a refusal of the interface; empty of pages, and of a success."""
        return str(json.loads(self.body)["reason"]) if self.body.startswith(b'{"cites"') else ""

    @property
    def signs_in(self) -> bool:
        """Whether one is to sign in first."""
        return self.status == 401 or (self.status == 303 and self.location.startswith("/sign-in"))

    @property
    def of_role(self) -> bool:
        """Whether it is refused for the role, or for the second factor that the role needs."""
        if self.status == 303:
            return self.location == "/account/factors?done=second_factor"
        return self.status == 403 and (self.reason == "role" or any(words in self.body for words in _ROLE))

    @property
    def success(self) -> bool:
        """Whether it was done or shown."""
        return self.status < 400 and not self.signs_in and not self.of_role

    def about(self, *own: str) -> tuple[int, bytes]:
        """Status and body without what is its own: the request, and these texts of the address."""
        body = OWN.sub(b"", self.body)
        for text in sorted(own, key=len, reverse=True):
            if len(text) >= _ECHOED:
                body = body.replace(text.encode(), b"-")
        return self.status, body


def expected(operation: str, actor: Actor, thing: Thing) -> Verdict:
    """What the policy says of this person, this thing and this stage."""
    permission = POLICY[operation]
    if permission.roles != PUBLIC:
        if actor.public:
            return Verdict.SIGN_IN
        member = operation in ANYONES or not permission.roles.isdisjoint(actor.roles)
        if not member or (actor.weak and (permission.strong or operation not in ANYONES)):
            return Verdict.ROLE
    if thing.name != NOTHING.name:
        if thing.absent or not any(thing.open_to(one, actor) for one in permission.owns):
            return Verdict.HIDDEN if thing.secret else Verdict.REFUSED
        if permission.stages is not None and thing.lot is not None and thing.lot.stage not in permission.stages:
            return Verdict.NOT_NOW
        if permission.apart and thing.asked_by == actor.person:
            return Verdict.REFUSED
    return Verdict.LET_IN


#: Open to whoever is signed in, also without a role.
ANYONES = frozenset(name for name, one in POLICY.items() if len(one.roles) == 6)


def wrong(verdict: Verdict, thing: Thing, answer: Answer, nothing: Thing, absent: Answer | None) -> str | None:
    """Why the answer is not what was expected; None where it is. absent: the same request about `nothing`."""
    if answer.status >= 500 and answer.status != 503:
        return "failed"
    if verdict is not Verdict.LET_IN and answer.success:
        return "unexpected success"
    if verdict is Verdict.HIDDEN and absent is not None:
        same = answer.about(*thing.places.values()) == absent.about(*nothing.places.values())
        return None if same else "does not look absent"
    right = {
        Verdict.SIGN_IN: answer.signs_in,
        Verdict.ROLE: answer.of_role,
        Verdict.LET_IN: answer.success or answer.status not in thing.refusals,
    }
    return None if right.get(verdict, True) else verdict.name


class Sender:
    """Requests over HTTP on one connection, as anybody."""

    def __init__(self, made: World) -> None:
        self.world = made
        self._sessions: dict[str, str] = {}
        place = urlsplit(made.site.url)
        self._connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)

    def close(self) -> None:
        """Give up the connection."""
        self._connection.close()

    def api(self, method: str, path: str, actor: Actor, body: bytes | None, **headers: str) -> Answer:
        """A request of a program."""
        given = {"Idempotency-Key": chance.token(16).hex()} | headers
        if actor.token is not None:
            given["Authorization"] = f"Bearer {actor.token}"
        return self._send(method, path, body, given)

    def send_json(self, path: str, actor: Actor, body: Mapping[str, Any]) -> Answer:
        """A request of a program that writes."""
        kind = {"Content-Type": "application/json"}
        return self.api("POST", path, actor, json.dumps(body).encode(), **kind)

    def look(self, path: str, actor: Actor) -> Answer:
        """A page."""
        return self._send("GET", path, None, self._cookie(actor))

    def form(self, path: str, actor: Actor, fields: Mapping[str, Any], *, files: bool, fresh: bool) -> Answer:
        """A form of a page with its own token. fresh: in a new session, since it may end the one it is sent in."""
        if fresh:
            self._sessions.pop(actor.name, None)
        cookie = self._cookie(actor)
        pairs = {"key": chance.token(16).hex(), "csrf": self._token(actor), **fields}
        kind, body = _multipart(pairs) if files else _plain(pairs)
        return self._send("POST", path, body, {**cookie, "Content-Type": kind})

    def _cookie(self, actor: Actor) -> dict[str, str]:
        if actor.public:
            return {}
        if actor.name not in self._sessions:
            self._sessions[actor.name] = self.world.session(actor)
        return {"Cookie": f"{sessions.COOKIE}={self._sessions[actor.name]}"}

    def _token(self, actor: Actor) -> str:
        return "" if actor.public else sessions.token(self._sessions[actor.name])

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        self._connection.request(method, path, body, dict(headers))
        response = self._connection.getresponse()
        return Answer(response.status, response.getheader("location", "") or "", response.read())


def _plain(pairs: Mapping[str, Any]) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", urlencode(pairs, doseq=True).encode()


def _multipart(pairs: Mapping[str, Any]) -> tuple[str, bytes]:
    end = "--sweep"
    parts = []
    for name, value in pairs.items():
        of_file = '; filename="a.txt"\r\nContent-Type: text/plain' if isinstance(value, bytes) else ""
        text = value if isinstance(value, bytes) else str(value).encode()
        parts.append(
            f'{end}\r\nContent-Disposition: form-data; name="{name}"{of_file}\r\n\r\n'.encode() + text + b"\r\n"
        )
    return "multipart/form-data; boundary=sweep", b"".join(parts) + f"{end}--\r\n".encode()
