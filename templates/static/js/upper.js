/*
 * Money in Chinese capitals (人民币大写), as trading/money.py writes it.
 *
 *   words(text)   for "3680000.00"; null for what is not money in its form
 *   twoPlaces(typed)   "3680000.00" for "3,680,000"
 */

const FORM = /^(?:0|[1-9][0-9]{0,12})\.[0-9]{2}$/;
const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿", "万亿"];

export function words(text) {
    if (!FORM.test(text)) return null;
    const [yuan, cents] = text.split(".");
    const [jiao, fen] = [...cents].map(Number);
    if (yuan === "0" && cents === "00") return "人民币零元整";
    const whole = yuan === "0" ? "" : `${wholeWords(yuan)}元`;
    if (!jiao && !fen) return `人民币${whole}整`;
    const zero = whole && (!jiao || yuan.endsWith("0")) ? "零" : "";
    return `人民币${whole}${zero}${jiao ? `${DIGITS[jiao]}角` : ""}${fen ? `${DIGITS[fen]}分` : ""}`;
}

export function twoPlaces(typed) {
    const plain = typed.replaceAll(",", "");
    if (/^[0-9]+$/.test(plain)) return `${plain}.00`;
    return /^[0-9]+\.[0-9]$/.test(plain) ? `${plain}0` : plain;
}

function wholeWords(digits) {
    let spoken = "";
    let gap = false;
    for (let place = GROUPS.length - 1; place >= 0; place -= 1) {
        const end = digits.length - 4 * place;
        const group = end > 0 ? Number(digits.slice(Math.max(0, end - 4), end)) : 0;
        if (group) spoken += (spoken && (gap || group < 1000) ? "零" : "") + groupWords(group) + GROUPS[place];
        gap = group === 0;
    }
    return spoken;
}

/* One to four digits without leading or trailing 零. */
function groupWords(number) {
    let spoken = "";
    for (let place = PLACES.length - 1; place >= 0; place -= 1) {
        const digit = Math.floor(number / 10 ** place) % 10;
        if (digit) spoken += DIGITS[digit] + PLACES[place];
        else if (spoken && !spoken.endsWith("零")) spoken += "零";
    }
    return spoken.replace(/零$/, "");
}
