"""Procedures as data: read and check ``trading/catalogue/*.toml`` into frozen structs.

Each version states every field, and each limit of the closed set :data:`trading.limits.LIMITS` or why it has none. Data
that cannot be (an unknown act, quorums that are disjoint, an article younger than the procedure) stops the start
with :class:`ImpossibleProcedure`, which names file, field and article.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from math import comb
from pathlib import Path
from typing import Any, Literal

import msgspec

from notary import signing
from notary.errors import Unknown
from trading import calendar
from trading.forms import Form
from trading.lifecycle import FIRST, TABLE
from trading.limits import LIMITS, Limit, wanted

_folders = [Path(__file__).with_name("catalogue")]


class ImpossibleProcedure(ValueError):
    """The catalogue holds something that cannot be; the program does not start."""


class _Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every field required, none unknown. A field that comes later has a default, which no content states: so the
    versions that lots are pinned to can be read by every later program, and keep their ids."""


class Words(_Frozen, frozen=True):
    zh: str
    en: str


class Clause(_Frozen, frozen=True):
    """A ground of rejection."""

    id: str
    cites: str
    zh: str
    en: str


class Rejection(_Frozen, frozen=True):
    """The closed list; over_ceiling is the clause for a price above the ceiling.

    Where an auction decides it is empty, and the list says on which grounds an application is refused.
    """

    over_ceiling: str
    clauses: tuple[Clause, ...]


class Choice(_Frozen, frozen=True):
    """An opening policy: any `keys` of `trustees` trustees."""

    keys: int
    trustees: int


class Opening(_Frozen, frozen=True):
    choices: tuple[Choice, ...]
    max_quorums: int
    cites: str


class Objections(_Frozen, frozen=True):
    """Of which objections the answer is published whole; of the others only that it was given, and how it ended."""

    published: tuple[Literal["documents", "opening", "result"], ...]
    cites: str


class Committee(_Frozen, frozen=True):
    odd: bool
    buyer_may_chair: bool
    cites: str


class Amendable(_Frozen, frozen=True):
    """The fields of a published tender that an amendment may change."""

    fields: tuple[str, ...]
    cites: str


class Method(_Frozen, frozen=True):
    """An evaluation method, by its name in :data:`trading.methods.METHODS`."""

    name: str
    zh: str
    en: str
    cites: str


class Way(_Frozen, frozen=True):
    """How the invited may have been chosen. pool: from how many is stated, and keeps the limit `invited_pool`."""

    id: str
    cites: str
    zh: str
    en: str
    pool: bool
    confirmed: bool


class Invitation(_Frozen, frozen=True):
    """Bidders are invited (邀请), and nobody else may bid: at least `min_invited` of the limits.

    ways: of which the agency states one; empty where the law does not say how they are chosen.
    """

    cites: str
    ways: tuple[Way, ...]

    def way(self, id_: str | None) -> Way | None:
        """The way of that id."""
        return next((way for way in self.ways if way.id == id_), None)


class Item(_Frozen, frozen=True):
    key: str
    zh: str
    en: str


class Notice(_Frozen, frozen=True):
    """A paper that the procedure publishes, and what it must say."""

    zh: str
    en: str
    cites: str
    items: tuple[Item, ...]


class Ground(_Frozen, frozen=True):
    """On what an auction is frozen (冻结), suspended (中止) or terminated (终止); docs/spec/auction.md."""

    id: str
    effect: Literal["freeze", "suspend", "terminate"]
    cites: str
    zh: str
    en: str


class Auction(_Frozen, frozen=True):
    """That an auction decides, of which kind (docs/spec/auction.md), and the closed list of grounds."""

    kind: Literal["english", "listing"]
    grounds: tuple[Ground, ...]
    cites: str


class Procedure(_Frozen, frozen=True):
    """One version of one procedure, in force from `since` until a later version of the same name."""

    name: str
    category: str
    since: date
    zh: str
    en: str
    subjects: tuple[Literal["works", "goods", "services", "land"], ...]
    envelope_kinds: tuple[str, ...]
    legal_basis: tuple[str, ...]
    fees: Words
    steps: tuple[Words, ...]
    documents: tuple[Words, ...]
    stages: dict[str, tuple[str, ...]]
    limits: dict[str, Limit]
    absent: dict[str, str]
    committee: Committee
    opening: Opening
    amendable: Amendable
    objections: Objections
    methods: tuple[Method, ...]
    rejection: Rejection
    form: Form
    notices: dict[str, Notice]
    invitation: Invitation | None = None
    #: None: sealed bids, their opening and their evaluation decide.
    auction: Auction | None = None

    @property
    def content(self) -> dict[str, Any]:
        """The JSON-ready whole, dates as ``2022-09-01``; :func:`from_content` reads it back."""
        return {"type": "sunbid/procedure/1"} | _plain(self)

    @property
    def version(self) -> str:
        """SHA-256 of the content in hex, its id: what a tender is pinned to when it is published."""
        return signing.object_id(self.content)

    @property
    def form_schema(self) -> dict[str, Any]:
        """The dated form schema that a key set names by its id (:func:`notary.signing.object_id`)."""
        record = {"type": "sunbid/form-schema/1", "procedure": self.name, "since": self.since.isoformat()}
        return record | _plain(self.form)

    def limit(self, name: str) -> Limit | None:
        """The limit of that name, None where the procedure says that it has none. Raises KeyError for unknown names."""
        if name not in LIMITS:
            raise KeyError(name)
        return self.limits.get(name)


