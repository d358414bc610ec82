"""Envelopes that must be refused, each with its reason: what the tests refuse and the bad vectors are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from bidding import hpke, wraps
from bidding.envelope import BOX, MAGIC, MAX_FORM, MAX_HEADER
from bidding.seal import encode_form
from notary import canonical
from tests.bidding.example import (
    DOCUMENTS_KEY,
    FORM_KEY,
    KEY_SET,
    VALUES,
    Forgery,
    base,
    documents_plain,
    form_plain,
)

Header = dict[str, Any]
START = len(MAGIC) + 4


def split(part_0: bytes) -> tuple[Header, bytes]:
    """The header's value and the form section."""
    size = int.from_bytes(part_0[len(MAGIC) : START], "big")
    return json.loads(part_0[START : START + size]), part_0[START + size :]


def join(header: bytes, section: bytes) -> bytes:
    """Part 0 around any bytes of a header."""
    return MAGIC + len(header).to_bytes(4, "big") + header + section


def rewritten(change: Callable[[Header], None], cut: int | None = None) -> bytes:
    """Part 0 with a changed header in canonical form, and the form section cut."""
    header, section = split(Forgery().made()[0])
    change(header)
    return join(canonical.dumps(header), section[:cut])


def replaced(old: bytes, new: bytes) -> bytes:
    """Part 0 with the header's bytes changed."""
    header, section = split(Forgery().made()[0])
    changed = canonical.dumps(header).replace(old, new, 1)
    return join(changed, section)


def _set(path: str, value: Any) -> bytes:
    *way, last = path.split(".")

    def change(header: Header) -> None:
        target: Any = header
        for step in way:
            target = target[int(step)] if isinstance(target, list) else target[step]
        target[int(last) if isinstance(target, list) else last] = value

    return rewritten(change)


def _without(name: str) -> bytes:
    return rewritten(lambda header: header.pop(name) and None)


def _wraps(*made: bytes) -> bytes:
    return Forgery(wraps=made).made()[0]


def _other_wrap() -> bytes:
    """A right wrap, but of another form key: with it one quorum would open another bid."""
    return wraps.derive_all(hashlib.sha256(b"other").digest(), KEY_SET, base().context())[2]


def _fresh_coins() -> bytes:
    """A wrap of the right key with coins that were not derived from it."""
    inner = wraps.derive_all(FORM_KEY, KEY_SET, base().context())[2]
    return bytes(32) + inner[32:]


def _short_key() -> tuple[bytes, ...]:
    return wraps.derive_all(FORM_KEY[:31], KEY_SET, base().context())


def _form(plain: bytes) -> bytes:
    return Forgery(form=plain).made()[0]


