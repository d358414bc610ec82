"""The parties' vaults: in memory while the play goes on, and each written once under its passphrase, beside the play.

The passphrase is made slow to guess: a vault takes seconds of one processor, and the library holds Python's lock while
it works. So other processes do it, behind the play.
"""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from api.tools import sealed_file
from api.tools.files import write_private
from api.tools.vault import Purpose, Vault, new
from notary import chance

PASSPHRASE = "demonstration-only"  # nosec B105  # printed at the end: nothing in a demonstration is secret
_PROCESSES = 2


class Vaults:
    """All vaults of a demonstration, by name; each party uses its own and no other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._latest: dict[str, bytes] = {}
        self._stored: dict[str, tuple[bytes, Future[None]]] = {}
        self._pool = ProcessPoolExecutor(
            _PROCESSES,
            mp_context=multiprocessing.get_context("spawn"),
            # Ctrl-C reaches them too, and is for the play to answer.
            initializer=signal.signal,
            initargs=(signal.SIGINT, signal.SIG_IGN),
        )

    def new(self, name: str, purpose: Purpose | None = None) -> Vault:
        """A new vault in memory, with a signing key for the purpose."""

        def keep(data: bytes) -> None:
            self._latest[name] = data

        return new(chance.token(), {purpose: chance.token()} if purpose else {}, keep)

    def store(self, name: str) -> None:
        """Begin to write a vault that will hardly change any more."""
        data = self._latest[name]
        self._stored[name] = data, self._pool.submit(_write, self._folder / f"{name}.age", data)

    def finish(self) -> int:
        """Write what is not written as it is now, and wait; how many vaults there are."""
        write_private(self._folder / "passphrase", PASSPHRASE.encode("ascii"))
        for name, data in self._latest.items():
            if name not in self._stored or self._stored[name][0] != data:
                self.store(name)
        for _, written in self._stored.values():
            written.result()
        return len(self._latest)

    def close(self) -> None:
        """End the processes; what they have not begun is left."""
        self._pool.shutdown(cancel_futures=True)


def _write(path: Path, data: bytes) -> None:
    write_private(path, sealed_file.encrypt(data, PASSPHRASE))
