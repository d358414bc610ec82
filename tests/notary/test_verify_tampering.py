"""A dossier with anything changed in it does not pass; nothing that is put before the verifier makes it fall over."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from notary import verify
from tests.notary import tampering, zips
from tests.notary.dossier_builder import Story
from tests.notary.verifying import anchors_of, dossier_report, refused, results
from tests.notary.world import World


@cache
def record() -> tuple[bytes, verify.Anchors]:
    world = World(1)
    return Story(world).dossier(), anchors_of(world)


def passing(folder: Path, copies: Iterator[tuple[str, bytes]]) -> list[str]:
    """Names of the copies that the verifier did not refuse."""
    anchors = record()[1]
    return [name for name, copy in copies if not refused(dossier_report(folder, copy, anchors))]


@pytest.mark.parametrize("number", range(8))
def test_every_field(number: int, tmp_path: Path) -> None:
    assert passing(tmp_path, tampering.frame_edits(record()[0], 1, share=(number, 8))) == []


@pytest.mark.parametrize("seed", range(4))
def test_random_bits(seed: int, tmp_path: Path) -> None:
    assert passing(tmp_path, tampering.bit_flips(record()[0], seed, 100)) == []


def test_files_missing_added_or_exchanged(tmp_path: Path) -> None:
    assert passing(tmp_path, tampering.file_edits(record()[0])) == []


def test_raw_bits_of_the_zip_file(tmp_path: Path) -> None:
    """A flipped bit either shows, or lies where it changes no member (dates, attributes, who made it)."""
    dossier, anchors = record()
    rng, members = random.Random(2), tampering.unpacked(dossier)
    for _ in range(100):
        data = bytearray(dossier)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        report = dossier_report(tmp_path, bytes(data), anchors)
        if not refused(report):
            assert report is not None
            assert report.exit_code() == 0
            assert tampering.unpacked(bytes(data)) == members


def test_truncated_files(tmp_path: Path) -> None:
    dossier, anchors = record()
    for length in [*range(40), *range(40, len(dossier), 997), len(dossier) - 1]:
        assert dossier_report(tmp_path, dossier[:length], anchors) is None


def zip_of(*members: tuple[zipfile.ZipInfo | str, bytes], comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
        archive.comment = comment
    return buffer.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


def with_flag(data: bytes, flag: int) -> bytes:
    """Set a general purpose flag in both headers of the first member."""
    central = data.index(b"PK\1\2")
    for place in (6, central + 8):
        data = data[:place] + struct.pack("<H", flag) + data[place + 2 :]
    return data


def with_space(data: bytes) -> bytes:
    """Bytes hidden between the last member and the directory."""
    size, start = struct.unpack("<II", data[-10:-2])
    end = data[-22:-10] + struct.pack("<II", size, start + 5) + data[-2:]
    return data[:start] + b"space" + data[start : start + size] + end


def noted(comment: bytes = b"", extra: bytes = b"") -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("dossier.json")
    info.comment, info.extra = comment, extra
    return info


def with_tail() -> bytes:
    """A deflated member whose packed bytes go on behind the end of the stream."""
    data = zip_of(*tampering.unpacked(record()[0]).items())
    central, at = data.rindex(b"PK\1\2"), struct.unpack("<I", data[-6:-2])[0]
    packed = struct.unpack("<I", data[central + 20 : central + 24])[0] + 4
    offset = struct.unpack("<I", data[central + 42 : central + 46])[0]
    longer = bytearray(data[:at] + b"tail" + data[at:-6] + struct.pack("<I", at + 4) + data[-2:])
    longer[offset + 18 : offset + 22] = longer[central + 24 : central + 28] = struct.pack("<I", packed)
    return bytes(longer)


@cache  # some are bombs, which take a second to make
def bad_zips() -> dict[str, bytes]:
    good = [(name, data) for name, data in tampering.unpacked(record()[0]).items()]
    return {
        "empty": b"",
        "no members": zip_of(),
        "comment": zip_of(*good, comment=b"x"),
        "prefix": b"#!/bin/sh\n" + record()[0],
        "appended": record()[0] + b"x",
        "folder": zip_of(*good, ("envelopes/", b"")),
        "outside": zip_of(*good, ("../evil", b"")),
        "absolute": zip_of(*good, ("/etc/passwd", b"")),
        "backslash": zip_of(*good, ("documents\\" + "0" * 64, b"")),
        "link": zip_of(*good, (link("documents/" + "0" * 64), b"/etc/passwd")),
        "encrypted": with_flag(record()[0], 1),
        "described behind": with_flag(record()[0], 8),
        "space": with_space(record()[0]),
        "tail": with_tail(),
        "member's comment": zip_of((noted(comment=b"x"), good[0][1]), *good[1:]),
        "extra field": zip_of((noted(extra=b"\x99\x99\1\0x"), good[0][1]), *good[1:]),
        "bomb": zip_of(*good, ("documents/" + "0" * 64, bytes(400 << 20))),
        "frame too large": zip_of(("dossier.json", b" " * (65 << 20))),
    }


@pytest.mark.parametrize("name", bad_zips())
def test_bad_zip_files(name: str, tmp_path: Path) -> None:
    assert refused(dossier_report(tmp_path, bad_zips()[name], record()[1]))


@pytest.mark.parametrize("where", ["", *zips.PLACES])
def test_bytes_where_no_member_is(where: str, tmp_path: Path) -> None:
    """Hidden in the file, and found: nothing is in a dossier but what a check looks at."""
    report = dossier_report(tmp_path, zips.odd(tampering.unpacked(record()[0]), where), record()[1])
    assert refused(report) is bool(where)


@pytest.mark.parametrize("where", ["", "behind_stream"])
def test_a_frame_with_bytes_behind_it(where: str, tmp_path: Path) -> None:
    members = tampering.unpacked(record()[0])
    first = {"dossier.json": members.pop("dossier.json")}
    report = dossier_report(tmp_path, zips.odd({**dict([members.popitem()]), **first, **members}, where), record()[1])
    assert (report is None) is bool(where)


def test_a_member_named_twice(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zip_of(*tampering.unpacked(record()[0]).items(), ("dossier.json", b"{}"))
    assert dossier_report(tmp_path, twice, record()[1]) is None


BAD_JSON = {
    "duplicate key": b'{"a":1,"a":1}', "fraction": b'{"a":1.0}', "exponent": b'{"a":1e3}', "NaN": b'{"a":NaN}',
    "large": b'{"a":9007199254740992}', "huge": b'{"a":' + b"9" * 5000 + b"}", "minus zero": b'{"a":-0}',
    "deep": b"[" * 100_000 + b"]" * 100_000, "deeper than 32": b"[" * 33 + b"]" * 33, "surrogate": b'{"a":"\\ud800"}',
    "not UTF-8": b'{"a":"\xff"}', "mark": b"\xef\xbb\xbf{}", "not NFC": '{"a":"e\u0301"}'.encode(),
    "bidi": '{"a":"\u202e"}'.encode(), "control": b'{"a":"\\u0000"}', "rest": b"{}{}", "comment": b"{}//", "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_JSON)
def test_strict_json(name: str) -> None:
    with pytest.raises(verify.Unreadable):
        verify.parse_json(BAD_JSON[name], 1 << 20)


def test_canonical_form() -> None:
    """RFC 8785: names by UTF-16 code units (U+1F600 before U+FB01), shortest escapes, nothing between."""
    text = '{"\U0001f600":"\\"\\\\\u007e\\t","\ufb01":[],"":{"a":null,"b":true}}'.encode()
    value = json.loads(text)
    assert verify.canonical(value) == '{"":{"a":null,"b":true},"\U0001f600":"\\"\\\\~\\t","\ufb01":[]}'.encode()
    with pytest.raises(verify.Unreadable):
        verify.parse_canonical(text, 1000)


@pytest.mark.parametrize("change", [b" ", b"\n"])
def test_dossier_json_must_be_canonical(change: bytes, tmp_path: Path) -> None:
    members = tampering.unpacked(record()[0])
    copy = tampering.packed(members | {"dossier.json": members["dossier.json"] + change})
    assert dossier_report(tmp_path, copy, record()[1]) is None


WILD = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text("abc00ff\u4e00", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "object", "type"]), inner, max_size=3)
    ),
    max_leaves=6,
)
HYPOTHESIS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@HYPOTHESIS
@given(st.data())
def test_signed_nonsense_is_refused_without_falling_over(tmp_path: Path, data: st.DataObject) -> None:
    """An operator who logs and signs a body of another form, or with wild members, is named."""
    world = World(2)
    story = Story(world)
    entry = data.draw(st.sampled_from(world.entries))
    paths = [path for path, _ in tampering.walk(entry["body"]) if path]
    path = data.draw(st.sampled_from(paths))
    value = data.draw(WILD)
    parent: Any = tampering.at(entry["body"], path[:-1])
    before = tampering.canonical(entry["body"])
    parent[path[-1]] = value
    assume(tampering.canonical(entry["body"]) != before)
    relog(world, entry)
    report = dossier_report(tmp_path, story.dossier(), anchors_of(world))
    assert report is not None
    assert report.exit_code() == 1


def relog(world: World, entry: dict[str, Any]) -> None:
    """Put an entry's new commitment in its place; the log is signed again, older checkpoints are dropped."""
    body = tampering.canonical(entry["body"])
    world.leaves[entry["index"]] = bytes.fromhex(verify.commitment_of(entry | {"body": json.loads(body)}))
    world.notes.clear()


@HYPOTHESIS
@given(st.dictionaries(st.sampled_from([*verify.FRAME, "x"]), WILD))
def test_any_frame_is_read_or_refused(tmp_path: Path, frame: dict[str, Any]) -> None:
    assert dossier_report(tmp_path, tampering.packed({"dossier.json": tampering.canonical(frame)}), record()[1]) is None


@HYPOTHESIS
@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    assert verify.main([str(tmp_path / "x")]) == 2


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    assert verify.main([str(tmp_path / "nothing.zip")]) == 2
    assert verify.main([str(tmp_path)]) == 2


def test_later_checks_are_not_made_on_entries_that_are_not_proven(tmp_path: Path) -> None:
    members = tampering.unpacked(record()[0])
    frame = json.loads(members["dossier.json"])
    frame["entries"][7]["proof"][0] = frame["entries"][6]["proof"][0]
    copy = tampering.packed(members | {"dossier.json": tampering.canonical(frame)})
    report = dossier_report(tmp_path, copy, record()[1])
    found = results(report)
    assert report is not None
    assert found[4] == "failed"
    assert report.outcomes[3].index == frame["entries"][7]["index"]
    assert {found[n] for n in range(5, 18)} == {"not_checked"}
