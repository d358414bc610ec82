"""The browser's verifier says of everything what `notary/verify.py` says: result and index of every check."""

from __future__ import annotations

import base64
import json
import random
import zlib
from pathlib import Path
from typing import Any

import pytest

from bidding.auctions import events
from bidding.auctions.state import BEGINNING, apply
from notary import clock, verify
from tests.bidding.test_auction_properties import made
from tests.browser.reader import Readers
from tests.browser.twins import Given, Twins
from tests.notary import tampering
from tests.notary.dossier_builder import Story
from tests.notary.sealed import UNOPENABLE
from tests.notary.test_verify_auction import asked, probes
from tests.notary.test_verify_tampering import BAD_JSON, bad_zips
from tests.notary.world import World, public
from trading.auctions import codec

VECTORS = Path(__file__).parents[1] / "vectors"
DOSSIERS = sorted((VECTORS / "dossier").glob("*.zip"))
HELD = sorted((VECTORS / "receipt").glob("held-*.json"))
RECEIPTS = sorted(set((VECTORS / "receipt").glob("*.json")) - set(HELD))
ENVELOPES = sorted((VECTORS / "envelope").glob("*.json"))
PASSED = 0


@pytest.fixture
def twins(readers: Readers, assets: str, tmp_path: Path) -> Twins:
    return Twins(readers, assets, tmp_path)


def load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def packed(value: Any) -> bytes:
    return json.dumps(value).encode()


def results(told: list[tuple[int, str, int | None]]) -> dict[int, str]:
    return {number: result for number, result, _ in told}


def test_dossier_vectors(twins: Twins) -> None:
    assert len(DOSSIERS) > 30
    for path in DOSSIERS:
        vector, kind = load(path.with_suffix(".anchors.json")), path.stem.partition("-")[0]
        code, checks = twins.both(Given(dossier=path.read_bytes(), anchors=packed(vector["anchors"])))
        if vector["check"] is None:
            assert code == {"good": PASSED, "bad": 2}[kind], path.name
        else:
            expected = {"bad": (1, "failed"), "unsure": (3, "not_checked")}[kind]
            assert (code, results(checks)[vector["check"]]) == expected, path.name


def test_receipt_vectors(twins: Twins) -> None:
    assert len(RECEIPTS) > 10
    for path in RECEIPTS:
        vector = load(path)
        anchors, receipt = packed(vector["anchors"]), packed(vector["receipt"])
        code, _ = twins.both(Given(receipt=receipt, anchors=anchors, keys=(vector["bidder_key"],)))
        assert code in {"good": {0}, "good-unproved": {3}}.get(path.stem, {1, 2}), path.name


def test_receipts_held_against_a_dossier(twins: Twins) -> None:
    assert len(HELD) > 5
    for path in HELD:
        vector, dossier = load(path), path.with_suffix(".zip").read_bytes()
        anchors, keys = packed(vector["anchors"]), tuple(vector["bidder_keys"])
        given = Given(receipt=packed(vector["receipt"]), anchors=anchors, dossier=dossier, keys=keys)
        assert twins.both(given)[0] == vector["exit"], path.name
        twins.both(Given(dossier=dossier, anchors=anchors, keys=keys))


def test_two_hundred_flipped_bits(twins: Twins) -> None:
    anchors, dossier = good_dossier()
    for name, copy in tampering.bit_flips(dossier, 1, 200):
        code, _ = twins.both(Given(dossier=copy, anchors=anchors))
        assert code in {1, 2}, name


def test_raw_bits_of_the_zip_file(twins: Twins) -> None:
    """Both refuse it, or the bit lies where it changes no member (dates, attributes, who made it)."""
    anchors, dossier = good_dossier()
    rng, directory = random.Random(3), dossier.index(b"PK\1\2")
    places = [rng.randrange(30) for _ in range(40)] + [rng.randrange(directory, len(dossier)) for _ in range(120)]
    for place in places:
        copy = bytearray(dossier)
        copy[place] ^= 1 << rng.randrange(8)
        if twins.both(Given(dossier=bytes(copy), anchors=anchors))[0] == PASSED:
            assert tampering.unpacked(bytes(copy)) == tampering.unpacked(dossier)


def good_dossier() -> tuple[bytes, bytes]:
    path = VECTORS / "dossier" / "good-award.zip"
    return packed(load(path.with_suffix(".anchors.json"))["anchors"]), path.read_bytes()


