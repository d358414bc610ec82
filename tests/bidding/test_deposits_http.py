"""Deposits from the bank's report to the refund, on both databases; who may see what, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from api import fsck, upkeep
from api.tools.client import Client, ServerRefused
from bidding.deposit_rows import settlements, transfers
from notary import clock
from tests.serving import site
from tests.stage import Stage, code
from trading.calendar import beijing_day
from trading.rows import organisations

ASKED = "50000.00"


class Desk:
    """The operator's people, who bring in what the bank says."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.client: Client = stage.administrator
        self.number = 0

    def transfer(self, number: int | None, amount: str = ASKED, **more: Any) -> dict[str, Any]:
        self.number += 1
        named = {} if number is None else {"tender": self.stage.tender, "organisation": code(number)}
        whole = {
            "reference": f"R{self.number}",
            "account": f"6222{self.number}",
            "payer": "某人" if number is None else f"投标人{number}",
            "amount": amount,
            "received_at": clock.text(self.stage.now()),
            **named,
        }
        return whole | more

    def bring(self, *reported: dict[str, Any]) -> dict[str, int]:
        counts: dict[str, int] = self.client.post("/deposits", {"transfers": list(reported)})
        return counts

    def refunds(self) -> dict[str, dict[str, Any]]:
        return {one["reference"]: one for one in self.client.get("/deposits")["refunds"]}

    def unassigned(self) -> list[str]:
        return [one["reference"] for one in self.client.get("/deposits")["unassigned"]]

    def pay(self, reference: str, amount: str, **more: Any) -> Any:
        paid = {
            "reference": reference,
            "payment": f"B{reference}",
            "paid_on": beijing_day(self.stage.now()).isoformat(),
            "amount": amount,
        }
        return self.client.post("/deposits/payments", {"payments": [paid | more]})


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", database_url) as running:
        yield Stage(running, tmp_path / "parties")
        assert upkeep.fsck(running.desk.settings) == []


def refused(act: Callable[[], Any]) -> tuple[str, str | None]:
    with pytest.raises(ServerRefused) as caught:
        act()
    return caught.value.reason, caught.value.field


def test_from_the_bank_to_the_refund(stage: Stage) -> None:
    stage.publish(deposit=ASKED)
    desk = Desk(stage)
    for number in range(3):
        stage.bidder(number)
    paid = [desk.transfer(number, payer=_name(stage, number)) for number in range(3)]
    stranger = desk.transfer(None)
    assert desk.bring(*paid, stranger) == {"new": 4, "known": 0, "unassigned": 1}
    assert desk.bring(*paid, stranger) == {"new": 0, "known": 4, "unassigned": 0}
    assert desk.unassigned() == ["R4"]
    assert desk.refunds() == {}

    other = paid[0] | {"amount": "1.00"}
    assert refused(lambda: desk.bring(desk.transfer(0), other)) == ("transfer_differs", "transfers[1].reference")
    assert desk.unassigned() == ["R4"]
    wrong = desk.transfer(0, received_at=clock.text(stage.now() + timedelta(hours=1)))
    assert refused(lambda: desk.bring(wrong)) == ("received_wrong", "transfers[0].received_at")
    assert refused(lambda: desk.bring(desk.transfer(0, "0.00"))) == ("sum_zero", "transfers[0].amount")

    _before_the_opening(stage, desk)
    _after_it(stage, desk, paid[0]["received_at"])


