"""From settings to a desk: the one place where the parts are put together."""

from __future__ import annotations

import httpx
from sqlalchemy import select

from api import rows as api_rows
from api.desk import Desk
from api.settings import Settings, WitnessSetting
from bidding import rows as bidding_rows
from notary import forms, keys, notes
from notary.errors import Held
from notary.publish import Log, WitnessLink
from notary.rows import entries, metadata
from notary.store import FileStore
from notary.work import Lock, Work, check_durable, open_engine
from trading import prior_rows, procedures, remedy_rows
from trading import rows as trading_rows

TABLES = (api_rows, bidding_rows, trading_rows, remedy_rows, prior_rows)
_WITNESS_SECONDS = 5.0


def desk(settings: Settings) -> Desk:
    """The desk of these settings; on a new database the log's first entry is written."""
    forms.prepare()
    if settings.procedures:
        procedures.add_folder(settings.procedures)
    procedures.catalogue()  # impossible data is refused now, and not when the first tender asks
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database_url)
    try:
        check_durable(engine)
    except Held:
        engine.dispose()
        raise
    work = Work(engine, settings.origin, demonstration=settings.demonstration)
    log_key = keys.load_or_create(settings.home / "keys" / "log.key")
    receipt_key = keys.load_or_create(settings.home / "keys" / "receipt.key")
    client = httpx.Client(timeout=_WITNESS_SECONDS)
    log = Log(
        work,
        FileStore(settings.home / "log"),
        settings.origin,
        log_key,
        [_link(one, client) for one in settings.witnesses],
        settings.witness_quorum,
    )
    made = Desk(settings, work, FileStore(settings.home / "store"), log, receipt_key, client)
    _open_log(made)
    return made


def create_tables(work: Work) -> None:
    """All tables, as the models have them: for tests; `sunbid migrate` does it by the migrations."""
    metadata.create_all(work.engine)


def _open_log(desk_: Desk) -> None:
    """Leaf 0 says which log this is, and under which keys."""
    with desk_.work.unit(Lock("log")) as unit:
        if unit.connection.execute(select(entries.c.serial).limit(1)).first() is None:
            body = {
                "demonstration": desk_.settings.demonstration,
                "log_key": desk_.log.vkey.text,
                "origin": desk_.settings.origin,
                "receipt_key": desk_.receipt_key.public_key().public_bytes_raw().hex(),
            }
            unit.record("log_opened", "", "", body, disclosed=True)


def _link(setting: WitnessSetting, client: httpx.Client) -> WitnessLink:
    def ask(body: bytes) -> tuple[int, str, bytes]:
        try:
            response = client.post(f"{setting.url}/add-checkpoint", content=body)
        except httpx.HTTPError as error:
            raise Held("witness_away", "见证方无法连接。", "The witness cannot be reached.") from error
        return response.status_code, response.headers.get("content-type", ""), response.content

    return WitnessLink(notes.parse_vkey(setting.vkey), ask)
