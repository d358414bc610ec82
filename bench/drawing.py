"""A draw of experts out of a large pool, with replacements: all of it that is not waiting for people or checkpoints."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from api.tools import draws
from bench.figures import Figure, Sizes, seconds, table
from bench.opening import closed
from notary import chance
from tests.serving import OPERATOR, Site
from tests.stage import Stage
from trading.rows import people, pool_experts, pool_specialities, roles

SEATS, REPLACED = 7, 3
_SPECIALITY = "公路工程"


def measure(sizes: Sizes, folder: Path, database_url: str, database: str) -> Figure:
    """Seconds from the agency's call to the last replacement, as the parties' tools see it over HTTP."""
    taken, parts = [], (0.0, 0.0, 0.0)
    for number in range(sizes.runs):
        own = folder / f"run-{number}"
        own.mkdir()
        url = database_url if number == 0 or "sqlite" not in database_url else f"sqlite:///{own / 'draw.db'}"
        with closed(own, url, 3, committee={"size": SEATS, "experts": SEATS}) as stage:
            _fill(stage.site, sizes.pool)
            parts = _draw(stage)
        taken.append(sum(parts))
    return Figure(
        f"draw of {SEATS} out of {sizes.pool:,} experts, {REPLACED} replaced, {database}",
        "s",
        tuple(taken),
        aim=1,
        less=True,
        where=f"pool {parts[0]:.3f} s, last value and result {parts[1]:.3f} s, replacements {parts[2]:.3f} s.",
    )


def _draw(stage: Stage) -> tuple[float, float, float]:
    stage.drawers()
    called = seconds(lambda: stage.call_draw((_SPECIALITY, SEATS)))
    stage.site.tick()
    for client, own, anchors in stage.drawers().values():
        draws.commit(client, own, anchors, stage.tender)
    stage.site.tick()
    *others, last = stage.drawers().values()
    for client, own, anchors in others:
        draws.reveal(client, own, anchors, stage.tender)
    made = seconds(lambda: draws.reveal(*last, stage.tender))
    return called, made, seconds(lambda: _replace(stage))


def _replace(stage: Stage) -> None:
    for _ in range(REPLACED):
        said = {"person": stage.drawn()[0], "reason": "absent"}
        stage.clerk.post(f"/tenders/{stage.tender}/draw-replacements", said)


def _fill(running: Site, count: int) -> None:
    """So many experts in the pool."""
    persons = [chance.token(16).hex() for _ in range(count)]
    with running.desk.work.unit() as unit:
        own = {"organisation": OPERATOR, "created_at": unit.now}
        rows: dict[Table, list[dict[str, Any]]] = {
            people: [{"person": one, "name": "专家", **own} for one in persons],
            roles: [{"person": one, "role": "expert"} for one in persons],
            pool_experts: [{"person": one, "suspended": False, "changed_at": unit.now} for one in persons],
            pool_specialities: [{"person": one, "speciality": _SPECIALITY} for one in persons],
        }
        for one, made in rows.items():
            unit.connection.execute(insert(one), made)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sunbid-bench-") as made:
        print(table([measure(Sizes(), Path(made), f"sqlite:///{made}/draw.db", "SQLite")]))
