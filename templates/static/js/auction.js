/*
 * What a bidder signs in an auction (docs/spec/auction.md), and the sums that a hall counts with: BigInt of 分.
 *
 *   bid({origin, demonstration, tender, lot, bidder, price, seen, sequence})     an open bid. bidder: its number; price: "1010000.00";
 *       seen: the view that it had; sequence: above that of its last statement
 *   offer({origin, demonstration, tender, lot, bidder, sealed, seen, sequence})  a sealed offer; sealed: the id of its envelope
 *   fen(text)                    -> the sum of a text such as "1010000.00", or null
 *   yuan(fen)                    -> the text of a sum
 *   stepsAbove(price, least, step)   -> how many whole steps a bid lies above the least that would do: 0 for the least, below 0 too low
 */

const MONEY = /^(?:0|[1-9][0-9]{0,12})\.[0-9]{2}$/;

export function bid({ origin, demonstration, tender, lot, bidder, price, seen, sequence }) {
    return { type: "sunbid/auction-bid/1", origin, demonstration, tender, lot, bidder, price, seen, sequence };
}

export function offer({ origin, demonstration, tender, lot, bidder, sealed, seen, sequence }) {
    return { type: "sunbid/auction-offer/1", origin, demonstration, tender, lot, bidder, sealed, seen, sequence };
}

export function fen(text) {
    return MONEY.test(text) ? BigInt(text.replace(".", "")) : null;
}

export function yuan(sum) {
    const digits = String(sum).padStart(3, "0");
    return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

export function stepsAbove(price, least, step) {
    const above = price - least;
    // BigInt divides towards zero: what lies a 分 below the least is too low all the same.
    return Number(above < 0n ? -((-above + step - 1n) / step) : above / step);
}
