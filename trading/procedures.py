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
from pathlib import Path
from typing import Any, Literal

import msgspec

from notary import signing
from notary.errors import Unknown
from trading import calendar, soundness
from trading.forms import Form
from trading.limits import LIMITS, Limit

#: What a tender is for.
Subject = Literal["works", "goods", "services", "land", "equity", "assets", "lease", "transfer", "capital"]
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
    """The closed list; over_ceiling is the clause for a price above the ceiling, low_price that for one that is
    abnormally low: under it a bid is rejected only once its bidder could explain the price.

    Where an auction decides it is empty, and the list says on which grounds an application is refused.
    """

    over_ceiling: str
    clauses: tuple[Clause, ...]
    low_price: str = ""


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
    """drawn: its experts are drawn from the pool (随机抽取), and nobody names them; drawn_cites: by which article."""

    odd: bool
    buyer_may_chair: bool
    cites: str
    drawn: bool = False
    drawn_cites: str = ""


class Amendable(_Frozen, frozen=True):
    """The fields of a published tender that an amendment may change."""

    fields: tuple[str, ...]
    cites: str


class Method(_Frozen, frozen=True):
    """An evaluation method, by its name in :data:`trading.methods.METHODS`.

    ties: by what its article parts equal bids first, in that order; the notice may name more behind it.
    """

    name: str
    zh: str
    en: str
    cites: str
    ties: tuple[Literal["price"], ...] = ()


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
    #: At most so many, all of them with the publication; None where the law sets no bound.
    most: int | None = None

    def way(self, id_: str | None) -> Way | None:
        """The way of that id."""
        return next((way for way in self.ways if way.id == id_), None)


class Item(_Frozen, frozen=True):
    key: str
    zh: str
    en: str


class PriorGround(_Frozen, frozen=True):
    """On what a prior notice is needed where it is not needed always; the agency states it in its draft."""

    id: str
    cites: str
    zh: str
    en: str
    confirmed: bool


class PriorNotice(_Frozen, frozen=True):
    """What is public before the publication, and may be commented on: for as long as the limit `prior_notice` says.

    items: what the agency writes in it; comments: what a comment on it is called. required: without it there is no
    publication; else only on one of `grounds`. kept: what of the tender is the same in it and in every later notice.
    binding: each comment is answered before the publication, and one that is upheld forbids it. drafts: the tender's
    documents, as they stand, are public with it.
    """

    zh: str
    en: str
    cites: str
    items: tuple[Item, ...]
    comments: Words
    required: bool
    grounds: tuple[PriorGround, ...]
    kept: tuple[Literal["title", "scope", "budget", "qualification", "bidders"], ...]
    binding: bool
    drafts: bool

    def ground(self, id_: str | None) -> PriorGround | None:
        """The ground of that id."""
        return next((one for one in self.grounds if one.id == id_), None)


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
    """That an auction decides, of which kind (docs/spec/auction.md), and the closed list of grounds.

    reserve: a notice may have a reserve price (保留价), sealed to the quorums of `opening`. cap: it may have a cap
    (最高限价), behind which each bidder makes one offer, sealed to them too.
    """

    kind: Literal["english", "listing"]
    grounds: tuple[Ground, ...]
    cites: str
    reserve: bool = False
    cap: bool = False


class Valuation(_Frozen, frozen=True):
    """What is sold was appraised (评估) before, and the floor follows from it: trading.valuation."""

    cites: str


class Procedure(_Frozen, frozen=True):
    """One version of one procedure, in force from `since` until a later version of the same name."""

    name: str
    category: str
    since: date
    zh: str
    en: str
    subjects: tuple[Subject, ...]
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
    valuation: Valuation | None = None
    #: None: nothing is public before the publication.
    prior: PriorNotice | None = None
    #: The agency sells by sealed bids: the higher price is better, and the floor of its methods takes the place of
    #: budget and ceiling.
    sells: bool = False

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
    for problem in soundness.problems(procedure):
        raise ImpossibleProcedure(f"{where}: {problem}")
    return procedure


def _formed(table: Mapping[str, Any], where: str) -> Procedure:
    try:
        return msgspec.convert(table, Procedure)
    except msgspec.ValidationError as error:
        raise ImpossibleProcedure(f"{where}: {error}") from error
