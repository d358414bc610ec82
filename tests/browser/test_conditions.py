"""The conditions of a release in the browser are those of the command line, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser

from api.tools.conditions import Evidence, release_conditions
from api.tools.record import Disclosed
from notary.signing import b64
from tests.api.tools.test_conditions import ANCHORS, WRONG, Auctioned, Lot
from tests.browser.modules import Modules, modules

CONDITIONS = """async ({ js, unb64, unhex }, facts) => {
    const [{ releaseConditions }, anchors, notes] = await Promise.all(["conditions", "anchors", "notes"].map(js));
    const known = { ...facts.anchors };
    known.logKey = await notes.parseVkey(known.logKey);
    known.witnesses = await Promise.all(known.witnesses.map(notes.parseVkey));
    const entry = (one) => ({ ...one, commitment: unhex(one.commitment, 32) });
    const found = await releaseConditions({
        ...facts,
        anchors: known,
        closing: entry(facts.closing),
        notice: entry(facts.notice),
        closingProof: facts.closingProof.map((hash) => unb64(hash)),
        noticeProof: facts.noticeProof.map((hash) => unb64(hash)),
        consistency: facts.consistency.map((hash) => unb64(hash)),
        lastSeen: facts.lastSeen && { size: facts.lastSeen[0], root: unb64(facts.lastSeen[1]) },
        now: BigInt(facts.now),
    });
    return found.map(({ name, zh, refusal }) => [name, zh, refusal?.reason ?? null]);
}"""
GOOD = [
    Lot().evidence(),
    Lot(later=("lot_held", "hold_lifted")).evidence(),
    replace(Lot().evidence(), last_seen=None, consistency=()),
    Auctioned().evidence(),
]


@pytest.fixture(name="page", scope="module")
def _page(chromium: Browser, assets: str) -> Iterator[Modules]:
    with modules(chromium, assets) as found:
        yield found


def facts(evidence: Evidence) -> dict[str, Any]:
    key_set = evidence.key_set
    return {
        "keySet": {"id": key_set.id, "tender": key_set.tender, "lot": key_set.lot, "kind": key_set.kind},
        "signed": evidence.signed,
        "anchors": {
            "origin": ANCHORS.origin,
            "logKey": ANCHORS.log_key.text,
            "witnesses": [witness.text for witness in ANCHORS.witnesses],
            "witnessQuorum": ANCHORS.witness_quorum,
        },
        "closing": entry(evidence.closing),
        "closingProof": [b64(one) for one in evidence.closing_proof],
        "notice": entry(evidence.notice),
        "noticeProof": [b64(one) for one in evidence.notice_proof],
        "checkpoint": evidence.checkpoint.decode(),
        "lastSeen": evidence.last_seen and [evidence.last_seen[0], b64(evidence.last_seen[1])],
        "consistency": [b64(one) for one in evidence.consistency],
        "held": evidence.held,
        "record": [entry(one) for one in evidence.record],
        "now": str((evidence.now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)),
    }


def entry(one: Disclosed) -> dict[str, Any]:
    return {"index": one.index, "head": one.head, "body": one.body, "commitment": one.commitment.hex()}


def check(page: Modules, evidence: Evidence) -> None:
    expected = [[one.name, one.zh, one.refusal.reason if one.refusal else None] for one in release_conditions(evidence)]
    assert page.run(CONDITIONS, facts(evidence)) == expected


@pytest.mark.parametrize("evidence", GOOD, ids=["closed", "hold lifted", "first checkpoint", "auction"])
def test_a_lot_that_closed_as_it_should(page: Modules, evidence: Evidence) -> None:
    check(page, evidence)


@pytest.mark.parametrize(("lot", "condition", "reason"), WRONG)
def test_each_thing_wrong_is_found_alike(page: Modules, lot: Lot, condition: str, reason: str) -> None:
    check(page, lot.evidence())


def test_other_shapes_are_met_alike(page: Modules) -> None:
    for other in (Lot(body=(("more", 1),)), Auctioned(body=(("more", 1),))):
        check(page, other.evidence())
    evidence = Lot().evidence()
    check(page, replace(evidence, notice=replace(evidence.notice, index=5)))