def test_edits_of_dossier_json_and_of_members(twins: Twins) -> None:
    world = World(1)
    dossier, anchors = Story(world).dossier(), packed(world.anchors())
    edits = [*tampering.frame_edits(dossier, 4, sample=120), *tampering.file_edits(dossier)]
    for name, copy in edits:
        code, _ = twins.both(Given(dossier=copy, anchors=anchors))
        assert code in {1, 2}, name


def test_bad_zip_files(twins: Twins) -> None:
    anchors, dossier = good_dossier()
    for name, copy in [*bad_zips().items(), *((f"cut at {at}", dossier[:at]) for at in (0, 21, 22, 100, -1))]:
        given = Given(dossier=copy, anchors=anchors)
        # A bomb is told before it is unpacked by both, though one names the size and one the member.
        assert twins.browser(given)[0] == twins.program(given)[0] != PASSED, name


STAGES = ("close", "release", "open", "score", "evaluate", "publish_candidates", "award", "award", "failure")


def test_records_of_every_stage(twins: Twins) -> None:
    for seed in range(30):
        rng, world = random.Random(seed), World(seed)
        spoiled = rng.choice(["", "", "invalid", *UNOPENABLE])
        method = rng.choice(["comprehensive", "lowest_evaluated_price"])
        until = rng.choice(STAGES)
        bidders = 2 if until == "failure" else rng.randrange(3, 12)
        story = Story(world, bidders=bidders, spoiled=spoiled, until=until, method=method)
        code, _ = twins.both(Given(dossier=story.dossier(), anchors=packed(world.anchors())))
        assert code == PASSED, (seed, spoiled, until)


def test_without_anchors_it_is_only_self_consistent(twins: Twins) -> None:
    code, checks = twins.both(Given(dossier=Story(World(5)).dossier()))
    assert (code, results(checks)[1], results(checks)[8]) == (3, "not_checked", "not_checked")


def test_an_older_checkpoint(twins: Twins) -> None:
    world = World(12)
    dossier, anchors = Story(world).dossier(), packed(world.anchors())
    assert twins.both(Given(dossier=dossier, anchors=anchors, since=world.notes[0][1]))[0] == PASSED
    forked = World(12)
    forked.leaves[0] = bytes(32)
    forked.foreign(world.notes[0][0] - 1)
    forked.checkpoint()
    code, checks = twins.both(Given(dossier=dossier, anchors=anchors, since=forked.notes[0][1]))
    assert (code, results(checks)[3]) == (1, "failed")


@pytest.mark.parametrize("fault", ["", "price_altered", "left_out"])
def test_receipts_against_dossiers(twins: Twins, fault: str) -> None:
    world = World(2)
    story = Story(world, fault=fault)
    dossier, anchors = story.dossier(), packed(world.anchors())
    for number in range(7):
        receipt = story.receipt(number)
        key = public(story.keys[receipt["acceptance"]["object"]["bidder"]])
        code, _ = twins.both(Given(receipt=packed(receipt), dossier=dossier, anchors=anchors))
        assert (code == PASSED) == (fault == "")
        twins.both(Given(receipt=packed(receipt), anchors=anchors, keys=(key,)))
        twins.both(Given(receipt=packed(receipt), dossier=dossier))
        twins.both(Given(receipt=packed(receipt)))


EVALUATE = """async ([js, vectors]) => {
  const { evaluate } = await import(`${js}/verify/evaluation.js`);
  return vectors.map((v) => evaluate(v.criteria, v.offers, v.scores, v.draw ?? null));
}"""


def test_evaluation_vectors(twins: Twins) -> None:
    vectors = [load(path) for path in sorted((VECTORS / "evaluation").glob("*.json"))]
    assert len(vectors) >= 2
    assert twins.call(EVALUATE, vectors) == [vector["evaluation"] for vector in vectors]


