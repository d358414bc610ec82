"""Uploading a sealed bid over HTTP, beside writing the same parts to disk with SHA-256 and fsync."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from api.tools import uploads
from api.tools.client import Client
from bench import crowd
from bench.crowd import Lot, Rival
from bench.figures import Figure, Sizes, seconds
from bench.machine import apart, forget_peak, peak_mib, processor_seconds
from bench.sealing import write
from bench.stand import Stand
from bidding.files import File
from bidding.seal import Source

_NUMBER = 9000


@dataclass(frozen=True)
class Upload:
    """Seconds, the client's memory in MiB, and processor seconds of client and server."""

    seconds: float
    peak: float
    client: float
    server: float


def measure(stand: Stand, sizes: Sizes, folder: Path) -> list[Figure]:
    """Rate, and memory of both sides at the largest size."""
    desk = stand.stage.site.desk
    lot, rival = crowd.lot_of(desk, stand.stage.tender), crowd.enrol(desk, 1, _NUMBER)[0]
    sealed = _seal(lot, rival, folder, sizes.uploaded_mib)
    done, bare = [], []
    for _ in range(sizes.runs):
        bare.append(sizes.uploaded_mib / seconds(lambda: _store(sealed, folder / "parts")))
        done.append(_upload(stand, rival, sealed))
    largest = _seal(lot, rival, folder, sizes.largest_mib)
    forget_peak(stand.process.pid)
    last = _upload(stand, rival, largest)
    server = peak_mib(stand.process.pid)
    client, serving = (sum(getattr(one, side) for one in done) / len(done) for side in ("client", "server"))
    size = f"{sizes.largest_mib} MiB"
    return [
        Figure(
            "upload",
            "MiB/s",
            tuple(sizes.uploaded_mib / one.seconds for one in done),
            tuple(bare),
            "SHA-256, write, fsync",
            ratio_aim=0.5,
            where=f"processor time for {sizes.uploaded_mib} MiB: client {client:.2f} s, server {serving:.2f} s, "
            f"of {sum(one.seconds for one in done) / len(done):.2f} s.",
        ),
        Figure(f"memory of the client, uploading {size}", "MiB", (last.peak,), aim=300, less=True),
        Figure(f"memory of the server, taking {size}", "MiB", (server,), aim=300, less=True),
    ]


def _seal(lot: Lot, rival: Rival, folder: Path, mib: int) -> Path:
    plain, target = folder / "plain", folder / f"{mib}.bid"
    write(plain, mib)
    with plain.open("rb") as reader, target.open("wb") as sink:
        file = File("文件.bin", "application/octet-stream", plain.stat().st_size)
        crowd.seal_bid(lot, rival, sink, Source(file, reader))
    return target


def _upload(stand: Stand, rival: Rival, sealed: Path) -> Upload:
    # A new upload each time, not the rest of the one before.
    sealed.with_name(f"{sealed.name}.upload").unlink(missing_ok=True)
    before = processor_seconds(stand.process.pid)
    taken, peak, client = apart(_send, stand.process.url, rival.token, sealed)
    return Upload(taken, peak, client, processor_seconds(stand.process.pid) - before)


def _send(url: str, token: str, sealed: Path) -> tuple[float, float, float]:
    with Client(url, token, demonstration=True) as client:
        bid = uploads.read_bid(sealed)
        before = processor_seconds(os.getpid())
        taken = seconds(lambda: uploads.upload(client, bid, lambda _done, _whole: None))
    return taken, peak_mib(), processor_seconds(os.getpid()) - before


def _store(sealed: Path, target: Path) -> None:
    """Each part durable before the next, as the server answers for each."""
    bid = uploads.read_bid(sealed)
    target.mkdir(exist_ok=True)
    for number in range(len(bid.part_sizes)):
        data = bid.part(number)
        hashlib.sha256(data).hexdigest()
        with (target / str(number)).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
