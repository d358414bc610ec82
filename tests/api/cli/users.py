"""The users of a Sunbid at their own machines, with token and vault: all that they do is commands."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pyrage
import pytest
from click.testing import CliRunner

from api.cli import main
from api.cli.output import TRY_AGAIN
from api.tools import sealed_file
from notary import clock
from notary.errors import Forbidden
from tests.serving import Site, variables

PATIENCE = 30

Path_ = tuple[str, ...]


def leaves(group: click.Group = main, path: Path_ = ()) -> Iterator[tuple[Path_, click.Command]]:
    """Every command that is no group, with the words that name it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


class Users:
    """Those who use one site. ran: the commands that were run to a good end."""

    def __init__(self, site: Site, database_url: str, folder: Path) -> None:
        self.site = site
        self.folder = folder
        self.ran: set[Path_] = set()
        self.server = variables(site.desk.settings.home, database_url)
        self._clock = Path(os.environ["SUNBID_DEMONSTRATION_CLOCK"])
        self._leaves = {path for path, _ in leaves()}

    def user(self, name: str) -> User:
        """Somebody with a machine, not yet with a token or a vault."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        (folder / "passphrase").write_text("correct horse battery staple")
        return User(self, folder)

    def pass_until(self, moment: datetime) -> None:
        """Move the demonstration's clock to a moment and a little beyond."""
        offset = clock.demonstration_offset() + (moment - self.site.desk.work.now()) + timedelta(seconds=1)
        temporary = self._clock.with_suffix(".new")
        temporary.write_text(str(offset.total_seconds()), "ascii")
        temporary.replace(self._clock)

    def note(self, arguments: Path_) -> None:
        """This command line came to a good end."""
        self.ran |= {arguments[:length] for length in (1, 2) if arguments[:length] in self._leaves}


class User:
    """One of them."""

    def __init__(self, users: Users, folder: Path) -> None:
        self.users = users
        self.folder = folder

    def run(self, *arguments: str | Path, told: str = "") -> Any:
        """The data that a command prints. While it says that it cannot be done yet, it is run again.

        told: what it must say on stderr, by the way.
        """
        end = time.monotonic() + PATIENCE
        while True:
            code, out, err = self.attempt(*arguments)
            if code != TRY_AGAIN or time.monotonic() > end:
                break
            time.sleep(0.05)
        assert code == 0, err
        assert told in err
        self.users.note(tuple(map(str, arguments)))
        return out

    def refused(self, *arguments: str | Path) -> str:
        """The reason with which a command is refused."""
        code, out, err = self.attempt(*arguments)
        assert (code, out) == (1, None), err
        reason: str = json.loads(err.splitlines()[-1])["reason"]
        return reason

    def attempt(self, *arguments: str | Path) -> tuple[int, Any, str]:
        """Exit code, data and messages of a command."""
        environment = self.users.server | {
            "SUNBID_URL": self.users.site.url,
            "SUNBID_TOKEN_FILE": str(self.folder / "token") if (self.folder / "token").exists() else None,
            "SUNBID_VAULT": str(self.folder / "vault.age"),
            "SUNBID_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "NO_COLOR": "1",
        }
        found = CliRunner().invoke(main, [*map(str, arguments), "--json"], env=environment)
        return found.exit_code, json.loads(found.stdout) if found.stdout.strip() else None, found.stderr

    def file(self, name: str, content: Any) -> Path:
        """A file on the user's machine: text as it is, other things as JSON."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8")
        return path


@contextmanager
def quick_vaults() -> Iterator[None]:
    """Vaults are real age files, but a key stands in for scrypt, which takes a second or more at each opening.

    tests/api/cli/test_with_server.py has vaults as they are.
    """
    identities: dict[str, pyrage.x25519.Identity] = {}

    def identity(passphrase: str) -> pyrage.x25519.Identity:
        sealed_file.check_passphrase(passphrase)
        return identities.setdefault(hashlib.sha256(passphrase.encode()).hexdigest(), pyrage.x25519.Identity.generate())

    def encrypt(data: bytes, passphrase: str) -> bytes:
        return bytes(pyrage.encrypt(data, [identity(passphrase).to_public()]))

    def decrypt(data: bytes, passphrase: str) -> bytes:
        try:
            return bytes(pyrage.decrypt(data, [identity(passphrase)]))
        except pyrage.DecryptError as error:
            raise Forbidden("passphrase_wrong", "口令不对。", "The passphrase is wrong.") from error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed_file, "encrypt", encrypt)
        patch.setattr(sealed_file, "decrypt", decrypt)
        yield
