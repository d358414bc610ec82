"""The server's own signing keys, one file each: 64 hex digits, readable by its owner only."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notary import chance
from notary.errors import Held, Unknown


def load_or_create(path: Path) -> Ed25519PrivateKey:
    """The key in the file; where there is no file a new key is made and durably stored first.

    Raises Held (key_file_open) when others may read the file.
    """
    if not path.exists():
        _create(path)
    return load(path)


def load(path: Path) -> Ed25519PrivateKey:
    """The key in the file. Raises Held (key_file_open), Unknown (no_key_file)."""
    if not path.exists():
        raise Unknown("no_key_file", f"没有密钥文件 {path}。", f"There is no key file {path}.")
    if path.stat().st_mode & 0o077:
        raise Held(
            "key_file_open",
            f"密钥文件 {path} 可被他人读取，请先执行 chmod 600。",
            f"The key file {path} can be read by others: chmod 600 it first.",
        )
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii")))


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(chance.token().hex())
        file.flush()
        os.fsync(file.fileno())
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
