"""Temporary files of large answers: a bounded number at once, so that slow readers do not fill the disk."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from typing import IO

from notary import clock
from notary.errors import Held

_IN_MEMORY = 16 << 20
_PIECE = 1 << 20


class Spools:
    """At most `most` files at once. One that is read for over `seconds` gives way to whoever wants its place."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self._lock = threading.Lock()
        self._begun: dict[IO[bytes], float] = {}  # in the order of their beginnings

    def __len__(self) -> int:
        return len(self._begun)

    def open(self) -> IO[bytes]:
        """A new empty file, to be given to `close` or `drained`. Raises Held (answers_many)."""
        with self._lock:
            if len(self._begun) >= self.most:
                oldest = next(iter(self._begun))
                if clock.monotonic() - self._begun[oldest] < self.seconds:
                    raise Held(
                        "answers_many",
                        "同时下载的人较多，请稍后再试。",
                        "Many are fetching such files just now: try again in a moment.",
                    )
                self._close(oldest)
            file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # closed when it was sent
            self._begun[file] = clock.monotonic()
            return file

    def close(self, file: IO[bytes]) -> None:
        """Give up a file."""
        with self._lock:
            self._close(file)

    def drained(self, file: IO[bytes]) -> Iterator[bytes]:
        """What was written into it, piece by piece; then it is closed. Raises ValueError when it had to give way."""
        try:
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece
        finally:
            self.close(file)

    def _close(self, file: IO[bytes]) -> None:
        self._begun.pop(file, None)
        file.close()