def _reversed(header: Header) -> bytes:
    return json.dumps(dict(reversed(header.items())), separators=(",", ":")).encode()


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def front_cases() -> dict[str, tuple[str, bytes]]:
    """Name to (reason, part 0): refused by whoever has part 0, before any key is known."""
    part_0, _ = Forgery().made()
    header, section = split(part_0)
    encoded = canonical.dumps(header)
    return {
        "empty": ("header_layout", b""),
        "magic-of-version-2": ("header_layout", part_0.replace(b"/1\n", b"/2\n", 1)),
        "magic-cut": ("header_layout", part_0[:10]),
        "magic-with-crlf": ("header_layout", part_0.replace(b"/1\n", b"/1\r\n", 1)),
        "length-missing": ("header_layout", MAGIC + b"\0\0"),
        "length-4-gib": ("header_layout", MAGIC + b"\xff" * 4 + part_0[START:]),
        "length-one-over": ("header_layout", MAGIC + (MAX_HEADER + 1).to_bytes(4, "big") + bytes(MAX_HEADER + 1)),
        "header-cut": ("header_layout", part_0[: START + 100]),
        "length-little-endian": ("header_layout", MAGIC + len(encoded).to_bytes(4, "little") + encoded + section),
        "header-empty": ("header_json", join(b"", section)),
        "header-not-utf8": ("header_json", join(b"\xff\xfe", section)),
        "header-with-bom": ("header_json", join(b"\xef\xbb\xbf" + encoded, section)),
        "header-with-space": ("header_json", join(encoded + b" ", section)),
        "header-with-newline": ("header_json", join(encoded + b"\n", section)),
        "header-other-order": ("header_json", join(_reversed(header), section)),
        "header-escaped": ("header_json", replaced(b'"bid"', b'"\\u0062id"')),
        "header-twice-a-key": ("header_json", replaced(b'"base":', b'"base":null,"base":')),
        "header-deep": ("header_json", join(_nested(5000), section)),
        "header-nan": ("header_json", replaced(b'"quorum":0', b'"quorum":NaN')),
        "header-fraction": ("header_json", replaced(b'"quorum":0', b'"quorum":0.0')),
        "header-exponent": ("header_json", replaced(b'"quorum":0', b'"quorum":0E1')),
        "header-minus-zero": ("header_json", replaced(b'"quorum":0', b'"quorum":-0')),
        "header-bidirectional-mark": ("header_json", replaced(b'"bid"', '"b\u202eid"'.encode())),
        "header-not-nfc": ("header_json", replaced(b'"bid"', '"e\u0301"'.encode())),
        "header-list": ("header_members", join(b"[]", section)),
        "header-null": ("header_members", join(b"null", section)),
        "member-missing": ("header_members", _without("documents")),
        "member-unknown": ("header_members", _set("extra", 1)),
        "base-member-unknown": ("header_members", _set("base.extra", "x")),
        "base-member-null": ("header_members", _set("base.lot", None)),
        "nonce-short": ("header_members", _set("base.nonce", "00" * 15)),
        "nonce-upper-case": ("header_members", _set("base.nonce", "AB" * 16)),
        "nonce-with-newline": ("header_members", _set("base.nonce", "ab" * 16 + "\n")),
        "key-set-no-hex": ("header_members", _set("base.key_set", "zz" * 32)),
        "length-text": ("header_members", _set("form.length", "4208")),
        "length-true": ("header_members", rewritten(lambda header: header["form"].update(length=True))),
        "commitment-long": ("header_members", _set("form.commitment", "00" * 33)),
        "wraps-object": ("header_members", _set("wraps", {})),
        "wraps-out-of-order": ("header_members", rewritten(lambda header: header["wraps"].reverse())),
        "wrap-number-twice": ("header_members", _set("wraps.1.quorum", 0)),
        "wrap-not-base64": ("header_members", _set("wraps.0.sealed", "====")),
        "wrap-base64-loose-bits": ("header_members", _set("wraps.0.sealed", "AB==")),
        "wrap-base64-of-urls": ("header_members", _set("wraps.0.sealed", "-_-_")),
        "form-length-negative": ("header_members", _set("form.length", -1)),
        "documents-length-negative": ("header_members", _set("documents.length", -1)),
        "form-length-other": ("header_length", _set("form.length", 71)),
        "form-cut": ("header_length", part_0[:-1]),
        "byte-behind-form": ("header_length", part_0 + b"\0"),
        "form-missing": ("header_length", join(encoded, b"")),
    }


