"""Whom an event of a lot concerns: people by id, for mail. What is told of a bidder is told to its own people only."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, union

from bidding.rows import auction_numbers, statements, trustees, uploads
from notary.rows import AnySelect
from trading.acts import stages
from trading.draft import quorums_of
from trading.prior_rows import comments
from trading.remedy_rows import complaints, objections
from trading.rows import invitations, organisations, people, proposals, questions, roles


def askers(connection: Connection, tender: str, question_leaf: str | None = None) -> set[str]:
    """The people of those who asked; with the leaf of an answer only of the one who asked that question."""
    asked = select(questions.c.organisation).where(questions.c.tender == tender)
    if question_leaf is not None:
        asked = asked.where(questions.c.leaf == question_leaf)
    return _people(connection, asked, "bidder")


def bidders(connection: Connection, tender: str) -> set[str]:
    """The people of those who have a bid, or had one; of an auction, of those who have a number."""
    taking_part = union(
        select(statements.c.bidder).where(statements.c.tender == tender),
        select(auction_numbers.c.organisation).where(auction_numbers.c.tender == tender),
    ).subquery()
    return _people(connection, select(taking_part.c.bidder), "bidder")


def invited(connection: Connection, tender: str, leaf: str | None = None) -> set[str]:
    """The people of those who are invited; with the leaf of an entry only of those whom that one invites."""
    named = select(invitations.c.organisation).where(invitations.c.tender == tender)
    if leaf is not None:
        named = named.where(invitations.c.leaf == leaf)
    return _people(connection, named, "bidder")


def beginners(connection: Connection, tender: str) -> set[str]:
    """The people of those who have a bid or have begun to upload one."""
    begun = union(
        select(statements.c.bidder).where(statements.c.tender == tender),
        select(uploads.c.bidder).where(uploads.c.tender == tender),
    ).subquery()
    return _people(connection, select(begun.c.bidder), "bidder")


def objectors(connection: Connection, objection: str) -> set[str]:
    """The people of the one who made this objection."""
    return _people(connection, select(objections.c.organisation).where(objections.c.objection == objection), "bidder")


def complainants(connection: Connection, complaint: str) -> set[str]:
    """The people of the one who made this complaint."""
    return _people(connection, select(complaints.c.organisation).where(complaints.c.complaint == complaint), "bidder")


def people_of(connection: Connection, bidder: str) -> set[str]:
    """The people of one bidder, by its code."""
    return _people(connection, select(organisations.c.code).where(organisations.c.code == bidder), "bidder")


def supervisors(connection: Connection) -> set[str]:
    """All supervisors."""
    return set(connection.scalars(select(roles.c.person).where(roles.c.role == "supervisor")))


def drawers(connection: Connection, organisations_: Collection[str]) -> set[str]:
    """The people of these organisations who can act for them in a draw of experts."""
    named = select(organisations.c.code).where(organisations.c.code.in_(organisations_))
    return {one for role in ("agency", "supervisor", "administrator") for one in _people(connection, named, role)}


def trustees_of(connection: Connection, tender: str) -> set[str]:
    """The people of the trustees that the lot names."""
    content = stages.load_published(connection, tender).content
    named = {name for quorum in quorums_of(content) for name in quorum}
    return _people(connection, select(trustees.c.organisation).where(trustees.c.trustee.in_(named)), "trustee")


def commenters(connection: Connection, comment: str) -> set[str]:
    """The people of the one who made this comment on a prior notice."""
    return _people(connection, select(comments.c.organisation).where(comments.c.comment == comment), "bidder")


def clerks(connection: Connection, tender: str, act: str = "publication") -> set[str]:
    """The two persons of the agency who proposed and approved the publication, or the latest of another act."""
    row = connection.execute(
        select(proposals.c.proposed_by, proposals.c.approved_by)
        .where(
            proposals.c.tender == tender,
            proposals.c.act == act,
            proposals.c.approved_by.is_not(None),
        )
        .order_by(proposals.c.proposed_at.desc())
        .limit(1)
    ).one_or_none()
    return set() if row is None else _with_role(connection, {row.proposed_by, row.approved_by}, "agency")


def _people(connection: Connection, organisations: AnySelect, role: str) -> set[str]:
    return set(
        connection.scalars(
            select(people.c.person)
            .join(roles, roles.c.person == people.c.person)
            .where(people.c.organisation.in_(organisations), roles.c.role == role)
        )
    )


def _with_role(connection: Connection, which: set[str], role: str) -> set[str]:
    return set(connection.scalars(select(roles.c.person).where(roles.c.person.in_(which), roles.c.role == role)))
