"""Invitations with the publication and after it, on both databases: recorded, secret, and never taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notary import canonical
from notary.errors import Conflict, Forbidden, Malformed, RuleBroken, Unknown
from notary.rows import entries
from tests.trading.acts.office import DEADLINE, TENDER, Office, content, load, organisation_code, recorded
from tests.trading.examples import NOON, beijing
from trading import notices
from trading.acts import invitations, proposals, tenders
from trading.caller import Caller
from trading.fsck.invitations import check_invitations
from trading.invitations import KIND, Further
from trading.rows import invitations as rows
from trading.views import invitations as invitation_views
from trading.views import lot as lots
from trading.views import tenders as views

#: The last moment at which those invited have twenty days.
LAST = beijing("2026-11-03 23:59")
BIDDERS = [organisation_code(number) for number in (10, 11, 12)]
MORE = organisation_code(2)


def draft(bidders: list[str] | None = None, **how: Any) -> dict[str, Any]:
    named = BIDDERS if bidders is None else bidders
    return content(procedure="construction-invited", invited={"bidders": named, **how})


def invite(office: Office, moment: Any, further: Further, second: Caller | None = None) -> None:
    """The clerk asks, the chief approves."""
    with office.at(moment) as unit:
        asked = invitations.propose(unit, office.clerk, TENDER, further)
    with office.at(moment) as unit:
        taken = proposals.take(unit, second or office.chief, TENDER, asked.proposal, asked.content_sha256)
        invitations.invite(unit, office.chief, taken)


def asked_for(*bidders: str, **how: Any) -> Further:
    return Further(**({"bidders": list(bidders), "reason": "补充邀请"} | how))


def test_who_is_invited_is_recorded_with_the_publication_and_not_shown(office: Office) -> None:
    notice = office.publish(draft=draft(list(reversed(BIDDERS))))
    assert notice.body["minimum_invited"] == 3
    assert "invited" not in notice.body["notice"]
    with office.reading() as connection:
        entry = connection.execute(select(entries).where(entries.c.kind == KIND)).one()
        said = {"bidders": sorted(BIDDERS), "number": 0, "pool": None, "reason": None, "way": None}
        assert canonical.loads(entry.body.encode()) == said
        assert (entry.disclosed, entry.time) == (False, notice.time)
        assert set(connection.scalars(select(rows.c.organisation))) == set(BIDDERS)
        assert list(check_invitations(connection)) == []


def test_nothing_public_tells_whom_or_how_many(office: Office) -> None:
    """The notice of a lot with three is the notice of one with four, but for what is said of the moment."""
    office.publish(draft=draft())
    with office.reading() as connection:
        told = canonical.dumps([one.body for one in lots.load(connection, TENDER).events])
        for caller in (None, office.bidders["A"], office.supervisor, office.other):
            told += canonical.dumps(views.tender(connection, caller, TENDER))
        # A trustee that the draft names sees no more.
        told += canonical.dumps(views.tender(connection, office.other, TENDER, party=True))
        assert not [code for code in BIDDERS if code.encode() in told]
        assert views.tender(connection, office.clerk, TENDER)["content"]["invited"]["bidders"] == BIDDERS
        with pytest.raises(Unknown):
            invitation_views.listed(connection, office.other, TENDER)


def test_a_notice_does_not_depend_on_their_number(small_office: Office) -> None:
    office = small_office
    more = office.publish(draft=draft([*BIDDERS, MORE]))
    with office.at(NOON) as unit:
        row = load(unit.connection)
        few = notices.body(
            {**row.content, "invited": draft()["invited"]},
            row.pinned,  # type: ignore[arg-type]  # it is published
            agency=more.body["notice"]["agency"],
            key_sets=more.body["key_sets"],
            number=0,
            previous=None,
        )
    assert canonical.dumps(few) == canonical.dumps(more.body)


@pytest.mark.parametrize(
    ("bidders", "error", "reason", "field"),
    [
        ([*BIDDERS, organisation_code(99)], Unknown, "organisation_unknown", "invited.bidders[3]"),
        ([*BIDDERS, organisation_code(1)], Conflict, "invited_itself", "invited.bidders[3]"),
        ([*BIDDERS, BIDDERS[0]], Malformed, "invited_twice", "invited.bidders[3]"),
        ([*BIDDERS, "91430000MA4LAGENCY"], Malformed, "credit_code_wrong", "invited.bidders[3]"),
    ],
)
def test_only_registered_others_are_invited(
    small_office: Office, bidders: list[str], error: type[Exception], reason: str, field: str
) -> None:
    with pytest.raises(error, match=reason) as refused, small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, draft(bidders))
    assert refused.value.field == field  # type: ignore[attr-defined]  # a Refusal


def test_a_procedure_that_invites_is_not_published_without(small_office: Office) -> None:
    with pytest.raises(RuleBroken) as refused:
        small_office.publish(draft=content(procedure="construction-invited"))
    assert (refused.value.field, refused.value.cites) == ("invited.bidders", "招标投标法 17")


def test_further_ones_by_two_persons(office: Office) -> None:
    office.publish(draft=draft())
    with pytest.raises(Forbidden, match="same_person"):
        invite(office, LAST - timedelta(minutes=1), asked_for(MORE), second=office.clerk)
    with office.reading() as connection:
        assert invitations.kept_out(connection, TENDER, MORE)
    invite(office, LAST, asked_for(MORE))
    with office.reading() as connection:
        assert not invitations.kept_out(connection, TENDER, MORE)
        assert invitations.kept_out(connection, TENDER, organisation_code(3))
        assert invitations.invited(connection, TENDER) == [*BIDDERS, MORE]
        listed = invitation_views.listed(connection, office.clerk, TENDER)
        assert [(one["number"], one["reason"], len(one["bidders"])) for one in listed] == [
            (0, None, 3),
            (1, "补充邀请", 1),
        ]
        assert list(check_invitations(connection)) == []
        assert [one.kind for one in lots.load(connection, TENDER).events] == ["tender_published"]


def test_not_so_late_that_they_have_less_time_than_the_others(office: Office) -> None:
    office.publish(draft=draft())
    with pytest.raises(RuleBroken) as refused:
        invite(office, LAST + timedelta(minutes=1), asked_for(MORE))
    assert (refused.value.field, refused.value.cites) == ("bidders", "招标投标法 24")
    assert refused.value.facts["earliest"] == "2026-11-24T16:00:00.000000Z"
    # Once the deadline is moved there is time again.
    office.amend(LAST + timedelta(minutes=1), {"ceiling": "3970000.00"}, deadline=DEADLINE + timedelta(days=2))
    invite(office, LAST + timedelta(minutes=2), asked_for(MORE))
    with office.reading() as connection:
        assert len(recorded(connection, "tender_amended")) == 1
        assert MORE in invitations.invited(connection, TENDER)


def test_what_cannot_be_asked_for(small_office: Office) -> None:
    office = small_office
    office.publish(draft=draft())
    asked: list[tuple[Further, str, str | None]] = [
        (asked_for(BIDDERS[0]), "invited_already", "bidders[0]"),
        (asked_for(organisation_code(98)), "organisation_unknown", "bidders[0]"),
        (asked_for(organisation_code(1)), "invited_itself", "bidders[0]"),
        (asked_for(MORE, MORE), "invited_twice", "bidders[1]"),
        (asked_for(MORE, way="pool"), "rule_broken", "way"),
        (asked_for(MORE, reason=" "), "text_wrong", "reason"),
    ]
    for further, reason, field in asked:
        with pytest.raises((Conflict, Unknown, Malformed, RuleBroken), match=reason) as refused:
            invite(office, NOON, further)
        assert refused.value.field == field
    with office.at(DEADLINE) as unit:
        tenders.close(unit, load(unit.connection))
    with pytest.raises(Conflict, match="act_not_in_stage"):
        invite(office, DEADLINE, asked_for(MORE))


def test_a_lot_that_is_open_to_all_keeps_nobody_out(office: Office) -> None:
    office.publish()
    with pytest.raises(Conflict, match="act_not_in_stage"):
        invite(office, NOON, asked_for(MORE))
    with office.reading() as connection:
        assert not invitations.kept_out(connection, TENDER, MORE)
        invitations.check_bidder(connection, TENDER, MORE)
        assert invitations.listed(connection, TENDER) == []
