"""Who judged, and what was disclosed with the evaluation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, case, exists, false, func, select

from notary import record
from notary.findings import Finding, differs, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import entries
from trading.rows import committee, evaluations, keys, people, scores, tenders


def check_committees(connection: Connection) -> Iterator[Finding]:
    """A buyer's member is of the agency and an expert is not; only members score, and by the evaluation all have."""
    misplaced = (
        select(committee.c.tender, committee.c.person)
        .join(tenders, tenders.c.tender == committee.c.tender)
        .join(people, people.c.person == committee.c.person)
        .where(committee.c.role != case((people.c.organisation == tenders.c.agency, "buyer"), else_="expert"))
    )
    strangers = (
        select(scores.c.tender, scores.c.person)
        .join(
            committee,
            (committee.c.tender == scores.c.tender) & (committee.c.person == scores.c.person),
            isouter=True,
        )
        .where(committee.c.person.is_(None))
    )
    silent = (
        select(committee.c.tender, committee.c.person)
        .join(evaluations, evaluations.c.tender == committee.c.tender)
        .join(
            scores,
            (committee.c.tender == scores.c.tender) & (committee.c.person == scores.c.person),
            isouter=True,
        )
        .where(scores.c.person.is_(None))
    )
    for query, reason in ((misplaced, "role_wrong"), (strangers, "not_a_member"), (silent, "has_not_scored")):
        for tender, person in stream(connection, query):
            yield unsound("I9", f"committee tender={tender} person={person}", reason)


def check_named(connection: Connection) -> Iterator[Finding]:
    """The committee of each tender is the one that its record named last."""
    seated: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in stream(connection, select(committee)):
        seated[row.tender].add((row.person, row.role))
    named: dict[str, set[tuple[str, str]]] = {}
    query = select(entries).where(entries.c.kind == "committee_set").order_by(entries.c.serial)
    for row in stream(connection, query):
        if is_sound(row):
            named[row.tender] = {(one["person"], one["role"]) for one in record.of_row(row).body["members"]}
    for tender in sorted(seated.keys() | named.keys()):
        if seated.get(tender) != named.get(tender):
            yield differs("I9", f"committee tender={tender}")


def check_disclosed(connection: Connection) -> Iterator[Finding]:
    """The committee, its scores, and its members' keys are disclosed with the evaluation and not before."""
    evaluated = exists().where(evaluations.c.tender == entries.c.tender)
    signed = select(entries.c.serial, entries.c.disclosed).where(
        entries.c.kind.in_(("committee_set", "score_signed")), entries.c.disclosed != evaluated
    )
    for serial, disclosed in stream(connection, signed):
        yield _disclosure(serial, disclosed)
    first = (
        select(scores.c.person, func.max(evaluations.c.evaluated_at).label("at"))
        .join(evaluations, evaluations.c.tender == scores.c.tender)
        .group_by(scores.c.person)
        .subquery()
    )
    wanted = (keys.c.purpose != "score") | func.coalesce(keys.c.registered_at <= first.c.at, false())
    registered = (
        select(entries.c.serial, entries.c.disclosed)
        .join(keys, keys.c.leaf == entries.c.commitment)
        .join(first, first.c.person == keys.c.owner, isouter=True)
        .where(entries.c.disclosed != wanted)
    )
    for serial, disclosed in stream(connection, registered):
        yield _disclosure(serial, disclosed)


def _disclosure(serial: int, disclosed: bool) -> Finding:
    return unsound("I6", f"entries serial={serial} disclosed", "disclosed_early" if disclosed else "not_disclosed")
