/*
 * The public record of a tender (docs/spec/log.md, Entry and leaf).
 *
 *   commitmentOf(entry)       -> the 32 bytes of an entry as it is shown {head, head_salt, body, body_salt}
 *   read(value)               -> {index, head, body, commitment, shown}, computed here; shown: as it came, without index
 *   ofTender(client, tender)  -> all disclosed entries; Refusal entry_wrong
 *   opening(record)           -> the opening; Refusal not_opened
 *   latestNotice(record)      -> the publication or the last amendment; Refusal not_published
 */

import { sha256, unhex, utf8 } from "./bytes.js";
import { dumps } from "./canonical.js";
import * as forms from "./forms.js";
import { Refusal } from "./refusal.js";

export const HEAD = forms.record({ kind: forms.text(), lot: forms.text(), tender: forms.text(), time: forms.text() });
const ENTRY = forms.record({
    head: HEAD,
    head_salt: forms.text(forms.HEX_32),
    body: forms.object,
    body_salt: forms.text(forms.HEX_32),
    index: forms.optional(forms.nullable(forms.integer(0))),
});

export async function commitmentOf({ head, head_salt: headSalt, body, body_salt: bodySalt }) {
    const headHash = await sha256(utf8("sunbid/head/1\n"), unhex(headSalt, 32, "head_salt"), dumps(head));
    const bodyHash = await sha256(utf8("sunbid/body/1\n"), unhex(bodySalt, 32, "body_salt"), dumps(body));
    return sha256(utf8("sunbid/leaf/1\n"), headHash, bodyHash);
}

export async function read(value) {
    const { index = null, ...shown } = forms.check(value, ENTRY);
    return { index, head: shown.head, body: shown.body, commitment: await commitmentOf(shown), shown };
}

export async function ofTender(client, tender) {
    const found = [];
    for await (const value of client.items(`/tenders/${tender}/record`)) found.push(await read(value));
    if (found.some(({ head }) => head.tender !== tender && head.tender !== "")) {
        throw new Refusal("entry_wrong", "记录属于另一项目。", "The entry is of another tender.", "tender");
    }
    return found;
}

export function opening(record) {
    const found = record.find(({ head }) => head.kind === "lot_opened");
    if (!found) throw new Refusal("not_opened", "开标尚未进入公开记录，请稍后再试。", "The opening is not in the record yet.");
    return found;
}

export function latestNotice(record) {
    const found = record.findLast(({ head }) => head.kind === "tender_published" || head.kind === "tender_amended");
    if (!found) throw new Refusal("not_published", "公告尚未进入公开记录，请稍后再试。", "The notice is not in the record yet.");
    return found;
}
