// The committee of a lot, and that its scores are all of its members' and nobody else's (docs/spec/dossier.md, 14, 15).

import { member, need } from "./findings.js";

/** Person to role, of the last committee that was named; empty where none was. Throws a failure. */
export function committeeOf(d) {
  const named = d.of("committee_set").at(-1);
  if (named === undefined) return new Map();
  const { members } = named.body;
  const found = new Map(members.map(({ person, role }) => [person, role]));
  need(found.size === members.length, "评委会成员重复", "a member of the committee is named twice", named.index);
  return found;
}

/** Who leads the committee, where it says so: the buyer's where the notice does, else an expert. Throws a failure. */
export function checkChair(d, seats) {
  const named = d.of("committee_set").at(-1);
  if (named === undefined || !Object.hasOwn(named.body, "chair")) return;
  const announced = d.notice(named.index).body.notice.committee ?? {};
  const wanted = announced.buyer_chairs === true ? "buyer" : "expert";
  need(seats.get(named.body.chair) === wanted, "组长不符合公告", "it is led by somebody who may not", named.index);
}

/** Every member signed and nobody else, and they are as many, of each role, as the notice announced. */
export function checkCommittee(d, signed, index) {
  const seats = committeeOf(d);
  const all = signed.length === seats.size && signed.every((expert) => seats.has(expert));
  need(all, "评分人不是评委会全体", "not every member's score was used", index);
  const announced = d.notice(d.opening().index).body.notice.committee ?? null;
  if (announced === null) return;
  const experts = [...seats.values()].filter((role) => role === "expert").length;
  const alike = seats.size === member(announced, "size") && experts === member(announced, "experts");
  need(alike, "评委会人数与公告不符", "the committee is not of the size announced", index);
}
