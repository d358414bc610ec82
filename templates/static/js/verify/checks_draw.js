// Check 19 of docs/spec/dossier.md: experts drawn again from what is public (docs/spec/draw.md).

import { equal, hex, unbase64, unhex } from "./bytes.js";
import { commitmentOf, pseudonymOf, seatsOf, seedOf } from "./draw.js";
import { failed, isFailure, member, need, notApplicable } from "./findings.js";
import { DRAWN } from "./forms.js";
import { same } from "./json.js";
import { checkSigner, tell } from "./keys.js";
import { exactly, isHex32, isText, oneOf } from "./shapes.js";

const DRAWN_MEMBER = { person: isText, role: oneOf("expert"), salt: isHex32 };

/** A draw as far as its entries were checked. */
class Drawing {
  constructor(called) {
    const { parties, groups } = called.body;
    Object.assign(this, { called, parties, groups, seed: null, gone: [], over: false });
    this.committed = new Map();
    this.values = new Map();
    this.withheld = new Set();
  }

  allCommitted() {
    return this.committed.size === this.parties.length;
  }

  missing() {
    return this.parties.filter((party) => !this.values.has(party));
  }

  /** Who is to reveal the value of a party: itself, behind it the one who stands in; null where both withheld it. */
  turn(of) {
    const second = this.parties[(this.parties.indexOf(of) + 1) % this.parties.length];
    return [of, second].find((party) => !this.withheld.has(JSON.stringify([of, party]))) ?? null;
  }

  seats(...more) {
    need(this.seed !== null, "抽取尚无结果", "the draw has no result yet");
    return seatsOf(this.seed, this.groups, [...this.gone, ...more]);
  }
}

export async function checkDraw(d) {
  const entries = d.of(...DRAWN);
  const scored = d.of("score_signed")[0]?.index ?? Infinity;
  const unsure = [];
  let drawing = null;
  for (const entry of entries) {
    need(entry.index < scored, "评分后仍抽取", "drawn after a score", entry.index);
    if (entry.kind === "draw_called") {
      need(drawing === null || drawing.over, "前一抽取未结束", "the draw before it has not ended", entry.index);
      checkPool(d, entry);
      drawing = new Drawing(entry);
    } else {
      unsure.push(await goOn(d, drawing, entry));
    }
  }
  checkAnnounced(d);
  await checkSeated(d, drawing);
  tell(unsure);
  if (drawing === null) throw notApplicable("尚未抽取专家", "no draw was called yet");
  if (drawing.seed === null || drawing.over) return ["抽取没有结果", "the draw has no result"];
  const [count, gone] = [(await drawing.seats()).flat().length, drawing.gone.length];
  return [`重新抽取 ${count} 席一致，替补 ${gone} 次`, `${count} seats drawn again alike, ${gone} replaced`];
}

/** One entry of a draw; what of its signature is *not checked*, or null. */
async function goOn(d, drawing, entry) {
  const { kind, body, index } = entry;
  if (drawing === null) throw failed("没有抽取名单", "no pool stands before it", index);
  need(!drawing.over, "抽取已结束", "its draw has ended", index);
  const signed = { draw_committed: body.commitment, draw_revealed: body.reveal }[kind] ?? null;
  const about = signed === null ? body : signed.object;
  let unsure = null;
  if (signed !== null) {
    need(d.isMine(about), "签署的属于别的标段", "what is signed is of another lot", index);
    need(drawing.parties.includes(about.party), "不是抽取的参与方", "signed by no party of the draw", index);
    unsure = await checkSigner(d, signed, about.party, "draw", index);
  }
  need(about.draw === drawing.called.commitment, "属于别的抽取", "it is of another draw", index);
  await STEPS[kind](d, drawing, about, index);
  return unsure;
}

/** Parties, groups and who is left out have their form, and the seats are the experts that were announced. */
function checkPool(d, { body, index }) {
  const { parties, groups, excluded } = body;
  const distinct = parties.length >= 2 && new Set(parties).size === parties.length;
  need(distinct, "参与方不足两个或重复", "too few parties, or one twice", index);
  need(new Set(groups.map(({ label }) => label)).size === groups.length, "两组同名", "two groups have one label", index);
  const listed = new Set(groups.flatMap(({ candidates }) => candidates));
  const away = new Set(excluded.map(({ candidate }) => candidate));
  const apart = away.size === excluded.length && [...away].every((one) => !listed.has(one));
  need(apart, "名单自相矛盾", "excluded and listed", index);
  for (const { candidates, count } of groups) {
    const rising = candidates.every((one, i) => i === 0 || candidates[i - 1] < one);
    need(rising, "名单未按升序", "candidates do not rise", index);
    const enough = count >= 1 && count <= candidates.length;
    need(enough, "席位数与名单不符", "no seats, or more than candidates", index);
  }
  const announced = d.notice(index).body.notice.committee ?? null;
  if (announced === null) return;
  const all = groups.reduce((sum, { count }) => sum + count, 0) === member(announced, "experts");
  need(all, "抽取人数与公告不符", "not as many seats as experts were announced", index);
}

