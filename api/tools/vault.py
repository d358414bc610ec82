"""The vault: all secrets of one party, and what it must never forget, in one file under a passphrase.

A trustee's opening keys are derived from the seed, so an old copy of the vault still has all of them. `openings` is the
journal that keeps one opening key from ever standing in two key sets. An opened vault is kept in memory and written at
each change.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.tools import sealed_file
from api.tools.files import write_private
from notary import forms
from notary.errors import Conflict, Unknown
from notary.forms import Base64, Form, Hex32, Kind, TenderCode

MAX_BYTES = 16 << 20

Purpose = Literal["statement", "trustee", "score", "draw"]
Keep = Callable[[bytes], None]
"""Stores the vault's bytes durably before it returns."""


class Opening(Form, frozen=True):
    """One opening key, derived from the seed, tender, kind and attempt (how many of that kind were made before).

    key_set: id of the one key set that was signed for it, ever. released: it has been published.
    """

    tender: TenderCode
    kind: Kind
    attempt: int
    public_key: Hex32
    key_set: Hex32 | None = None
    released: bool = False


class Seen(Form, frozen=True):
    """The newest checkpoint that this party has seen. root: base64."""

    size: int
    root: Base64


class Content(Form, frozen=True):
    """What is inside. signing: Ed25519 private keys. evaluation: X25519 private keys by public key.

    known: public signing keys that are this party's too, held elsewhere or lost.
    """

    type: Literal["sunbid/vault/1"]
    seed: Hex32
    signing: dict[Purpose, Hex32]
    evaluation: dict[Hex32, Hex32]
    openings: list[Opening]
    seen: Seen | None
    anchors: dict[str, Any] | None
    known: tuple[Hex32, ...] = ()


class Vault:
    """An opened vault. Every change is stored before it takes effect."""

    def __init__(self, content: Content, keep: Keep) -> None:
        self.content = content
        self._keep = keep

    def change(self, **members: Any) -> None:
        """Replace members of the content; they are stored when this returns."""
        changed = msgspec.structs.replace(self.content, **members)
        self._keep(json.dumps(forms.plain(changed), ensure_ascii=False).encode())
        self.content = changed

    def signing_key(self, purpose: Purpose) -> Ed25519PrivateKey:
        """The key for a purpose. Raises Unknown (key_missing)."""
        if purpose not in self.content.signing:
            raise Unknown(
                "key_missing",
                "密钥库中没有这种密钥，请先执行 sunbid key init。",
                "The vault has no such key: run sunbid key init first.",
                purpose=purpose,
            )
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.content.signing[purpose]))

    def add_signing_key(self, purpose: Purpose, private_key: bytes) -> None:
        """Put in a new key (32 bytes). Raises Conflict (key_exists): a key in use is not replaced."""
        if purpose in self.content.signing:
            raise Conflict("key_exists", "密钥库中已有这种密钥。", "The vault has such a key already.", purpose=purpose)
        self.change(signing={**self.content.signing, purpose: private_key.hex()})

    def know(self, public_key: str) -> None:
        """Remember that this key (hex) is the party's own, though it is not in here."""
        if public_key not in self.content.known:
            self.change(known=(*self.content.known, public_key))

    def public_key(self, purpose: Purpose) -> bytes:
        """The public half (32 bytes) of the key for a purpose."""
        return self.signing_key(purpose).public_key().public_bytes_raw()


def new(seed: bytes, signing: dict[Purpose, bytes], keep: Keep, *, anchors: dict[str, Any] | None = None) -> Vault:
    """A vault with its seed (32 bytes of entropy), signing keys (32 bytes each) and anchors, stored."""
    content = Content(
        type="sunbid/vault/1",
        seed=seed.hex(),
        signing={purpose: key.hex() for purpose, key in signing.items()},
        evaluation={},
        openings=[],
        seen=None,
        anchors=anchors,
    )
    vault = Vault(content, keep)
    vault.change()
    return vault


@dataclass
class VaultFile:
    """A vault on disk. copy: a second place that gets the same bytes at each change (a recovery copy), or None."""

    path: Path
    passphrase: str
    copy: Path | None = None
    _known: str | None = None

    def create(self, seed: bytes, signing: dict[Purpose, bytes], *, anchors: dict[str, Any] | None = None) -> Vault:
        """A new vault (see new) in a new file. Raises Conflict (vault_exists)."""
        if self.path.exists():
            raise Conflict(
                "vault_exists",
                f"密钥库 {self.path} 已存在，未作更改。",
                f"The vault {self.path} exists already and was not changed.",
            )
        return new(seed, signing, self._store, anchors=anchors)

    def open(self) -> Vault:
        """The vault in the file. Raises Unknown (vault_missing), Forbidden (passphrase_wrong)."""
        if not self.path.exists():
            raise Unknown(
                "vault_missing",
                f"没有密钥库 {self.path}，请先执行 sunbid key init 或 sunbid trustee init。",
                f"There is no vault {self.path}: run sunbid key init or sunbid trustee init first.",
            )
        data = self.path.read_bytes()
        self._known = _digest(data)
        inside = sealed_file.decrypt(data, self.passphrase)
        return Vault(forms.read(inside, Content, max_bytes=MAX_BYTES), self._store)

    def changed(self) -> bool:
        """Whether another program has written the file since."""
        return _digest(self.path.read_bytes()) != self._known

    def _store(self, data: bytes) -> None:
        encrypted = sealed_file.encrypt(data, self.passphrase)
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.with_name(f"{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.path.exists() and self.changed():
                # Two programs with one vault: writing ours would forget what the other signed.
                raise Conflict(
                    "vault_changed",
                    "密钥库刚被另一个程序修改，本次未作更改，请重试。",
                    "Another program has just changed the vault; nothing was changed here. Please try again.",
                )
            write_private(self.path, encrypted)
        self._known = _digest(encrypted)
        if self.copy:
            write_private(self.copy, encrypted)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
