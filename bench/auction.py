"""A listing in its timed phase: many bidders in the last half second of each countdown, and many who watch.

The server runs in processes of its own on PostgreSQL, on the demonstration's clock, for no auction begins within days.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from api import build
from api import witness as witnesses
from api.settings import WitnessSetting
from bench import crowd, hall
from bench.crowd import Rival
from bench.figures import Figure, Sizes, table
from bench.hall import Fought
from bench.watchers import Seen, Watching
from bidding.acts import auctions, registering
from bidding.rows import auction_statements
from notary import clock, keys, notes
from notary.work import Lock
from tests import servers
from tests.auctioning import Salesroom
from tests.serving import ORIGIN, Process, Site, serving, settings
from tests.stage import AGENCY, Stage
from tests.story.checking import check_dossier
from trading.caller import Caller

#: Bids in the last moments of a countdown: 20 a second on the whole, 100 a second while they come.
BURST: Final = 60
LAST: Final = 0.6
TIMED: Final = {"contenders": 2, "window_seconds": 3600, "preparation_seconds": 2, "countdown_seconds": 3}
_FIRST: Final = 50_000
_PROCESSES: Final = 2
#: Of the free phase, for the watchers to come in.
_AHEAD: Final = 10


def measure(sizes: Sizes, folder: Path, database_url: str) -> list[Figure]:
    """Decisions and fan-out. Raises RuntimeError where the auction did not keep its rules."""
    fought, seen = run(sizes, folder, database_url)
    name = f"{sizes.auction_bidders} bidders, {sizes.watchers:,} watchers"
    rate = len(fought.latencies) / fought.seconds
    told = ", ".join(f"{count} {answer}" for answer, count in sorted(fought.answers.items()))
    where = f"{rate:.0f} bids/s for {fought.seconds:.0f} s, {fought.busiest} in the busiest second: {told}"
    return [
        Figure(
            f"decision in an auction, {name}, p99",
            "ms",
            (fought.percentile(99) * 1000,),
            aim=250,
            less=True,
            where=where,
        ),
        Figure(f"change at the watchers, {name}, p99", "ms", (seen.percentile(99) * 1000,), aim=1000, less=True),
    ]


def run(sizes: Sizes, folder: Path, database_url: str, burst: int = BURST) -> tuple[Fought, Seen]:
    """The auction, and what bidders and watchers saw of it. Raises RuntimeError where it did not keep its rules."""
    home = folder / "home"
    os.environ["SUNBID_DEMONSTRATION_CLOCK"] = str(home / "clock")
    log = notes.verifier_key(ORIGIN, notes.LOG_KEY, keys.load_or_create(home / "keys" / "log.key")).text
    witness = witnesses.load(folder / "witness", "witness.example", [log], demonstration=True)
    with serving(witnesses.create(witness, demonstration=True)) as url:
        link = WitnessSetting(witness.vkey, url)
        environment = {"SUNBID_WITNESSES": f"{link.vkey}={link.url}", "SUNBID_PACE_SECONDS": "1"}
        process = Process(home, database_url, environment, processes=_PROCESSES)
        process.start()
        made = settings(home, database_url, witnesses=(link,), witness_quorum=1)
        with closing(build.desk(made)) as desk:
            site = Site(process.url, desk)
            try:
                return _fought(Stage(site, folder / "parties"), process.port, sizes, folder, burst)
            finally:
                site.close()
                process.kill()


def _fought(stage: Stage, port: int, sizes: Sizes, folder: Path, burst: int) -> tuple[Fought, Seen]:
    room = Salesroom(stage, changed={"timed": TIMED})
    room.publish()
    rivals = crowd.enrol(stage.site.desk, sizes.auction_bidders, _FIRST)
    numbers = register(stage, rivals)
    stage.keep_tokens()
    room.until(room.opens_at, "open")
    # Days in one leap are an outage, behind which some of the free phase is left; then to its last moments.
    stage.pass_until(room.closes_at)
    stage.until(lambda: any(one["event"] == "interrupted" for one in room.shown()["log"]))
    stage.pass_until(clock.parse(room.shown()["ends_at"]) - timedelta(seconds=_AHEAD))
    watching = Watching({"port": port, "tender": stage.tender, "watchers": sizes.watchers}, folder)
    told = {"seconds": sizes.auction_seconds, "burst": burst}
    fought = hall.fight(plan(stage, port, rivals, numbers) | told, folder)
    seen = watching.seen()
    judge(stage, fought, seen, folder)
    return fought, seen


def plan(stage: Stage, port: int, rivals: Sequence[Rival], numbers: Sequence[str]) -> dict[str, Any]:
    """What the bidders must know."""
    bidders = [
        {"number": number, "token": rival.token, "key": rival.key.private_bytes_raw().hex()}
        for rival, number in zip(rivals, numbers, strict=True)
    ]
    return {"port": port, "tender": stage.tender, "origin": ORIGIN, "last": LAST, "bidders": bidders}


def register(stage: Stage, rivals: Sequence[Rival]) -> list[str]:
    """Let all of them take part, on the server's own side; their numbers."""
    desk, tender = stage.site.desk, stage.tender
    clerk = Caller(stage.site.person(AGENCY, "agency")[0], AGENCY, frozenset({"agency"}))
    with desk.work.unit(Lock(tender)) as unit:
        for rival in rivals:
            caller = Caller(rival.person, rival.code, frozenset({"bidder"}))
            application = registering.apply(unit, caller, tender, "遵守出让文件，已缴保证金。")
            registering.admit(unit, desk.floor, clerk, tender, application)
        return [str(auctions.number_of(unit.connection, tender, rival.code)) for rival in rivals]


def judge(stage: Stage, fought: Fought, seen: Seen, folder: Path) -> None:
    """Raise RuntimeError where something was lost, taken against the rules, or seen otherwise by somebody."""
    stage.settle()
    check_dossier(stage, folder)
    with stage.site.desk.work.reading() as connection:
        kept = set(connection.scalars(select(auction_statements.c.leaf)))
    wrong = {
        "an accepted bid is not what the record has": kept != set(fought.accepted),
        "a bid was accepted that had to be refused": fought.wrong != 0,
        "watchers ended in different states": len(set(seen.ends)) != 1,
        "the server failed": any(answer.startswith("5") for answer in fought.answers),
    }
    for what, is_so in wrong.items():
        if is_so:
            raise RuntimeError(f"{what}: {fought.answers}")


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="sunbid-bench-") as made,
        servers.postgres_server() as server,
        servers.postgres_database(server) as database,
    ):
        print(table(measure(Sizes(), Path(made), database)))
