// A report in one sentence, and the words of the page that are not in its markup; each in both languages.

export const RESULTS = {
  passed: { zh: "通过", en: "passed", tag: "done" },
  failed: { zh: "失败", en: "failed", tag: "alarm" },
  not_applicable: { zh: "不适用", en: "not applicable", tag: "rest" },
  not_checked: { zh: "未核对", en: "not checked", tag: "notice" },
};

export const KINDS = {
  dossier: { zh: "卷宗", en: "dossier" },
  receipt: { zh: "回执", en: "receipt" },
  paper: { zh: "文书", en: "document" },
  anchors: { zh: "锚点", en: "anchors" },
  since: { zh: "以前的检查点", en: "older checkpoint" },
};

export const DEMONSTRATION = {
  zh: "【演示】本记录为演示所制，不是真实交易。",
  en: "DEMONSTRATION: this record is no real transaction.",
};

const GOOD = {
  dossier: {
    zh: "通过：卷宗与锚点一致，清单、时间、开标、排名全部重算相符。",
    en: "Passed: the dossier agrees with the anchors; list, times, opening and ranking were computed again alike.",
  },
  receipt: {
    zh: "通过：回执为真，并已在日志中。",
    en: "Passed: the receipt is genuine, and stands in the log.",
  },
  paper: {
    zh: "通过：这份文件就是记录中载明的那一份。",
    en: "Passed: this file is the one that the record names.",
  },
};

const ALONE = {
  zh: "仅自洽，不算通过：没有锚点，只能说明它前后一致，不能说明它是真的。",
  en: "Self-consistent only, not a pass: without anchors this says that it agrees with itself, not that it is genuine.",
};

/** The result in one sentence: `{zh, en, kind}`, kind being that of a banner: done, notice or alarm. */
export function sentence({ kind, checks, exit, anchored }) {
  if (exit === 0) return { ...GOOD[kind], kind: "done" };
  const wrong = checks.filter((check) => check.result === "failed");
  if (exit === 1) return { ...named(wrong, "未通过", "Failed"), kind: "alarm" };
  if (!anchored && kind !== "paper") return { ...ALONE, kind: "notice" };
  return { ...named(checks.filter((check) => check.result === "not_checked"), "不算通过", "Not a pass"), kind: "notice" };
}

function named(checks, zh, en) {
  const [first, ...more] = checks;
  const rest = more.length > 0 ? [`；另有 ${more.length} 项`, `; and ${more.length} more`] : ["", ""];
  const at = first.index === null ? ["", ""] : [`（日志第 ${first.index} 条）`, ` (leaf ${first.index})`];
  return {
    zh: `${zh}：第 ${first.number} 项“${first.name_zh}”——${first.zh}${at[0]}${rest[0]}。`,
    en: `${en}: check ${first.number}, ${first.name}: ${first.en}${at[1]}${rest[1]}.`,
  };
}

export const unreadable = ({ zh, en }, name) => {
  const what = name === undefined ? ["", ""] : [`“${name}”`, ` “${name}”`];
  return { zh: `无法读取${what[0]}：${zh}。`, en: `Cannot be read${what[1]}: ${en}.`, kind: "alarm" };
};

export const working = (number, of) => ({ zh: `正在核对：第 ${number} 项，共 ${of} 项……`, en: `Checking ${number} of ${of} …` });
export const READING = { zh: "正在读取……", en: "Reading …" };
export const REMOVE = { zh: "移除", en: "Remove" };
export const WANTING = {
  zh: "还缺要核验的东西：请再放入卷宗、回执或文书，或者粘贴哈希。",
  en: "What is to be verified is still missing: add a dossier, a receipt or a document, or paste a hash.",
};
export const LACKING = {
  zh: "这个浏览器缺少核验所需的功能（X25519、Ed25519 或 DecompressionStream）。请更新浏览器，或使用下面的离线命令。",
  en: "This browser lacks what verifying takes (X25519, Ed25519 or DecompressionStream). Update it, or use the offline command below.",
};

/** The offline command for what was given: names by kind. */
export function command(names, bidderKeys) {
  const input = names.receipt ?? names.dossier ?? "dossier.zip";
  const parts = ["python -I verify.py", quoted(input), "--anchors", quoted(names.anchors ?? "anchors.json")];
  if (names.receipt !== undefined && names.dossier !== undefined) parts.push("--dossier", quoted(names.dossier));
  if (names.since !== undefined) parts.push("--since", quoted(names.since));
  for (const key of bidderKeys) parts.push("--bidder-key", key);
  return parts.join(" ");
}

const quoted = (name) => (/^[A-Za-z0-9][\w.-]*$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);
