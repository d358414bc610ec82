"""Commands against a running server, with vaults on disk, as their users type them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api import auth
from api.cli import main
from tests.api.tools.town import TENDER, Town, town


@pytest.fixture(name="town")
def _town(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with town(tmp_path, sqlite_url, monkeypatch) as found:
        yield found


class Desk:
    """One user's machine: a folder, a token, a passphrase."""

    def __init__(self, town: Town, name: str, organisation: str, *roles: str) -> None:
        self.folder = town.folder / name
        self.folder.mkdir()
        person, _ = town.site.person(organisation, *roles)
        with town.site.desk.work.unit() as unit:
            token, _ = auth.issue_token(unit, person, days=366)
        (self.folder / "token").write_text(token)
        (self.folder / "passphrase").write_text("correct horse battery")
        self._environment = {
            "SUNBID_URL": town.site.url,
            "SUNBID_TOKEN_FILE": str(self.folder / "token"),
            "SUNBID_VAULT": str(self.folder / "vault.age"),
            "SUNBID_PASSPHRASE_FILE": str(self.folder / "passphrase"),
        }

    def run(self, *arguments: str | Path) -> Any:
        code, out, err = self.attempt(*arguments)
        assert code == 0, err
        return out

    def attempt(self, *arguments: str | Path) -> tuple[int, Any, str]:
        command = [*map(str, arguments), "--json"]
        found = CliRunner().invoke(main, command, env=self._environment)
        return found.exit_code, json.loads(found.stdout) if found.stdout.strip() else None, found.stderr


def test_a_bidder_seals_submits_and_withdraws(town: Town) -> None:
    town.publish()
    desk = Desk(town, "bidder", town.organisation("湘江建设有限公司"), "bidder")
    here = ("--demonstration",)
    form, document = desk.folder / "form.json", desk.folder / "技术标.pdf"
    form.write_text(json.dumps({"price": "3680000.00", "duration_days": 180, "quality": "合格"}), "utf-8")
    document.write_bytes(b"%PDF-1.7")
    assert len(desk.run("key", "init")["public_key"]) == 64
    sealed, recovery, receipt = (desk.folder / name for name in ("my.bid", "my.recovery.age", "receipt.json"))
    desk.run("key", "register", *here)
    code, out, err = desk.attempt(
        "bid", "seal", TENDER, document, "--form", form, "--out", sealed, "--recovery", recovery,
        "--recovery-passphrase-file", desk.folder / "passphrase", *here,
    )  # fmt: skip
    assert code == 0, err
    assert out["size"] == sealed.stat().st_size
    assert all(code in err for code in ("T1", "T2", "T3"))
    assert b"3680000.00" not in sealed.read_bytes() + recovery.read_bytes()
    submitted = desk.run("bid", "submit", sealed, "--receipt", receipt, "--wait", "0", *here)
    assert submitted["proved"] is False
    town.site.tick()
    proved = desk.run("bid", "receipt", submitted["receipt"], "--out", receipt, *here)
    assert proved["proved"] is True
    assert json.loads(receipt.read_bytes())["proof"] is not None
    assert desk.run("bid", "status", TENDER, *here)["standing"] == proved["statement"]
    assert desk.run("bid", "withdraw", TENDER, "--receipt", receipt, "--wait", "0", *here)["statement"]
    code, _, err = desk.attempt("bid", "withdraw", TENDER, "--receipt", receipt, *here)
    assert (code, json.loads(err)["reason"]) == (1, "no_bid_stands")


def test_a_trustee_joins_signs_and_releases(town: Town) -> None:
    operator = Desk(town, "operator", town.organisation("运营方"), "administrator")
    organisation = town.organisation("永州市公证处")
    desk = Desk(town, "trustee", organisation, "trustee")
    code, _, err = desk.attempt("trustee", "init", "T4")
    assert (code, json.loads(err)["reason"]) == (1, "demonstration_unexpected")
    assert not (desk.folder / "vault.age").exists()
    registration = desk.folder / "T4.json"
    registration.write_text(json.dumps(desk.run("trustee", "init", "T4", "--demonstration")))
    operator.run("trustee", "add", registration, "--name", "永州市公证处", "--organisation", organisation)
    town.draft(policy={"quorums": [["T1", "T2"], ["T1", "T4"], ["T2", "T4"]]})
    here = (TENDER, "--demonstration")
    for name in ("T1", "T2"):
        town.offer(name)
    assert desk.run("trustee", "keys", *here)["complete"] is True
    for name in ("T1", "T2"):
        town.sign(name)
    assert desk.run("trustee", "sign", *here)["complete"] is True
    town.approve(town.clerk.post(f"/tenders/{TENDER}/publication", {}))
    town.site.tick()
    for price in ("3680000.00", "3690000.00", "3700000.00"):
        town.submitted(price)
    town.to_deadline()
    checked = desk.run("trustee", "release", *here, "--dry-run")
    assert {one["met"] for one in checked} == {True}
    desk.run("trustee", "serve", "--once", "--demonstration")
    town.release("T2")
    opening = town.clerk.get(f"/tenders/{TENDER}/opening")
    assert sorted(opening["released"]) == ["T2", "T4"]
    assert len(opening["bids"]) == 3
