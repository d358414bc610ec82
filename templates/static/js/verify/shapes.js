// Forms of JSON values: a shape is a predicate, {member: shape} (more members allowed) or [shape].

import { unbase64 } from "./bytes.js";

export const isText = (value) => typeof value === "string";
export const isBool = (value) => typeof value === "boolean";
export const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
export const isAny = () => true;
export const isNull = (value) => value === null;
export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
export const isMoney = (value) => isText(value) && /^(?:0|[1-9][0-9]{0,12})\.[0-9]{2}$/.test(value);
export const isMarks = (value) => isText(value) && /^(?:0|[1-9][0-9]{0,3})\.[0-9]{2}$/.test(value);

export function isBase64(value) {
  try {
    return unbase64(value) !== null;
  } catch {
    return false;
  }
}

/** Microseconds since 1970 of a time of the record, or null where it is none. */
export function microseconds(value) {
  const parts = isText(value) && /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})Z$/.exec(value);
  if (!parts) return null;
  const [year, month, day, hour, minute, second, fraction] = parts.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const real = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!real || hour > 23 || minute > 59 || second > 59) return null;
  return (date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000) * 1000 + fraction;
}

export const isTime = (value) => microseconds(value) !== null;

/** A day, as "2026-12-01", of years from 1 on. */
export const isDay = (value) => isText(value) && /^\d{4}-\d{2}-\d{2}$/.test(value) && isTime(`${value}T00:00:00.000000Z`);

export function hexOf(size) {
  const pattern = new RegExp(`^[0-9a-f]{${2 * size}}$`);
  return (value) => isText(value) && pattern.test(value);
}

export const isHex16 = hexOf(16);
export const isHex32 = hexOf(32);
export const oneOf = (...allowed) => (value) => allowed.includes(value);
export const orNull = (shape) => (value) => value === null || misfit(shape, value) === null;
export const mapOf = (shape) => (value) =>
  isObject(value) && Object.values(value).every((item) => misfit(shape, item) === null);

/** The path of the first member that has not its form, or null. */
export function misfit(shape, value, path = "") {
  if (typeof shape === "function") return shape(value) ? null : path || ".";
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return path || ".";
    return first(value.map((item, i) => () => misfit(shape[0], item, `${path}[${i}]`)));
  }
  if (!isObject(value)) return path || ".";
  const members = Object.entries(shape);
  return first(members.map(([name, inner]) => () => ofMember(inner, value, name, `${path}.${name}`)));
}

function ofMember(shape, value, name, path) {
  return Object.hasOwn(value, name) ? misfit(shape, value[name], path) : path;
}

function first(faults) {
  for (const fault of faults) {
    const found = fault();
    if (found !== null) return found;
  }
  return null;
}

/** Whether a value has this form and no other members at its top. */
export function exactly(value, shape) {
  return misfit(shape, value) === null && Object.keys(value).length === Object.keys(shape).length;
}
