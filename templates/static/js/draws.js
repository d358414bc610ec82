/*
 * A party's side of a draw of experts (api/tools/draws.py, docs/spec/draw.md): it commits to two values, and reveals them when
 * it is its turn. What has come to pass is read from the record, proved under a cosigned checkpoint: whoever could make a
 * party believe that another had withheld its value could choose between two results.
 *
 *   commit(own, tender)   the commitments to one's values, once the pool stands in a checkpoint
 *   reveal(own, tender)   whatever it is one's turn to reveal
 *
 * own: {client, vault, anchors}. Refusals: not_a_party, not_out (wait a moment), not_your_turn, checkpoint_wrong, …
 * The values are hashes of signatures that never leave this device: the key gives the same ones again, so nothing has to be
 * kept between the steps, and nobody without the key can compute them.
 */

import { b64, equal, hex, sha256, textOf, u16, unb64, unhex, utf8 } from "./bytes.js";
import { openCheckpoint } from "./anchors.js";
import { verifyConsistency } from "./growth.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { parseHash } from "./notes.js";
import { ofTender } from "./record.js";
import { Refusal } from "./refusal.js";
import { sign } from "./signing.js";
import { inclusionProof } from "./tiles.js";

const KINDS = ["draw_called", "draw_committed", "draw_revealed", "draw_withheld", "draw_made", "draw_replaced", "draw_failed"];

export async function commit(own, tender) {
    const found = await proved(own, tender);
    const { draw, party } = found;
    const before = draw.parties.at(draw.parties.indexOf(party) - 1);
    const said = {
        ...about(found, tender),
        type: "sunbid/draw-commitment/1",
        own: await commitmentOf(draw.leaf, party, false, await valueOf(own.vault, draw.leaf, party)),
        stands_in: await commitmentOf(draw.leaf, before, true, await valueOf(own.vault, draw.leaf, before)),
        checkpoint: await named(own.client, found),
    };
    return own.client.post(`/tenders/${tender}/draw-commitments`, { commitment: await signed(own, said) });
}

export async function reveal(own, tender) {
    const found = await proved(own, tender);
    const { party, told, draw } = found;
    const mine = turnsOf(found.soFar).filter(([of, whose]) => whose === party && told.turns[of] === party);
    if (!mine.length) {
        if (Object.values(told.turns).includes(party)) throw notOut();
        throw new Refusal("not_your_turn", "现在没有由本单位公布的随机值。", "There is nothing for you to reveal now.");
    }
    for (const [of] of mine) {
        const value = hex(await valueOf(own.vault, draw.leaf, of));
        const said = { ...about(found, tender), type: "sunbid/draw-reveal/1", of, value };
        await own.client.post(`/tenders/${tender}/draw-reveals`, { reveal: await signed(own, said) });
    }
}

export async function commitmentOf(leaf, of, standsIn, value) {
    const name = utf8(of);
    const source = Uint8Array.of(standsIn ? 1 : 0);
    return hex(await sha256(utf8("sunbid/draw-commitment/1\n"), unhex(leaf, 32), u16(name.length), name, source, value));
}

/* Ed25519 signs the same object alike each time; the object is of a type that nothing else asks for. */
export async function valueOf(vault, draw, of) {
    const { signature } = await sign({ type: "sunbid/draw-value/1", draw, of }, vault.signingKey("draw"));
    return sha256(unb64(signature, "signature"));
}

function about({ draw, party, lot }, tender) {
    return { tender, lot, draw: draw.leaf, party };
}

async function signed({ vault }, said) {
    return sign(said, vault.signingKey("draw"));
}

/* The latest draw as the server tells of it, as the record has it, and as far as the newest checkpoint proves it. */
async function proved({ client, anchors }, tender) {
    const entries = (await ofTender(client, tender)).filter(({ head }) => KINDS.includes(head.kind));
    const { organisation: party } = await client.get("/me");
    let told = null;
    for await (const one of client.items(`/tenders/${tender}/draws`)) told = one;
    if (!told?.parties.some((one) => one.party === party)) {
        throw new Refusal("not_a_party", "没有由本单位参与的抽取。", "There is no draw of which you are a party.");
    }
    const draw = latest(entries);
    if (draw?.leaf !== told.draw) throw notOut();
    const checkpoint = await openCheckpoint(anchors, textOf(await client.readStatic("/log/checkpoint")));
    const there = entries.filter(({ index }) => index !== null && index < checkpoint.size);
    for (const { index, commitment } of there) {
        const path = await inclusionProof((name) => client.readStatic(`/log/${name}`), index, checkpoint.size);
        await verifyInclusion(index, checkpoint.size, await leafHash(commitment), path, checkpoint.root);
    }
    const soFar = latest(there);
    if (soFar?.leaf !== draw.leaf) throw notOut();
    return { told, party, draw, soFar, checkpoint, lot: entries[0].head.lot };
}

/* The last draw that entries tell of: its pool, who has committed, whose value is there, and who has withheld whose. */
function latest(entries) {
    let draw = null;
    for (const { head, body, commitment, index } of entries) {
        if (head.kind === "draw_called") {
            const leaf = hex(commitment);
            draw = { leaf, index, parties: body.parties, committed: new Set(), values: new Set(), withheld: [], over: false };
        } else if (draw !== null) {
            STEPS[head.kind](draw, body);
        }
    }
    return draw;
}

const STEPS = {
    draw_committed: (draw, { commitment }) => draw.committed.add(commitment.object.party),
    draw_revealed: (draw, { reveal: { object } }) => draw.values.add(object.of),
    draw_withheld: (draw, { of, party }) => draw.withheld.push([of, party]),
    draw_made: (draw) => Object.assign(draw, { over: true }),
    draw_replaced: () => {},
    draw_failed: (draw) => Object.assign(draw, { over: true }),
};

/* Whose value is still missing, and who is to reveal it: itself, behind it the one that stands in for it. */
function turnsOf({ parties, committed, values, withheld, over }) {
    if (over || committed.size < parties.length) return [];
    return parties
        .filter((of) => !values.has(of))
        .map((of) => {
            const second = parties[(parties.indexOf(of) + 1) % parties.length];
            return [of, [of, second].find((party) => !withheld.some(([one, who]) => one === of && who === party)) ?? null];
        });
}

/* The checkpoint to name: that of the first commitment, when it holds the pool and is of this log; else the newest. */
async function named(client, { told, soFar, checkpoint }) {
    if (told.checkpoint === null) return { root: b64(checkpoint.root), size: checkpoint.size };
    const { size } = told.checkpoint;
    const root = parseHash(told.checkpoint.root, "checkpoint");
    if (!(soFar.index < size && size <= checkpoint.size)) {
        throw new Refusal("checkpoint_wrong", "第一份承诺所写检查点不含名单。", "The checkpoint named lacks the pool.");
    }
    if (size < checkpoint.size) {
        const { proof } = await client.get("/log/consistency", { old: size, new: checkpoint.size });
        await verifyConsistency(size, checkpoint.size, proof.map((one) => parseHash(one, "proof")), root, checkpoint.root);
    } else if (!equal(root, checkpoint.root)) {
        throw new Refusal("checkpoint_wrong", "第一份承诺所写检查点属于另一日志。", "The checkpoint named is of another log.");
    }
    return { root: b64(root), size };
}

function notOut() {
    return new Refusal("not_out", "抽取的记录尚未进入检查点，请稍候。", "The draw is in no checkpoint yet: wait a moment.");
}
