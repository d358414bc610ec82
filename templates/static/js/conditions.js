/*
 * When a trustee's page gives up an opening key: conditions checked on the trustee's own device (api/tools/conditions.py).
 *
 *   releaseConditions(evidence)   -> [{name, zh, en, refusal}] in the order in which they are shown; refusal null: it is met
 *
 * evidence: keySet (of the envelopes), signed (id of the one key set that this trustee signed for its opening key), anchors,
 * closing and notice (entries as record.read gives them: lot_closed, or auction_closed of what an auction has sealed, and
 * the latest notice), closingProof and noticeProof
 * (they lead to the checkpoint), checkpoint (a signed note), lastSeen ({size, root} of the newest checkpoint that this
 * trustee saw before, or null), consistency (proof from there), held (the server says that a hold is in force), record
 * (the tender's disclosed entries), now (microseconds, by this device's own clock).
 */

import { equal, unhex } from "./bytes.js";
import { openCheckpoint } from "./anchors.js";
import * as forms from "./forms.js";
import { verifyConsistency } from "./growth.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { parseCheckpoint, parseNote } from "./notes.js";
import { Refusal } from "./refusal.js";
import { parse as parseTime, text as timeText } from "./times.js";
import { rootOf } from "./trees.js";

const NOTICE = forms.record(
    { deadline: forms.text(), key_sets: forms.map(forms.text()), minimum_bids: forms.integer(), opens_at: forms.text() },
    { more: true },
);
const CLOSING = forms.record({
    accepted: forms.list(forms.text(forms.HEX_32)),
    count: forms.integer(),
    deadline: forms.text(),
    root: forms.text(forms.HEX_32),
});

const AUCTION_CLOSING = forms.record({
    count: forms.integer(),
    envelopes: forms.list(forms.text(forms.HEX_32)),
    event: forms.text(forms.HEX_32),
    kind: forms.text(),
    root: forms.text(forms.HEX_32),
});

export async function releaseConditions(evidence) {
    const found = [];
    const conditions = Object.hasOwn(evidence.notice.body, "auction") ? OF_AUCTION : CONDITIONS;
    for (const [name, holds, zh, en] of conditions) found.push({ name, zh, en, refusal: await refusalOf(holds, evidence) });
    return found;
}

export function checkpointOf(note) {
    return parseCheckpoint(parseNote(note).text);
}

async function refusalOf(holds, evidence) {
    try {
        await holds(evidence);
        return null;
    } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
    }
}

const noticeOf = ({ notice }) => forms.check(notice.body, NOTICE);
const closingOf = ({ closing }) => forms.check(closing.body, CLOSING);
const auctionClosingOf = ({ closing }) => forms.check(closing.body, AUCTION_CLOSING);

function checkKeySet(evidence) {
    const { keySet, signed } = evidence;
    if (keySet.id !== signed) {
        throw unmet("key_set_not_signed", "密钥组不是本人签署的。", "This trustee has not signed the key set.");
    }
    if (noticeOf(evidence).key_sets[keySet.kind] !== keySet.id) {
        throw unmet("key_set_not_published", "公告采用的是另一密钥组。", "The notice names another key set.");
    }
}

function checkClock(evidence) {
    const times = [parseTime(noticeOf(evidence).opens_at, "opens_at"), parseTime(closingOf(evidence).deadline, "deadline")];
    checkPast(evidence, times[0] > times[1] ? times[0] : times[1]);
}

/* Before the earliest end of the bidding it cannot be over: nothing is released earlier, whatever the server says. */
function checkAuctionClock(evidence) {
    const { open, offers, cap, opens_at: opensAt } = evidence.notice.body.auction;
    const known = open !== null && cap === null;
    const seconds = known || offers === null ? 0 : offers.seconds;
    const [moment, field] = known ? [open.closes_at, "closes_at"] : [opensAt, "opens_at"];
    checkPast(evidence, parseTime(moment, field) + BigInt(seconds) * 1_000_000n);
}

function checkPast(evidence, opensAt) {
    if (evidence.now < opensAt) {
        const [hour, here] = [timeText(opensAt), timeText(evidence.now)];
        throw unmet("too_early", `开标时间为 ${hour}，本机时间为 ${here}。`, `The opening is at ${hour}; the clock here says ${here}.`);
    }
}

async function checkWitnessed({ anchors, checkpoint }) {
    await openCheckpoint(anchors, checkpoint);
}

async function checkClosing(evidence) {
    checkClosingOfLot(evidence, "lot_closed");
    if (noticeOf(evidence).deadline !== closingOf(evidence).deadline) {
        throw unmet("deadline_differs", "截标时间与公告不符。", "The closing has not the notice's deadline.");
    }
    await checkBothIncluded(evidence);
}

