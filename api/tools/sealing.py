"""Sealing a bid on the bidder's own machine: nothing is sent, and the plaintext is written nowhere else."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from api.tools import record, sealed_file
from api.tools.client import Client
from api.tools.files import sync_directory, write_private
from bidding import keysets, seal
from bidding.files import File
from bidding.keysets import KeySet
from bidding.seal import Sealed, Secrets, Source
from notary import canonical, chance, signing
from notary.anchors import Anchors
from notary.errors import Conflict, Malformed
from trading.forms import check_form

_KEY = 32
_NONCE = 16
_UNKNOWN_TYPE = "application/octet-stream"


def checked_key_set(client: Client, anchors: Anchors, tender: str, kind: str) -> tuple[dict[str, Any], KeySet]:
    """The signed key set to seal to, as record and as read, after every check of a sealer.

    It is the one that the latest notice names, signed by trustees whose identities the anchors know. Raises Malformed.
    """
    found = client.get(f"/tenders/{tender}/key-set", kind=kind)
    signed = {"key_set": found["key_set"], "signatures": found["signatures"]}
    identities = {name: identity.hex() for name, identity in anchors.trustees.items()}
    key_set = keysets.verify(signed, identities=identities, demonstration=client.demonstration)
    if (key_set.tender, key_set.kind) != (tender, kind) or key_set.origin != anchors.origin:
        raise Malformed("key_set_wrong", "密钥组属于另一项目。", "The key set is of another tender.", field="key_set")
    return signed, key_set


def seal_bid(
    client: Client,
    anchors: Anchors,
    *,
    tender: str,
    kind: str,
    bidder: str,
    values: dict[str, Any],
    files: Sequence[Path],
    target: Path,
) -> Sealed:
    """Seal a bid's form and files into `target`; the answer's `recovery` is secret and the caller's to keep.

    bidder: the organisation's code. values: the form. The file may not be there before; on a refusal it is not after.
    Raises Conflict (file_exists), Malformed, TooMuch.
    """
    check_free(target)
    signed, key_set = checked_key_set(client, anchors, tender, kind)
    notice = record.latest_notice(record.of_tender(client, tender))
    _check_notice(notice.body, key_set, values)
    try:
        with target.open("xb") as sink, _sources(files) as sources:
            sealed = seal.seal(
                signed,
                sink,
                identities={name: identity.hex() for name, identity in anchors.trustees.items()},
                demonstration=client.demonstration,
                bidder=bidder,
                values=values,
                sources=sources,
                secrets=Secrets(chance.token(_KEY), chance.token(_KEY), chance.token(_NONCE)),
            )
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    sync_directory(target.absolute().parent)
    return sealed


def seal_price(
    client: Client, anchors: Anchors, *, tender: str, kind: str, sealer: str, schema: dict[str, Any], price: str
) -> tuple[bytes, Sealed]:
    """An envelope that holds one price (text in 元) and no files, and what is secret of it.

    sealer: as the envelope's base names whoever seals. schema: the form's, which the key set must name.
    Raises Malformed.
    """
    signed, key_set = checked_key_set(client, anchors, tender, kind)
    check_schema(schema, key_set)
    values = check_form(schema, {schema["price_field"]: price})
    sink = BytesIO()
    sealed = seal.seal(
        signed,
        sink,
        identities={name: identity.hex() for name, identity in anchors.trustees.items()},
        demonstration=client.demonstration,
        bidder=sealer,
        values=values,
        sources=[],
        secrets=Secrets(chance.token(_KEY), chance.token(_KEY), chance.token(_NONCE)),
    )
    return sink.getvalue(), sealed


def check_schema(schema: dict[str, Any], key_set: KeySet) -> None:
    """Raise Malformed (form_schema_wrong) unless the key set is for this form."""
    if signing.object_id(schema) != key_set.form_schema:
        raise Malformed(
            "form_schema_wrong",
            "开标一览表格式与密钥组不符。",
            "The form is not that of the key set.",
            field="form_schema",
        )


def store_recovery(sealed: Sealed, path: Path, passphrase: str) -> None:
    """Write the recovery file: the file keys under a passphrase, the rescue when too few trustees appear."""
    check_free(path)
    write_private(path, sealed_file.encrypt(canonical.dumps(sealed.recovery), passphrase))


def check_free(path: Path) -> None:
    """Raise Conflict (file_exists) when there is such a file."""
    if path.exists():
        raise Conflict("file_exists", f"文件 {path} 已存在。", f"The file {path} is there already.", field=path.name)


def _check_notice(notice: dict[str, Any], key_set: KeySet, values: dict[str, Any]) -> None:
    if notice["key_sets"].get(key_set.kind) != key_set.id:
        raise Malformed(
            "key_set_not_published",
            "密钥组不是最新公告采用的那一个，请勿封标并向招标人反映。",
            "The key set is not the one that the latest notice names: do not seal, tell the agency.",
            field="key_set",
        )
    schema = notice["form_schema"]
    check_schema(schema, key_set)
    check_form(schema, values)


@contextmanager
def _sources(files: Sequence[Path]) -> Iterator[list[Source]]:
    with ExitStack() as opened:
        yield [
            Source(File(path.name, _media_type(path), path.stat().st_size), opened.enter_context(path.open("rb")))
            for path in files
        ]


def _media_type(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or _UNKNOWN_TYPE
