/*
 * Inclusion proofs from a log's public files (C2SP tlog-tiles).
 *
 *   tilePath(level, index, width)           tile/<L>/<N>[.p/<W>]
 *   inclusionProof(read, index, size)       -> hashes; read(path) gives the bytes of a file of the log
 */

import { HASH } from "./merkle.js";
import { Refusal } from "./refusal.js";
import { inclusionPath, pairs } from "./trees.js";

const WIDTH = 256;
const LEVEL_BITS = 8;

export function tilePath(level, index, width = WIDTH) {
    const groups = [String(index % 1000).padStart(3, "0")];
    for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
        groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
    }
    return `tile/${level}/${groups.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
}

export async function inclusionProof(read, index, size) {
    const found = new Map();
    const hashes = (level, number) => {
        const width = Math.min(WIDTH, Math.floor(size / WIDTH ** level) - number * WIDTH);
        const path = tilePath(level, number, width);
        if (!found.has(path)) found.set(path, read(path).then((bytes) => parseTile(bytes, width)));
        return found.get(path);
    };
    const node = async (height, position) => {
        const level = Math.floor(height / LEVEL_BITS);
        const count = 2 ** (height % LEVEL_BITS);
        const start = position * count;
        const number = Math.floor(start / WIDTH);
        let row = (await hashes(level, number)).slice(start % WIDTH, (start % WIDTH) + count);
        while (row.length > 1) row = await pairs(row);
        return row[0];
    };
    return inclusionPath(node, index, size);
}

function parseTile(bytes, width) {
    if (bytes.length !== width * HASH) {
        throw new Refusal("tile_width_wrong", "哈希块的长度不对。", "The tile has the wrong length.", "tile");
    }
    return Array.from({ length: width }, (_, i) => bytes.slice(i * HASH, (i + 1) * HASH));
}