def _plain(struct: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(struct))
    return plain


def from_content(content: Mapping[str, Any]) -> Procedure:
    """The procedure of a stored content. Raises ImpossibleProcedure where it is not of the form of one.

    What the catalogue must be beyond its form was looked at when the version came into it, by the rules of that day.
    """
    return _formed({key: value for key, value in content.items() if key != "type"}, str(content.get("name")))


@cache
def catalogue() -> tuple[Procedure, ...]:
    """All versions of all procedures, read and checked once."""
    return load(file for folder in _folders for file in folder.glob("*.toml"))


def add_folder(folder: Path) -> None:
    """Let this process know the procedures of a further folder too, before it does anything else.

    For demonstrations only: they may show what no law here provides for. Raises ImpossibleProcedure.
    """
    if folder in _folders:
        return
    _folders.append(folder)
    catalogue.cache_clear()
    procedures.cache_clear()
    auctioned.cache_clear()
    catalogue()


def load(files: Iterable[Path]) -> tuple[Procedure, ...]:
    """The checked procedures of these files, ordered by name and since. Raises ImpossibleProcedure."""
    found = [
        checked(table, f"{file.name}: {table.get('name')}")
        for file in files
        for table in tomllib.loads(file.read_text("utf-8"))["procedure"]
    ]
    found.sort(key=lambda procedure: (procedure.name, procedure.since))
    for earlier, later in pairwise(found):
        if (earlier.name, earlier.since) == (later.name, later.since):
            raise ImpossibleProcedure(f"{later.name}: since {later.since} is given twice")
    return tuple(found)


@cache
def procedures() -> Mapping[str, Procedure]:
    """Version id -> procedure."""
    return {procedure.version: procedure for procedure in catalogue()}


def in_force(name: str, moment: datetime, known: tuple[Procedure, ...] | None = None) -> Procedure:
    """The version of a procedure in force on the Beijing day of a moment. Raises Unknown."""
    day = calendar.beijing_day(moment)
    versions = [p for p in (catalogue() if known is None else known) if p.name == name and p.since <= day]
    if not versions:
        raise unknown()
    return versions[-1]


def all_in_force(moment: datetime) -> list[Procedure]:
    """Of each procedure the version in force on the Beijing day of a moment, ordered by category and name."""
    day = calendar.beijing_day(moment)
    found = {procedure.name: procedure for procedure in catalogue() if procedure.since <= day}
    return sorted(found.values(), key=lambda procedure: (procedure.category, procedure.name))


@cache
def auctioned() -> tuple[str, ...]:
    """The names of the procedures in which an auction decides: their lots have no opening."""
    return tuple(sorted({procedure.name for procedure in catalogue() if procedure.auction is not None}))


def unknown() -> Unknown:
    """The refusal of a procedure that nobody knows."""
    return Unknown("procedure_unknown", "没有这种交易程序。", "There is no such procedure.", field="procedure")


def checked(table: Mapping[str, Any], where: str) -> Procedure:
    """The procedure of a table of the catalogue. Raises ImpossibleProcedure, which begins with `where`."""
    procedure = _formed(table, where)
    for problem in _problems(procedure):
        raise ImpossibleProcedure(f"{where}: {problem}")
    return procedure


def _formed(table: Mapping[str, Any], where: str) -> Procedure:
    try:
        return msgspec.convert(table, Procedure)
    except msgspec.ValidationError as error:
        raise ImpossibleProcedure(f"{where}: {error}") from error


def _problems(procedure: Procedure) -> Iterable[str]:
    yield from _limit_problems(procedure)
    yield from _stage_problems(procedure.stages)
    yield from _invitation_problems(procedure)
    yield from procedure.form.problems()
    clauses = [clause.id for clause in procedure.rejection.clauses]
    if len(set(clauses)) != len(clauses):
        yield "rejection.clauses: a clause is given twice"
    yield from _sealed_problems(procedure) if procedure.auction is None else _auction_problems(procedure)
    for stage, limit in (("publicity", "publicity"), ("contracted", "contract")):
        if (stage in procedure.stages) != (limit in procedure.limits):
            yield f"limits.{limit} and the stage {stage} go together"
    for field in ("subjects", "legal_basis", "documents", "steps", "notices"):
        if not getattr(procedure, field):
            yield f"{field}: empty"


