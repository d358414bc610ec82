"""Sealing: the bytes are those of the specification, in one pass, with flat memory."""

from __future__ import annotations

import hashlib
import io
import itertools
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding import envelope, files, seal, unseal, wraps
from bidding.envelope import BLOCK, MAGIC, MAX_FORM, padme
from bidding.files import File
from bidding.seal import Secrets, Source
from notary import canonical
from notary.errors import Refusal
from tests.bidding import example, reference
from tests.bidding.example import BIDDER, DOCUMENTS_KEY, FORM_KEY, KEY_SET, SECRETS, VALUES, sealed

CONTENTS = {"技术标.pdf": b"%PDF-1.7 technical", "empty.txt": b"", "price.xlsx": bytes(range(256)) * 100}


class Zeros:
    """A file of zeros of any size that takes no memory, and counts how often it was read to its end."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readinto(self, buffer: memoryview, /) -> int:
        taken = min(len(buffer), self.left)
        buffer[:taken] = bytes(taken)
        self.left -= taken
        return taken


class Sink(io.RawIOBase):
    """Takes anything and keeps nothing."""

    def write(self, data: Any, /) -> int:
        return len(data)


def seal_to(sink: Any, *sources: Source) -> seal.Sealed:
    return seal.seal(
        example.record(example.VALUE),
        sink,
        identities=example.identities(example.VALUE),
        demonstration=True,
        bidder=BIDDER,
        values=VALUES,
        sources=sources,
        secrets=SECRETS,
    )


def test_an_envelope_byte_by_byte() -> None:
    """Everything the specification says of the bytes, read again without the code that wrote them."""
    done, data = sealed(CONTENTS)
    assert data.startswith(b"sunbid/envelope/1\n")
    size = int.from_bytes(data[18:22], "big")
    header_bytes = data[22 : 22 + size]
    header = canonical.loads_canonical(header_bytes)
    form, documents = header["form"]["length"], header["documents"]["length"]
    assert len(data) == 22 + size + form + documents == done.size
    form_section, documents_section = data[22 + size :][:form], data[-documents:]
    context = hashlib.sha256(b"sunbid/context/1\n" + canonical.dumps(header["base"])).digest()
    assert header["form"]["commitment"] == form_section[24:56].hex()
    assert header["documents"]["commitment"] == documents_section[24:56].hex()
    blocks = [hashlib.sha256(documents_section[at : at + BLOCK]).digest() for at in range(0, documents, BLOCK)]
    hashed = hashlib.sha256(header_bytes).digest() + hashlib.sha256(form_section).digest() + b"".join(blocks)
    assert done.id == hashlib.sha256(b"sunbid/envelope-id/1\n" + hashed).hexdigest()

    plain = reference.decrypt(FORM_KEY, context, form_section)
    length = int.from_bytes(plain[80:84], "big")
    assert plain[84 : 84 + length] == canonical.dumps({"type": "sunbid/form/1", "values": VALUES})
    assert not any(plain[84 + length :])

    plain = reference.decrypt(DOCUMENTS_KEY, context, documents_section)
    length = int.from_bytes(plain[:4], "big")
    listed = canonical.loads_canonical(plain[4 : 4 + length])
    assert [(one["name"], one["size"]) for one in listed["files"]] == [(n, len(c)) for n, c in CONTENTS.items()]
    hashes = b"".join(hashlib.sha256(content).digest() for content in CONTENTS.values())
    assert plain[4 + length :].rstrip(b"\0") == (b"".join(CONTENTS.values()) + hashes).rstrip(b"\0")
    assert len(plain) == padme(4 + length + sum(map(len, CONTENTS.values())) + 3 * 32)


def test_the_header_but_for_the_salts_comes_from_the_inputs() -> None:
    one, two = (example.front_of(*sealed(CONTENTS)).header for _ in range(2))
    assert (one.base, one.wraps, one.form.length, one.documents.length) == (
        two.base,
        two.wraps,
        two.form.length,
        two.documents.length,
    )
    assert one.form.commitment != two.form.commitment


def test_parts_are_the_files_cuts() -> None:
    done, data = sealed({"a.bin": bytes(2 * BLOCK)})
    start = 0
    for number, part in enumerate(done.parts):
        assert part.number == number
        assert hashlib.sha256(data[start : start + part.size]).hexdigest() == part.sha256
        start += part.size
    assert start == len(data)
    front = example.front_of(done, data)
    assert [part.size for part in done.parts[1:]] == envelope.block_sizes(front.header.documents.length)
    assert front.encoded() == data[: done.parts[0].size]


@pytest.mark.parametrize(("documents", "sizes"), [(BLOCK - 1, [BLOCK - 1]), (BLOCK, [BLOCK]), (BLOCK + 1, [BLOCK, 1])])
def test_block_sizes(documents: int, sizes: list[int]) -> None:
    assert envelope.block_sizes(documents) == sizes


@given(st.dictionaries(st.sampled_from(["price", "工期", "质量", "post"]), st.text(max_size=50) | st.integers()))
@settings(max_examples=40, deadline=None)
def test_any_form_comes_back_or_is_refused(values: dict[str, Any]) -> None:
    try:
        canonical.check(values)
    except Refusal as refusal:
        with pytest.raises(Refusal, match=refusal.reason):
            sealed(values=values)
        return
    assert example.opened(*sealed(values=values)).values == values


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), b"1", {1: 2}, None, True, ["1"], {"at": "1"}, "\u202e", "e\u0301", 2**53, "\x00"]
)
def test_forms_that_no_opening_could_read_out_are_refused(value: Any) -> None:
    with pytest.raises(Refusal):
        sealed(values={"price": value})


def test_a_form_may_have_one_mebibyte_and_no_more() -> None:
    overhead = len(seal.encode_form({"x": ""}))
    largest = {"x": "a" * (MAX_FORM - overhead)}
    done, data = sealed(values=largest)
    assert example.opened(done, data).values == largest
    assert done.parts[0].size <= envelope.MAX_PART_0
    with pytest.raises(Refusal) as refused:
        sealed(values={"x": "a" * (MAX_FORM - overhead + 1)})
    assert (refused.value.reason, refused.value.field) == ("form_too_large", "values")


@pytest.mark.parametrize(("said", "reason"), [(4, "file_size_changed"), (6, "file_size_changed")])
def test_a_file_of_another_size_is_refused(said: int, reason: str) -> None:
    source = Source(File(name="a", media_type="a/b", size=said), io.BytesIO(b"12345"))
    with pytest.raises(Refusal, match=reason):
        seal_to(io.BytesIO(), source)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "C:x", "a\n", "a.", "a ", "标" * 86, "\x00"])
def test_path_like_names_are_refused_before_anything_is_written(name: str) -> None:
    sink = io.BytesIO()
    with pytest.raises(Refusal) as refused:
        seal_to(sink, Source(File(name=name, media_type="a/b", size=0), io.BytesIO()))
    assert refused.value.reason in {"file_name", "text_control"}
    assert refused.value.field == "files[0].name"
    assert sink.getvalue() == b""


@pytest.mark.parametrize("name", ["技术标.pdf", ".hidden", "a..b", "标" * 85, "con", "~", "-rf"])
def test_other_names_are_taken(name: str) -> None:
    files.check([File(name=name, media_type="a/b", size=0)])


def test_lists_have_limits() -> None:
    thousand = [File(name=f"{i}", media_type="a/b", size=0) for i in range(1000)]
    files.check(thousand)
    with pytest.raises(Refusal, match="files_too_many"):
        files.check([*thousand, File(name="one more", media_type="a/b", size=0)])
    longest = [
        File(name=f"{i:04}".ljust(255, '"'), media_type=f"{'a' * 63}/{'b' * 63}", size=2**53 - 1) for i in range(1000)
    ]
    assert files.parse_list(files.encode_list(longest)) == tuple(longest)


def test_a_sealer_refuses_an_unsigned_key_set() -> None:
    signed = example.record(example.VALUE)
    del signed["signatures"]["T2"]
    sink = io.BytesIO()
    with pytest.raises(Refusal, match="signature_missing"):
        seal.seal(
            signed,
            sink,
            identities=example.identities(example.VALUE),
            demonstration=True,
            bidder=BIDDER,
            values=VALUES,
            sources=[],
            secrets=SECRETS,
        )
    assert sink.getvalue() == b""


@pytest.mark.parametrize(
    "lengths", [lengths for lengths in itertools.product((31, 32), (32, 33), (15, 16)) if lengths != (32, 32, 16)]
)
def test_secrets_have_their_sizes(lengths: tuple[int, int, int]) -> None:
    form_key, documents_key, nonce = (bytes([i]) * size for i, size in enumerate(lengths))
    with pytest.raises(ValueError, match="form key"):
        Secrets(form_key, documents_key, nonce)


def test_the_two_keys_differ() -> None:
    with pytest.raises(ValueError, match="equal"):
        Secrets(FORM_KEY, FORM_KEY, bytes(16))


def test_the_recovery_record_opens_its_own_envelope_only() -> None:
    done, data = sealed(CONTENTS)
    form_key = bytes.fromhex(done.recovery["form_key"])
    front = example.front_of(done, data)
    assert unseal.with_form_key(front, KEY_SET, BIDDER, form_key).values == VALUES
    assert done.recovery["base"] == front.header.base.value()
    other, other_data = sealed(secrets=Secrets(b"o" * 32, b"p" * 32, bytes(16)))
    with pytest.raises(Refusal, match="wrap_differs"):
        unseal.with_form_key(example.front_of(other, other_data), KEY_SET, BIDDER, form_key)


def test_wraps_do_not_depend_on_the_form() -> None:
    front = example.front_of(*sealed(values={"price": "1.00"}))
    assert front.header.wraps == wraps.derive_all(FORM_KEY, KEY_SET, front.header.base.context())


def test_memory_is_flat() -> None:
    size = 64 << 20
    tracemalloc.start()
    done = seal_to(Sink(), Source(File(name="a", media_type="a/b", size=size), Zeros(size)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done.size > size
    assert peak < 8 << 20
    assert len(done.parts) == 2 + size // BLOCK


def test_the_magic_has_eighteen_bytes() -> None:
    assert len(MAGIC) == 18
