from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from notary import notes
from notary.errors import Malformed
from notary.notes import Checkpoint, Note, Signature
from tests.outside import outside_data

# From signed-note.md and tlog-cosignature.md.
EXAMPLES = Path(__file__).parent / "examples"
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (EXAMPLES / "message.note").read_text("utf-8")
POEM = (EXAMPLES / "poem.note").read_text("utf-8")
COSIGNED = (EXAMPLES / "cosigned-checkpoint.note").read_text("utf-8")
LOG = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
LOG_KEY = notes.verifier_key("log.example", notes.LOG_KEY, LOG)
WITNESS_KEY = notes.verifier_key("witness.example", notes.WITNESS_KEY, WITNESS)
NOW = datetime(2026, 11, 23, 1, 30, 0, 999_999, tzinfo=UTC)
HEAD = Checkpoint("log.example", 17, bytes(range(32)))
LINE = notes.sign(HEAD.text, "log.example", LOG)
COSIGNATURE = notes.cosign(HEAD.text, "witness.example", WITNESS, NOW)


def reason_of(refusal: pytest.ExceptionInfo[Malformed]) -> str:
    return refusal.value.reason


def test_the_example_of_the_specification_verifies() -> None:
    key = notes.parse_vkey(EXAMPLE_KEY)
    assert (key.name, key.type, key.id.hex(), key.text) == ("example.com/foo", 1, "530d903a", EXAMPLE_KEY)
    note = notes.parse_note(EXAMPLE.encode())
    assert note.text == "This is an example message.\n"
    (verified,) = notes.open_note(note, [key])
    assert (verified.key, verified.signature) == (key, note.signatures[0])
    with pytest.raises(ValueError, match="only cosignatures"):
        _ = verified.time


@pytest.mark.parametrize("example", [EXAMPLE, POEM, COSIGNED])
def test_notes_come_back_byte_for_byte(example: str) -> None:
    assert notes.parse_note(example.encode()).data == example.encode()


def test_the_text_may_have_blank_lines() -> None:
    assert notes.parse_note(POEM.encode()).text.endswith("raggio di sole:\n\ned è subito sera.\n")


def test_the_checkpoint_of_the_specification() -> None:
    note = notes.parse_note(COSIGNED.encode())
    checkpoint = notes.parse_checkpoint(note.text)
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert checkpoint == Checkpoint("example.com/behind-the-sofa", 20_852_163, root)
    assert checkpoint.text == note.text
    assert int.from_bytes(note.signatures[1].value[:8], "big") == 1_679_315_147


def test_a_log_signs_and_a_witness_cosigns() -> None:
    note = Note(HEAD.text, (LINE, COSIGNATURE))
    opened = notes.open_checkpoint(notes.parse_note(note.data), LOG_KEY, [WITNESS_KEY])
    assert opened.checkpoint == HEAD
    assert [(one.key, one.time) for one in opened.cosignatures] == [(WITNESS_KEY, NOW.replace(microsecond=0))]


def test_the_cosigned_message_is_that_of_the_specification() -> None:
    text = COSIGNED.split("\n\n", maxsplit=1)[0] + "\n"
    signature = notes.cosign(text, "w", WITNESS, datetime.fromtimestamp(1_679_315_147, UTC))
    message = b"cosignature/v1\ntime 1679315147\n" + text.encode()
    assert signature.value[:8].hex() == "00000000641850cb"
    WITNESS.public_key().verify(signature.value[8:], message)
    assert signature.key_id == notes.verifier_key("w", 4, WITNESS).id != notes.verifier_key("w", 1, WITNESS).id


def test_what_a_stranger_signed_is_passed_over() -> None:
    strangers = [
        Signature("stranger.example", LINE.key_id, b"nonsense"),
        Signature("log.example", b"\x00\x00\x00\x00", b"nonsense"),
    ]
    note = notes.with_signatures(Note(HEAD.text, (LINE,)), strangers)
    assert [one.key for one in notes.open_note(notes.parse_note(note.data), [LOG_KEY])] == [LOG_KEY]


