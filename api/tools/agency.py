"""The agency's side: drafts with their documents, the evaluation key, the documents of bids after the opening."""

from __future__ import annotations

import hashlib
import mimetypes
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from api.tools import record
from api.tools.client import Client, ServerRefused
from api.tools.vault import Vault
from bidding import documents, hpke, keysets, unseal
from bidding.envelope import parse_front
from bidding.keysets import KeySet, Quorum
from notary import canonical, chance, clock
from notary.errors import Conflict, Held, Malformed, Unknown

_UNKNOWN_TYPE = "application/octet-stream"
MAX_DRAFT = 1 << 20


def read_content(path: Path) -> dict[str, Any]:
    """The object in a JSON or TOML file; TOML's times become the record's text form. Raises Malformed."""
    data = path.read_bytes()
    if path.suffix != ".toml":
        value = canonical.loads(data, max_bytes=MAX_DRAFT)
    else:
        value = _plain(_toml(data))
        canonical.check(value)
    if not isinstance(value, dict):
        raise Malformed("not_an_object", "文件内容应为一个对象。", "The file does not hold an object.", field=path.name)
    return value


def draft(client: Client, vault: Vault, content: dict[str, Any], folder: Path) -> str:
    """Make a tender's draft; its code.

    content: as docs/http.md has it, but `documents` may name files of `folder`, which are uploaded, and
    `evaluation_key` may be left out: then one is made and its private half kept in the vault. A draft that is
    written anew keeps the key it has.
    """
    documents_ = [document(client, one, folder) for one in content.get("documents", [])]
    sealed: dict[str, Any] = {}
    auction = content.get("auction")
    # An auction has something sealed where it has a reserve price, or offers behind a cap.
    if auction is None or (isinstance(auction, dict) and (auction.get("reserve") or auction.get("cap"))):
        known = content.get("evaluation_key") or _key_of_draft(client, content)
        sealed = {"evaluation_key": known or evaluation_key(vault)}
    answer = client.post("/tenders", {**content, "documents": documents_, **sealed})
    tender: str = answer["tender"]
    return tender


def amend(client: Client, tender: str, content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Propose an amendment: ``{reason, affects_bids, changes, deadline?}``; documents in it as for a draft."""
    changes = dict(content.get("changes", {}))
    if "documents" in changes:
        changes["documents"] = [document(client, one, folder) for one in changes["documents"]]
    answer: dict[str, Any] = client.post(f"/tenders/{tender}/amendments", {**content, "changes": changes})
    return answer


def announce(client: Client, tender: str, content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Propose a prior notice: ``{said, until?, documents?}``; documents in it as for a draft."""
    documents_ = [document(client, one, folder) for one in content.get("documents", [])]
    answer: dict[str, Any] = client.post(f"/tenders/{tender}/prior-notices", {**content, "documents": documents_})
    return answer


def evaluation_key(vault: Vault) -> str:
    """A new evaluation key: the public half in hex; the private one is in the vault, and stored, first."""
    private_key = chance.token()
    public_key = hpke.public_key(private_key).hex()
    vault.change(evaluation={**vault.content.evaluation, public_key: private_key.hex()})
    return public_key


def open_documents(client: Client, vault: Vault, tender: str, kind: str, folder: Path) -> list[dict[str, Any]]:
    """Write each bid's files into a folder of its bidder's code, all of a bid or none; what became of each bid.

    An element is ``{bidder, files, reason}``; `reason` says why a bid's documents do not open, and stops no other.
    Raises Held before the opening, Unknown (evaluation_key_missing).
    """
    key_set = keysets.parse(client.get(f"/tenders/{tender}/key-set", kind=kind)["key_set"])
    private_key = vault.content.evaluation.get(key_set.evaluation_key.hex())
    if private_key is None:
        raise Unknown(
            "evaluation_key_missing", "密钥库中没有该项目的评标密钥。", "The vault has not its evaluation key."
        )
    quorum = _quorum(client, tender, key_set)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _open_one(client, tender, envelope, key_set, quorum, bytes.fromhex(private_key), folder)
        for envelope in client.items(f"/tenders/{tender}/envelopes")
    ]


def _key_of_draft(client: Client, content: dict[str, Any]) -> str | None:
    try:
        key: str | None = client.get(f"/tenders/{quote(str(content.get('tender', '')), safe='')}")["content"][
            "evaluation_key"
        ]
    except ServerRefused as refusal:
        if refusal.status != 404:
            raise
        return None
    return key


def _quorum(client: Client, tender: str, key_set: KeySet) -> Quorum:
    released = {}
    for entry in record.of_tender(client, tender):
        if entry.kind == "key_released" and entry.body["release"]["object"]["key_set"] == key_set.id:
            release = entry.body["release"]["object"]
            released[release["trustee"]] = bytes.fromhex(release["private_key"])
    quorum = keysets.complete_quorum(key_set, released)
    if quorum is None:
        raise Held("not_opened", "尚未开标。", "The bids are not opened yet.")
    return quorum


def _open_one(
    client: Client,
    tender: str,
    envelope: dict[str, Any],
    key_set: KeySet,
    quorum: Quorum,
    private_key: bytes,
    folder: Path,
) -> dict[str, Any]:
    bidder, parts = envelope["bidder"], envelope["parts"]

    if (folder / bidder).exists():
        raise Conflict(
            "folder_exists", f"目录 {folder / bidder} 已存在。", f"The folder {folder / bidder} is there already."
        )

    def part(number: int) -> bytes:
        return client.read(f"/tenders/{tender}/envelopes/{envelope['id']}/parts/{number}")

    try:
        front = parse_front(part(0))
        digests = [one["sha256"] for one in parts[1:]]
        if front.envelope_id(digests) != envelope["id"]:
            raise Malformed("envelope_wrong", "信封与其编号不符。", "The envelope has another id.")
        opened = unseal.with_quorum(front, key_set, bidder, quorum)
        key = documents.documents_key(front, opened, key_set, private_key)
        blocks: Iterator[bytes] = (part(one["number"]) for one in parts[1:])
        files = documents.open_documents(front, key, digests, blocks, folder / bidder)
    except Malformed as refusal:
        return {"bidder": bidder, "files": [], "reason": refusal.reason}
    return {"bidder": bidder, "files": [file.name for file in files], "reason": None}


def document(client: Client, named: str | dict[str, Any], folder: Path) -> dict[str, Any]:
    """A document's facts; where only a file is named it is uploaded first."""
    if isinstance(named, dict):
        return named
    path = folder / named
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    media_type = mimetypes.guess_type(path.name)[0] or _UNKNOWN_TYPE
    stored = client.put(f"/documents/{quote(sha256)}", path, name=path.name, media_type=media_type)
    return {"name": path.name, "media_type": media_type, "sha256": stored["sha256"], "size": stored["size"]}


def _toml(data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Malformed("toml_syntax", f"TOML 语法错误：{error}", f"TOML syntax error: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, datetime) and value.tzinfo is not None:
        return clock.text(value)
    return value
