// What a check may find, and how a list of checks is run. It fails closed: what is not understood has not passed.

/** The input is no dossier, receipt, checkpoint or anchors. */
export class Unreadable extends Error {
  constructor(zh, en) {
    super(en);
    this.zh = zh;
    this.en = en;
  }
}

/** Why a check did not pass. `index` is the log index of the entry at fault, or null. */
class Finding extends Error {
  constructor(result, zh, en, index) {
    super(en);
    Object.assign(this, { result, zh, en, index });
  }
}

export const failed = (zh, en, index = null) => new Finding("failed", zh, en, index);
export const isFailure = (error) => error instanceof Finding && error.result === "failed";
export const notApplicable = (zh, en) => new Finding("not_applicable", zh, en, null);
export const notChecked = (zh, en, index = null) => new Finding("not_checked", zh, en, index);

/** An envelope does not open; `reason` is the step of envelope.md that failed. */
export class Broken extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** Throws a failure unless `good` is true; anything else than true or false is a fault of this program. */
export function need(good, zh, en, index = null) {
  if (typeof good !== "boolean") throw new TypeError("a check answers true or false");
  if (!good) throw failed(zh, en, index);
}

/** A member that must be there. Throws TypeError, which ends a check as failed. */
export function member(object, name) {
  if (object === null || typeof object !== "object" || !Object.hasOwn(object, name)) {
    throw new TypeError(`no member ${String(name)}`);
  }
  return object[name];
}

/** Foreign text on one line and not too long. */
export function shown(foreign) {
  return String(foreign).replace(/[^\P{C}]|[^\P{Z} ]/gu, "?").slice(0, 120);
}

/**
 * Every check in order: `[zh, en, async check(context)]`, which returns `[zh, en]` to tell, or nothing.
 * When check number `gate` has failed the later ones rest on nothing and are not made.
 */
export async function run(checks, context, gate, progress = () => {}) {
  const outcomes = [];
  for (const [place, one] of checks.entries()) {
    if (one === null) continue;
    const [number, [zh, en, check]] = [place + 1, one];
    progress(number, checks.length);
    const gated = number > gate && outcomes[gate - 1].result === "failed";
    const outcome = gated
      ? { result: "not_checked", zh: `因第 ${gate} 项失败`, en: `because check ${gate} failed`, index: null }
      : await runOne(check, context);
    outcomes.push({ number, name_zh: zh, name: en, ...outcome });
  }
  return outcomes;
}

async function runOne(check, context) {
  try {
    const [zh, en] = (await check(context)) ?? ["", ""];
    return { result: "passed", zh, en, index: null };
  } catch (error) {
    if (error instanceof Finding) return { result: error.result, zh: error.zh, en: error.en, index: error.index };
    const about = `${error.name}: ${shown(error.message)}`;
    return { result: "failed", zh: `内容格式不正确（${about}）`, en: `malformed content (${about})`, index: null };
  }
}
