"""Files under a passphrase: the age format (age-encryption.org/v1, scrypt), through pyrage.

scrypt is made to be slow: each call takes one to three seconds.
"""

from __future__ import annotations

import pyrage

from notary.errors import Forbidden, Malformed

MIN_PASSPHRASE = 12


def check_passphrase(passphrase: str) -> None:
    """Raise Malformed (passphrase_short) for a passphrase under 12 characters."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise Malformed(
            "passphrase_short",
            f"口令至少 {MIN_PASSPHRASE} 个字符；建议用几个不相干的词。",
            f"A passphrase has at least {MIN_PASSPHRASE} characters; take some unrelated words.",
            field="passphrase",
        )


def encrypt(data: bytes, passphrase: str) -> bytes:
    """The bytes as an age file. Raises Malformed (passphrase_short)."""
    check_passphrase(passphrase)
    return bytes(pyrage.passphrase.encrypt(data, passphrase))


def decrypt(data: bytes, passphrase: str) -> bytes:
    """What is inside an age file. Raises Forbidden (passphrase_wrong), also when the file is damaged."""
    try:
        return bytes(pyrage.passphrase.decrypt(data, passphrase))
    except pyrage.DecryptError as error:
        raise Forbidden(
            "passphrase_wrong",
            "口令不对，或文件已损坏。文件未作任何更改。",
            "The passphrase is wrong or the file is damaged. The file was not changed.",
        ) from error
