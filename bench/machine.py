"""What the operating system says of processes: memory and processor time; and acts in a process of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import psutil

from bench.figures import MIB

P = ParamSpec("P")
T = TypeVar("T")


def peak_mib(pid: int | str = "self") -> float:
    """The most memory that a process had resident, in MiB."""
    # Not getrusage: what it says of a child includes the parent that started it.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    return int(found[1]) * 1024 / MIB if found else 0.0


def forget_peak(pid: int) -> None:
    """Let the peak begin anew from what the process has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def processor_seconds(pid: int) -> float:
    """Processor time of a process and its children, user and system."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in [process, *process.children(recursive=True)]]
    return sum(one.user + one.system for one in times)


def apart(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of an act in a fresh process, whose memory nobody else has used."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(act, *args, **kwargs).result()
