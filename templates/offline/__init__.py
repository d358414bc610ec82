"""The offline sealer: one HTML file with everything inside, which its own policy forbids to connect to anything.

Written with ``python -m templates.offline sunbid-sealer.html``. The bytes depend on this release alone.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from templates import bundle

_FOLDER = Path(__file__).resolve().parent
# No source for anything: no connection, no frame, no form. WebRTC is no connection to CSP, and Chromium 156 has no
# directive for it: that nothing here uses it rests on the script, whose hash the policy fixes.
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; form-action 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@cache
def page() -> bytes:
    """The whole file."""
    script = bundle.script("js/offline.js")
    style = (_FOLDER / "sealer.css").read_text("utf-8")
    policy = _POLICY.replace("{script}", _hash(script)).replace("{style}", _hash(style))
    made = (_FOLDER / "sealer.html").read_text("utf-8")
    for name, text in {"policy": policy, "style": style, "script": script}.items():
        made = made.replace(f"{{{name}}}", text)
    return made.encode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
