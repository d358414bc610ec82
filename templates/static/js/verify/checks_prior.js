// Check 21 of docs/spec/dossier.md: published as announced, after the period of the prior notice, comments dealt with.

import { need, shown } from "./findings.js";
import { PRIOR } from "./forms.js";

export function checkPrior(d) {
  const published = d.one("tender_published");
  const notices = d.of("prior_published");
  need(notices.length > 0, "公告所据的事前公示不在记录中", "there is no prior notice", published.index);
  let previous = null;
  for (const [number, { body, time, index, commitment }] of notices.entries()) {
    const chained = body.number === number && body.previous === previous;
    need(chained, "事前公示不相接", "the prior notices do not chain", index);
    need(time < body.until, "事前公示没有期限", "a prior notice without a period", index);
    need(index < published.index, "公告之后又事前公示", "a prior notice behind the publication", index);
    previous = commitment;
  }
  const last = notices.at(-1);
  const named = published.body.prior === last.commitment;
  need(named, "公告未载明最后一次事前公示", "the publication does not name the last prior notice", published.index);
  const over = published.time >= last.body.until;
  need(over, "事前公示期未满即发布", "published before the period of its prior notice was over", published.index);
  checkAnnounced(d, last);
  const count = checkComments(d, last, published);
  return [`事前公示 ${notices.length} 次，意见 ${count} 条`, `${notices.length} prior notices, ${count} comments`];
}

/** What the prior notice keeps stands so in every notice, and nobody else was invited. */
function checkAnnounced(d, last) {
  const told = last.body.notice;
  for (const name of last.body.kept) {
    if (name === "bidders") {
      const lists = d.of("bidders_invited").map(({ body }) => body.bidders);
      const same = lists.length === 0 || (lists.length === 1 && alike(lists[0], told.bidders));
      need(same, "邀请的不是事前公示的供应商", "others are invited than were announced");
      continue;
    }
    for (const { body, index } of d.notices()) {
      const same = Object.hasOwn(body.notice, name) && alike(body.notice[name], told[name] ?? null);
      need(same, `与事前公示不一致：${shown(name)}`, `not as announced: ${shown(name)}`, index);
    }
  }
}

const alike = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Each is made on the notice that stands, in its time, and answered once; where it binds before the publication. */
function checkComments(d, last, published) {
  const [filed, waiting] = [new Map(), new Set()];
  const binds = (about) => last.body.binding && filed.get(about) === last.commitment;
  let standing = last;
  for (const entry of d.of(...PRIOR)) {
    const { kind, body, time, index } = entry;
    if (kind === "prior_published") {
      standing = entry;
    } else if (kind === "comment_filed") {
      const timely = index < published.index && time < standing.body.until && body.notice === standing.commitment;
      need(timely, "意见不是在公示期内提出的", "a comment on no notice that stood", index);
      need(!filed.has(body.comment), "意见编号重复", "a comment stands twice", index);
      filed.set(body.comment, body.notice);
      waiting.add(body.comment);
    } else {
      need(waiting.delete(body.comment), "答复没有对应的意见", "it answers no comment that waits", index);
      const upheld = binds(body.comment) && body.outcome !== "dismissed";
      need(!upheld, "异议成立仍发布", "published though an objection to the prior notice was upheld", index);
      const late = binds(body.comment) && index > published.index;
      need(!late, "异议未答复即发布", "published before an objection to the prior notice was answered", index);
    }
  }
  const open = [...waiting].some(binds);
  need(!open, "异议未答复即发布", "published with an objection to the prior notice unanswered", published.index);
  return filed.size;
}