def opening_cases() -> dict[str, tuple[str, bytes]]:
    """Name to (reason, part 0): refused when quorum 0 opens it for the example's bidder."""
    right = wraps.derive_all(FORM_KEY, KEY_SET, base().context())
    form = encode_form(VALUES)
    section_flipped = bytearray(Forgery().made()[0])
    section_flipped[-20] ^= 1
    box = form_plain(form)[:BOX]
    return {
        "other-key-set": ("base_wrong", _set("base.key_set", "00" * 32)),
        "other-tender": ("base_wrong", _set("base.tender", "YZ-431102-GC-2026-0002")),
        "other-lot": ("base_wrong", _set("base.lot", "2")),
        "other-kind": ("base_wrong", _set("base.kind", "price")),
        "other-bidder": ("base_wrong", _set("base.bidder", "91430000MA4L00002B")),
        "wrap-missing": ("header_wraps", _wraps(*right[:2])),
        "wrap-too-many": ("header_wraps", _wraps(*right, right[0])),
        "wraps-none": ("header_wraps", _wraps()),
        "other-nonce": ("wrap_closed", _set("base.nonce", "00" * 16)),
        "wrap-cut": ("wrap_closed", _wraps(right[0][:-1], *right[1:])),
        "wrap-empty": ("wrap_closed", _wraps(b"", *right[1:])),
        "wrap-enc-low-order": ("wrap_closed", _wraps(bytes(32) + right[0][32:], *right[1:])),
        "wrap-of-another-quorum": ("wrap_closed", _wraps(right[1], *right[1:])),
        "wrap-of-31-bytes": ("wrap_closed", _wraps(*_short_key())),
        "wrap-of-another-key": ("wrap_differs", _wraps(*right[:2], _other_wrap())),
        "wrap-bit": ("wrap_differs", _wraps(*right[:2], _fresh_coins())),
        "wrap-longer": ("wrap_differs", _wraps(*right[:2], right[2] + b"\0")),
        "wrap-empty-of-another-quorum": ("wrap_differs", _wraps(*right[:2], b"")),
        "form-commitment-other": ("form_closed", _set("form.commitment", "00" * 32)),
        "form-of-no-section": ("form_closed", rewritten(lambda header: header["form"].update(length=71), cut=71)),
        "form-bit": ("form_closed", bytes(section_flipped)),
        "form-under-another-context": ("form_closed", Forgery(sealed_under=b"other").made()[0]),
        "form-length-over-plaintext": ("form_layout", _form(box + (2**32 - 1).to_bytes(4, "big") + bytes(44))),
        "form-plaintext-empty": ("form_layout", _form(b"")),
        "form-plaintext-only-box": ("form_layout", _form(box)),
        "form-padding-not-zero": ("form_layout", _form(form_plain(form)[:-1] + b"\1")),
        "form-over-its-limit": ("form_layout", _form(form_plain(bytes(MAX_FORM + 1)))),
        "form-padding-too-long": ("form_layout", _form(form_plain(form).ljust(512, b"\0"))),
        "form-empty": ("form_layout", _form(form_plain(b""))),
        "form-not-json": ("form_layout", _form(form_plain(b"price: 1"))),
        "form-not-canonical": ("form_layout", _form(form_plain(b" " + form))),
        "form-price-fraction": ("form_layout", _form(form_plain(form.replace(b'"3680000.00"', b"3680000.00")))),
        "form-price-nan": ("form_layout", _form(form_plain(form.replace(b'"3680000.00"', b"NaN")))),
        "form-price-huge": ("form_layout", _form(form_plain(form.replace(b'"3680000.00"', b"1E+999999")))),
        "form-deep": ("form_layout", _form(form_plain(_nested(100_000)))),
        "form-other-type": ("form_layout", _form(form_plain(form.replace(b"form/1", b"form/2")))),
        **{
            f"form-value-{name}": ("form_layout", _form(form_plain(form.replace(b'"3680000.00"', value))))
            for name, value in {"nested": b'{"at":"3680000.00"}', "null": b"null", "truth": b"true"}.items()
        },
        "form-values-list": ("form_layout", _form(form_plain(b'{"type":"sunbid/form/1","values":[]}'))),
        "form-member-unknown": ("form_layout", _form(form_plain(canonical.dumps(json.loads(form) | {"more": 1})))),
        "form-two-prices": ("form_layout", _form(form_plain(form.replace(b'"price":', b'"price":"1.00","price":')))),
    }


