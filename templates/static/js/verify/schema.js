// The form schema (docs/spec/envelope.md, Form schema): what the values of a form may be.

import { member } from "./findings.js";
import { isMoney, isText } from "./shapes.js";

const fen = (money) => {
  if (!isMoney(money)) throw new RangeError("not an amount of money");
  return BigInt(money.replace(".", ""));
};
const whole = (number) => {
  if (!Number.isSafeInteger(number)) throw new RangeError("not an integer");
  return BigInt(number);
};

function within(field, value, number) {
  const [least, most] = [field.min ?? null, field.max ?? null];
  return (least === null || number(least) <= value) && (most === null || value <= number(most));
}

function isLine(field, value) {
  if (!isText(value) || /[\t\n\r\u2028\u2029]/.test(value) || value.trim() === "") return false;
  return (field.max_length ?? null) === null || [...value].length <= field.max_length;
}

const TYPES = new Map([
  ["money", (field, value) => isMoney(value) && within(field, fen(value), fen)],
  ["integer", (field, value) => Number.isSafeInteger(value) && within(field, whole(value), whole)],
  ["text", isLine],
  ["choice", (field, value) => isText(value) && member(field, "choices").includes(value)],
]);

/** The first field that breaks the schema, or null. Throws where the schema itself is none. */
export function formFault(schema, values) {
  const fields = new Map(member(schema, "fields").map((field) => [member(field, "name"), field]));
  const unknown = Object.keys(values).find((name) => !fields.has(name));
  const missing = [...fields].find(([name, field]) => member(field, "required") && !Object.hasOwn(values, name));
  const wrong = Object.entries(values).find(([name, value]) => fields.has(name) && !fits(fields.get(name), value));
  return unknown ?? missing?.[0] ?? wrong?.[0] ?? null;
}

function fits(field, value) {
  const type = TYPES.get(member(field, "type"));
  if (type === undefined) throw new TypeError("an unknown type of field");
  return type(field, value);
}
