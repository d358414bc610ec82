"""What envelopes are made of, in the browser: canonical JSON, hashes, HPKE, padding, signatures, times."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser

from bidding import envelope, hpke, statements
from bidding.statements import Signed
from notary import canonical, signing
from notary.errors import Refusal
from notary.signing import b64
from tests.bidding.test_hpke import LOW_ORDER, PRIME, rfc_vectors
from tests.browser.modules import Modules, modules
from tests.outside import outside_data

# Each is taken, or refused for one reason, by both sides alike.
JSON_TEXTS = [
    b"{}",
    b" [ 1 , -2 , 0 , true , false , null ] ",
    '{"é":"投标","a":{"b":[]},"":"/"}'.encode(),
    b'"\\u6295\\u6807 \\ud83d\\ude00 \\b\\f\\n\\r\\t\\/\\\\\\""',
    b"-0",
    b"9007199254740991",
    b"-9007199254740991",
    '{"\U0001f600":1,"\ufb33":2}'.encode(),
    b'{"__proto__":1,"constructor":2}',
    b"[" * 32 + b"]" * 32,
    b"9007199254740992",
    b"-9007199254740992",
    b"123456789012345678901234567890",
    b"1.0",
    b"1e3",
    b"-1.5E-3",
    b"NaN",
    b"-Infinity",
    b'{"a":1,"a":2}',
    b'{"a":{"b":1,"b":1}}',
    b"[" * 33 + b"]" * 33,
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    '"\u200e"'.encode(),
    '"\u202e"'.encode(),
    '"\u0085"'.encode(),
    b'"\x7f"',
    b'"\\u0000"',
    b'{"\\u001f":1}',
    b'"e\xcc\x81"',
    '{"e\u0301":1}'.encode(),
    b"\xef\xbb\xbf{}",
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b"",
    b" ",
    b"{",
    b"[1,]",
    b'{"a":1,}',
    b"{'a':1}",
    b'{"a" 1}',
    b"{1:2}",
    b"01",
    b"+1",
    b"-",
    b".5",
    b"tru",
    b"nul",
    b'"a\nb"',
    b'"\\x"',
    b'"\\u12"',
    b'"\\u12g4"',
    b'"a',
    b"[] []",
    b"\xc2\xa0{}",
    b"undefined",
]
LOADED = """async ({ js, refused, unb64, b64 }, text) => {
    const { loads, loadsCanonical, dumps } = await js("canonical");
    const bytes = unb64(text);
    let again = null;
    const reason = await refused(() => { again = b64(dumps(loads(bytes))); });
    return [reason, again, await refused(() => loadsCanonical(bytes))];
}"""
DUMPED = """async ({ js, refused }, name) => {
    const { dumps } = await js("canonical");
    const values = {
        fraction: 1.5, infinite: Infinity, beyond: 2 ** 53, big: 1n, missing: undefined, date: new Date(0),
        bytes: new Uint8Array(1), function: () => 1, surrogate: "\\ud800",
    };
    return refused(() => dumps({ a: [values[name]] }));
}"""


@pytest.fixture(name="page", scope="module")
def _page(chromium: Browser, assets: str) -> Iterator[Modules]:
    with modules(chromium, assets) as found:
        yield found


def reason_of(act: Any) -> str | None:
    try:
        act()
    except Refusal as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("text", JSON_TEXTS, ids=lambda text: repr(text[:24]))
def test_json_is_taken_or_refused_alike(page: Modules, text: bytes) -> None:
    reason, again, of_canonical = page.run(LOADED, b64(text))
    assert reason == reason_of(lambda: canonical.loads(text))
    assert of_canonical == reason_of(lambda: canonical.loads_canonical(text))
    if reason is None:
        assert again == b64(canonical.dumps(canonical.loads(text)))


def test_larger_json_than_allowed_is_refused(page: Modules) -> None:
    body = """async ({ js, refused, utf8 }, size) => {
        const { loads } = await js("canonical");
        return refused(() => loads(utf8(JSON.stringify("a".repeat(size)))));
    }"""
    assert page.run(body, (1 << 20) - 2) is None
    assert page.run(body, (1 << 20) - 1) == "json_too_large"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fraction", "not_json"),
        ("infinite", "not_json"),
        ("beyond", "integer_too_large"),
        ("big", "not_json"),
        ("missing", "not_json"),
        ("date", "not_json"),
        ("bytes", "not_json"),
        ("function", "not_json"),
        ("surrogate", "text_surrogate"),
    ],
)
def test_what_no_format_holds_is_not_written(page: Modules, name: str, reason: str) -> None:
    assert page.run(DUMPED, name) == reason


def test_random_json_is_written_alike(page: Modules) -> None:
    values = [made(random.Random(seed), 4) for seed in range(200)]
    body = """async ({ js, textOf }, values) => {
        const { dumps } = await js("canonical");
        return values.map((value) => textOf(dumps(value)));
    }"""
    assert page.run(body, values) == [canonical.dumps(value).decode() for value in values]


def made(chance: random.Random, depth: int) -> Any:
    """Some JSON value."""
    kind = chance.randrange(6 if depth else 4)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        return chance.randint(-(2**53) + 1, 2**53 - 1)
    if kind <= 3:
        return word(chance)
    if kind == 4:
        return [made(chance, depth - 1) for _ in range(chance.randrange(5))]
    return {word(chance): made(chance, depth - 1) for _ in range(chance.randrange(5))}


def word(chance: random.Random) -> str:
    """Some text, beyond the basic plane too, where order by code unit is not that by code point."""
    return "".join(chance.choice('aZ09"\\/\n\t投标 é\ue000\U0001f600\U00020000') for _ in range(chance.randrange(8)))


def test_the_stream_hash_is_sha_256(page: Modules) -> None:
    """At every length around its blocks, whole and in pieces."""
    body = """async ({ js, hex, sha256 }) => {
        const { stream } = await js("sha256");
        const wrong = [];
        const bytes = Uint8Array.from({ length: 100000 }, (_, i) => (i * i + 7 * i) & 255);
        for (const size of [...Array(260).keys(), 4095, 4096, 4097, 65536, 99999]) {
            const part = bytes.subarray(0, size);
            const expected = hex(await sha256(part));
            for (const step of [1, 7, 63, 64, 65, 1000, size || 1]) {
                if (step < 7 && size > 300) continue;
                const hash = stream();
                for (let at = 0; at < size; at += step) hash.update(part.subarray(at, at + step));
                if (hex(hash.digest()) !== expected) wrong.push([size, step]);
            }
        }
        return wrong;
    }"""
    assert page.run(body) == []


def test_the_stream_hash_of_a_million_bytes(page: Modules) -> None:
    """FIPS 180-4's long example: a million times "a"."""
    body = """async ({ js, hex, utf8 }) => {
        const { stream } = await js("sha256");
        const hash = stream();
        for (let i = 0; i < 1000; i += 1) hash.update(utf8("a".repeat(1000)));
        return hex(hash.digest());
    }"""
    assert page.run(body) == hashlib.sha256(b"a" * 1_000_000).hexdigest()