function checkCommitted(d, drawing, said, index) {
  const { party, checkpoint: { root, size } } = said;
  need(!drawing.committed.has(party), "参与方承诺两次", "a party commits twice", index);
  const alike = [...drawing.committed.values()].every((one) => same(one.checkpoint, said.checkpoint));
  need(alike, "各方所写检查点不同", "the parties name different checkpoints", index);
  const known = d.notes.some((note) => note.size === size && equal(note.root, unbase64(root)));
  need(known, "所据检查点不在卷宗中", "it names a checkpoint that is not in the dossier", index);
  const holds = drawing.called.index < size && size <= index;
  need(holds, "所据检查点不含名单", "its checkpoint lacks the pool", index);
  drawing.committed.set(party, said);
}

async function checkRevealed(_, drawing, { party, of, value: text }, index) {
  need(drawing.allCommitted(), "承诺未齐即公布", "revealed before all had committed", index);
  const wanted = drawing.missing().includes(of);
  need(wanted, "随机值多余", "that value is not wanted", index);
  need(drawing.turn(of) === party, "不由其公布", "it was not for this party to reveal it", index);
  const [standsIn, value] = [party !== of, unhex(text)];
  const committed = drawing.committed.get(party)[standsIn ? "stands_in" : "own"];
  const alike = (await commitmentOf(unhex(drawing.called.commitment), of, standsIn, value)) === committed;
  need(alike, "随机值与承诺不符", "the value is not the one committed to", index);
  drawing.values.set(of, { party: of, standsIn, value });
}

function checkWithheld(_, drawing, { of, party }, index) {
  need(drawing.allCommitted(), "承诺未齐", "not all had committed", index);
  const wanted = drawing.missing().includes(of) && drawing.turn(of) === party;
  need(wanted, "随机值并未欠缺", "nothing was withheld by it", index);
  drawing.withheld.add(JSON.stringify([of, party]));
}

async function checkMade(_, drawing, said, index) {
  need(drawing.seed === null, "抽取两次", "the draw is made twice", index);
  need(drawing.missing().length === 0, "随机值不全", "not every value is there", index);
  const { size, root } = drawing.committed.get(drawing.parties[0]).checkpoint;
  const pool = { commitment: unhex(drawing.called.commitment), size, root: unbase64(root), parties: drawing.parties };
  drawing.seed = await seedOf(pool, [...drawing.values.values()]);
  need(said.seed === hex(drawing.seed), "种子不符", "the seed is another", index);
  need(same(said.seats, await drawing.seats()), "重新抽取结果不同", "drawn again, others are seated", index);
}

async function checkReplaced(_, drawing, { gone, seated }, index) {
  const before = (await drawing.seats()).flat();
  need(before.includes(gone), "被替换的人不在席", "who is replaced did not sit", index);
  const coming = (await drawing.seats(gone)).flat().filter((one) => !before.includes(one));
  need(same(coming, [seated]), "替补不是次序中的下一位", "another than the next in order is seated", index);
  drawing.gone.push(gone);
}

async function checkFailed(_, drawing, { reason, gone }, index) {
  const good = {
    abandoned: () => drawing.values.size === 0 && drawing.seed === null,
    withheld: () => drawing.allCommitted() && drawing.missing().some((of) => drawing.turn(of) === null),
    exhausted: async () => drawing.seed !== null && gone !== null && (await isExhausted(drawing, gone)),
  }[reason];
  need(await good(), "抽取不能以此理由终止", "the draw cannot end for that reason", index);
  drawing.over = true;
}

async function isExhausted(drawing, gone) {
  if (!(await drawing.seats()).flat().includes(gone)) return false;
  try {
    await drawing.seats(gone);
  } catch (error) {
    if (isFailure(error)) return true;
    throw error;
  }
  return false;
}

const STEPS = {
  draw_committed: checkCommitted, draw_revealed: checkRevealed, draw_withheld: checkWithheld, draw_made: checkMade,
  draw_replaced: checkReplaced, draw_failed: checkFailed,
};

/** Where a notice says that experts are drawn, all of them do. */
function checkAnnounced(d) {
  if (!d.asksDraw()) return;
  const said = d.notices().every(({ body }) => body.drawn === true);
  need(said, "公告关于抽取专家的说法前后不同", "the notices do not all say that the experts are drawn");
}

/** The experts of the last committee are those who sit by the last draw, as their salts show. */
async function checkSeated(d, drawing) {
  const named = d.of("committee_set").at(-1);
  if (named === undefined) return;
  const { body: { members }, index } = named;
  if (drawing === null || drawing.over) {
    need(!d.asksDraw(), "公告写明专家随机抽取，评委会却不是抽取的", "its experts were to be drawn", index);
    const salted = members.some((one) => Object.hasOwn(one, "salt"));
    need(!salted, "没有抽取却称是抽中的", "its experts are said to be drawn, and there is no draw", index);
    return;
  }
  const experts = members.filter(({ role }) => role === "expert");
  const pseudonyms = await Promise.all(
    experts.map((one) => (exactly(one, DRAWN_MEMBER) ? pseudonymOf(unhex(one.salt), one.person) : "")),
  );
  need(drawing.seed !== null, "抽取未完成即组成评委会", "named before the draw was made", index);
  const seated = (await drawing.seats()).flat();
  const alike = same(pseudonyms.sort(), seated.sort());
  need(alike, "评委会专家不是抽中的人", "its experts are not those who were drawn", index);
}
