/*
 * Lengths: padding, C256 sections, blocks (docs/spec/envelope.md, Padding, C256, Envelope id and parts). All in bytes,
 * exact up to 2^53: no bit operators, which JavaScript cuts to 32 bits.
 *
 *   padme(length)              the padded length
 *   sectionLength(plain)       of the C256 section of a plaintext
 *   plainLength(section)       the other way round; null when no section has that length
 *   blockSizes(documents)      of the blocks of a documents section
 */

export const CHUNK = 16_384;
export const TAG = 16;
export const SALT = 24;
export const SECTION_HEAD = 56;
export const BLOCK = 8_388_608;

export function padme(length) {
    if (length < 2) return length;
    const exponent = bitLength(length) - 1;
    const step = 2 ** (exponent - bitLength(exponent));
    return Math.ceil(length / step) * step;
}

export function sectionLength(plain) {
    return SECTION_HEAD + plain + TAG * (Math.floor(plain / CHUNK) + 1);
}

export function plainLength(section) {
    const chunks = Math.floor((section - SECTION_HEAD) / (CHUNK + TAG));
    const last = section - SECTION_HEAD - chunks * (CHUNK + TAG);
    return chunks < 0 || last < TAG ? null : chunks * CHUNK + last - TAG;
}

export function blockSizes(documents) {
    const sizes = new Array(Math.floor(documents / BLOCK)).fill(BLOCK);
    return documents % BLOCK ? [...sizes, documents % BLOCK] : sizes;
}

function bitLength(n) {
    return n.toString(2).length;
}
