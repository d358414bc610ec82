// Strict JSON and its canonical form J(x) (docs/spec/envelope.md, Conventions). JSON.parse takes duplicate names,
// fractions and -0, so the text is read here.

import { text as decode, utf8 } from "./bytes.js";
import { Unreadable, shown } from "./findings.js";

const MAX_DEPTH = 32;
const FORBIDDEN =
  // eslint-disable-next-line no-control-regex -- these are what the conventions forbid
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y; // eslint-disable-line no-control-regex -- JSON forbids them raw
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const WORDS = [["true", true], ["false", false], ["null", null]];

class Reader {
  constructor(source) {
    this.source = source;
    this.at = 0;
  }

  fail(why) {
    throw new SyntaxError(`${why} at ${this.at}`);
  }

  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found === null) return "";
    this.at += found[0].length;
    return found[0];
  }

  /** The next character that is no white space; "" at the end. */
  next() {
    this.take(SPACE);
    return this.source.charAt(this.at);
  }

  expect(character) {
    if (this.next() !== character) this.fail(`no ${character}`);
    this.at += 1;
  }

  value(depth) {
    const first = this.next();
    if (first === "{" || first === "[") {
      if (depth >= MAX_DEPTH) this.fail("nested too deep");
      return first === "{" ? this.object(depth) : this.array(depth);
    }
    if (first === '"') return this.string();
    const word = WORDS.find(([name]) => this.source.startsWith(name, this.at));
    if (word === undefined) return this.integer();
    this.at += word[0].length;
    return word[1];
  }

  integer() {
    const digits = this.take(NUMBER);
    const number = Number(digits);
    if (digits === "" || /[.eE]/.test(digits)) this.fail("not an integer");
    if (digits === "-0" || !Number.isSafeInteger(number)) this.fail("integer out of range");
    return number;
  }

  string() {
    this.expect('"');
    let found = this.take(PLAIN);
    while (this.source.charAt(this.at) === "\\") {
      found += this.escape();
      found += this.take(PLAIN);
    }
    if (this.source.charAt(this.at) !== '"') this.fail("text does not end");
    this.at += 1;
    if (/^[\x20-\x7e]*$/.test(found)) return found;
    if (found.normalize("NFC") !== found) this.fail("text is not in NFC");
    if (FORBIDDEN.test(found)) this.fail("text has control or bidirectional characters");
    return found;
  }

  escape() {
    const letter = this.source.charAt(this.at + 1);
    this.at += 2;
    if (Object.hasOwn(ESCAPES, letter)) return ESCAPES[letter];
    const digits = this.source.slice(this.at, this.at + 4);
    if (letter !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) this.fail("not an escape");
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  array(depth) {
    const found = [];
    this.expect("[");
    if (this.next() === "]") {
      this.at += 1;
      return found;
    }
    do found.push(this.value(depth + 1));
    while (this.more("]"));
    return found;
  }

  object(depth) {
    const found = Object.create(null); // so that "__proto__" is a name like any other
    this.expect("{");
    if (this.next() === "}") {
      this.at += 1;
      return found;
    }
    do {
      this.next();
      const name = this.string();
      if (Object.hasOwn(found, name)) this.fail("duplicate name");
      this.expect(":");
      found[name] = this.value(depth + 1);
    } while (this.more("}"));
    return found;
  }

  more(end) {
    const character = this.next();
    if (character !== "," && character !== end) this.fail(`no , or ${end}`);
    this.at += 1;
    return character === ",";
  }
}

/** The value of strict JSON of at most `limit` bytes. Throws Unreadable. */
export function parse(bytes, limit) {
  if (bytes.length > limit) throw new Unreadable(`JSON 超过 ${limit} 字节`, `JSON larger than ${limit} bytes`);
  try {
    const reader = new Reader(decode(bytes));
    const value = reader.value(0);
    if (reader.next() !== "") reader.fail("something follows");
    return value;
  } catch (error) {
    throw new Unreadable("JSON 不合规范", `not strict JSON: ${shown(error.message)}`);
  }
}

/** J(x) as text: names by UTF-16 code units, nothing between. */
export function canonicalText(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (value === null || typeof value !== "object") {
    if (value === undefined) throw new TypeError("nothing has no canonical form");
    return JSON.stringify(value);
  }
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalText(value[name])}`).join(",")}}`;
}

/** J(x). */
export const canonical = (value) => utf8(canonicalText(value));

/** Whether two JSON values are the same. */
export const same = (one, other) => canonicalText(one) === canonicalText(other);

/** The value of JSON that stands in canonical form. Throws Unreadable. */
export function parseCanonical(bytes, limit) {
  const value = parse(bytes, limit);
  if (canonicalText(value) !== decode(bytes)) {
    throw new Unreadable("JSON 不是 RFC 8785 规范形式", "JSON is not in RFC 8785 form");
  }
  return value;
}
