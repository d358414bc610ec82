"""Files that hold secrets or evidence: whole or not at all, readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path

from notary import chance


def write_private(path: Path, data: bytes) -> None:
    """Put bytes in a file (mode 0600) in place of what was there. A crash leaves the old bytes or the new."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{chance.token(8).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Commit point: before it the old file stands, after it the new one.
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
