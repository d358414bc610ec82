// Draws, computed again from what is public (docs/spec/draw.md).

import { concat, hex, uint, unuint, utf8 } from "./bytes.js";
import { sha } from "./crypto.js";
import { need } from "./findings.js";

const MAX_CANDIDATES = 100_000;

/** T(x). Throws RangeError. */
function textOf(value) {
  if (typeof value !== "string" || !/^[\x20-\x7e]{1,64}$/.test(value)) throw new RangeError("not 1 to 64 ASCII characters");
  return concat(uint(value.length, 2), utf8(value));
}

function of32(bytes) {
  if (bytes.length !== 32) throw new RangeError("not 32 bytes");
  return bytes;
}

/** The pseudonym of a person under a salt, in hex. */
export async function pseudonymOf(salt, person) {
  return hex(await sha(utf8("sunbid/candidate/1\n"), of32(salt), textOf(person)));
}

/** The commitment to a value, in hex; `standsIn` where it is not the party's own. */
export async function commitmentOf(pool, party, standsIn, value) {
  const source = Uint8Array.of(standsIn ? 1 : 0);
  return hex(await sha(utf8("sunbid/draw-commitment/1\n"), of32(pool), textOf(party), source, of32(value)));
}

/** The seed. `pool`: {commitment, size, root, parties}; `reveals`: [{party, standsIn, value}], one of each party. */
export async function seedOf({ commitment, size, root, parties }, reveals) {
  const distinct = parties.length >= 2 && new Set(parties).size === parties.length;
  need(distinct, "抽取参与方不足两个或重复", "fewer than two parties, or one twice");
  const values = new Map(reveals.map((one) => [one.party, one]));
  const whole = reveals.length === parties.length && parties.every((party) => values.has(party));
  need(whole, "抽取的随机值不全", "not one value of each party");
  const used = parties.map((party) => values.get(party));
  const tail = used.flatMap(({ standsIn, value }) => [Uint8Array.of(standsIn ? 1 : 0), of32(value)]);
  return sha(utf8("sunbid/draw-seed/1\n"), of32(commitment), uint(size, 8), of32(root), ...tail);
}

/** Whole numbers below a bound, from the blocks of a seed and a label. */
function numbers(seed, label) {
  const start = concat(utf8("sunbid/draw-block/1\n"), of32(seed), textOf(label));
  let taken = 0;
  return async (bound) => {
    const bits = bound === 1 ? 0 : (bound - 1).toString(2).length;
    for (;;) {
      const block = unuint(await sha(start, uint(taken++, 8)));
      const number = Number(block >> BigInt(256 - bits));
      if (number < bound) return number;
    }
  };
}

/** The candidates of a group in drawn order, as far as it is asked for. */
export async function* drawnOrder(seed, { label, candidates }) {
  const rising = candidates.every((one, i) => i === 0 || candidates[i - 1] < one);
  need(rising && candidates.length <= MAX_CANDIDATES, "抽取名单未按升序或过长", "candidates do not rise, or are too many");
  const below = numbers(seed, label);
  const left = [...candidates];
  for (let place = 0; place < left.length; place++) {
    const chosen = place + (await below(left.length - place));
    [left[place], left[chosen]] = [left[chosen], left[place]];
    yield left[place];
  }
}

/** The pseudonyms seated in each group when all who recused themselves, in this order, were replaced. */
export async function seatsOf(seed, groups, recused) {
  need(new Set(groups.map(({ label }) => label)).size === groups.length, "两组同名", "two groups have one label");
  const orders = groups.map((group) => drawnOrder(seed, group));
  const before = new Set();
  const following = async (order) => {
    let coming = await order.next();
    while (!coming.done && before.has(coming.value)) coming = await order.next();
    need(!coming.done, "名单不够抽取", "the pool has too few candidates");
    before.add(coming.value);
    return coming.value;
  };
  const seats = [];
  for (const [place, { count }] of groups.entries()) {
    need(Number.isSafeInteger(count) && count >= 1, "席位数不对", "no seats are to be drawn");
    seats.push([]);
    while (seats[place].length < count) seats[place].push(await following(orders[place]));
  }
  for (const gone of recused) {
    const place = seats.findIndex((group) => group.includes(gone));
    need(place >= 0, "回避的人不在席位上", "who recuses was not seated");
    seats[place][seats[place].indexOf(gone)] = await following(orders[place]);
  }
  return seats;
}
