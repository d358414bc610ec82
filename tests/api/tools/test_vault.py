"""The vault: nothing readable on disk, nothing forgotten, one writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.tools import vault as vaults
from api.tools.vault import Vault, VaultFile
from notary.errors import Conflict, Forbidden, Malformed, Unknown

PASSPHRASE = "correct horse battery"
KEY = b"\x07" * 32


def in_memory() -> tuple[Vault, list[bytes]]:
    kept: list[bytes] = []
    return vaults.new(b"\x01" * 32, {}, kept.append), kept


def test_a_vault_comes_back_as_it_was_and_shows_nothing(tmp_path: Path) -> None:
    path, copy = tmp_path / "deep" / "vault.age", tmp_path / "usb" / "vault.age"
    VaultFile(path, PASSPHRASE, copy).create(b"\x01" * 32, {"statement": KEY})
    assert path.stat().st_mode & 0o777 == 0o600
    data = path.read_bytes()
    assert data.startswith(b"age-encryption.org/v1")
    assert KEY.hex().encode() not in data
    assert copy.read_bytes() == data
    assert VaultFile(copy, PASSPHRASE).open().content.signing == {"statement": KEY.hex()}
    assert sorted(one.name for one in path.parent.iterdir()) == ["vault.age", "vault.age.lock"]


def test_a_wrong_passphrase_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "vault.age"
    VaultFile(path, PASSPHRASE).create(KEY, {})
    before = path.read_bytes()
    with pytest.raises(Forbidden, match="passphrase_wrong"):
        VaultFile(path, "something else entirely").open()
    assert path.read_bytes() == before


def test_two_programs_cannot_forget_what_the_other_wrote(tmp_path: Path) -> None:
    path = tmp_path / "vault.age"
    one, other = VaultFile(path, PASSPHRASE), VaultFile(path, PASSPHRASE)
    first = one.create(KEY, {})
    second = other.open()
    first.add_signing_key("trustee", KEY)
    assert other.changed()
    with pytest.raises(Conflict, match="vault_changed"):
        second.add_signing_key("statement", KEY)
    assert second.content.signing == {}
    assert set(VaultFile(path, PASSPHRASE).open().content.signing) == {"trustee"}


def test_a_vault_is_never_made_over_another(tmp_path: Path) -> None:
    path = tmp_path / "vault.age"
    path.write_bytes(b"precious")
    with pytest.raises(Conflict, match="vault_exists"):
        VaultFile(path, PASSPHRASE).create(KEY, {})
    with pytest.raises(Unknown, match="vault_missing"):
        VaultFile(tmp_path / "none", PASSPHRASE).open()
    assert path.read_bytes() == b"precious"


def test_a_short_passphrase_makes_no_vault(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="passphrase_short"):
        VaultFile(tmp_path / "vault.age", "short").create(KEY, {})
    assert list(tmp_path.iterdir()) == []


def test_a_change_that_cannot_be_stored_does_not_happen() -> None:
    def fail(_: bytes) -> None:
        raise OSError("disk full")

    vault, _ = in_memory()
    broken = Vault(vault.content, fail)
    with pytest.raises(OSError, match="disk full"):
        broken.add_signing_key("statement", KEY)
    assert broken.content == vault.content


def test_keys_are_neither_missing_silently_nor_replaced() -> None:
    vault, kept = in_memory()
    with pytest.raises(Unknown, match="key_missing"):
        vault.signing_key("score")
    vault.add_signing_key("score", KEY)
    with pytest.raises(Conflict, match="key_exists"):
        vault.add_signing_key("score", b"\x08" * 32)
    assert vault.content.signing == {"score": KEY.hex()}
    assert len(kept) == 2
