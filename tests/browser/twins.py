"""The browser's verifier and `notary/verify.py` on the same bytes: what each of them says, in one form."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from notary import verify
from tests.browser.reader import Readers

Told = tuple[int, list[tuple[int, str, int | None]]]
"""Exit code, and of each check its number, result and index."""

_RUN = """async ([js, given]) => {
  const [{ verify }, { parseAnchors, parseNote }, { Unreadable }, { parse }] = await Promise.all(
    ["verify", "notes", "findings", "json"].map((name) => import(`${js}/verify/${name}.js`)));
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const found = { bidderKeys: given.keys };
  try {
    if (given.anchors) found.anchors = await parseAnchors(bytes(given.anchors));
    if (given.since) found.since = parseNote(given.since);
    if (given.dossier) found.dossier = new Blob([bytes(given.dossier)]);
    if (given.receipt) found.receipt = parse(bytes(given.receipt), 8 << 20);
    const { exit, checks } = await verify(found);
    return [exit, checks.map(({ number, result, index }) => [number, result, index])];
  } catch (error) {
    if (error instanceof Unreadable) return [2, []];
    throw error;
  }
}"""


@dataclass(frozen=True)
class Given:
    """What both are given, as bytes; `keys` are a bidder's public keys in hex, `since` a checkpoint."""

    dossier: bytes | None = None
    receipt: bytes | None = None
    anchors: bytes | None = None
    since: str | None = None
    keys: tuple[str, ...] = ()


class Twins:
    """Both verifiers. `modules` is where the modules of the pages lie, `folder` is for the files of the Python one."""

    def __init__(self, readers: Readers, modules: str, folder: Path) -> None:
        self.modules, self.folder = modules, folder
        parts = urlsplit(modules)
        self.page = readers.new(f"{parts.scheme}://{parts.netloc}").go("/empty")

    def both(self, given: Given) -> Told:
        """What they say. Raises AssertionError where they say different things."""
        browser, program = self.browser(given), self.program(given)
        assert browser == program
        return browser

    def browser(self, given: Given) -> Told:
        sent = {
            name: base64.b64encode(data).decode()
            for name in ("dossier", "receipt", "anchors")
            if (data := getattr(given, name)) is not None
        }
        exit_, checks = self.call(_RUN, {**sent, "since": given.since, "keys": list(given.keys)})
        return exit_, [tuple(check) for check in checks]

    def call(self, script: str, argument: Any) -> Any:
        """The result of a script `async ([js, argument]) => …`, js being where the modules lie."""
        return self.page.evaluate(script, [f"{self.modules}/js", argument])

    def program(self, given: Given) -> Told:
        try:
            report = self._report(given)
        except verify.Unreadable:
            return 2, []
        return report.exit_code(), [(o.number, o.result, o.index) for o in report.outcomes]

    def _report(self, given: Given) -> verify.Report:
        anchors = verify.parse_anchors(given.anchors) if given.anchors else None
        since = verify.parse_note(given.since) if given.since else None
        keys = [bytes.fromhex(key) for key in given.keys]
        path = None
        if given.dossier is not None:
            path = self.folder / "dossier.zip"
            path.write_bytes(given.dossier)
        if given.receipt is not None:
            return verify.verify_receipt(given.receipt, anchors, path, keys)
        assert path is not None
        return verify.verify_dossier(path, anchors, since, keys)[1]
