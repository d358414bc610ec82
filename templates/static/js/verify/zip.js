// The ZIP file of a dossier, read strictly and by slices (docs/spec/dossier.md): nothing before, between or behind.

import { crc32 } from "./crc.js";
import { Unreadable, failed, shown } from "./findings.js";

const MIB = 1 << 20;
const MAX_TOTAL = 4096 * MIB;
const MAX_MEMBERS = 20_000;
const MAX_DIRECTORY = 16 * MIB;
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const NAME = /^(?:dossier\.json|(?:envelopes|documents)\/[0-9a-f]{64})$/;
const HARMLESS_FLAGS = 0x0806; // names in UTF-8; how well it was deflated
const NEWEST_NEEDED = 20; // deflate; ZIP64, encryption and the like need more
const REGULAR_FILE = 8;

const view = async (blob, start, size) => new DataView(await blob.slice(start, start + size).arrayBuffer());

function need(good, why) {
  if (!good) throw new RangeError(why);
}

export class Archive {
  constructor(blob, members) {
    this.blob = blob;
    this.members = members;
  }

  names() {
    return [...this.members.keys()];
  }

  /** The bytes of a member of at most `limit` bytes. Throws a failure, or RangeError where it is damaged. */
  async read(name, limit) {
    const found = this.members.get(name);
    if (found === undefined) throw failed(`缺少文件 ${name}`, `the file ${name} is missing`);
    if (found.size > limit) throw failed(`文件过大 ${name}`, `the file ${name} is too large`);
    const packed = this.blob.slice(found.start, found.start + found.packed);
    const bytes = found.method === 0 ? new Uint8Array(await packed.arrayBuffer()) : await inflated(packed, found.size);
    need(bytes.length === found.size && crc32(bytes) === found.crc, `${name} is damaged`);
    return bytes;
  }
}

/** Exactly `size` bytes; one more, or anything behind the end of the stream, is a fault. */
async function inflated(packed, size) {
  const bytes = new Uint8Array(size);
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let at = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    if (at + piece.value.length > size) {
      await reader.cancel();
      throw new RangeError("a member is larger than it says");
    }
    bytes.set(piece.value, at);
    at += piece.value.length;
  }
  need(at === size, "a member is smaller than it says");
  return bytes;
}

/** Throws Unreadable. */
export async function openArchive(blob) {
  try {
    const { start, count } = await readEnd(blob);
    const members = readDirectory(await view(blob, start, blob.size - 22 - start), count);
    need(members.reduce((sum, one) => sum + one.size, 0) <= MAX_TOTAL, "too large unpacked");
    await checkPlaces(blob, members, start);
    const named = new Map(members.map((one) => [one.name, one]));
    need(named.size === members.length, "a member is named twice");
    return new Archive(blob, named);
  } catch (error) {
    throw new Unreadable("不是卷宗", `not a dossier: ${shown(error.message)}`);
  }
}

/** The directory of members ends the file: no comment, no ZIP64, one disk, nothing appended. */
async function readEnd(blob) {
  need(blob.size >= 22 && blob.size <= MAX_TOTAL, "not the size of a dossier");
  const end = await view(blob, blob.size - 22, 22);
  const [size, start] = [end.getUint32(12, true), end.getUint32(16, true)];
  const count = end.getUint16(8, true);
  const plain = end.getUint32(0, true) === END && end.getUint32(4, true) === 0 && end.getUint16(20, true) === 0;
  need(plain && end.getUint16(10, true) === count, "no plain end of a ZIP file");
  need(start + size + 22 === blob.size && size <= MAX_DIRECTORY, "its directory does not end the file");
  need(count > 0 && count <= MAX_MEMBERS, "too many members, or none");
  return { start, count };
}

function readDirectory(directory, count) {
  const members = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    need(directory.getUint32(at, true) === CENTRAL, "not a member");
    const found = facts(directory, at + 6, 46 + at);
    need(directory.getUint16(at + 32, true) + directory.getUint16(at + 34, true) === 0, "a comment, or disks");
    const type = directory.getUint8(at + 41) >> 4;
    need(type === 0 || type === REGULAR_FILE, "not a regular file");
    members.push({ ...found, offset: directory.getUint32(at + 42, true) });
    at += 46 + found.name.length;
  }
  need(at === directory.byteLength, "its directory holds something else");
  return members;
}

/** What local and central header both say, from the version needed on; the name stands at `place`. */
function facts(header, at, place) {
  const [needed, flags, method] = [header.getUint8(at), header.getUint16(at + 2, true), header.getUint16(at + 4, true)];
  const [crc, packed, size] = [10, 14, 18].map((offset) => header.getUint32(at + offset, true));
  const bytes = new Uint8Array(header.buffer, header.byteOffset + place, header.getUint16(at + 22, true));
  const name = String.fromCharCode(...bytes);
  const plain = needed <= NEWEST_NEEDED && (flags & ~HARMLESS_FLAGS) === 0 && (method === 0 || method === 8);
  need(plain && NAME.test(name), `member not allowed: ${name.slice(0, 80)}`);
  need(header.getUint16(at + 24, true) === 0, "a member has extra fields");
  need(method !== 0 || packed === size, "a stored member has two sizes");
  return { flags, method, crc, packed, size, name };
}

/** Members stand one behind the other from the first byte to the directory, each behind the same facts again. */
async function checkPlaces(blob, members, end) {
  let at = 0;
  for (const one of [...members].sort((a, b) => a.offset - b.offset)) {
    const length = 30 + one.name.length;
    const header = await view(blob, at, length);
    need(one.offset === at && header.byteLength === length && header.getUint32(0, true) === LOCAL, "members overlap");
    const again = facts(header, 4, 30);
    need(Object.keys(again).every((name) => again[name] === one[name]), "a member's headers differ");
    one.start = at + length;
    at = one.start + one.packed;
  }
  need(at === end, "something stands between the members and the directory");
}
