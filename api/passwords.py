"""Passwords: argon2id (RFC 9106) with the parameters that OWASP's cheat sheet recommends, a few at a time."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from notary import chance
from notary.errors import Held, Malformed

LEAST = 12
MOST = 128
_DIFFERENT = 6
#: How much must be left without what everybody would guess.
_OWN = 8
#: What passwords are made of by those who do not want one. Compared in small letters.
_COMMON = ("password", "sunbid", "qwertyuiop", "asdfghjkl", "1234567890", "0987654321", "yangguangbiao", "iloveyou")
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: Each takes 19 MiB and its time on one core: a flood of them waits here instead of filling the memory.
_AT_ONCE = threading.BoundedSemaphore(4)
_PATIENCE = 10.0


def hashed(password: str) -> str:
    """The argon2id hash, with its own salt and parameters."""
    with _Turn():
        return _HASHER.hash(_plain(password), salt=chance.token(16))


def verify(known: str | None, password: str) -> bool:
    """Whether it is this password; without a known one it takes the same time and is not."""
    with _Turn():
        try:
            return _HASHER.verify(known or _NOBODYS, _plain(password)) and known is not None
        except (VerificationError, InvalidHashError):
            return False


def check(password: str, login: str) -> None:
    """Raise Malformed (password_weak) for one that is short, simple, or made of the login name."""
    rest = password.lower()
    for word in (login, *_COMMON):
        rest = rest.replace(word, "")
    simple = len(set(rest)) < _DIFFERENT or len(rest) < _OWN
    if not LEAST <= len(password) <= MOST or simple:
        raise Malformed(
            "password_weak",
            f"密码应为 {LEAST} 至 {MOST} 个字符，至少 {_DIFFERENT} 种不同字符，不含登录名和常见密码；"
            "可用任何文字、空格和标点。",
            f"A password has {LEAST} to {MOST} characters, {_DIFFERENT} of them different, without the login name and "
            "common passwords; any letters, spaces and signs will do.",
            field="password",
        )


def _plain(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password)[: 4 * MOST].encode()


class _Turn:
    def __enter__(self) -> None:
        if not _AT_ONCE.acquire(timeout=_PATIENCE):
            raise Held(
                "busy",
                "登录的人太多，请稍后再试。",
                "Too many people are signing in: try again in a moment.",
            )

    def __exit__(self, *_: object) -> None:
        _AT_ONCE.release()


_NOBODYS = _HASHER.hash(chance.token(), salt=chance.token(16))