def test_a_key_counts_once() -> None:
    again = notes.cosign(HEAD.text, "witness.example", WITNESS, NOW + timedelta(hours=1))
    (verified,) = notes.open_note(Note(HEAD.text, (COSIGNATURE, again)), [WITNESS_KEY])
    assert verified.signature == COSIGNATURE


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Signature("log.example", LINE.key_id, bytes(64)), id="zeroes"),
        pytest.param(Signature("log.example", LINE.key_id, LINE.value[:-1]), id="short"),
        pytest.param(Signature("log.example", LINE.key_id, LINE.value + b"\0"), id="long"),
        pytest.param(notes.sign(HEAD.text + "x\n", "log.example", LOG), id="other-text"),
        pytest.param(Signature("witness.example", COSIGNATURE.key_id, b"\0" * 7), id="cosignature-without-time"),
        pytest.param(
            Signature("witness.example", COSIGNATURE.key_id, b"\0" * 8 + COSIGNATURE.value[8:]),
            id="cosignature-redated",
        ),
        pytest.param(
            Signature("witness.example", COSIGNATURE.key_id, b"\xff" * 8 + COSIGNATURE.value[8:]),
            id="cosignature-beyond-time",
        ),
        pytest.param(
            Signature("witness.example", COSIGNATURE.key_id, COSIGNATURE.value[:8] + WITNESS.sign(HEAD.text.encode())),
            id="cosignature-over-bare-text",
        ),
    ],
)
def test_a_bad_signature_of_a_known_key_voids_the_note(bad: Signature) -> None:
    for signatures in ((LINE, bad), (bad, LINE)):
        with pytest.raises(Malformed) as refusal:
            notes.open_note(Note(HEAD.text, signatures), [LOG_KEY, WITNESS_KEY])
        assert reason_of(refusal) == "note_signature_wrong"


@pytest.mark.parametrize("seconds", [253_402_300_800, 1 << 63, (1 << 64) - 1])
def test_a_cosignature_well_signed_at_an_impossible_time(seconds: int) -> None:
    value = seconds.to_bytes(8, "big") + WITNESS.sign(f"cosignature/v1\ntime {seconds}\n{HEAD.text}".encode())
    with pytest.raises(Malformed) as refusal:
        notes.open_note(Note(HEAD.text, (Signature("witness.example", COSIGNATURE.key_id, value),)), [WITNESS_KEY])
    assert reason_of(refusal) == "note_signature_wrong"


def test_a_note_that_no_known_key_signed() -> None:
    with pytest.raises(Malformed) as refusal:
        notes.open_note(notes.parse_note(POEM.encode()), [LOG_KEY])
    assert reason_of(refusal) == "note_unsigned"


def test_a_checkpoint_that_only_witnesses_signed() -> None:
    with pytest.raises(Malformed) as refusal:
        notes.open_checkpoint(Note(HEAD.text, (COSIGNATURE,)), LOG_KEY, [WITNESS_KEY])
    assert reason_of(refusal) == "note_unsigned"


def test_a_checkpoint_of_another_origin() -> None:
    text = Checkpoint("other.example", 1, bytes(32)).text
    with pytest.raises(Malformed) as refusal:
        notes.open_checkpoint(Note(text, (notes.sign(text, "log.example", LOG),)), LOG_KEY)
    assert reason_of(refusal) == "origin_wrong"


