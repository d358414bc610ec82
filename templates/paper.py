"""The child of :mod:`templates.render`: lays out paper within limits. Started as ``python -m templates.paper``.

It is never imported by the server: WeasyPrint takes two seconds to import, and only the child pays them.
Standard input: a JSON list of [template name, facts as text]; standard output: length and bytes of each PDF.
"""

from __future__ import annotations

import gc
import hashlib
import json
import logging
import re
import resource
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, UndefinedError
from weasyprint import HTML, Attachment

from templates.assets import Assets
from templates.render import UNFIT

_HERE = Path(__file__).resolve().parent
_NAME = re.compile(r"[a-z][a-z_]{0,39}")


class Unfit(Exception):
    """Facts that this child refuses; the text is ``reason: detail``."""


def confine(memory: int, processor: int) -> None:
    """Take away from this process what layout never needs. Memory in bytes of address space, processor in seconds."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_no_way_out)


def _no_way_out(event: str, _: tuple[Any, ...]) -> None:
    # The fetcher refuses every address already; this holds even where a library would go around it.
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "os.system", "os.exec", "subprocess.Popen"}:
        raise PermissionError(f"paper may not {event}")


def markup(name: str, facts: dict[str, Any], document_id: str, missing: frozenset[str] = frozenset()) -> str:
    """The HTML of a paper. Every text of the facts is escaped; a fact that is missing is an error.

    missing: characters that no installed font has; set as 〓, the printers' mark for that, and named in the foot.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE / "print"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figures"] = figures
    if not _NAME.fullmatch(name):
        raise Unfit(f"facts: there is no paper {name!r}")
    try:
        named = [f"U+{ord(character):04X}" for character in sorted(missing)]
        html = environment.get_template(f"{name}.html").render(facts, document_id=document_id, missing=named)
        return html.translate({ord(character): "〓" for character in missing})
    except TemplateNotFound as error:
        raise Unfit(f"facts: there is no paper {name!r}") from error
    except (UndefinedError, TypeError) as error:
        raise Unfit(f"facts: {error}") from error


def figures(yuan: str) -> str:
    """``3680000.00`` as ``3,680,000.00``."""
    whole, dot, part = yuan.partition(".")
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole) + dot + part


def count_items(value: Any) -> int:
    """How many list items there are in facts, at any depth. Layout time grows with them."""
    total, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            total += len(item)
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
    return total


def read(facts_json: bytes, items: int) -> tuple[dict[str, Any], datetime]:
    """The facts and when the paper was issued. Raises Unfit for too many list items, and what is not such facts."""
    try:
        facts = json.loads(facts_json)
        issued = datetime.fromisoformat(facts["issued_at"])
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise Unfit(f"facts: not JSON with a time issued_at ({type(error).__name__})") from error
    if issued.tzinfo is None:
        raise Unfit("facts: issued_at has no time zone")
    if (found := count_items(facts)) > items:
        raise Unfit(f"size: {found} list items, at most {items}")
    return facts, issued


def paper(name: str, facts_json: bytes, items: int) -> bytes:
    """One PDF/A-3 of one set of facts."""
    facts, issued = read(facts_json, items)
    document_id = hashlib.sha256(facts_json).hexdigest()
    made, missing = lay_out(markup(name, facts, document_id), facts_json, issued)
    if missing:
        made, missing = lay_out(markup(name, facts, document_id, missing), facts_json, issued)
    if missing:
        raise Unfit("font: no Chinese font is installed (fonts-wqy-microhei)")
    return made


class _Missing(logging.Handler):
    """Collects the characters that WeasyPrint logs as drawn with no glyph (PDF/A forbids that, a reader sees a box)."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(".notdef") and isinstance(record.args, tuple):
            self.found.add(str(record.args[0]))


def lay_out(html: str, facts_json: bytes, issued: datetime) -> tuple[bytes, frozenset[str]]:
    """The PDF of HTML with the facts attached, and the characters that no font has.

    Nothing is fetched but our own style and pictures.
    """
    assets = Assets()
    facts = Attachment(
        string=facts_json,
        url_fetcher=assets,
        name="facts.json",
        description="The facts of this paper 本文件的数据",
        created=issued,
        modified=issued,
        relationship="Data",
    )
    log, missing = logging.getLogger("weasyprint"), _Missing()
    log.addHandler(missing)
    try:
        made = HTML(string=html, base_url=None, url_fetcher=assets).write_pdf(
            attachments=[facts],
            pdf_identifier=hashlib.sha256(html.encode("utf-8") + facts_json).digest()[:16],
            pdf_variant="pdf/a-3a",
        )
    finally:
        log.removeHandler(missing)
    return bytes(made), frozenset(missing.found)


def main() -> None:
    memory, processor, items = (int(text) for text in sys.argv[1:4])
    confine(memory, processor)
    # Layout makes millions of objects that live to the end: collecting costs a third of the time and frees little.
    gc.disable()
    try:
        for name, facts in json.load(sys.stdin):
            made = paper(name, facts.encode("utf-8"), items)
            sys.stdout.buffer.write(len(made).to_bytes(8, "big") + made)
    except Unfit as error:
        _give_up(error)


def _give_up(error: Unfit) -> NoReturn:
    print(error, file=sys.stderr)
    sys.exit(UNFIT)


if __name__ == "__main__":
    main()