DRAW = """async ([js, { pseudonyms, draws, refused }]) => {
  const [{ commitmentOf, drawnOrder, pseudonymOf, seatsOf, seedOf }, { hex, unhex }] =
    await Promise.all(["draw", "bytes"].map((name) => import(`${js}/verify/${name}.js`)));
  const all = (values, one) => Promise.all(values.map(one));
  const whole = async (order) => { const found = []; for await (const one of order) found.push(one); return found; };
  const draw = async ({ pool, size, root, parties, commitments, reveals, groups, recused }) => {
    const values = reveals.map((one) => ({ party: one.party, standsIn: one.stands_in, value: unhex(one.value) }));
    const seed = await seedOf({ commitment: unhex(pool), size, root: unhex(root), parties }, values);
    const committed = (one) => commitmentOf(unhex(pool), one.party, one.stands_in, unhex(one.value));
    return {
      commitments: await all(commitments, committed), seed: hex(seed),
      orders: await all(groups, (group) => whole(drawnOrder(seed, group))), seats: await seatsOf(seed, groups, recused),
    };
  };
  return {
    pseudonyms: await all(pseudonyms, ({ salt, person }) => pseudonymOf(unhex(salt), person)),
    draws: await all(draws, draw),
    given: (await Promise.allSettled(refused.map((one) => seatsOf(unhex(one.seed), one.groups, one.recused))))
      .map(({ value }, n) => value && refused[n].name).filter(Boolean),
  };
}"""


def test_draw_vectors(twins: Twins) -> None:
    vectors = load(VECTORS / "draw" / "draws.json")
    found = twins.call(DRAW, vectors)
    assert found["given"] == []
    assert found["pseudonyms"] == [one["pseudonym"] for one in vectors["pseudonyms"]]
    for told, vector in zip(found["draws"], vectors["draws"], strict=True):
        assert told == {
            "commitments": [one["commitment"] for one in vector["commitments"]],
            "seed": vector["seed"],
            "orders": [group["order"] for group in vector["groups"]],
            "seats": vector["seats"],
        }


LOG = """async ([js, vector]) => {
  const [{ commitmentOf }, { leafHash, rootOf }, { parseAnchors, parseNote, verifyNote }, { hex, unhex, utf8 }] =
    await Promise.all(["dossier", "tree", "notes", "bytes"].map((name) => import(`${js}/verify/${name}.js`)));
  const leaves = await Promise.all(vector.leaves.map((leaf) => leafHash(unhex(leaf))));
  const roots = await Promise.all(vector.roots.map((_, size) => rootOf(leaves.slice(0, size))));
  const note = parseNote(vector.checkpoint);
  const anchors = await parseAnchors(utf8(JSON.stringify(vector.anchors)));
  return {
    commitments: await Promise.all(vector.entries.map(commitmentOf)), leaves: leaves.map(hex), roots: roots.map(hex),
    root: hex(note.root), size: note.size, cosigned: (await verifyNote(note, anchors, true)).length,
  };
}"""


def test_log_vectors(twins: Twins) -> None:
    vector = load(VECTORS / "log" / "log.json")
    found = twins.call(LOG, vector)
    assert found["commitments"] == [entry["commitment"] for entry in vector["entries"]]
    assert found["roots"] == vector["roots"]
    assert found["root"] == vector["roots"][found["size"]]
    hashes = {entry["index"]: entry["leaf_hash"] for entry in vector["entries"]}
    assert {index: found["leaves"][index] for index in hashes} == hashes
    assert found["cosigned"] >= vector["anchors"]["witness_quorum"]


JSON = """async ([js, texts]) => {
  const { parse, parseCanonical } = await import(`${js}/verify/json.js`);
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const read = (parser, text) => { try { parser(bytes(text), 1 << 20); return true; } catch { return false; } };
  return texts.map((text) => [read(parse, text), read(parseCanonical, text)]);
}"""
GOOD_JSON = [
    b'{"__proto__":1,"a":[true,false,null,-1,0,9007199254740991],"b":"\xe4\xb8\xad\\n"}',
    b' { "a" : [ ] }\n',
    '{"\U0001f600":1,"\ufb01":2}'.encode(),
    b'"\\u4e2d\\/\\ud83d\\ude00"',
    b"[" * 32 + b"]" * 32,
    b'{"2":1,"10":2,"1":3}',
]


def test_strict_json(twins: Twins) -> None:
    texts = [*BAD_JSON.values(), *GOOD_JSON]
    found = twins.call(JSON, [base64.b64encode(text).decode() for text in texts])
    assert found == [[reads(verify.parse_json, text), reads(verify.parse_canonical, text)] for text in texts]
    assert {taken for taken, _ in found[: len(BAD_JSON)]} == {False}
    assert {taken for taken, _ in found[len(BAD_JSON) :]} == {True}


def reads(parser: Any, text: bytes) -> bool:
    try:
        parser(text, 1 << 20)
    except verify.Unreadable:
        return False
    return True