B64_SIGNATURE = base64.b64encode(bytes(68)).decode()
A_LINE = f"— a {B64_SIGNATURE}\n".encode()


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        pytest.param("note_not_utf8", b"\xff\n\n- a AAAAAAA=\n", id="not-utf8"),
        pytest.param("note_control", f"a\tb\n\n— a {B64_SIGNATURE}\n".encode(), id="tab"),
        pytest.param("note_control", f"a\r\n\n— a {B64_SIGNATURE}\n".encode(), id="carriage-return"),
        pytest.param("note_malformed", b"", id="empty"),
        pytest.param("note_malformed", b"text\n", id="no-signatures"),
        pytest.param("note_malformed", b"text\n\n", id="no-signature-lines"),
        pytest.param("note_malformed", f"text\n— a {B64_SIGNATURE}\n".encode(), id="no-blank-line"),
        pytest.param("note_malformed", f"text\n\n— a {B64_SIGNATURE}".encode(), id="no-last-newline"),
        pytest.param("note_malformed", f"text\n\n- a {B64_SIGNATURE}\n".encode(), id="hyphen-for-dash"),
        pytest.param("note_malformed", "text\n\n— a\n".encode(), id="no-value"),
        pytest.param("note_malformed", "text\n\n— a AAAAAA==\n".encode(), id="key-id-only"),
        pytest.param("not_base64", "text\n\n— a AAAA*AAA\n".encode(), id="not-base64"),
        pytest.param("not_base64", "text\n\n— a AAAAAAB=\n".encode(), id="base64-with-loose-bits"),
        pytest.param("not_base64", f"text\n\n— a {B64_SIGNATURE} \n".encode(), id="trailing-space"),
        pytest.param("key_name_malformed", f"text\n\n—  {B64_SIGNATURE}\n".encode(), id="name-empty"),
        pytest.param("key_name_malformed", f"text\n\n— a+b {B64_SIGNATURE}\n".encode(), id="name-with-plus"),
        pytest.param("key_name_malformed", f"text\n\n— a\u3000b {B64_SIGNATURE}\n".encode(), id="name-with-wide-space"),
        pytest.param("note_signatures_many", b"text\n\n" + A_LINE * 65, id="65-signatures"),
        pytest.param("note_too_large", b"a" * (1 << 18) + b"a", id="too-large"),
    ],
)
def test_notes_that_are_none(reason: str, data: bytes) -> None:
    with pytest.raises(Malformed) as refusal:
        notes.parse_note(data)
    assert reason_of(refusal) == reason


