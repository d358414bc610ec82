"""The contract after the award: registration, changes, performance, its end. Each is public at once.

The callers hold the lot's exclusive lock. There is no table of contracts: their entries say all of it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from notary import forms, record
from notary.entries import Entry
from notary.errors import Conflict
from notary.rows import entries
from notary.work import Unit
from trading import contracts, draft, texts
from trading.acts import documents, stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.contracts import Change, Contract, End, Step, Terms
from trading.draft import Document
from trading.rows import awards

_END_ACTS = {"completed": "complete_contract", "terminated": "terminate_contract"}


def register(unit: Unit, caller: Caller, tender: str, terms: Terms) -> Entry:
    """Register the signed contract, which repeats the award. Raises RuleBroken, Malformed, Unknown, Conflict, Held."""
    row = stages.load_own(unit.connection, caller, tender)
    stages.move(unit, row, "register_contract")
    award = unit.connection.execute(select(awards).where(awards.c.tender == tender)).one()
    procedure = stages.procedure_of(row)
    contracts.check_terms(procedure, terms, price=award.price_fen, awarded_at=award.awarded_at, now=unit.now)
    body = {
        "agency": row.agency,
        "award": award.leaf,
        "documents": _documents(unit, row, terms.documents),
        "ends_on": terms.ends_on,
        "price": terms.price,
        "signed_on": terms.signed_on,
        "winner": award.winner,
    }
    return _record(unit, row, "contract_registered", body)


def change(unit: Unit, caller: Caller, tender: str, asked: Change) -> Entry:
    """Register a supplement. Raises RuleBroken beyond what may be added, Malformed, Unknown, Conflict."""
    row, contract = _load(unit, caller, tender, "change_contract")
    texts.check(asked.reason, "reason")
    contracts.check_change(stages.procedure_of(row), contract, asked)
    body = {
        "documents": _documents(unit, row, asked.documents),
        "ends_on": asked.ends_on,
        "previous": contract.latest,
        "price": asked.price,
        "reason": asked.reason,
    }
    return _record(unit, row, "contract_changed", body)


def perform(unit: Unit, caller: Caller, tender: str, step: Step) -> Entry:
    """Record a milestone or a payment. Raises Malformed, Conflict (paid_more, steps_many, act_not_in_stage)."""
    row, contract = _load(unit, caller, tender, "record_performance")
    draft.check_line(step.detail, "detail")
    contracts.check_step(contract, step, unit.now)
    return _record(unit, row, "contract_performed", forms.plain(step) | {"previous": contract.latest})


def end(unit: Unit, caller: Caller, tender: str, asked: End) -> Entry:
    """Record the acceptance that completes the contract, or its termination; the lot has come to its end.

    Raises Malformed, Unknown (document_unknown), Conflict (act_not_in_stage).
    """
    row, contract = _load(unit, caller, tender, _END_ACTS[asked.result])
    texts.check(asked.detail, "detail")
    contracts.check_end(contract, asked, unit.now)
    documents_ = _documents(unit, row, asked.documents)
    body = {"detail": asked.detail, "documents": documents_, "on": asked.on, "previous": contract.latest}
    return _record(unit, row, f"contract_{asked.result}", body)


def told(connection: Connection, tender: str) -> list[Entry]:
    """The entries about the lot's contract, in the order of the record."""
    rows = connection.execute(
        select(entries)
        .where(entries.c.tender == tender, entries.c.kind.in_(contracts.KINDS), entries.c.disclosed.is_(True))
        .order_by(entries.c.serial)
    )
    return [record.of_row(row) for row in rows]


def _load(unit: Unit, caller: Caller, tender: str, act: str) -> tuple[Tender, Contract]:
    """The lot moved by the act, and its contract."""
    row = stages.load_own(unit.connection, caller, tender)
    stages.move(unit, row, act)
    contract = contracts.tell(told(unit.connection, tender))
    if contract is None:
        raise Conflict("no_contract", "尚未登记合同。", "No contract is registered yet.", field="tender")
    return row, contract


def _documents(unit: Unit, row: Tender, named: list[Document]) -> list[dict[str, Any]]:
    """The documents as the record names them, public from now on."""
    draft.check_documents(named)
    listed = [forms.plain(one) for one in named]
    documents.check_stored(unit, row.agency, listed)
    documents.make_public(unit, row.agency, listed)
    return listed


def _record(unit: Unit, row: Tender, kind: str, body: dict[str, Any]) -> Entry:
    return unit.record(kind, row.tender, row.lot, body, disclosed=True)