def documents_cases() -> dict[str, tuple[str, bytes, bytes]]:
    """Name to (reason, part 0, documents section): refused when the evaluation key's holder opens the documents."""
    plain = documents_plain({"技术标.pdf": b"%PDF-"})
    right = Forgery().made()
    other_box = hpke.seal(b"e" * 32, KEY_SET.evaluation_key, b"sunbid/evaluation/1\n" + base().context(), DOCUMENTS_KEY)

    def listed(*files: dict[str, Any], contents: bytes = b"", **more: Any) -> tuple[bytes, bytes]:
        data = canonical.dumps({"files": list(files), "type": "sunbid/files/1"} | more)
        return Forgery(documents=documents_plain({"x": contents}, listed=data)).made()

    def named(name: str) -> tuple[bytes, bytes]:
        return listed({"media_type": "application/pdf", "name": name, "size": 0})

    def of(documents: bytes) -> tuple[bytes, bytes]:
        return Forgery(documents=documents).made()

    header, section = split(right[0])
    header["documents"]["length"] = 71
    short = join(canonical.dumps(header), section)
    good = {"media_type": "application/pdf", "name": "a.pdf", "size": 0}
    flipped = right[1][:-20] + bytes([right[1][-20] ^ 1]) + right[1][-19:]
    cases = {
        "box-of-another-key": ("box_closed", Forgery(form=form_plain(encode_form(VALUES), bytes(BOX))).made()),
        "box-with-other-coins": ("box_differs", Forgery(form=form_plain(encode_form(VALUES), other_box)).made()),
        "documents-cut": ("documents_length", (right[0], right[1][:-1])),
        "documents-missing": ("documents_length", (right[0], b"")),
        "byte-behind-documents": ("documents_length", (right[0], right[1] + b"\0")),
        "documents-commitment-other": ("documents_commitment", (_set("documents.commitment", "00" * 32), right[1])),
        "documents-bit": ("documents_closed", (right[0], flipped)),
        "documents-length-not-padded": ("documents_layout", of(plain + b"\0")),
        "documents-of-no-section": ("documents_closed", (short, right[1][:71])),
        "documents-none": ("documents_closed", (_set("documents.length", 0), b"")),
        "documents-empty": ("documents_layout", of(b"")),
        "list-longer-than-section": ("documents_layout", of((2**32 - 1).to_bytes(4, "big") + plain[4:])),
        "list-over-its-end": ("documents_layout", of((2**16).to_bytes(4, "big") + plain[4:])),
        "documents-padding-not-zero": ("documents_layout", of(plain[:-1] + b"\1")),
        "documents-padding-too-long": ("documents_layout", of(plain.ljust(512, b"\0"))),
        "list-not-json": ("json_syntax", of(documents_plain({}, listed=b"files"))),
        "list-not-canonical": ("json_not_canonical", of(documents_plain({}, listed=b'{"type":"","files":[]}'))),
        "list-other-type": ("field_wrong", listed(type="sunbid/files/2")),
        "list-member-unknown": ("field_wrong", listed(more=1)),
        "file-member-unknown": ("field_wrong", listed(good | {"path": "/etc/passwd"})),
        "file-size-text": ("field_wrong", listed(good | {"size": "0"})),
        "file-size-negative": ("file_size", listed(good | {"size": -1})),
        "file-size-too-large": ("documents_layout", listed(good | {"size": 2**53 - 1})),
        "file-longer-than-section": ("documents_layout", listed(good | {"size": 1024})),
        "file-twice": ("file_name_twice", listed(good, good)),
        "file-media-type": ("file_media_type", listed(good | {"media_type": "text/html; charset=x"})),
        "files-too-many": ("files_too_many", listed(*(good | {"name": str(i)} for i in range(1001)))),
        "name-not-nfc": ("text_not_nfc", of(documents_plain({}, listed=_list_of("e\u0301")))),
        "name-bidirectional": ("text_control", of(documents_plain({}, listed=_list_of("a\u202efdp.exe")))),
    }
    names = ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "C:x", "a\n", "a\t", "a.", "a ", "标" * 86]
    for number, name in enumerate(names):
        cases[f"name-{number}"] = ("file_name", named(name))
    # The forged hash stands behind the file: one bit of it is another.
    wrong = bytearray(plain)
    wrong[plain.index(b"%PDF-") + 5] ^= 1
    cases["file-hash-other"] = ("file_hash", of(bytes(wrong)))
    return {name: (reason, *made) for name, (reason, made) in cases.items()}


def _list_of(name: str) -> bytes:
    value = {"files": [{"media_type": "application/pdf", "name": name, "size": 0}], "type": "sunbid/files/1"}
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
