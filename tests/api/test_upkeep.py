"""What the operator does on the server's own machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import migrations
from api import auth, build, upkeep
from api.checks import Check
from api.handlers.bids import BidForm
from api.rows import claims
from api.settings import Settings, WitnessSetting
from api.tools import bidder
from api.tools import uploads as sending
from api.tools.client import Client
from bidding.acts import removal, submission
from bidding.acts.uploads import part_key
from bidding.rows import removed_uploads, uploads
from notary import forms, notes
from notary.errors import Conflict, Held, Malformed
from notary.store import FileStore
from notary.work import Lock, Work, open_engine
from tests.servers import free_port
from tests.serving import OPERATOR, settings, site
from tests.stage import Stage
from trading.caller import Caller

OPERATED_BY = {"code": OPERATOR, "name": "测试平台运营有限公司", "region": "431102"}


@pytest.fixture
def made(tmp_path: Path, bare_url: str) -> Settings:
    return settings(tmp_path / "home", bare_url)


@pytest.fixture
def work(made: Settings) -> Iterator[Work]:
    made.home.mkdir()
    upkeep.migrate(made)
    engine = open_engine(made.database_url)
    yield Work(engine, made.origin, demonstration=True)
    engine.dispose()


def test_migrate_brings_a_new_database_up_to_date_once(made: Settings) -> None:
    newest = migrations.revisions()[0]
    assert upkeep.migrate(made) == {"before": None, "now": newest}
    assert upkeep.migrate(made) == {"before": newest, "now": newest}


def test_migrate_leaves_a_newer_database_alone(made: Settings, work: Work) -> None:
    with work.unit() as unit:
        unit.connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    with pytest.raises(Held, match="database_newer"):
        upkeep.migrate(made)


def test_the_first_administrator_needs_the_operators_organisation(made: Settings) -> None:
    with pytest.raises(Malformed, match="operator_missing"):
        upkeep.admin_link(made)


def test_the_link_gives_a_token_once(made: Settings, work: Work) -> None:
    link = upkeep.admin_link(made, "https://sunbid.example/", **OPERATED_BY)
    address, _, secret = link.partition("#")
    assert address == "https://sunbid.example/claim"
    with work.unit() as unit:
        kept = unit.connection.scalars(select(claims.c.sha256)).all()
        assert kept == [hashlib.sha256(secret.encode()).hexdigest()]
        token, person = auth.use_claim(unit, secret)
        caller = auth.authenticate(unit.connection, f"Bearer {token}", unit.now)
    assert caller is not None
    assert caller == Caller(person, OPERATOR, frozenset({"administrator"}))
    with pytest.raises(Conflict, match="claim_used"), work.unit() as unit:
        auth.use_claim(unit, secret)


def test_a_second_link_is_for_the_same_administrator(made: Settings, work: Work) -> None:
    first, second = upkeep.admin_link(made, **OPERATED_BY), upkeep.admin_link(made)
    with work.unit() as unit:
        persons = [auth.use_claim(unit, link.partition("#")[2])[1] for link in (first, second)]
    assert persons[0] == persons[1]
    assert first != second


def test_a_new_record_is_clean(made: Settings) -> None:
    upkeep.migrate(made)
    desk = build.desk(made)
    desk.log.run()
    desk.close()
    assert upkeep.fsck(made) == []


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    """A published tender; time passes only when the test says so."""
    with site(tmp_path / "home", database_url, ticking=False) as running:
        made = Stage(running, tmp_path / "parties")
        made.publish()
        running.tick()
        yield made


def send(stage: Stage, number: int) -> tuple[Path, str]:
    """A bidder seals and uploads, and does not submit; its file and the upload."""
    path = stage.seal(stage.bidder(number), "3680000.00")
    upload, _ = sending.upload(stage.bidder(number).client, sending.read_bid(path), lambda _done, _whole: None)
    return path, upload


def here(stage: Stage) -> Settings:
    return stage.site.desk.settings


def test_uploads_that_no_bid_used_go_with_a_record(stage: Stage) -> None:
    _, upload = send(stage, 0)
    stage.bid(stage.bidder(1), "3650000.00")
    assert upkeep.upload_gc(here(stage)) == {"uploads": 0, "parts": 0, "temporary": 0}
    stage.pass_time(removal.WHILE_OPEN + timedelta(minutes=1))
    assert upkeep.upload_gc(here(stage)) == {"uploads": 1, "parts": 2, "temporary": 0}
    with stage.site.desk.work.reading() as connection:
        assert connection.scalars(select(removed_uploads.c.upload)).all() == [upload]
        kept = connection.scalars(select(uploads.c.upload)).all()
    assert len(kept) == 1
    assert {key.split("/")[1] for key in stage.site.desk.store.keys("sealed/")} == set(kept)
    assert upkeep.upload_gc(here(stage)) == {"uploads": 0, "parts": 0, "temporary": 0}


def test_after_the_closing_a_day_is_enough(stage: Stage) -> None:
    send(stage, 0)
    stage.pass_until(stage.deadline() + timedelta(seconds=1))
    stage.site.tick()
    assert stage.stage() != "open"
    assert upkeep.upload_gc(here(stage))["uploads"] == 1
    assert upkeep.fsck(here(stage)) == []


def test_what_a_crash_left_goes_the_next_time(stage: Stage) -> None:
    _, upload = send(stage, 0)
    with stage.site.desk.work.unit(Lock(stage.tender)) as unit:
        assert removal.remove(unit, upload)
        assert not removal.remove(unit, upload)
    assert [finding.where for finding in upkeep.fsck(here(stage))] == [part_key(upload, 0), part_key(upload, 1)]
    assert upkeep.upload_gc(here(stage)) == {"uploads": 0, "parts": 2, "temporary": 0}
    assert upkeep.fsck(here(stage)) == []


class Caught(Exception):
    """A bid on its way."""


class Catching:
    """A bidder's connection that keeps back the bid itself."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def post(self, path: str, body: dict[str, Any], **options: Any) -> Any:
        if path.endswith("/bids"):
            raise Caught(body)
        return self._client.post(path, body, **options)


