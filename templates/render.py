"""Facts in, paper out: PDF/A-3 with the facts inside. No session, no clock, no network.

The layout engine sees text that strangers wrote, so it runs in a child process (:mod:`templates.paper`) that has hard
limits on memory, processor time and wall time and that can open no connection. Equal facts give equal bytes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_FACTS = 1 << 20
MAX_DOCUMENTS = 20
UNFIT = 3
"""Exit status of the child for facts that it refuses; the reason stands on its standard error."""

_PACKAGE = Path(__file__).resolve().parent


class RenderFailed(Exception):
    """No paper was made, nothing else happened.

    reason: ``facts`` (they do not fit the template), ``size`` (too many bytes, list items or documents), ``font`` (the
    Chinese font is not installed), ``time`` or ``crash`` (mostly of too little memory). detail: one line for the log.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Limits:
    """What one child may use. memory: bytes of address space; processor, wall: seconds; items: in one paper's lists.

    An opening record of 1,000 bids has 5,000 items and takes 19 s and 420 MB (two cores, Python 3.11).
    """

    memory: int = 1 << 30
    processor: int = 60
    wall: int = 120
    items: int = 10_000


def pdf(name: str, facts_json: bytes, limits: Limits = Limits()) -> bytes:
    """The paper `name` (a template of ``templates/print``) of canonical facts (shapes: :mod:`templates.facts`).

    The bytes of `facts_json` are attached unchanged as ``facts.json``; their SHA-256 is the document id on each page.
    Raises RenderFailed.
    """
    return pdfs([(name, facts_json)], limits)[0]


def pdfs(papers: Sequence[tuple[str, bytes]], limits: Limits = Limits()) -> list[bytes]:
    """Several papers in one child, which pays its start (two seconds) once. All of them or RenderFailed."""
    if len(papers) > MAX_DOCUMENTS or any(len(facts) > MAX_FACTS for _, facts in papers):
        raise RenderFailed("size", f"at most {MAX_DOCUMENTS} papers of {MAX_FACTS} bytes of facts each")
    try:
        order = json.dumps([[name, facts.decode("utf-8")] for name, facts in papers]).encode("ascii")
    except UnicodeDecodeError as error:
        raise RenderFailed("facts", "the facts are not UTF-8") from error
    return _split(_run(order, limits), len(papers))


def _run(order: bytes, limits: Limits) -> bytes:
    numbers = [str(limits.memory), str(limits.processor), str(limits.items)]
    try:
        done = subprocess.run(  # nosec B603  # our own program, with numbers for arguments
            [sys.executable, "-P", "-m", "templates.paper", *numbers],
            input=order,
            capture_output=True,
            timeout=limits.wall,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderFailed("time", f"more than {limits.wall} s") from error
    if done.returncode:
        raise _failure(done.returncode, done.stderr.decode("utf-8", "replace").strip())
    return done.stdout


def _environment() -> dict[str, str]:
    """What the child is told: nothing of the server's settings or secrets.

    Without PATH ctypes cannot go and ask a compiler where libraries lie, which takes a second of each child.
    """
    kept = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
    return kept | {"LANG": "C.UTF-8", "PYTHONPATH": str(_PACKAGE.parent), "PYTHONHASHSEED": "0"}


def _failure(status: int, errors: str) -> RenderFailed:
    last = errors.rsplit("\n", 1)[-1][:500]
    if status == UNFIT:
        reason, _, detail = last.partition(": ")
        return RenderFailed(reason, detail)
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return RenderFailed("time", "the processor time is used up")
    return RenderFailed("crash", last or f"exit status {status}")


def _split(stream: bytes, count: int) -> list[bytes]:
    """The papers in the child's output: each is a length (8 bytes, big-endian) and its bytes."""
    papers: list[bytes] = []
    at = 0
    while at < len(stream):
        end = at + 8 + int.from_bytes(stream[at : at + 8], "big")
        papers.append(stream[at + 8 : end])
        at = end
    if at != len(stream) or len(papers) != count:
        raise RenderFailed("crash", "the child's output is cut short")
    return papers
