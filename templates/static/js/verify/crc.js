// CRC-32 as ZIP has it, eight bytes at a step ("slicing by 8", Kounavis and Berry 2005): a document may have 256 MiB.

const POLYNOMIAL = 0xedb88320;

/** TABLES[k][byte]: what a byte adds when k more bytes follow it within the step. */
const TABLES = Array.from({ length: 8 }, () => new Int32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let rest = byte;
  for (let i = 0; i < 8; i++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  TABLES[0][byte] = rest;
}
for (let k = 1; k < 8; k++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = TABLES[k - 1][byte];
    TABLES[k][byte] = TABLES[0][before & 255] ^ (before >>> 8);
  }
}

export function crc32(bytes) {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let rest = -1;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    rest =
      t7[(bytes[i] ^ rest) & 255] ^ t6[(bytes[i + 1] ^ (rest >>> 8)) & 255] ^
      t5[(bytes[i + 2] ^ (rest >>> 16)) & 255] ^ t4[bytes[i + 3] ^ (rest >>> 24)] ^
      t3[bytes[i + 4]] ^ t2[bytes[i + 5]] ^ t1[bytes[i + 6]] ^ t0[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) rest = t0[(rest ^ bytes[i]) & 255] ^ (rest >>> 8);
  return ~rest >>> 0;
}
