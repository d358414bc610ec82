"""Every operation of the interface, as everybody, in every stage, on one's own, on a foreign and on an absent thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api import bodies
from tests.api.sweep import Verdict
from tests.api.sweeping import Sweep, sweep, swept
from tests.api.world import World, world
from tests.unchanged import changed, kept

#: What takes more than a form: a signature, a secret, a file; or ends the lot: other tests do it. What pages do is not
#: done twice.
NEVER = {
    "auction.bid",
    "auction.reserve",
    "auction.terminate",
    "bid.submit",
    "bid.withdraw",
    "claim.use",
    "contract.change",
    "contract.end",
    "contract.register",
    "draw.commit",
    "draw.replace",
    "draw.reveal",
    "draw.withhold",
    "evaluation.make",
    "invitation.add",
    "key.register",
    "key.release",
    "key.replace",
    "opening_key.prove",
    "paper.issue",
    "rehearsal.answer",
    "result_letter.issue",
    "score.sign",
    "tender.send_back",
    "trustee.add",
    "upload.part",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("api")) as town:
        yield town


@pytest.fixture(scope="module")
def swept_api(made: World) -> Iterator[Sweep]:
    with sweep(made) as found:
        yield found


def test_there_is_a_body_for_every_operation(made: World) -> None:
    assert bodies.covers(swept(made, pages=False))


def test_what_the_policy_does_not_allow_is_refused_and_changes_nothing(made: World, swept_api: Sweep) -> None:
    before = kept(made.stage)
    assert swept_api.run(swept(made, pages=False), lambda verdict: verdict is not Verdict.LET_IN) == []
    assert changed(made.stage, before) == []


def test_what_the_policy_allows_is_let_in(made: World, swept_api: Sweep) -> None:
    routes = swept(made, pages=False)
    assert swept_api.run([one for one in routes if one.method == "GET"], lambda v: v is Verdict.LET_IN) == []
    assert swept_api.overheard == set()
    assert swept_api.run([one for one in routes if one.method != "GET"], lambda v: v is Verdict.LET_IN) == []
    assert {one.operation for one in routes} - swept_api.succeeded == NEVER
    assert swept_api.refused_stages() == {}
