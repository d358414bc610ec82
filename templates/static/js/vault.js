/*
 * The vault: all secrets of one party, and what it must never forget, under a passphrase, kept in this browser. The file is
 * the one of the command line (api/tools/vault.py): either reads what the other wrote.
 *
 *   create(name, passphrase, {purposes, anchors})  -> Vault with a new seed and new signing keys; Refusal vault_exists
 *   open(name, passphrase)                         -> Vault; Refusal vault_missing, passphrase_wrong
 *   restore(name, bytes, passphrase)               -> Vault from a recovery file, put in this browser
 *   proveRecovery(name, bytes, passphrase)         the file opens and has this vault's seed; Refusal recovery_other
 *   file(name)                                     -> the encrypted bytes, for the recovery file
 *
 * Vault: content, change(members), signingKey(purpose), publicKey(purpose), addSigningKey(purpose), addEvaluationKey(), known,
 * know(publicKey).
 * Every change is stored before it takes effect; one that another tab came before is refused (vault_changed).
 * A recovery file is a copy as things stood: save it again after a change of keys.
 */

import { hex, random, sha256, unhex } from "./bytes.js";
import { decrypt, encrypt } from "./age.js";
import { dumps, loads } from "./canonical.js";
import * as forms from "./forms.js";
import * as hpke from "./hpke.js";
import { Refusal } from "./refusal.js";
import * as shelf from "./shelf.js";
import { publicKeyOf } from "./signing.js";

const ROOM = "vaults";
const MAX_BYTES = 16 << 20;
const KEY = 32;
const HEX = forms.text(forms.HEX_32);
const CONTENT = forms.record({
    type: forms.literal("sunbid/vault/1"),
    seed: HEX,
    signing: forms.map(HEX, /^(?:statement|trustee|score|draw)$/),
    evaluation: forms.map(HEX, forms.HEX_32),
    openings: forms.list(
        forms.record({
            tender: forms.text(forms.TENDER),
            kind: forms.text(forms.KIND),
            attempt: forms.integer(0),
            public_key: HEX,
            key_set: forms.optional(forms.nullable(HEX)),
            released: forms.optional(forms.boolean),
        }),
    ),
    seen: forms.nullable(forms.record({ size: forms.integer(0), root: forms.text(forms.BASE_64) })),
    anchors: forms.nullable(forms.object),
    known: forms.optional(forms.list(HEX)),
});

export class Vault {
    constructor(content, keep) {
        this.content = content;
        this.keep = keep;
    }

    async change(members) {
        const changed = { ...this.content, ...members };
        await this.keep(dumps(forms.check(changed, CONTENT)));
        this.content = changed;
    }

    signingKey(purpose) {
        if (!Object.hasOwn(this.content.signing, purpose)) {
            throw new Refusal("key_missing", "密钥库中没有这种密钥，请先创建。", "The vault has no such key: create it first.");
        }
        return unhex(this.content.signing[purpose], KEY);
    }

    /* Public keys (hex) that are this party's too, held elsewhere or lost. */
    get known() {
        return this.content.known ?? [];
    }

    async know(publicKey) {
        if (!this.known.includes(publicKey)) await this.change({ known: [...this.known, publicKey] });
    }

    async publicKey(purpose) {
        return publicKeyOf(this.signingKey(purpose));
    }

    async addSigningKey(purpose) {
        if (Object.hasOwn(this.content.signing, purpose)) {
            throw new Refusal("key_exists", "密钥库中已有这种密钥。", "The vault has such a key already.");
        }
        await this.change({ signing: { ...this.content.signing, [purpose]: hex(random(KEY)) } });
    }

    /* A new evaluation key: its public half in hex; the private one is in the vault, and stored, first. */
    async addEvaluationKey() {
        const privateKey = random(KEY);
        const publicKey = hex(await hpke.publicKeyOf(privateKey));
        await this.change({ evaluation: { ...this.content.evaluation, [publicKey]: hex(privateKey) } });
        return publicKey;
    }
}

export async function create(name, passphrase, { purposes, anchors = null }) {
    const content = {
        type: "sunbid/vault/1",
        seed: hex(random(KEY)),
        signing: Object.fromEntries(purposes.map((purpose) => [purpose, hex(random(KEY))])),
        evaluation: {},
        openings: [],
        seen: null,
        anchors,
        known: [],
    };
    const vault = new Vault(content, keeper(name, passphrase, null));
    try {
        await vault.change({});
    } catch (error) {
        throw error.reason === "vault_changed" ? exists() : error;
    }
    return vault;
}

export async function open(name, passphrase) {
    const { bytes, digest } = await stored(name);
    return new Vault(await readContent(bytes, passphrase), keeper(name, passphrase, digest));
}

export async function restore(name, bytes, passphrase) {
    const content = await readContent(bytes, passphrase);
    const digest = await digestOf(bytes);
    if (!(await shelf.putIf(ROOM, name, { bytes, digest }, null))) throw exists();
    return new Vault(content, keeper(name, passphrase, digest));
}

export async function proveRecovery(name, bytes, passphrase) {
    const kept = await stored(name);
    const [own, other] = [await readContent(kept.bytes, passphrase), await readContent(bytes, passphrase)];
    if (own.seed !== other.seed || hex(dumps(own.signing)) !== hex(dumps(other.signing))) {
        const en = "The file is another vault's, or older than this one's keys.";
        throw new Refusal("recovery_other", "该文件属于另一密钥库，或早于本密钥库的密钥。", en, "file");
    }
}

export async function file(name) {
    return (await stored(name)).bytes;
}

async function stored(name) {
    const found = await shelf.get(ROOM, name);
    if (found === null) {
        const en = "There is no vault in this browser: create one, or load your recovery file.";
        throw new Refusal("vault_missing", "本浏览器中没有密钥库，请先创建，或载入恢复文件。", en);
    }
    return found;
}

async function readContent(bytes, passphrase) {
    return forms.check(loads(await decrypt(bytes, passphrase), { maxBytes: MAX_BYTES }), CONTENT);
}

/* Stores the vault's content encrypted. known: the digest of the file that this vault was read from. */
function keeper(name, passphrase, known) {
    let expected = known;
    return async (content) => {
        const bytes = await encrypt(content, passphrase);
        const digest = await digestOf(bytes);
        // Two tabs with one vault: writing ours would forget what the other signed.
        if (!(await shelf.putIf(ROOM, name, { bytes, digest }, expected))) {
            throw new Refusal(
                "vault_changed",
                "密钥库刚被另一个页面修改，本次未作更改，请重新打开后再试。",
                "Another page has just changed the vault; nothing was changed here. Open it again and retry.",
            );
        }
        expected = digest;
    };
}

async function digestOf(bytes) {
    return hex(await sha256(bytes));
}

function exists() {
    return new Refusal("vault_exists", "本浏览器中已有密钥库，未作更改。", "There is a vault in this browser already; it was not changed.");
}
