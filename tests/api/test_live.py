"""A live opening: events with ids that tell nothing of bids, what a reader lacks and no more, a heartbeat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import Process, site
from tests.stage import TENDER, Stage

Event = tuple[str, dict[str, Any]]


def follow(stage: Stage, path: str = f"/openings/{TENDER}/events", last: str | None = None) -> Iterator[Event]:
    """The events of an opening, as id and state."""
    headers = {} if last is None else {"Last-Event-ID": last}
    with httpx.stream("GET", f"{stage.site.url}{path}", headers=headers, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        number = ""
        for line in answer.iter_lines():
            if line.startswith("id: "):
                number = line.removeprefix("id: ")
            elif line.startswith("data: {"):
                yield number, json.loads(line.removeprefix("data: "))


def test_an_opening_is_told_step_by_step(stage: Stage) -> None:
    """From before the deadline to the bids; the id of an event is no place in the log."""
    events = follow(stage)
    number, told = next(events)
    assert (told["state"]["name"], told["bids"], told["released"]) == ("before", None, 0)
    assert number == "1"
    english = next(follow(stage, f"/en/openings/{TENDER}/events"))[1]
    assert english["state"]["word"] == "Not yet: bids are still taken"
    assert TENDER not in json.dumps(told)
    for bidder in (1, 2):
        stage.bid(stage.bidder(bidder), f"36{bidder}0000.00")
    stage.close()
    number, told = next(events)
    assert (number, told["state"]["name"], told["bids"]) == ("2", "closed", None)
    stage.release("T1")
    number, told = next(events)
    assert (number, told["state"]["name"], told["released"]) == ("3", "releasing", 1)
    assert [one["there"] for one in told["trustees"]] == [True, False, False]
    stage.release("T2")
    number, told = until_opened(events)
    assert [row[0] for row in told["bids"]] == [f"测试施工企业{bidder}号有限公司" for bidder in range(3)]
    assert {row[1] for row in told["bids"]} == {"¥3,680,000.00", "¥3,610,000.00", "¥3,620,000.00"}
    events.close()  # type: ignore[attr-defined]  # a generator
    assert next(follow(stage, last="3"))[0] == number
    assert next(follow(stage, last="999999999999"))[0] == number


def until_opened(events: Iterator[Event]) -> Event:
    for number, told in events:
        if told["state"]["name"] == "opened":
            return number, told
    raise AssertionError("the stream ended before the opening")


def test_a_reader_that_has_everything_hears_that_somebody_is_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api import live

    monkeypatch.setattr(live, "HEARTBEAT", 0.2)
    last = next(follow(stage))[0]
    url, headers = f"{stage.site.url}/openings/{TENDER}/events", {"Last-Event-ID": last}
    with httpx.stream("GET", url, headers=headers, timeout=30) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("retry: ")
        assert next(line for line in lines if line) == "event: beat"


def test_a_server_that_stops_ends_its_streams(tmp_path: Path) -> None:
    """Whole, to the last chunk, and without a complaint in the log."""
    home, database_url, log = tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db", tmp_path / "log"
    with site(home, database_url) as running:
        Stage(running, tmp_path / "parties").publish()
    process = Process(home, database_url, log=log)
    process.start()
    try:
        with httpx.stream("GET", f"{process.url}/openings/{TENDER}/events", timeout=60) as answer:
            lines = answer.iter_lines()
            assert any(line.startswith("data: {") for line in lines)
            process.terminate()
            for _ in lines:  # until it ends; a stream that was cut off raises
                pass
        process.wait(60)
    finally:
        process.kill()
    written = log.read_text()
    assert "Traceback" not in written
    assert "Cancel" not in written


def test_there_is_no_stream_of_what_is_not_there(stage: Stage) -> None:
    assert httpx.get(f"{stage.site.url}/openings/YZ-431102-GC-2026-9999/events").status_code == 404


def test_too_many_readers_are_asked_to_read_the_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from api import live

    monkeypatch.setattr(live, "MOST", 0)
    assert httpx.get(f"{stage.site.url}/openings/{TENDER}/events").status_code in {409, 503}
