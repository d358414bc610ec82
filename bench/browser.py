"""Sealing in a browser: a file through the sealing worker into the browser's own files, and the memory of its page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from litestar import Litestar
from playwright.sync_api import BrowserContext, sync_playwright

from bench.figures import Figure, Sizes, seconds
from bench.machine import forget_peak, peak_mib
from bench.sealing import write
from templates import web
from tests.browser.conftest import HANDLERS
from tests.browser.modules import Modules, open_page
from tests.browser.reader import CHROMIUM
from tests.browser.test_sealing import SEAL, asked
from tests.serving import serving

_HASH = """async ({ js }, mib) => {
    const { stream } = await js("sha256");
    const bytes = new Uint8Array(1 << 20);
    const hash = stream();
    const start = performance.now();
    for (let i = 0; i < mib; i += 1) hash.update(bytes);
    return mib / ((performance.now() - start) / 1000);
}"""


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """The rate of sealing one file with all its hashes, beside SHA-256 alone; what the page then has at most."""
    source = folder / "source"
    write(source, sizes.sealed_mib)
    rates, hashing, peaks = [], [], []
    with _page(folder / "profile") as page:
        page.page.locator("input").set_input_files(source)
        for _ in range(sizes.runs):
            hashing.append(page.run(_HASH, min(sizes.sealed_mib, 256)))
            _forget_peaks()
            rates.append(sizes.sealed_mib / seconds(lambda: page.run(SEAL, asked())))
            peaks.append(max(map(peak_mib, _renderers())))
    name = f"{sizes.sealed_mib} MiB"
    return [
        Figure("sealing in a browser", "MiB/s", tuple(rates), tuple(hashing), "its file hash alone", aim=100),
        Figure(f"memory of the page, sealing {name}", "MiB", tuple(peaks), aim=300, less=True),
    ]


@contextmanager
def _page(profile: Path) -> Iterator[Modules]:
    """A page in a browser with a profile on disk: without one, Chromium keeps a site's files in memory."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with serving(Litestar(route_handlers=HANDLERS)) as url, sync_playwright() as playwright:
        context: BrowserContext = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=arguments
        )
        yield open_page(context, f"{url}/static/{web.version()}")
        context.close()


def _renderers() -> list[int]:
    """The processes of pages and their workers."""
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "--type=renderer" in child.cmdline()]


def _forget_peaks() -> None:
    for renderer in _renderers():
        forget_peak(renderer)
