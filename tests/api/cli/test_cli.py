"""The command line: helpful, quiet on stdout, honest in its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from api.cli import main
from api.cli.output import exit_code
from api.tools.client import ServerRefused, Unreachable
from notary.errors import Held
from tests.api.tools.answering import Answering, answering

ENVIRONMENT = {"SUNBID_PASSPHRASE_FILE": "", "NO_COLOR": "1"}


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering() as found:
        yield found


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(main, arguments, env={**ENVIRONMENT, **environment})
    return found.exit_code, found.stdout, found.stderr


def test_every_command_shows_an_example_of_itself() -> None:
    for path, command in commands():
        help_ = command.help or ""
        assert f"sunbid {' '.join(path)}" in help_ or path == ("verify",), path


def test_every_command_speaks_json() -> None:
    silent = {("serve",), ("verify",), ("witness", "serve")}
    for path, command in commands():
        if path not in silent:
            assert "--json" in {option for one in command.params for option in one.opts}, path


def test_no_option_takes_a_secret() -> None:
    for path, command in commands():
        for option in command.params:
            secret = {"passphrase", "token", "secret", "password", "private_key"} & {option.name}
            assert not secret, (path, option.name)


def test_help_comes_without_loading_what_commands_need() -> None:
    code = (
        "import sys; from api.cli import main; main(['--help'], standalone_mode=False); print('httpx' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.endswith("False\n")


def test_wrong_usage_is_2() -> None:
    assert run("bid", "seal")[0] == 2
    assert run("nonsense")[0] == 2
    assert run("log", "show", "--url", "http://127.0.0.1:9", "-1")[0] == 2


def test_a_refusal_is_1_and_told_in_both_languages_on_stderr(server: Answering) -> None:
    problem = {"reason": "tender_unknown", "detail": "没有这个项目。", "detail_en": "There is no such tender."}
    server.give("/api/v1/tenders/YZ-1", (404, problem))
    code, out, err = run("tender", "show", "YZ-1", SUNBID_URL=server.url)
    assert (code, out) == (1, "")
    assert err == "✗ 没有这个项目。\n  There is no such tender. (tender_unknown)\n"


def test_with_json_a_refusal_is_json_on_stderr(server: Answering) -> None:
    problem = {
        "reason": "too_early",
        "detail": "早。",
        "detail_en": "Early.",
        "cites": "法 24",
        "earliest": "2026-12-01",
    }
    server.give("/api/v1/tenders/YZ-1/publication", (422, problem))
    code, out, err = run("tender", "publish", "YZ-1", "--json", SUNBID_URL=server.url)
    assert (code, out) == (1, "")
    told = json.loads(err)
    assert (told["reason"], told["zh"], told["cites"], told["earliest"]) == ("too_early", "早。", "法 24", "2026-12-01")


def test_what_may_pass_with_time_is_3() -> None:
    assert exit_code(Unreachable("unreachable", "无应答。", "No answer.")) == 3
    assert exit_code(ServerRefused(503, {"reason": "busy"})) == 3
    assert exit_code(Held("conditions_unmet", "未满足。", "Not yet.")) == 3
    assert exit_code(ServerRefused(404, {"reason": "tender_unknown"})) == 1


def test_data_goes_to_stdout_as_text_and_as_json(server: Answering) -> None:
    rows = [{"tender": "YZ-1", "title": "道路工程"}, {"tender": "YZ-22", "title": "桥梁工程"}]
    server.give("/api/v1/tenders", (200, {"items": rows, "links": {}}))
    code, out, err = run("tender", "show", "--json", SUNBID_URL=server.url)
    assert (code, json.loads(out), err) == (0, rows, "")
    code, out, err = run("tender", "show", SUNBID_URL=server.url)
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["tender", "title"],
        ["YZ-1", "道路工程"],
        ["YZ-22", "桥梁工程"],
    ]


def test_without_terminal_or_file_no_passphrase_is_asked_for(tmp_path: Path) -> None:
    code, out, err = run("key", "init", "--vault", str(tmp_path / "vault.age"))
    assert (code, out) == (1, "")
    assert "passphrase_missing" in err
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_with_a_vault_and_a_token_is_kept_private(server: Answering, tmp_path: Path) -> None:
    passphrase, claim, token = tmp_path / "passphrase", tmp_path / "link", tmp_path / "token"
    passphrase.write_text("correct horse battery\n")
    claim.write_text("https://ggzy.example/claims#the-secret-of-the-link\n")
    made = run("key", "init", "--json", "--vault", str(tmp_path / "vault.age"), "--passphrase-file", str(passphrase))
    assert made[0] == 0
    assert len(json.loads(made[1])["public_key"]) == 64
    server.give("/api/v1/claims", (200, {"token": "s3cret", "person": "00" * 16}))
    code, out, _ = run("token", "claim", str(claim), "--out", str(token), "--json", SUNBID_URL=server.url)
    assert (code, json.loads(out)) == (0, {"person": "00" * 16})
    assert json.loads(server.asked[0].body) == {"claim": "the-secret-of-the-link"}
    assert token.read_text() == "s3cret"
    assert token.stat().st_mode & 0o777 == 0o600


def test_verify_runs_apart_and_its_exit_code_is_ours(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    unreadable = tmp_path / "dossier.zip"
    unreadable.write_bytes(b"no dossier")
    assert run("verify", str(unreadable))[0] == 2
    assert run("verify", "--help")[0] == 0
    assert "--anchors" in capfd.readouterr().out
