"""Make the envelope vectors again: ``python -m tests.vectors.make_envelope``.

The sections' salts are the library's, so each run gives other envelopes; their wraps stay the same.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from bidding import hpke
from bidding.envelope import parse_front
from notary.signing import b64
from tests.bidding import example, malformations
from tests.bidding.unsound import UNSOUND

FOLDER = Path(__file__).parent / "envelope"
MANY = (("T1", "T2", "T3"), ("T1", "T2", "T4"), ("T1", "T3", "T4"), ("T2", "T3", "T4"))

LARGE = 1 << 16
"""What is larger only the tests make."""

GOOD: dict[str, dict[str, Any]] = {
    "one-file": {"contents": {"技术标.pdf": b"%PDF-1.7 example"}},
    "no-files": {},
    "three-files": {"contents": {"a.txt": b"a", "empty": b"", "b.bin": bytes(range(256)) * 70}},
    "form-of-two-chunks": {"values": {"price": "3680000.00", "remarks": "长" * 8000}},
    "three-of-four": {"value": example.key_set_value(MANY)},
}


def main() -> None:
    """Write every vector."""
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, inputs in GOOD.items():
        _write(f"good-{name}", _good(**inputs))
    for name, (reason, part_0) in (malformations.front_cases() | malformations.opening_cases()).items():
        if len(part_0) < LARGE:
            _write(f"bad-envelope-{name}", {"reason": reason, "part_0": b64(part_0)})
    for name, (reason, part_0, section) in malformations.documents_cases().items():
        _write(f"bad-documents-{name}", {"reason": reason, "part_0": b64(part_0), "documents": b64(section)})
    for name, (reason, value) in UNSOUND.items():
        _write(f"bad-key-set-{name}", {"reason": reason, "key_set": value})
    _write("keys", _opening(example.VALUE))


def _good(
    contents: dict[str, bytes] | None = None, values: dict[str, Any] | None = None, value: dict[str, Any] | None = None
) -> dict[str, Any]:
    value = value or example.VALUE
    done, data = example.sealed(contents, values=values, value=value)
    front = parse_front(data[: done.parts[0].size])
    return _opening(value) | {
        "form_key": example.FORM_KEY.hex(),
        "documents_key": example.DOCUMENTS_KEY.hex(),
        "nonce": example.SECRETS.nonce.hex(),
        "values": example.VALUES if values is None else values,
        "files": [
            {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in (contents or {}).items()
        ],
        "context": front.header.base.context().hex(),
        "wraps": [b64(sealed) for sealed in front.header.wraps],
        "parts": [{"number": part.number, "size": part.size, "sha256": part.sha256} for part in done.parts],
        "id": done.id,
        "envelope": b64(data),
    }


def _opening(value: dict[str, Any]) -> dict[str, Any]:
    """What opens: the signed key set, the private keys, and the bidder who is expected."""
    names = [one["trustee"] for one in value["trustees"]]
    return {
        "bidder": example.BIDDER,
        "record": example.record(value),
        "opening_keys": {name: example.opening_key(name).hex() for name in names},
        "evaluation_key": example.EVALUATION_KEY.hex(),
        "evaluation_public_key": hpke.public_key(example.EVALUATION_KEY).hex(),
    }


def _write(name: str, vector: dict[str, Any]) -> None:
    text = json.dumps(vector, ensure_ascii=False, indent=1, sort_keys=True)
    (FOLDER / f"{name}.json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
