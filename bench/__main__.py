"""python -m bench [--quick]: measure everything, print one table. --quick: tiny sizes, once, to see that it runs."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import (
    acceptance,
    auction,
    browser,
    drawing,
    evaluating,
    figures,
    opening,
    reading,
    sealing,
    uploading,
    verifying,
)
from bench.figures import QUICK, Figure, Sizes
from bench.stand import stand
from tests import servers


def main() -> None:
    """Print the table. Figures that fall short are printed like the others."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--quick", action="store_true", help="tiny sizes, once, to see that it runs")
    sizes = QUICK if options.parse_args().quick else Sizes()
    with tempfile.TemporaryDirectory(prefix="sunbid-bench-") as folder:
        found = list(_all(sizes, Path(folder)))
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"Median of {sizes.runs}; {os.cpu_count()} cores, {platform.system()}, load when it ended {load}.\n")
    print(figures.table(found))


def _all(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    with servers.postgres_server() as server:
        with servers.postgres_database(server) as url, stand(_new(folder, "served"), url) as served:
            yield from acceptance.measure(served, sizes, _new(folder, "acceptance"), url)
            yield from uploading.measure(served, sizes, _new(folder, "uploading"))
        yield from sealing.measure(sizes, _new(folder, "sealing"))
        yield from browser.measure(sizes, _new(folder, "browser"))
        yield from verifying.measure(sizes, _new(folder, "verifying"))
        yield from evaluating.measure(sizes)
        yield opening.measure_dossier(sizes, _new(folder, "dossier"), f"sqlite:///{folder / 'dossier.db'}")
        with servers.postgres_database(server) as url:
            yield from auction.measure(sizes, _new(folder, "auction"), url)
        with servers.postgres_database(server) as url:
            yield opening.measure(sizes, _new(folder, "postgresql"), url, "PostgreSQL")
        with servers.postgres_database(server) as url:
            yield from reading.measure(sizes, _new(folder, "reading-postgresql"), url, "PostgreSQL")
        yield from reading.measure(sizes, _new(folder, "reading"), f"sqlite:///{folder / 'reading.db'}", "SQLite")
        yield drawing.measure(sizes, _new(folder, "draw"), f"sqlite:///{folder / 'draw.db'}", "SQLite")
        yield reading.measure_live(sizes, _new(folder, "live"), f"sqlite:///{folder / 'live.db'}")
        yield opening.measure(sizes, _new(folder, "sqlite"), f"sqlite:///{folder / 'opening.db'}", "SQLite")


def _new(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


if __name__ == "__main__":
    main()
