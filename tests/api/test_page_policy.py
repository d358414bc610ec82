"""Every page and every form of one, as everybody, in every stage, on one's own, on a foreign and on an absent thing.

Whoever is refused for the role, or for not having signed in, asks of a share of the things (tests/api/sweeping.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.sweep import Verdict
from tests.api.sweeping import Sweep, sweep, swept
from tests.api.world import World, world
from tests.unchanged import changed, kept

#: What takes more than a form: a signature, a device, a code by mail, another site; other tests do it. Some the
#: interface does. An end of a lot is other tests' too.
NEVER = {
    "administration.trustee",
    "auction.terminate",
    "contract.change",
    "contract.end",
    "contract.register",
    "draw.call",
    "draw.replace",
    "draw.withhold",
    "evaluation.make",
    "explanation.give",
    "factor.authenticator",
    "factor.certificate",
    "factor.codes",
    "factor.passkey",
    "factor.remove",
    "invitation.add",
    "mail.confirm",
    "mail.give",
    "page.provider",
    "page.provider_own",
    "paper.issue",
    "result_letter.issue",
    "score.sign",
    "session.certificate",
    "session.confirm_passkey",
    "session.passkey",
    "session.provider",
    "tender.approve",
    "tender.draft",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("pages")) as town:
        yield town


@pytest.fixture(scope="module")
def swept_pages(made: World) -> Iterator[Sweep]:
    with sweep(made) as found:
        yield found


def test_what_the_policy_does_not_allow_is_refused_and_changes_nothing(made: World, swept_pages: Sweep) -> None:
    before = kept(made.stage)
    assert swept_pages.run(swept(made, pages=True), lambda verdict: verdict is not Verdict.LET_IN) == []
    assert changed(made.stage, before) == []


def test_what_the_policy_allows_is_let_in(made: World, swept_pages: Sweep) -> None:
    routes = swept(made, pages=True)
    assert swept_pages.run([one for one in routes if one.method == "GET"], lambda v: v is Verdict.LET_IN) == []
    assert swept_pages.overheard == set()
    assert swept_pages.run([one for one in routes if one.method != "GET"], lambda v: v is Verdict.LET_IN) == []
    assert {one.operation for one in routes} - swept_pages.succeeded == NEVER