@pytest.mark.parametrize("vector", rfc_vectors(), ids=lambda v: v["pkEm"][:8])
def test_rfc_9180(page: Modules, vector: Any) -> None:
    body = """async ({ js, hex, unhex }, [ephemeral, publicKey, info]) => {
        const { schedule } = await js("hpke");
        const about = unhex(info, info.length / 2);
        const { enc, key, nonce } = await schedule(unhex(ephemeral, 32), unhex(publicKey, 32), about);
        return [hex(enc), hex(key), hex(nonce)];
    }"""
    found = page.run(body, [vector[name] for name in ("skEm", "pkRm", "info")])
    assert found == [vector[name] for name in ("enc", "key", "base_nonce")]


def test_boxes_are_those_of_the_other_side(page: Modules) -> None:
    body = """async ({ js, b64, unb64, unhex, refused }, [ephemeral, privateKey, info, message]) => {
        const hpke = await js("hpke");
        const own = unhex(privateKey, 32);
        const box = await hpke.seal(unhex(ephemeral, 32), await hpke.publicKeyOf(own), unb64(info), unb64(message));
        const closed = async (changed, key = own) => refused(() => hpke.openBox(key, unb64(info), changed));
        const flipped = box.slice();
        flipped[40] ^= 1;
        return {
            box: b64(box),
            inside: b64(await hpke.openBox(own, unb64(info), box)),
            closed: [await closed(flipped), await closed(box.slice(1)), await closed(new Uint8Array(0)),
                await closed(box.slice(0, 32)), await closed(box, new Uint8Array(32).fill(9)),
                await closed(new Uint8Array(80))],
        };
    }"""
    for size in (0, 1, 32, 5000):
        ephemeral, private, info, message = b"e" * 32, b"p" * 32, b"info" * size, b"m" * size
        found = page.run(body, [ephemeral.hex(), private.hex(), b64(info), b64(message)])
        assert found["box"] == b64(hpke.seal(ephemeral, hpke.public_key(private), info, message))
        assert found["inside"] == b64(message)
        assert found["closed"] == ["box_closed"] * 6


