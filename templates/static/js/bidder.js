/*
 * The bidder's side: the key set to seal to, statements that chain, receipts that are checked before they are kept.
 *
 *   own = {client, vault, anchors (parsed), code}    code: of the organisation
 *
 *   sealingFacts(own, tender, kind)   -> {record, keySet, notice, schema}: what to seal to, after every check of a sealer
 *   submit(own, bid, {upload, envelope}, {replace})  -> the checked receipt; bid: of upload.readBid, its upload finished.
 *       Refusal key_unknown, bidder_wrong, bid_stands, no_bid_stands, key_set_changed
 *   withdraw(own, tender, lot)        -> the checked receipt
 *   confirm(own, tender, {opened, values})   -> {leaf}; opened: the commitment (hex) of the opening that the bidder has looked at, values: its
 *       own in it. Refusal opening_other where the record has another, not_opened, key_unknown
 *   handIn(own, path, value, members) -> {receipt, refusal}: the checked receipt of a statement, also of a refused one
 *   status(own, tender)               -> {latest, standing, statements}
 *   fetchReceipt(own, number)         -> {receipt, checked}
 */

import { hex } from "./bytes.js";
import { schemaId } from "./bidform.js";
import { dumps } from "./canonical.js";
import { verify } from "./keyset.js";
import { checkKnown } from "./ownkeys.js";
import { check } from "./receipt.js";
import { latestNotice, ofTender, opening } from "./record.js";
import { Refusal } from "./refusal.js";
import { objectId, sign } from "./signing.js";
import * as statements from "./statements.js";

export async function sealingFacts({ client, anchors }, tender, kind) {
    const { key_set, signatures } = await client.get(`/tenders/${tender}/key-set`, { kind });
    const notice = latestNotice(await ofTender(client, tender));
    return checkedFacts({ record: { key_set, signatures }, notice, anchors, tender, kind });
}

/* The checks of a sealer on what it was given, by the server or in a sealing sheet. notice: as record.read gives it. */
export async function checkedFacts({ record, notice, anchors, tender, kind }) {
    // Whether a demonstration is believed was decided with the anchors.
    const keySet = await verify(record, { identities: anchors.trustees, demonstration: anchors.demonstration });
    if (keySet.tender !== tender || keySet.kind !== kind || keySet.origin !== anchors.origin) {
        throw refuse("key_set_wrong", "密钥组属于另一项目。", "The key set is of another tender.", "key_set");
    }
    const { head, body } = notice;
    if (head.tender !== tender || head.lot !== keySet.lot || body.key_sets?.[kind] !== keySet.id) {
        throw refuse(
            "key_set_not_published",
            "密钥组不是最新公告采用的那一个，请勿封标并向招标人反映。",
            "The key set is not the one that the latest notice names: do not seal, tell the agency.",
            "key_set",
        );
    }
    const schema = body.form_schema;
    if ((await schemaId(schema)) !== keySet.formSchema) {
        throw refuse("form_schema_wrong", "开标一览表格式与密钥组不符。", "The form is not that of the key set.", "form_schema");
    }
    return { record, keySet, notice, schema };
}

export async function submit(own, bid, { upload, envelope }, { replace = false } = {}) {
    const { base } = bid.front.header;
    if (base.bidder !== own.code) {
        throw refuse("bidder_wrong", "封标文件属于另一投标人。", "The sealed file is another bidder's.", "bidder");
    }
    const { standing, latest } = await status(own, base.tender);
    checkStanding(standing, replace);
    const notice = latestNotice(await ofTender(own.client, base.tender));
    if (notice.body.key_sets[base.kind] !== base.key_set) {
        throw refuse("key_set_changed", "密钥组已变更，请重新封标。", "The key set has changed: seal the bid again.", "key_set");
    }
    const value = statements.statement({
        tender: base.tender,
        lot: base.lot,
        bidder: own.code,
        kind: base.kind,
        envelope,
        keySet: base.key_set,
        seen: hex(notice.commitment),
        replaces: latest,
    });
    return (await handIn(own, `/tenders/${base.tender}/bids`, value, { uploads: { [base.kind]: upload } })).receipt;
}

export async function withdraw(own, tender, lot) {
    const { standing, latest } = await status(own, tender);
    checkStanding(standing, true);
    const value = statements.withdrawal({ tender, lot, bidder: own.code, replaces: latest });
    return (await handIn(own, `/tenders/${tender}/withdrawals`, value)).receipt;
}

export async function confirm(own, tender, { opened, values }) {
    await checkKnown(own, own.code);
    const { head, body, commitment } = opening(await ofTender(own.client, tender));
    const mine = body.bids.find(({ bidder }) => bidder === own.code);
    if (hex(commitment) !== opened || hex(dumps(mine?.values ?? null)) !== hex(dumps(values))) {
        throw refuse(
            "opening_other",
            "公开记录中的开标与本页所示不符，未签署；请刷新后重新核对。",
            "The opening in the record is not the one shown here: nothing was signed. Load the page again and look anew.",
        );
    }
    const value = statements.confirmation({ tender, lot: head.lot, bidder: own.code, opened });
    const confirmation = await sign(value, own.vault.signingKey("statement"));
    return own.client.post(`/tenders/${tender}/confirmations`, { confirmation });
}

export async function status({ client }, tender) {
    return client.get(`/tenders/${tender}/bids/own`);
}

export async function fetchReceipt(own, number) {
    const receipt = await own.client.get(`/receipts/${number}`);
    return { receipt, checked: await check(receipt, own.anchors, await own.vault.publicKey("statement")) };
}

export async function handIn(own, path, value, members = {}) {
    await checkKnown(own, own.code);
    const statement = await sign(value, own.vault.signingKey("statement"));
    let refusal = null;
    const receipt = await own.client.post(path, { statement, ...members }).catch((error) => {
        refusal = error;
        if (!error.facts?.receipt) throw error;
        return error.facts.receipt;
    });
    const checked = await check(receipt, own.anchors, await own.vault.publicKey("statement"));
    if (checked.statement !== (await objectId(value))) {
        throw refuse("receipt_foreign", "回执不是本次声明的。", "The receipt is for another statement.", "receipt");
    }
    return { receipt, refusal };
}

function checkStanding(standing, wanted) {
    if (wanted && standing === null) throw refuse("no_bid_stands", "没有有效的投标。", "No bid of yours stands.");
    if (!wanted && standing !== null) {
        throw refuse("bid_stands", "您已有一份有效投标；如要替换，请选择替换。", "A bid of yours stands already: choose to replace it.");
    }
}

function refuse(reason, zh, en, field = null) {
    return new Refusal(reason, zh, en, field);
}