OPEN = """async ([js, cases]) => {
  const [{ openForm, envelopeId }, { exchangeKey }, { unhex, unbase64 }, { Broken }] = await Promise.all(
    ["envelope", "crypto", "bytes", "findings"].map((name) => import(`${js}/verify/${name}.js`)));
  const open = async (c) => {
    const names = c.keySet.quorums[c.quorum];
    const pairs = await Promise.all(names.map((name) => exchangeKey(unhex(c.private[name]))));
    const part = unbase64(c.part);
    try {
      const values = await openForm({ ...c, pairs }, part, c.blocks.length, c.bidder);
      return { values, id: await envelopeId(part, c.blocks) };
    } catch (error) {
      if (error instanceof Broken) return { reason: error.reason };
      throw error;
    }
  };
  return Promise.all(cases.map(open));
}"""


def opened(twins: Twins, keys: Any, part: str, blocks: list[str], quorum: int = 0) -> dict[str, Any]:
    key_set = keys["record"]["key_set"]
    case = {
        "keySet": key_set, "keySetId": verify.record_id("sunbid/key-set/1", key_set), "quorum": quorum,
        "private": keys["opening_keys"], "bidder": keys["bidder"], "part": part, "blocks": blocks,
    }  # fmt: skip
    found: list[dict[str, Any]] = twins.call(OPEN, [case])
    return found[0]


def test_envelope_vectors(twins: Twins) -> None:
    keys = load(VECTORS / "envelope" / "keys.json")
    for path in ENVELOPES:
        vector = load(path)
        if path.stem.startswith("good-"):
            part = base64.b64decode(vector["envelope"])[: vector["parts"][0]["size"]]
            blocks = [one["sha256"] for one in vector["parts"][1:]]
            for quorum in range(len(vector["record"]["key_set"]["quorums"])):
                found = opened(twins, vector, base64.b64encode(part).decode(), blocks, quorum)
                assert found == {"values": vector["values"], "id": vector["id"]}, path.name
        if path.stem.startswith("bad-envelope-"):
            reason = opened(twins, keys, vector["part_0"], ["00" * 32])["reason"]
            assert verify.like(vector["reason"], reason), path.name


CRC = """async ([js, texts]) => {
  const { crc32 } = await import(`${js}/verify/crc.js`);
  return texts.map((text) => crc32(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))));
}"""


def test_crc32(twins: Twins) -> None:
    texts = [bytes(random.Random(length).randbytes(length)) for length in (*range(40), 1001, 70_000)]
    found = twins.call(CRC, [base64.b64encode(text).decode() for text in texts])
    assert found == [zlib.crc32(text) for text in texts]


def test_a_dossier_of_a_hundred_bids(twins: Twins) -> None:
    world = World(1)
    dossier = Story(world, bidders=100).dossier()
    assert twins.both(Given(dossier=dossier, anchors=packed(world.anchors())))[0] == PASSED


AUCTION = """async ([js, courses]) => {
  const [{ courseOf, follow, refusal }, { placed }, { recordId }, { figures, termsFault }] = await Promise.all(
    ["course", "checks_auction", "crypto", "terms"].map((name) => import(`${js}/verify/${name}.js`)));
  const told = [];
  for (const { terms, links } of courses) {
    if (termsFault(terms) !== null) throw new Error("terms");
    const [course, found] = [courseOf(figures(terms)), []];
    for (const { link, probes } of links) {
      found.push(probes.map(({ now, said }) => refusal(course, now, said)));
      const [event, id] = [figures(placed(course, link)), await recordId("sunbid/auction-event/1", link)];
      const signs = event.event === "bid" || event.event === "offer";
      found.push(follow(course, event, id, signs ? { ...event, seen: course.view } : null), course.phase, course.view);
    }
    told.push(found);
  }
  return told;
}"""


def test_auctions_are_decided_alike(twins: Twins) -> None:
    """Random auctions of all kinds, and what could have been said at each place."""
    courses, expected = [], []
    for seed in range(40):
        one, state = made(seed), BEGINNING
        links, found = [], []
        for event in one.events:
            link = events.link(event, state.number + 1, state.head)
            said = [{"now": verify.micros(clock.text(now)), "said": told} for told, now in probes(state)]
            links.append({"link": link, "probes": said})
            state, asks = apply(one.terms, state, event), asked(one, state)
            found += [asks, None, state.phase, state.view]
        courses.append({"terms": codec.plain(one.terms), "links": links})
        expected.append(found)
    assert twins.call(AUCTION, courses) == expected
