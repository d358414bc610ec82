"""What `sunbid doctor` looks at: the machine, the database, the stores, the clocks, the log and its witnesses."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

import migrations
from api.settings import Settings, WitnessSetting
from notary import chance, clock, guard, notes, witness
from notary.errors import Held, Refusal
from notary.rows import heads
from notary.store import FileStore
from notary.tiles import CHECKPOINT_PATH
from notary.work import Work, check_durable, open_engine

_PYTHON = "3.11"
_CRYPTOGRAPHY = "50.0.2"
_WITNESS_SECONDS = 5.0
#: The Date of an HTTP answer has whole seconds, and the answer took its time.
_CLOCKS_APART = timedelta(seconds=5)

Found = tuple[str, str]
"""What a look found when all is well, in Chinese and English; it raises a Refusal when it is not."""


@dataclass(frozen=True)
class Check:
    """One thing looked at, whether it is well, and what was found."""

    check: str
    well: bool
    zh: str
    en: str


def run(settings: Settings) -> list[Check]:
    """Every check, good or bad; what cannot be looked at is not well."""
    looks: dict[str, Callable[[], Found]] = {
        "versions": _versions,
        "fonts": _fonts,
        "keys": lambda: _keys(settings.home / "keys"),
        "store": lambda: _durable(settings.home / "store"),
        "log files": lambda: _durable(settings.home / "log"),
        "database": lambda: _database(settings),
        "clock": lambda: _clock(settings),
        "log": lambda: _log(settings),
    }
    for one in settings.witnesses:
        looks[f"witness {notes.parse_vkey(one.vkey).name}"] = partial(_witness, settings, one)
    return [_looked_at(name, look) for name, look in looks.items()]


def _looked_at(name: str, look: Callable[[], Found]) -> Check:
    try:
        zh, en = look()
    except Refusal as refusal:
        return Check(name, well=False, zh=refusal.zh, en=refusal.en)
    except (OSError, SQLAlchemyError, httpx.HTTPError, subprocess.SubprocessError, ValueError) as error:
        return Check(name, well=False, zh=f"无法检查：{error}", en=f"It cannot be looked at: {error}")
    return Check(name, well=True, zh=zh, en=en)


def _versions() -> Found:
    python, cryptography = platform.python_version(), version("cryptography")
    if _numbers(python) < _numbers(_PYTHON) or _numbers(cryptography) < _numbers(_CRYPTOGRAPHY):
        raise Held(
            "versions_old",
            f"Python {python}、cryptography {cryptography} 版本过低，需要 {_PYTHON} 和 {_CRYPTOGRAPHY} 以上。",
            f"Python {python} and cryptography {cryptography}: at least {_PYTHON} and {_CRYPTOGRAPHY} are needed.",
        )
    found = f"Python {python}, cryptography {cryptography}"
    return found, found


def _fonts() -> Found:
    listed = subprocess.run(  # nosec B603 B607  # a constant command, found on the path as fontconfig itself is
        ["fc-list", ":lang=zh", "family"], check=True, capture_output=True, timeout=20
    )
    families = {line.split(",")[0] for line in listed.stdout.decode("utf-8", "replace").splitlines()}
    if not families:
        raise Held(
            "no_chinese_font",
            "没有中文字体，公文无法显示：请安装 fonts-wqy-microhei。",
            "There is no Chinese font, papers would be empty: install fonts-wqy-microhei.",
        )
    found = ", ".join(sorted(families)[:5])
    return found, found


def _keys(folder: Path) -> Found:
    names = sorted(path.name for path in folder.glob("*.key"))
    for name in names:
        if (folder / name).stat().st_mode & 0o077:
            raise Held(
                "key_file_open",
                f"密钥文件 {name} 可被他人读取，请 chmod 600。",
                f"The key file {name} can be read by others: chmod 600 it.",
            )
    if not names:
        return "尚无密钥，首次启动时生成。", "There are no keys yet; the first start makes them."
    found = ", ".join(names)
    return found, found


def _durable(folder: Path) -> Found:
    """Writes, syncs, reads and deletes an object, as the server does."""
    store, key, data = FileStore(folder), f"doctor/{chance.token(8).hex()}", chance.token()
    store.put(key, [data])
    kept = store.read(key)
    store.delete(key)
    if kept != data:
        raise Held("store_wrong", "写入与读出的内容不同。", "What was read is not what was written.")
    return "可写，已落盘。", "Writable, and synced to disk."


def _database(settings: Settings) -> Found:
    with _work(settings) as work:
        check_durable(work.engine)
        with work.reading() as connection:
            current = migrations.current(connection)
    newest = migrations.revisions()[0]
    if current != newest:
        raise Held(
            "database_not_migrated",
            f"数据库版本为 {current}，应为 {newest}：请执行 sunbid migrate。",
            f"The database is at {current} and should be at {newest}: run sunbid migrate.",
        )
    return f"{work.engine.dialect.name}，版本 {newest}", f"{work.engine.dialect.name} at {newest}"


def _clock(settings: Settings) -> Found:
    with _work(settings) as work:
        guard.check_clock(work)
        if work.sqlite:
            return "数据库与主机为同一时钟。", "Database and host have one clock."
        return "数据库与主机时钟一致。", "The database's clock and the host's agree."


def _log(settings: Settings) -> Found:
    """The database is no older than what the public has seen: a restored old copy would fork the log."""
    size = _head(settings)
    path = settings.home / "log" / CHECKPOINT_PATH
    published = notes.parse_checkpoint(notes.parse_note(path.read_bytes()).text).size if path.exists() else 0
    if published > size:
        raise _behind(size, published)
    return f"日志 {size} 条，已公布 {published} 条。", f"The log has {size} leaves, {published} of them published."


def _witness(settings: Settings, setting: WitnessSetting) -> Found:
    """The witness answers, its clock agrees with ours, and it has not seen more of the log than there is."""
    answer = httpx.get(f"{setting.url}/{witness.origin_hash(settings.origin)}/checkpoint", timeout=_WITNESS_SECONDS)
    _check_date(answer)
    seen = 0
    if answer.status_code == 200:
        seen = notes.parse_checkpoint(notes.parse_note(answer.content).text).size
    elif answer.status_code != 404:
        raise Held("witness_refuses", f"见证方应答 {answer.status_code}。", f"It answers {answer.status_code}.")
    size = _head(settings)
    if seen > size:
        raise _behind(size, seen)
    return f"可连接，已见证 {seen} 条。", f"It answers, and has cosigned {seen} leaves."


def _check_date(answer: httpx.Response) -> None:
    apart = abs(parsedate_to_datetime(answer.headers.get("date", "")) - clock.host_time())
    if apart > _CLOCKS_APART:
        raise Held(
            "clocks_disagree",
            f"见证方与主机时钟相差 {apart.total_seconds():.0f} 秒，请校时。",
            f"Its clock and the host's are {apart.total_seconds():.0f} s apart: set them right.",
        )


def _head(settings: Settings) -> int:
    with _work(settings) as work, work.reading() as connection:
        return connection.scalar(select(func.max(heads.c.size))) or 0


def _behind(size: int, seen: int) -> Held:
    return Held(
        "log_behind",
        f"数据库只有 {size} 条，而已公布或已见证 {seen} 条：数据库是旧副本。",
        f"The database has {size} leaves but {seen} were published or cosigned: it is an old copy.",
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())


@contextmanager
def _work(settings: Settings) -> Iterator[Work]:
    engine = open_engine(settings.database_url)
    try:
        yield Work(engine, settings.origin, demonstration=settings.demonstration)
    finally:
        engine.dispose()
