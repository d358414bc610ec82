"""Servers that are up in a moment: forked from a process that has imported everything already.

One server at a time; each is `sunbid serve` in a process of its own, which may be killed.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.serving import wait_until_it_answers

_PR_SET_PDEATHSIG = 1


class Forks:
    """The process that forks. Every method is for one thread, but for `kill` and `wait`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._pid = 0
        self._ended = threading.Event()
        self._ended.set()
        self._signal = 0

    def start(self, port: int, environment: dict[str, str]) -> None:
        """Start a server, and wait until it answers. Raises RuntimeError when it has ended before."""
        self._say({"port": port, "environment": environment})
        self._pid = int(self._hear())
        self._ended.clear()
        threading.Thread(target=self._await, daemon=True).start()
        wait_until_it_answers(f"http://127.0.0.1:{port}", self._ended.is_set)

    def wait(self, seconds: float | None = None) -> int | None:
        """The signal that ended the server (0: it ended by itself), or None when it still runs."""
        return self._signal if self._ended.wait(seconds) else None

    def kill(self) -> None:
        """SIGKILL, as a power cut would; nothing when it has ended."""
        if not self._ended.is_set():
            os.kill(self._pid, signal.SIGKILL)
        self._ended.wait()

    def close(self) -> None:
        """End."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _await(self) -> None:
        self._signal = int(self._hear())
        self._ended.set()

    def _say(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def forks() -> Iterator[Forks]:
    """The process, until the end of the block."""
    made = Forks()
    try:
        yield made
    finally:
        made.close()


def _main() -> None:
    from api import server
    from notary import failpoints

    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            sys.stdout = sys.stderr
            os.environ.update(order["environment"])
            importlib.reload(failpoints)
            server.serve("127.0.0.1", order["port"])
            os._exit(0)
        _tell(pid)
        _tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