def test_no_bid_is_accepted_with_an_upload_that_was_removed_meanwhile(stage: Stage) -> None:
    """Prepared before the removal, accepted after it: the foreign key is what stops it."""
    path, upload = send(stage, 0)
    own, desk = stage.bidder(0), stage.site.desk
    with pytest.raises(Caught) as caught:
        bidder.submit(replace(own, client=cast("Client", Catching(own.client))), path, lambda _done, _whole: None)
    form = forms.convert(caught.value.args[0], BidForm)
    caller = Caller("", own.code, frozenset({"bidder"}))
    with desk.work.reading() as connection:
        prepared = submission.prepare_bid(connection, desk.store, caller, stage.tender, form.statement, form.uploads)
    with desk.work.unit(Lock(stage.tender)) as unit:
        assert removal.remove(unit, upload)
    with pytest.raises(IntegrityError), desk.work.unit(Lock(stage.tender, shared=True)) as unit:
        submission.accept(unit, caller, prepared, desk.signer)
    with desk.work.reading() as connection:
        assert submission.own(connection, own.code, stage.tender)["statements"] == []


def test_left_over_temporary_files_go_when_they_are_old(made: Settings, work: Work) -> None:
    store = FileStore(made.home / "store")
    old, young = (made.home / "store" / "tmp" / name for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"cut off")
    os.utime(old, (1_000_000_000, 1_000_000_000))
    assert upkeep.upload_gc(made) == {"uploads": 0, "parts": 0, "temporary": 1}
    assert (old.exists(), young.exists()) == (False, True)
    assert store.clean_temporary() == 1


def well(found: list[Check]) -> set[str]:
    return {one.check for one in found if one.well}


def unwell(found: list[Check]) -> set[str]:
    return {one.check for one in found if not one.well}


def test_the_doctor_finds_nothing_wrong_with_a_running_site(stage: Stage) -> None:
    stage.site.tick()
    assert unwell(upkeep.doctor(here(stage))) == set()
    assert "witness witness.example" in well(upkeep.doctor(here(stage)))


def test_the_doctor_names_what_is_wrong(made: Settings, work: Work) -> None:
    build.desk(made).close()
    assert unwell(upkeep.doctor(made)) == set()
    (made.home / "keys" / "log.key").chmod(0o644)
    assert unwell(upkeep.doctor(made)) == {"keys"}
    with work.unit() as unit:
        unit.connection.execute(text("UPDATE alembic_version SET version_num = 'v0001'"))
    assert unwell(upkeep.doctor(made)) == {"keys", "database"}


def test_the_doctor_sees_an_old_copy_of_the_database(made: Settings, work: Work) -> None:
    desk = build.desk(made)
    desk.log.run()
    desk.close()
    assert unwell(upkeep.doctor(made)) == set()
    old = replace(made, database_url=f"sqlite:///{made.home / 'old.db'}")
    upkeep.migrate(old)
    assert unwell(upkeep.doctor(old)) == {"log"}


def test_the_doctor_misses_a_witness(made: Settings, work: Work) -> None:
    vkey = notes.verifier_key("w1.example", notes.WITNESS_KEY, Ed25519PrivateKey.from_private_bytes(bytes(32))).text
    away = WitnessSetting(vkey, f"http://127.0.0.1:{free_port()}")
    assert unwell(upkeep.doctor(replace(made, witnesses=(away,)))) == {"witness w1.example"}


def test_the_doctor_cannot_write(made: Settings, work: Work) -> None:
    (made.home / "store").write_bytes(b"a file where a folder should be")
    assert unwell(upkeep.doctor(made)) == {"store"}
