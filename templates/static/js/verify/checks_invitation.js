// Check 20 of docs/spec/dossier.md: enough were invited, and nobody else has bid.

import { need } from "./findings.js";
import { isCount } from "./shapes.js";

export async function checkInvitation(d) {
  const [first, ...others] = d.notices().map(({ body }) => body.minimum_invited);
  const said = isCount(first) && others.every((one) => one === first);
  need(said, "公告关于邀请的说法缺失或前后不同", "the notices do not all say that at least so many are invited");
  const lists = d.of("bidders_invited");
  const early = lists.length > 0 && !d.has("lot_opened");
  need(!early, "开标前公开了被邀请人", "who is invited was disclosed before the opening");
  const opening = d.opening();
  need(lists.length > 0, "没有被邀请人名单", "nothing says who was invited");
  const invited = invitedSince(d, lists);
  const enough = lists[0].body.bidders.length >= first;
  need(enough, "邀请的家数不足", "fewer were invited than the notice says", lists[0].index);
  for (const { entry, object } of (await d.chains()).flat()) {
    const before = (invited.get(object.bidder) ?? Infinity) < entry.index;
    need(before, "投标人未被邀请", "a bid of somebody who was not invited before it", entry.index);
  }
  for (const { bidder } of opening.body.bids) {
    need(invited.has(bidder), "投标人未被邀请", "a bid of somebody who was not invited", opening.index);
  }
  return [`邀请 ${invited.size} 家，投标均在其中`, `${invited.size} invited, all bids are theirs`];
}

/** Each who is invited, and the index since when: the first list of the publication's time, none named twice. */
function invitedSince(d, lists) {
  const published = d.one("tender_published");
  const found = new Map();
  for (const [number, { body, time, index }] of lists.entries()) {
    need(body.number === number, "邀请名单不相接", "the lists of the invited do not follow each other", index);
    const withNotice = number > 0 || time === published.time;
    need(withNotice, "首份名单不是随公告作出", "the first list is not of the publication's time", index);
    need(time < d.notice(index).body.deadline, "截止后才邀请", "invited after the deadline", index);
    for (const bidder of body.bidders) {
      need(!found.has(bidder), "同一单位邀请两次", "somebody is invited twice", index);
      found.set(bidder, index);
    }
  }
  return found;
}