def _before_the_opening(stage: Stage, desk: Desk) -> None:
    path = f"/tenders/{stage.tender}"
    # Who has paid is nobody's of the agency before the opening; each bidder sees its own.
    for client in (stage.clerk, stage.supervisor):
        assert refused(partial(client.get, f"{path}/deposits")) == ("not_opened", "tender")
    (own,) = stage.bidder(1).client.get(f"{path}/deposits/own")["deposits"]
    assert (own["organisation"], own["paid"], own["enough"], own["faults"]) == (code(1), ASKED, True, [])
    letter = {"organisation": code(2), "number": "保2026-1", "issuer": "某银行", "amount": ASKED}
    desk.client.post(f"{path}/guarantees", letter | {"expires_on": "2026-01-01"})
    same = refused(lambda: desk.client.post(f"{path}/guarantees", letter | {"expires_on": "2026-01-01"}))
    assert same == ("guarantee_there", "number")

    assigned = {"tender": stage.tender, "organisation": code(0), "reason": "付款附言"}
    assert refused(lambda: desk.client.post("/deposits/R1/assignment", assigned)) == ("assigned_already", "reference")
    assert refused(lambda: desk.client.post("/deposits/R9/assignment", assigned)) == ("transfer_unknown", "reference")

    # The third withdraws; its money goes back within five days of that.
    for number, price in enumerate(("3700000.00", "3680000.00", "3690000.00")):
        stage.bid(stage.bidder(number), price)
    stage.withdraw(stage.bidder(2))
    withdrawn = desk.refunds()
    assert list(withdrawn) == ["R3"]
    assert withdrawn["R3"]["until"] is not None
    assert refused(lambda: desk.pay("R1", ASKED)) == ("not_due", "payments[0].reference")
    assert refused(lambda: desk.pay("R3", "50000.01")) == ("amount_differs", "payments[0].amount")
    assert desk.pay("R3", ASKED) == {"paid": [{"reference": "R3", "interest": "0.00"}]}
    assert refused(lambda: desk.pay("R3", ASKED)) == ("settled_already", "payments[0].reference")
    # What belongs to no lot goes back with a reason.
    assert refused(lambda: desk.pay("R4", ASKED)) == ("not_due", "payments[0].reference")
    desk.pay("R4", ASKED, reason="付款人不明，原路退回")
    stage.bid(stage.bidder(2), "3695000.00")


def _after_it(stage: Stage, desk: Desk, received_at: str) -> None:
    path = f"/tenders/{stage.tender}"
    stage.close()
    stage.open()
    shown = {one["organisation"]: one for one in stage.clerk.get(f"{path}/deposits")["deposits"]}
    assert stage.supervisor.get(f"{path}/deposits")["deposits"] == list(shown.values())
    assert [shown[code(number)]["enough"] for number in range(3)] == [True, True, True]
    assert shown[code(2)]["guarantees"][0]["number"] == "保2026-1"
    assert "expires" in shown[code(2)]["faults"]
    keeping = {"ground": "refused", "reason": "拒签合同"}
    assert refused(lambda: stage.clerk.post(f"{path}/deposits/R2/keeping", keeping)) == ("rule_broken", "ground")

    stage.evaluate()
    stage.award(code(1))
    assert refused(lambda: stage.clerk.post(f"{path}/deposits/R4/keeping", keeping))[0] == "transfer_unknown"
    assert desk.refunds() == {}
    stage.contract()
    due = desk.refunds()
    assert list(due) == ["R1", "R2"]
    days = (beijing_day(stage.now()) - beijing_day(clock.parse(received_at))).days
    whole = 5_000_000 + int((Decimal(5_000_000) * days * Decimal("0.35") / 36000).quantize(Decimal(1)))
    assert due["R1"]["total"] == f"{whole // 100}.{whole % 100:02}"
    assert not due["R1"]["late"]
    desk.pay("R1", due["R1"]["total"])
    stage.keep_tokens()
    stage.pass_until(clock.parse(due["R2"]["until"]))
    assert desk.refunds()["R2"]["late"]
    revoked = {"ground": "revoked", "reason": "截止后撤销"}
    assert refused(lambda: stage.clerk.post(f"{path}/deposits/R2/keeping", revoked)) == ("rule_broken", "ground")
    stage.clerk.post(f"{path}/deposits/R2/keeping", keeping)
    assert desk.refunds() == {}
    _judged(stage)


def _name(stage: Stage, number: int) -> str:
    with stage.site.desk.work.reading() as connection:
        return str(connection.scalar(select(organisations.c.name).where(organisations.c.code == code(number))))


def _judged(stage: Stage) -> None:
    """What the database refuses to change, and what fsck finds of a row that came behind everybody's back."""
    desk = stage.site.desk
    with pytest.raises(DBAPIError, match="append-only"), desk.work.engine.begin() as connection:
        connection.execute(update(settlements).values(interest_fen=1))
    evidence = fsck.gather(desk.settings, desk.work)
    with desk.work.engine.connect() as connection, connection.begin() as transaction:
        row = connection.execute(select(transfers).where(transfers.c.reference == "R1")).one()._asdict()
        connection.execute(insert(transfers).values(row | {"reference": "R99"}))
        settled = {"reference": "R99", "person": row["person"], "settled_at": stage.now(), "payment": "B99"}
        connection.execute(insert(settlements).values(settled | {"paid_on": "2099-01-01", "interest_fen": 5}))
        assert [one.where for one in fsck.findings(connection, evidence)] == ["settlements reference=R99"]
        transaction.rollback()
