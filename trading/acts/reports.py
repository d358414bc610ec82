"""The evaluation report (评标报告): its facts, from the record alone but for the names of the members."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from notary import canonical
from notary.entries import Entry
from notary.errors import Unknown
from trading.acts import papers, stages
from trading.caller import Caller
from trading.facts.report import evaluation_report
from trading.rows import people

TEMPLATE = "evaluation_report"


def report_facts(
    connection: Connection, caller: Caller | None, tender: str, *, origin: str, demonstration: bool
) -> bytes:
    """The canonical facts of the report, once the evaluation is recorded. Raises Unknown before it.

    The lot's agency and supervisors read the members' names, everybody else numbers: names of people are not public.
    """
    row = stages.load_published(connection, tender)
    found = papers.disclosed(connection, tender)
    evaluated = next((entry for entry in found if entry.kind == "lot_evaluated"), None)
    if evaluated is None:
        raise Unknown("report_unknown", "还没有评标报告。", "There is no evaluation report yet.", field="tender")
    # Only what stood in the record at the evaluation: what comes later must not change its report.
    found = [entry for entry in found if entry.time <= evaluated.time]
    told = papers.occasion(row, found, evaluated, {}, origin=origin, demonstration=demonstration)
    official = caller is not None and (
        "supervisor" in caller.roles or ("agency" in caller.roles and caller.organisation == row.agency)
    )
    names = _names(connection, found) if official else {}
    return canonical.dumps(evaluation_report(told, found, names))


def _names(connection: Connection, found: Sequence[Entry]) -> dict[str, str]:
    """The names of those on the committee, by person."""
    seats = [entry for entry in found if entry.kind == "committee_set"][-1].body["members"]
    of = people.c.person.in_([one["person"] for one in seats])
    return {one.person: one.name for one in connection.execute(select(people.c.person, people.c.name).where(of))}