@pytest.mark.parametrize(
    ("point", "reason"),
    [(point, "key_low_order") for point in LOW_ORDER]
    + [(PRIME + add, "key_not_canonical") for add in (0, 1, 2)]
    + [(2**255 + 9, "key_not_canonical"), (9, None)],
)
def test_points(page: Modules, point: int, reason: str | None) -> None:
    body = """async ({ js, refused, unhex }, point) => {
        const { checkPoint } = await js("hpke");
        return refused(() => checkPoint(unhex(point, 32), "opening_key"));
    }"""
    assert page.run(body, point.to_bytes(32, "little").hex()) == reason


def test_lengths(page: Modules) -> None:
    lengths = [*range(300), *(2**power + add for power in range(9, 50) for add in (-1, 0, 1)), 10**15]
    body = """async ({ js }, lengths) => {
        const { padme, sectionLength, plainLength } = await js("padme");
        return lengths.map((n) => [padme(n), sectionLength(n), plainLength(n)]);
    }"""
    expected = [[envelope.padme(n), envelope.section_length(n), envelope.plain_length(n)] for n in lengths]
    assert page.run(body, lengths) == expected


def test_block_sizes(page: Modules) -> None:
    body = """async ({ js }, lengths) => {
        const { blockSizes } = await js("padme");
        return lengths.map(blockSizes);
    }"""
    lengths = [0, 1, envelope.BLOCK - 1, envelope.BLOCK, envelope.BLOCK + 1, 5 * envelope.BLOCK]
    assert page.run(body, lengths) == [envelope.block_sizes(n) for n in lengths]


def test_statements_signed_here_are_accepted_there(page: Modules) -> None:
    body = """async ({ js, hex }) => {
        const [statements, signing] = await Promise.all(["statements", "signing"].map(js));
        const key = new Uint8Array(32).fill(7);
        const about = { tender: "YZ-431102-GC-2026-0001", lot: "1", bidder: "91430000MA4L00001A" };
        const bid = statements.statement({
            ...about, kind: "bid", envelope: "ab".repeat(32), keySet: "cd".repeat(32), seen: "ef".repeat(32),
            replaces: null,
        });
        const end = statements.withdrawal({ ...about, replaces: await signing.objectId(bid) });
        return {
            bid: await signing.sign(bid, key), end: await signing.sign(end, key),
            id: await signing.objectId(bid), publicKey: hex(await signing.publicKeyOf(key)),
        };
    }"""
    found = page.run(body)
    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    assert found["publicKey"] == key.public_key().public_bytes_raw().hex()
    own = [key.public_key().public_bytes_raw()]
    bid = statements.read_signed(Signed(**found["bid"]), statements.Statement, own)
    end = statements.read_signed(Signed(**found["end"]), statements.Withdrawal, own)
    assert end.replaces == found["id"] == signing.object_id(found["bid"]["object"])
    assert bid.nonce != end.nonce
    assert signing.sign(found["bid"]["object"], key) == found["bid"]