def _sealed_problems(procedure: Procedure) -> Iterable[str]:
    yield from _opening_problems(procedure.opening)
    if procedure.rejection.over_ceiling not in {clause.id for clause in procedure.rejection.clauses}:
        yield "rejection.clauses: over_ceiling is none of them"
    for field in ("envelope_kinds", "methods"):
        if not getattr(procedure, field):
            yield f"{field}: empty"


def _auction_problems(procedure: Procedure) -> Iterable[str]:
    """An auction takes the place of sealed bids: there is nothing to open, and nobody evaluates."""
    for field in ("envelope_kinds", "methods"):
        if getattr(procedure, field):
            yield f"{field}: an auction decides, so there are none"
    grounds = [ground.id for ground in procedure.auction.grounds] if procedure.auction else []
    if not grounds or len(set(grounds)) != len(grounds):
        yield "auction.grounds: none, or one is given twice"
    if "knock_down" not in procedure.stages.get("open", ()):
        yield "stages.open: an auction ends with knock_down"


def _limit_problems(procedure: Procedure) -> Iterable[str]:
    known = wanted(auction=procedure.auction is not None, inviting=procedure.invitation is not None)
    for name in (one for one in LIMITS if one in known):
        if (name in procedure.limits) == (name in procedure.absent):
            yield f"limits.{name}: must be stated, or given as absent with the reason"
    for name in sorted((procedure.limits.keys() | procedure.absent.keys()) - known):
        yield f"limits.{name}: there is no such limit"
    for name, limit in procedure.limits.items():
        if name in known and (problem := _limit_problem(limit, LIMITS[name].measure, procedure.since)):
            yield f"limits.{name} ({limit.cites}): {problem}"


def _limit_problem(limit: Limit, measure: str, since: date) -> str | None:
    timed = limit.unit in {"calendar_day", "working_day", "hour", "minute", "year"}
    return next(
        (
            problem
            for problem, wrong in {
                "negative": limit.value < 0,
                f"the unit {limit.unit} does not fit": timed != (measure == "days"),
                f"the way {limit.way} does not fit": timed == (limit.way == "of"),
                "the article is younger than the procedure": limit.since > since,
                "only what was read (V1, V2) can be confirmed": limit.confirmed and limit.mark in {"V3", "U"},
                "names no article": not any(sign.isdigit() for sign in limit.cites),
                "counts back in days only": limit.way == "before" and not limit.unit.endswith("_day"),
            }.items()
            if wrong
        ),
        None,
    )


def _stage_problems(stages: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    for stage, acts in stages.items():
        for act in acts:
            if (stage, act) not in TABLE:
                yield f"stages.{stage}: {act} is not in the stage table"
        if len(set(acts)) != len(acts):
            yield f"stages.{stage}: an act is given twice"
    reached = {FIRST} | {TABLE[stage, act] for stage, acts in stages.items() for act in acts if (stage, act) in TABLE}
    for stage in sorted(stages.keys() - reached):
        yield f"stages.{stage}: no act leads there"
    ends = {stage for stage in reached if stage not in stages and any(stage == known for known, _ in TABLE)}
    for stage in sorted(ends):
        yield f"stages.{stage}: nothing leads on"


def _invitation_problems(procedure: Procedure) -> Iterable[str]:
    invites = procedure.invitation is not None
    if invites != ("min_invited" in procedure.limits) or invites != ("invite" in procedure.stages.get("open", ())):
        yield "invitation, limits.min_invited and the act invite of the stage open go together"
    ways = () if procedure.invitation is None else procedure.invitation.ways
    if len({way.id for way in ways}) != len(ways):
        yield "invitation.ways: a way is given twice"
    if ("invited_pool" in procedure.limits) != any(way.pool for way in ways):
        yield "limits.invited_pool and a way from a pool go together"


def _opening_problems(opening: Opening) -> Iterable[str]:
    for choice in opening.choices:
        if not 2 <= choice.keys <= choice.trustees or 2 * choice.keys <= choice.trustees:
            yield f"opening.choices: {choice.keys} of {choice.trustees} has disjoint or single-handed quorums"
        elif comb(choice.trustees, choice.keys) > opening.max_quorums:
            yield f"opening.choices: {choice.keys} of {choice.trustees} makes more than {opening.max_quorums} quorums"
    if not opening.choices or not 1 <= opening.max_quorums <= 12:
        yield "opening: no choice, or more than 12 quorums"
