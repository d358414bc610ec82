"""The store under strace: what was synced before it answered, and what a failed or deadly system call leaves."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from notary.store import FileStore

ROOT = Path(__file__).parents[2]
OLD, NEW = b"old" * 1000, b"new" * 1000
PROGRAM = """
import sys
from pathlib import Path
from notary.store import FileStore
store = FileStore(Path(sys.argv[1]))
if sys.argv[2] == "put":
    store.put("a/b", [b"new" * 500, b"new" * 500])
else:
    store.replace("a/b", b"new" * 1000)
print("stored", flush=True)
"""
CALLS = "fsync,link,linkat,rename,renameat,renameat2,mkdir,unlink,unlinkat,write"


def run(folder: Path, act: str, *strace: str) -> tuple[bool, list[str]]:
    """Whether the program said that it stored, and the system calls on the way."""
    trace = folder.with_suffix(".trace")
    command = ["strace", "-y", "-o", str(trace), "-e", f"trace={CALLS}", *strace]
    program = [sys.executable, "-B", "-c", PROGRAM, str(folder), act]
    done = subprocess.run([*command, *program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout == "stored\n", trace.read_text().splitlines()


def place(calls: list[str], pattern: str) -> int:
    (found,) = [i for i, call in enumerate(calls) if re.search(pattern, call)]
    return found


@pytest.mark.fault
@pytest.mark.parametrize("act", ["put", "replace"])
def test_bytes_are_synced_before_the_name_and_the_name_before_the_answer(tmp_path: Path, act: str) -> None:
    stored, calls = run(tmp_path / "objects", act)
    assert stored
    bytes_synced = place(calls, r"^fsync\(\d+<[^>]*/objects/tmp/")
    named = place(calls, r"^(link|linkat|rename|renameat|renameat2)\(.*/objects/a/b\"")
    answered = place(calls, r"^write\(1<.*stored")
    for folder in ("objects/a", "objects"):
        synced = [i for i, call in enumerate(calls) if re.search(rf"^fsync\(\d+<[^>]*{folder}>", call)]
        assert any(named < i < answered for i in synced)
    assert bytes_synced < named


@pytest.mark.fault
@pytest.mark.parametrize("act", ["put", "replace"])
@pytest.mark.parametrize("fault", ["error=EIO", "signal=KILL"])
def test_a_fault_at_any_call_leaves_all_or_nothing(tmp_path: Path, act: str, fault: str) -> None:
    calls = calls_of(tmp_path / "sound", act)
    answers = [hold_after_fault(tmp_path / f"{name}-{nth}", act, f"{name}:{fault}:when={nth}") for name, nth in calls]
    # Else the faults were never injected, and nothing was tested.
    assert answers.count(False) > len(calls) // 2


def hold_after_fault(folder: Path, act: str, fault: str) -> bool:
    """Check the store after a run with this fault, and that the act can then be done again. Whether it had answered."""
    if act == "replace":
        FileStore(folder).replace("a/b", OLD)
    answered, _ = run(folder, act, "-e", f"inject={fault}")
    store = FileStore(folder)
    keys = list(store.keys())
    found = {key: store.read(key) for key in keys}
    before = {"a/b": OLD} if act == "replace" else {}
    assert found in ({"a/b": NEW}, before), f"{fault} left a mixture"
    assert found == {"a/b": NEW} or not answered, f"{fault}: answered, but not stored"
    store.clean_temporary()
    assert run(folder, act)[0], f"{fault}: cannot be done again"
    assert (list(store.keys()), store.read("a/b")) == (["a/b"], NEW)
    return answered


def calls_of(folder: Path, act: str) -> list[tuple[str, int]]:
    """Each system call of a sound run as (name, which one of that name)."""
    seen: dict[str, int] = {}
    calls = []
    for line in run(folder, act)[1]:
        name = line.partition("(")[0]
        if name in CALLS.split(","):
            seen[name] = seen.get(name, 0) + 1
            calls.append((name, seen[name]))
    return calls
