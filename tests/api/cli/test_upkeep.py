"""Commands of whoever runs the server, on its own machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli import main

OPERATOR = ("--code", "91110000600037341L", "--name", "永州市公共资源交易中心", "--region", "431100")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    return {"SUNBID_HOME": str(home), "SUNBID_DEMONSTRATION": "1", "SUNBID_DATABASE_URL": f"sqlite:///{home / 's.db'}"}


def run(environment: dict[str, str], *arguments: str) -> tuple[int, Any, str]:
    found = CliRunner().invoke(main, [*arguments, "--json"], env=environment)
    return found.exit_code, json.loads(found.stdout) if found.stdout.strip() else None, found.stderr


def test_a_new_database_is_migrated_once(environment: dict[str, str]) -> None:
    first = run(environment, "migrate")[1]
    second = run(environment, "migrate")[1]
    assert first["before"] is None
    assert second == {"before": first["now"], "now": first["now"]}


def test_the_first_administrator_needs_an_organisation_and_gets_a_link(environment: dict[str, str]) -> None:
    code, _, err = run(environment, "admin", "create")
    assert (code, json.loads(err)["reason"]) == (1, "operator_missing")
    code, link, _ = run(environment, "admin", "create", "--url", "https://ggzy.example", *OPERATOR)
    assert code == 0
    assert link.startswith("https://ggzy.example/claim#")


def test_unused_uploads_are_counted(environment: dict[str, str]) -> None:
    run(environment, "migrate")
    assert run(environment, "upload", "gc")[:2] == (0, {"uploads": 0, "parts": 0, "temporary": 0})


def test_what_is_not_well_is_1_and_named(environment: dict[str, str]) -> None:
    run(environment, "migrate")
    home = Path(environment["SUNBID_HOME"])
    (home / "keys").mkdir()
    (home / "keys" / "log.key").write_text("00" * 32)
    (home / "keys" / "log.key").chmod(0o644)
    code, found, _ = run(environment, "doctor")
    assert code == 1
    assert {one["check"]: one["well"] for one in found}["keys"] is False
