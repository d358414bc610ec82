"""What needs both rooms: publication with its key sets, and the second person's approval of it and of other acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from bidding import keysets
from bidding.acts import auction_award, auction_sealed, auctions, closing, extending
from bidding.acts.keys import load_record, registered
from bidding.rows import trustees
from notary import clock, signing
from notary.entries import Entry
from notary.errors import Conflict
from notary.work import Unit
from trading.acts import evaluation, invitations, prior, proposals, stages, tenders
from trading.caller import Caller
from trading.draft import envelope_kinds, quorums_of
from trading.invitations import Further
from trading.prior_draft import PriorDraft
from trading.rules import PolicyFacts


def propose_publication(unit: Unit, caller: Caller, tender: str) -> dict[str, Any]:
    """Ask the second person to publish; the rules and the key sets are checked now, so that faults show early."""
    row = stages.load_own(unit.connection, caller, tender)
    _signed_key_sets(unit, row)
    auction_sealed.check_sealed(unit.connection, row)
    return _proposed(tenders.propose_publication(unit, caller, tender, policy=policy_of(unit.connection, row)))


def propose_amendment(
    unit: Unit,
    caller: Caller,
    tender: str,
    *,
    changes: Mapping[str, Any],
    reason: str,
    affects_bids: bool,
    deadline: str | None,
) -> dict[str, Any]:
    """Ask the second person to amend. `deadline` None: the rule moves it, when it must be moved."""
    until = None if deadline is None else clock.parse(deadline, "deadline")
    row = stages.load_own(unit.connection, caller, tender)
    stages.check(unit, row, "amend")
    if stages.procedure_in_force(row, unit.now).auction is not None:
        extending.check(unit, row)
    return _proposed(
        tenders.propose_amendment(
            unit, caller, tender, changes=dict(changes), reason=reason, affects_bids=affects_bids, deadline=until
        )
    )


def propose_award(unit: Unit, caller: Caller, tender: str, winner: str, reason: str | None) -> dict[str, Any]:
    """Ask the second person to award."""
    row = stages.load_own(unit.connection, caller, tender)
    if stages.procedure_in_force(row, unit.now).auction is not None:
        return _proposed(auction_award.propose(unit, caller, tender, winner, reason))
    return _proposed(evaluation.propose_award(unit, caller, tender, winner, reason=reason))


def propose_invitation(unit: Unit, caller: Caller, tender: str, further: Further) -> dict[str, Any]:
    """Ask the second person to invite more bidders."""
    return _proposed(invitations.propose(unit, caller, tender, further))


def propose_prior(unit: Unit, caller: Caller, tender: str, written: PriorDraft) -> dict[str, Any]:
    """Ask the second person to publish a prior notice."""
    return _proposed(prior.propose(unit, caller, tender, written))


def propose_failure(unit: Unit, caller: Caller, tender: str, reason: str, detail: str) -> dict[str, Any]:
    """Ask the second person to end the lot without an award: bids would be destroyed, so one person is not enough.

    Raises Conflict (act_not_in_stage) for a lot that has ended, and for one that nobody knows of: its end is public.
    """
    row = stages.load_own(unit.connection, caller, tender)
    tenders.check_fails(unit, row)
    content = {"detail": detail, "reason": reason, "tender": tender}
    return _proposed(proposals.propose(unit, caller, tender, "failure", content))


def approve(unit: Unit, caller: Caller, tender: str, proposal: str, content: str) -> dict[str, Any]:
    """The second person's approval: what was proposed is done now, if the rules still allow it."""
    taken = proposals.take(unit, caller, tender, proposal, content)
    if taken.act == "publication":
        row = stages.load_own(unit.connection, caller, tender)
        entry = _publish(unit, caller, row)
    elif taken.act == "amendment":
        entry = _amend(unit, caller, taken)
    elif taken.act == "failure":
        entry = _fail(unit, caller, tender, taken.content)
    elif taken.act == prior.ACT:
        entry = prior.publish(unit, caller, taken)
    elif taken.act == invitations.ACT:
        entry = invitations.invite(unit, caller, taken)
    elif stages.procedure_of(stages.load_own(unit.connection, caller, tender)).auction is not None:
        entry = auction_award.award(unit, caller, taken)
    else:
        entry = evaluation.award(unit, caller, taken)
    return {"leaf": entry.commitment().hex(), "entry": entry.disclosed()}