def test_signatures_made_there_hold_here_and_others_do_not(page: Modules) -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
    signed = signing.sign({"type": "sunbid/statement/1", "text": "投标"}, key)
    body = """async ({ js, refused, unhex }, [signed, publicKey]) => {
        const { verify } = await js("signing");
        const check = (changed, key = publicKey, type = "sunbid/statement/1") =>
            refused(() => verify({ ...signed, ...changed }, unhex(key, 32), type));
        return [
            await check({}),
            await check({ object: { ...signed.object, text: "投标 " } }),
            await check({ signature: `A${signed.signature.slice(1)}` }),
            await check({ signature: signed.signature.slice(0, -4) }),
            await check({ signature: "no base64" }),
            await check({ more: 1 }),
            await check({ object: null }),
            await check({}, publicKey, "sunbid/withdrawal/1"),
            await check({}, "ff".repeat(32)),
        ];
    }"""
    wrong = "signature_wrong"
    assert page.run(body, [signed, key.public_key().public_bytes_raw().hex()]) == [
        None, wrong, wrong, wrong, wrong, "not_signed_object", "not_signed_object", "type_wrong", wrong,
    ]  # fmt: skip


def test_times(page: Modules) -> None:
    good = ["2026-11-23T01:30:00.000000Z", "2028-02-29T23:59:59.999999Z", "1970-01-01T00:00:00.000001Z"]
    bad = ["2026-02-30T00:00:00.000000Z", "2026-11-23T24:00:00.000000Z", "2026-11-23T01:30:00Z", "2026-11-23", ""]
    body = """async ({ js, refused }, [good, bad]) => {
        const { parse, text } = await js("times");
        return [good.map((one) => text(parse(one))), await Promise.all(bad.map((one) => refused(() => parse(one))))];
    }"""
    assert page.run(body, [good, bad]) == [good, ["not_a_time"] * len(bad)]


OUTSIDE = outside_data()
if OUTSIDE:
    WYCHEPROOF = OUTSIDE / "vectors" / "wycheproof"

    def test_wycheproof_points(page: Modules) -> None:
        groups = json.loads((WYCHEPROOF / "x25519_test.json").read_text("utf-8"))["testGroups"]
        tests = [test for group in groups for test in group["tests"]]
        body = """async ({ js, refused, unhex }, points) => {
            const { checkPoint } = await js("hpke");
            return Promise.all(points.map((point) => refused(() => checkPoint(unhex(point, 32), "key"))));
        }"""
        found = page.run(body, [test["public"] for test in tests])
        expected = [
            reason_of(lambda test=test: hpke.check_point(bytes.fromhex(test["public"]), "key")) for test in tests
        ]
        assert found == expected
        assert len(found) > 500

    def test_wycheproof_signatures(page: Modules) -> None:
        groups = json.loads((WYCHEPROOF / "ed25519_test.json").read_text("utf-8"))["testGroups"]
        body = """async ({ js, unhex }, groups) => {
            const { verifies } = await js("signing");
            const of = (text) => unhex(text, text.length / 2);
            return Promise.all(groups.flatMap(({ publicKey, tests }) =>
                tests.map(({ msg, sig }) => verifies(of(msg), of(sig), of(publicKey.pk)))));
        }"""
        expected = [test["result"] == "valid" for group in groups for test in group["tests"]]
        assert page.run(body, groups) == expected
        assert len(expected) > 100
