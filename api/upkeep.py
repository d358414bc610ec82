"""What the operator does on the server's own machine: migrate, the first administrator, removal, checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

import migrations
from api import auth, checks
from api import fsck as fsck_
from api.checks import Check
from api.settings import Settings, from_environment
from bidding.acts import removal
from notary import clock
from notary.errors import Held, Malformed
from notary.findings import Finding
from notary.store import FileStore
from notary.work import Lock, Unit, Work, open_engine
from trading.acts import listing, parties
from trading.rows import organisations, people, roles

_LEFT_OVER = timedelta(days=1)


def migrate(settings: Settings | None = None) -> dict[str, str | None]:
    """Bring the database up to date; the revision before and after. Nothing happens when it is.

    Raises Held (database_newer) for one that a later release has migrated, and busy while another program migrates.
    """
    with _opened(settings or from_environment()) as work:
        with work.reading() as connection:
            before = migrations.current(connection)
        known = migrations.revisions()
        if before is not None and before not in known:
            raise Held(
                "database_newer",
                f"数据库版本 {before} 由更新的程序建立，请升级程序。",
                f"A later release has migrated this database to {before}: upgrade the program.",
                revision=before,
            )
        if before != known[0]:
            with work.unit(Lock("migrate"), founding=True) as unit:
                migrations.upgrade(unit.connection)
                listing.fill(unit.connection)
    return {"before": before, "now": known[0]}


def admin_link(
    settings: Settings | None = None,
    url: str = "http://127.0.0.1:8080",
    *,
    code: str | None = None,
    name: str | None = None,
    region: str | None = None,
) -> str:
    """A one-time link, good for a day, to the token of the first administrator, who is made where there is none yet.

    code, name, region: the operator's organisation (统一社会信用代码, GB/T 2260), needed the first time. The secret is
    the link's fragment, which no browser sends and no server logs. Raises Malformed.
    """
    settings = settings or from_environment()
    migrate(settings)
    with _opened(settings) as work, work.unit(Lock("administrators")) as unit:
        person = _administrator(unit) or _add_administrator(unit, code, name, region)
        return f"{url.rstrip('/')}/claim#{auth.issue_claim(unit, person)}"


def upload_gc(settings: Settings | None = None) -> dict[str, int]:
    """Remove uploads that no bid used, and what crashes left in the stores' temporary folders. Safe while serving.

    Counts: uploads removed now, parts deleted, temporary files deleted.
    """
    settings = settings or from_environment()
    store, log = FileStore(settings.home / "store"), FileStore(settings.home / "log")
    with _opened(settings) as work:
        now = work.now()
        with work.reading() as connection:
            found = removal.unused(connection, now)
        removed = 0
        for tender, upload in found:
            with work.unit(Lock(tender)) as unit:
                removed += removal.remove(unit, upload)
        with work.reading() as connection:
            parts = removal.discard(connection, store)
    before = clock.host_time() - _LEFT_OVER
    temporary = sum(one.clean_temporary(before) for one in (store, log))
    return {"uploads": removed, "parts": parts, "temporary": temporary}


def fsck(settings: Settings | None = None) -> list[Finding]:
    """Check that all that is stored agrees: reads every byte, changes none, may run while serving.

    Raises Held (not_migrated), Unknown (no_key_file).
    """
    settings = settings or from_environment()
    with _opened(settings) as work:
        with work.reading() as connection:
            if migrations.current(connection) != migrations.revisions()[0]:
                raise Held("not_migrated", "请先执行 sunbid migrate。", "Run sunbid migrate first.")
        evidence = fsck_.gather(settings, work)
        with work.reading(patient=True) as connection:
            return list(fsck_.findings(connection, evidence))


def doctor(settings: Settings | None = None) -> list[Check]:
    """Check the machine and what the server needs on it; every check, good or bad."""
    return checks.run(settings or from_environment())


def _administrator(unit: Unit) -> str | None:
    found: str | None = unit.connection.scalar(
        select(people.c.person)
        .join(roles, roles.c.person == people.c.person)
        .where(roles.c.role == "administrator")
        .order_by(people.c.created_at, people.c.person)
        .limit(1)
    )
    return found


def _add_administrator(unit: Unit, code: str | None, name: str | None, region: str | None) -> str:
    if not (code and name and region):
        raise Malformed(
            "operator_missing",
            "首次执行须给出运营单位：统一社会信用代码、名称、行政区划代码。",
            "The first time, the operator's organisation is needed: its code, name and region.",
            field="code",
        )
    if not unit.connection.execute(select(organisations.c.code).where(organisations.c.code == code)).first():
        parties.add_organisation(unit, code=code, name=name, region=region)
    return parties.add_person(unit, organisation=code, name="管理员", roles=["administrator"])


@contextmanager
def _opened(settings: Settings) -> Iterator[Work]:
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database_url)
    try:
        yield Work(engine, settings.origin, demonstration=settings.demonstration)
    finally:
        engine.dispose()
