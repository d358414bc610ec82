"""A whole Sunbid whose server is a process of its own, as an operator runs it, with a witness in this process.

It may know procedures that the tests' own process does not, its memory may be searched, and its work takes no time from
the clients'.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from api import build, upkeep
from api import witness as witnesses
from notary import clock, keys, notes
from tests.serving import ORIGIN, Process, Site, serving, settings
from tests.stage import Stage

LOG = "server.log"
PROCEDURES = Path(__file__).parent / "story" / "procedures"


@contextmanager
def site_apart(home: Path, database_url: str, **environment: str) -> Iterator[tuple[Site, Process]]:
    """The site and its process. The site's desk is this process's own, on the same database and files.

    The server knows the procedure `bare`, and writes to `server.log` beside its home. environment: further variables
    of the server.
    """
    # Both processes go by one clock, from the first entry on.
    os.environ["SUNBID_DEMONSTRATION_CLOCK"] = str(home / "clock")
    log_key = keys.load_or_create(home / "keys" / "log.key")
    log = notes.verifier_key(ORIGIN, notes.LOG_KEY, log_key).text
    witness = witnesses.load(home.parent / "witness", "witness.example", [log], demonstration=True)
    made = settings(home, database_url)
    upkeep.migrate(made)
    desk = build.desk(made)
    with serving(witnesses.create(witness, demonstration=True)) as witness_url:
        variables = {"SUNBID_PROCEDURES": str(PROCEDURES), "SUNBID_WITNESSES": f"{witness.vkey}={witness_url}"}
        process = Process(home, database_url, variables | environment, home.parent / LOG)
        process.start()
        running = Site(process.url, desk)
        try:
            yield running, process
        finally:
            running.close()
            process.kill()
            desk.close()


def barely(stage: Stage, days: int = 2) -> dict[str, Any]:
    """What `Stage.publish` has to change for a tender by the barest procedure, whose deadline is soon."""
    deadline = clock.text((stage.now() + timedelta(days=days)).replace(microsecond=0))
    return {
        "procedure": "bare",
        "committee": {"size": 1, "experts": 0},
        "deadline": deadline,
        "documents_offered_until": deadline,
        "questions_until": deadline,
    }