async function checkAuctionClosing(evidence) {
    checkClosingOfLot(evidence, "auction_closed");
    if (auctionClosingOf(evidence).kind !== evidence.keySet.kind) {
        throw unmet("closing_wrong", "该记录开启的是另一种封套。", "That closing is of another kind of envelope.");
    }
    await checkBothIncluded(evidence);
}

function checkClosingOfLot({ closing, keySet }, wanted) {
    const { kind, tender, lot } = closing.head;
    if (kind !== wanted || tender !== keySet.tender || lot !== keySet.lot) {
        throw unmet("closing_wrong", "不是本标段的截标记录。", "This is not the closing of the lot.");
    }
}

async function checkBothIncluded(evidence) {
    const { notice, closing } = evidence;
    if (notice.index === null || closing.index === null || notice.index >= closing.index) {
        throw unmet("order_wrong", "公告不在截标之前。", "The notice does not stand before the closing.");
    }
    const { size, root } = checkpointOf(evidence.checkpoint);
    await verifyInclusion(notice.index, size, await leafHash(notice.commitment), evidence.noticeProof, root);
    await verifyInclusion(closing.index, size, await leafHash(closing.commitment), evidence.closingProof, root);
}

async function checkConsistent({ lastSeen, checkpoint, consistency }) {
    if (lastSeen === null) return;
    const { size, root } = checkpointOf(checkpoint);
    await verifyConsistency(lastSeen.size, size, consistency, lastSeen.root, root);
}

async function checkList(listed, { count, root }) {
    const found = await rootOf(await Promise.all(listed.map((one) => leafHash(unhex(one, 32)))));
    if (count !== listed.length || !equal(found, unhex(root, 32))) {
        throw unmet("list_wrong", "截标清单的数目或树根不符。", "Count or root of the closing list is wrong.");
    }
}

/* A reserve price stands in the terms: nobody may put another envelope in its place. Of offers that is seen later. */
async function checkAuctionCount(evidence) {
    const closing = auctionClosingOf(evidence);
    await checkList(closing.envelopes, closing);
    const { reserve } = evidence.notice.body.auction;
    if (closing.kind === "reserve" && (closing.envelopes.length !== 1 || closing.envelopes[0] !== reserve)) {
        throw unmet("reserve_differs", "待开启的不是公告写明的保留价。", "What is to be opened is not the notice's reserve price.");
    }
}

async function checkCount(evidence) {
    const closing = closingOf(evidence);
    const { accepted, count } = closing;
    await checkList(accepted, closing);
    const least = noticeOf(evidence).minimum_bids;
    if (count < least) throw unmet("too_few", `只有 ${count} 份投标，少于 ${least} 份。`, `${count} bids; ${least} are needed.`);
}

function checkNoHold({ held, record }) {
    const count = (kind) => record.filter(({ head }) => head.kind === kind).length;
    if (held || count("lot_held") > count("hold_lifted")) {
        throw unmet("held", "监督部门已责令暂停。", "A supervisor has put the lot on hold.");
    }
    if (count("lot_failed")) {
        throw unmet("failed", "该标段已终止，密钥不得公布。", "The lot has failed: none of its keys may be released.");
    }
}

const CONDITIONS = [
    ["key_set", checkKeySet, "密钥组是本人签署的那一个", "the key set is the one that this trustee signed"],
    ["clock", checkClock, "本机时钟已过开标时间", "the clock of this device is past the opening time"],
    ["witnessed", checkWitnessed, "检查点有日志与法定数量见证人的签名", "log and witness quorum have signed the checkpoint"],
    ["closing", checkClosing, "截标记录与公告都在检查点之内", "closing and notice stand in the checkpoint"],
    ["consistent", checkConsistent, "检查点与上次所见的一致", "the checkpoint continues the one seen last"],
    ["count", checkCount, "投标数不少于法定最低数", "there are no fewer bids than the minimum"],
    ["no_hold", checkNoHold, "没有暂停令，标段未终止", "no hold is in force, and the lot has not failed"],
];

/* Nothing of a running auction is public, so the one public fact of its closing is the entry that says what to open. */
const OF_AUCTION = CONDITIONS.map(
    (condition) =>
        ({
            clock: ["clock", checkAuctionClock, "本机时钟已过竞价最早的截止时间", "the clock of this device is past the earliest end of bids"],
            closing: ["closing", checkAuctionClosing, "竞价截止记录与公告都在检查点之内", "closing and notice stand in the checkpoint"],
            count: ["count", checkAuctionCount, "待开启的正是公告写明的封套", "what is to be opened is what the notice names"],
        })[condition[0]] ?? condition,
);

function unmet(reason, zh, en) {
    return new Refusal(reason, zh, en);
}
