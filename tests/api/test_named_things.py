"""What a body or a question names, and not the address: another's looks as if it were not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select

from api import auth, sessions
from api.rows import authenticators
from api.tools import opening_keys
from api.tools import trustee as trustee_tool
from api.tools.trustee import Trustee
from bidding import trustee as pure
from notary import signing
from tests.api.sweep import Answer, Sender
from tests.api.world import ABSENT, NOBODYS, World, world
from tests.unchanged import changed, kept


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("named")) as town:
        yield town


@pytest.fixture(scope="module")
def sender(made: World) -> Iterator[Sender]:
    with closing(Sender(made)) as found:
        yield found


def same(answers: list[Answer], *own: str) -> None:
    """Both refused, alike."""
    first, second = (answer.about(*own) for answer in answers)
    assert first == second
    assert not any(answer.success for answer in answers)


#: Who asks, what of the open lot, what is named, and the rest of the body.
NAMED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("clerk", "answers", "question", {"answer": "不可以。"}),
    ("clerk", "objection-answers", "objection", {"outcome": "dismissed", "answer": "未漏项。"}),
    ("supervisor", "complaint-decisions", "complaint", {"taken_up": True, "suspends": False, "reason": "符合"}),
    ("approver", "approvals", "proposal", {"content": NOBODYS * 2}),
    ("approver", "returns", "proposal", {"reason": "请写明理由"}),
]


@pytest.mark.parametrize(("who", "act", "name", "rest"), NAMED)
def test_a_thing_of_another_lot(
    made: World, sender: Sender, who: str, act: str, name: str, rest: dict[str, Any]
) -> None:
    lot, other = made.lots["open"], made.lots["awarding"]
    if name not in other.places:  # the open lot alone has complaints
        lot, other = other, lot
    foreign = other.places[name]
    before = kept(made.stage)
    answers = [
        sender.send_json(f"/api/v1/tenders/{lot.tender}/{act}", made.actors[who], {name: one, **rest})
        for one in (foreign, NOBODYS)
    ]
    same(answers, foreign, NOBODYS)
    assert answers[0].status == 404
    assert changed(made.stage, before) == []


@pytest.mark.parametrize("name", ["open", "draft", "keyless", "proposed"])
def test_another_trustee(made: World, sender: Sender, name: str) -> None:
    """Nobody speaks for a trustee that is not its own, and learns nothing by it."""
    tender, other = made.lots[name].tender, made.actors["other trustee"]
    path = f"/api/v1/tenders/{tender}"
    signed = {"object": {"type": "sunbid/none/1"}, "signature": "AAAA"}
    bodies: dict[str, dict[str, Any]] = {
        "opening-keys": {"kind": "bid", "opening_key": "09" + "0" * 62},
        "possessions": {"kind": "bid", "possession": signed},
        "key-set-signatures": {"kind": "bid", "key_set": "ab" * 32, "signature": "AAAA"},
    }
    for act, body in bodies.items():
        same([sender.send_json(f"{path}/{act}", other, {"trustee": one, **body}) for one in ("T1", "T99")])
    same([sender.api("GET", f"{path}/rehearsal?trustee={one}", other, None) for one in ("T1", "T99")])


def test_another_ones_sessions_tokens_and_factors(made: World, sender: Sender) -> None:
    clerk, other = made.actors["clerk"], made.actors["bidder"]
    foreign = sessions.session_id(made.session(clerk))
    with made.site.desk.work.unit() as unit:
        auth.issue_token(unit, clerk.person, days=1)
        token = auth.tokens_of(unit.connection, clerk.person, unit.now)[0]["id"]
        factor = unit.connection.scalars(select(authenticators.c.authenticator)).first()
    asked = [
        ("/account/sessions/end", {"session": foreign}, {"session": NOBODYS * 2}),
        ("/account/tokens/end", {"token": token}, {"token": NOBODYS * 2}),
        (
            "/account/factors/remove",
            {"kind": "authenticator", "factor": factor},
            {"kind": "authenticator", "factor": NOBODYS},
        ),
    ]
    for path, there, absent in asked:
        # The page of the factors shows a new secret each time; what is said of the refusal stands before it.
        answers = [sender.form(path, other, one, files=False, fresh=False) for one in (there, absent)]
        assert [answer.status for answer in answers] == [404, 404]
        assert not any(str(one).encode() in answer.body for answer in answers for one in (foreign, token, factor))


def test_a_stream_of_events_of_a_draft_does_not_begin(made: World, sender: Sender) -> None:
    """The one address that the sweep leaves out: of what is public it has no end."""
    for actor in made.actors.values():
        drafts = [lot.tender for lot in made.lots.values() if not lot.published]
        answers = [sender.look(f"/openings/{tender}/events", actor).about(tender) for tender in (*drafts, ABSENT)]
        assert {(status, body) for status, body in answers} == {answers[-1]}
        assert answers[-1][0] == 404


def rehearsed(own: Trustee, tender: str) -> dict[str, Any]:
    """The signed answer of a rehearsal, which is not sent."""
    opening = trustee_tool._signed(own, tender, "bid")
    found = own.client.get(f"/tenders/{tender}/rehearsal", trustee=own.code, kind="bid")
    info = pure.rehearsal_info(found["key_set"], bytes.fromhex(opening.public_key))
    answered = pure.answer(opening_keys.private_key(own.vault, opening), info, signing.unb64(found["box"], "box"))
    said = pure.rehearsal(key_set=found["key_set"], trustee=own.code, answered=answered)
    return signing.sign(said, own.vault.signing_key("trustee"))


def test_a_rehearsal_of_one_lot_is_none_of_another(made: World, sender: Sender) -> None:
    """Else a trustee could put a foreign draft's code into the public record, and learn that there is one."""
    before = kept(made.stage)
    trustee = made.stage.trustees["T1"]
    answer = rehearsed(trustee, made.lots["held"].tender)
    answers = [
        sender.send_json(f"/api/v1/tenders/{tender}/rehearsals", made.actors["trustee"], {"rehearsal": answer})
        for tender in (made.lots["proposed"].tender, made.lots["open"].tender, ABSENT)
    ]
    assert {one.about() for one in answers} == {answers[2].about()}
    assert answers[2].reason == "rehearsal_wrong"
    assert set(changed(made.stage, before)) <= {"rehearsals"}
    sent = sender.send_json(
        f"/api/v1/tenders/{made.lots['held'].tender}/rehearsals", made.actors["trustee"], {"rehearsal": answer}
    )
    assert sent.success
