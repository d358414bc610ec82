"""Example facts of every paper, as the acts would write them, and what to look at in a PDF."""

from __future__ import annotations

import json
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from notary import canonical

EXAMPLES = Path(__file__).parent / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))


def facts(name: str) -> dict[str, Any]:
    """The example facts of the paper `name`, fresh."""
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return found


def facts_json(name: str) -> bytes:
    return canonical.dumps(facts(name))


def text(pdf: bytes) -> str:
    """What pdftotext reads, without white space (lines break anywhere in Chinese)."""
    read = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    return "".join(read.decode("utf-8").split())


def attachments(pdf: bytes) -> dict[str, list[bytes]]:
    """Every embedded file by name."""
    return {name: list(files) for name, files in PdfReader(BytesIO(pdf)).attachments.items()}