def _publish(unit: Unit, caller: Caller, row: stages.Tender) -> Entry:
    """The signed key sets go into the record just before the notice that names them."""
    records = _signed_key_sets(unit, row)
    auction_sealed.check_sealed(unit.connection, row)
    auction_sealed.drop_unnamed(unit.connection, row)
    for record in records.values():
        unit.record("key_set_signed", row.tender, row.lot, record, disclosed=True)
    key_sets = {kind: signing.object_id(record["key_set"]) for kind, record in records.items()}
    entry = tenders.publish(unit, caller, row.tender, key_sets=key_sets, policy=policy_of(unit.connection, row))
    if "auction" in entry.body:
        auctions.establish(unit, row, entry.body["auction"])
    return entry


def _amend(unit: Unit, caller: Caller, taken: proposals.Proposal) -> Entry:
    """The amended notice; an auction that is extended goes by its terms."""
    row = stages.load_own(unit.connection, caller, taken.tender)
    auctioned = stages.procedure_of(row).auction is not None
    if auctioned:
        extending.check(unit, row)
    entry = tenders.amend(unit, caller, taken)
    if auctioned:
        extending.extend(unit, row, entry.body["auction"])
    return entry


def _fail(unit: Unit, caller: Caller, tender: str, why: Mapping[str, Any]) -> Entry:
    """The agency ends the lot without an award. What is still sealed is destroyed unopened."""
    row = stages.load_own(unit.connection, caller, tender)
    if row.stage in {"open", "closed"}:
        closing.check_no_key_released(unit.connection, tender)
        closing.destroy_unopened(unit, row.tender, row.lot, "cancelled")
    return tenders.fail(unit, row, why["reason"], why["detail"])


def policy_of(connection: Connection, row: stages.Tender) -> PolicyFacts:
    """The tender's quorums, and which of its trustees belong to the operator."""
    quorums = quorums_of(row.content)
    names = sorted({name for quorum in quorums for name in quorum})
    known = registered(connection, names)
    return PolicyFacts(quorums=quorums, operator=frozenset(name for name in names if known[name].operator))


def is_trustee_of(connection: Connection, caller: Caller | None, tender: str) -> bool:
    """Whether the caller's organisation is a trustee that the tender names."""
    if caller is None or "trustee" not in caller.roles:
        return False
    row = stages.load(connection, tender)
    named = {name for quorum in quorums_of(row.content) for name in quorum}
    own = connection.scalars(select(trustees.c.trustee).where(trustees.c.organisation == caller.organisation))
    return not named.isdisjoint(own)


def _signed_key_sets(unit: Unit, row: stages.Tender) -> dict[str, dict[str, Any]]:
    """The tender's key set records by kind, each signed by every trustee. Raises Conflict and Malformed."""
    procedure = stages.procedure_in_force(row, unit.now)
    found = {}
    for kind in envelope_kinds(row.content, procedure):
        record = load_record(unit.connection, row.tender, kind)
        if record is None:
            raise Conflict(
                "key_set_missing",
                "受托人尚未全部提交开标公钥。",
                "Not every trustee has offered an opening key yet.",
                field="policy",
            )
        identities = {one["trustee"]: one["identity"] for one in record["key_set"]["trustees"]}
        checked = keysets.verify(record, identities=identities, demonstration=unit.demonstration)
        if checked.form_schema != signing.object_id(procedure.form_schema):
            raise Conflict(
                "form_schema_changed",
                "开标一览表格式已随规则更新，请重新起草并由受托人重新签署。",
                "The form schema has changed with the rules: draft anew, and let the trustees sign again.",
                field="procedure",
            )
        found[kind] = record
    return found


def _proposed(proposal: proposals.Proposal) -> dict[str, Any]:
    return {"proposal": proposal.proposal, "content": proposal.content_sha256, "what": proposal.content}
