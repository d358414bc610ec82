// 统一社会信用代码 (GB 32100-2015) as it is typed: which character cannot be right. The server checks again.
const SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const LENGTH = 18;

/** The code without spaces, in capitals, full-width signs made narrow. */
export function plain(text) {
  return text.normalize("NFKC").replace(/\s/g, "").toUpperCase();
}

/** The 18th character for the first 17. */
export function checkCharacter(body) {
  let total = 0, weight = 1;
  for (const sign of body) {
    total += SIGNS.indexOf(sign) * weight;
    weight = (weight * 3) % 31;
  }
  return SIGNS[(31 - (total % 31)) % 31];
}

/** What is wrong: {kind, place, sign}; kind is "right" where nothing is. */
export function judge(code) {
  for (const [at, sign] of [...code].entries()) {
    const told = { place: at + 1, sign };
    if ("IOSVZ".includes(sign)) return { kind: "letter", ...told };
    if (!SIGNS.includes(sign)) return { kind: "sign", ...told };
    if (at >= 2 && at < 8 && !/[0-9]/.test(sign)) return { kind: "digit", ...told };
  }
  if (code.length < LENGTH) return { kind: "short", place: code.length, sign: "" };
  if (code.length > LENGTH) return { kind: "long", place: code.length - LENGTH, sign: "" };
  const last = code[LENGTH - 1];
  return { kind: checkCharacter(code.slice(0, -1)) === last ? "right" : "check", place: LENGTH, sign: last };
}

const field = document.querySelector("[data-uscc]"), said = document.querySelector("[data-uscc-said]");

function look() {
  const code = plain(field.value);
  const { kind, place, sign } = judge(code);
  said.textContent = code ? said.dataset[kind].replace("{place}", place).replace("{sign}", sign) : "";
}

if (field && said) {
  field.addEventListener("input", look);
  field.addEventListener("change", () => { field.value = plain(field.value); });
  look();
}