def test_64_signatures_are_read() -> None:
    assert len(notes.parse_note(b"text\n\n" + A_LINE * 64).signatures) == 64


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: f"{t}\n\n— {t} {t}\n".encode("utf-8", "replace")))
def test_wild_notes_are_read_exactly_or_refused(data: bytes) -> None:
    try:
        note = notes.parse_note(data)
    except Malformed:
        return
    assert note.data == data


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        pytest.param("checkpoint_malformed", "", id="empty"),
        pytest.param("checkpoint_malformed", f"a\n1\n{ROOT}", id="no-last-newline"),
        pytest.param("checkpoint_malformed", "a\n1\n", id="two-lines"),
        pytest.param("checkpoint_malformed", f"\n1\n{ROOT}\n", id="origin-empty"),
        pytest.param("checkpoint_malformed", f"a\n1\n{ROOT}\n\n", id="extension-empty"),
        pytest.param("checkpoint_malformed", f"a\n1\n{ROOT}\n\nb\n", id="blank-line-inside"),
        pytest.param("not_a_decimal", f"a\n01\n{ROOT}\n", id="size-leading-zero"),
        pytest.param("not_a_decimal", f"a\n-1\n{ROOT}\n", id="size-negative"),
        pytest.param("not_a_decimal", f"a\n+1\n{ROOT}\n", id="size-plus"),
        pytest.param("not_a_decimal", f"a\n1 \n{ROOT}\n", id="size-space"),
        pytest.param("not_a_decimal", f"a\n１\n{ROOT}\n", id="size-full-width-digit"),
        pytest.param("not_a_decimal", f"a\n{1 << 63}\n{ROOT}\n", id="size-2-to-63"),
        pytest.param("not_a_decimal", f"a\n{'9' * 5000}\n{ROOT}\n", id="size-of-5000-digits"),
        pytest.param("hash_length_wrong", "a\n1\nAAAA\n", id="root-short"),
        pytest.param("not_base64", f"a\n1\n{ROOT[:-1]}\n", id="root-without-padding"),
        pytest.param("not_base64", f"a\n1\n{ROOT[:-2]}B=\n", id="root-with-loose-bits"),
    ],
)
def test_checkpoints_that_are_none(reason: str, text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        notes.parse_checkpoint(text)
    assert reason_of(refusal) == reason


@given(st.integers(0, (1 << 63) - 1), st.binary(min_size=32, max_size=32))
def test_checkpoints_come_back(size: int, root: bytes) -> None:
    for extensions in ((), ("an extension", "another")):
        checkpoint = Checkpoint("example.com/日志", size, root, extensions)
        assert notes.parse_checkpoint(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    ("reason", "vkey"),
    [
        pytest.param("vkey_malformed", "", id="empty"),
        pytest.param("vkey_malformed", "name", id="name-only"),
        pytest.param("vkey_malformed", "name+530d903a", id="without-key"),
        pytest.param("key_name_malformed", EXAMPLE_KEY.replace("example.com/foo", ""), id="name-empty"),
        pytest.param("key_name_malformed", EXAMPLE_KEY.replace("/", " "), id="name-with-space"),
        pytest.param("not_hex", EXAMPLE_KEY.replace("530d", "530D"), id="id-upper-case"),
        pytest.param("not_hex", EXAMPLE_KEY.replace("530d903a", "530d90"), id="id-short"),
        pytest.param("not_base64", EXAMPLE_KEY + "=", id="key-not-base64"),
        pytest.param("vkey_type_unknown", "name+530d903a+", id="key-empty"),
        pytest.param("vkey_type_unknown", EXAMPLE_KEY.replace("+Aeky", "+Auky"), id="type-2"),
        pytest.param("vkey_malformed", EXAMPLE_KEY.replace("3U2k", ""), id="key-short"),
        pytest.param("vkey_id_wrong", EXAMPLE_KEY.replace("530d", "530e"), id="id-of-another-key"),
        pytest.param("vkey_id_wrong", EXAMPLE_KEY.replace("foo", "bar"), id="id-of-another-name"),
    ],
)
def test_vkeys_that_are_none(reason: str, vkey: str) -> None:
    with pytest.raises(Malformed) as refusal:
        notes.parse_vkey(vkey)
    assert reason_of(refusal) == reason


@pytest.mark.parametrize("key", [LOG_KEY, WITNESS_KEY])
def test_vkeys_come_back(key: notes.VerifierKey) -> None:
    assert notes.parse_vkey(key.text) == key


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x00b"])
def test_nobody_signs_under_a_name_that_is_none(name: str) -> None:
    with pytest.raises(Malformed) as refusal:
        notes.sign(HEAD.text, name, LOG)
    assert reason_of(refusal) == "key_name_malformed"


OUTSIDE = outside_data()

if OUTSIDE is not None:
    SUNLIGHT = OUTSIDE / "vectors" / "witness" / "sunlight"

    @pytest.mark.parametrize("published", [SUNLIGHT / "witness.v0.json", SUNLIGHT / "mirror" / "mirror.v0.json"])
    def test_cosignatures_of_another_implementation_verify(published: Path) -> None:
        key = notes.parse_vkey(json.loads(published.read_bytes())["verifier_keys"][0])
        (path,) = published.parent.glob("0*/checkpoint")
        note = notes.parse_note(path.read_bytes())
        (verified,) = notes.open_note(note, [key])
        assert verified.time == datetime(2025, 12, 31, tzinfo=UTC)
        assert notes.parse_checkpoint(note.text).origin == "rome2026h1.example.org"
        assert note.data == path.read_bytes()
