// Who wins an auction whose bidding is over, or why nobody does (docs/spec/auction.md, The result).

/** The bidders whose sealed offers are not opened yet. */
export function unopened({ opened, stands }) {
  if (opened !== null) return new Set();
  return new Set([...stands].filter(([, { sealed }]) => sealed !== null).map(([number]) => number));
}

/** The best prices, the earliest first: `{price, place, bidder}`. */
export function best(c) {
  const found = c.terms.rounds === null ? raised(c) : standing(c);
  const top = found.reduce((most, { price }) => (most === null || better(c, price, most) ? price : most), null);
  return found.filter(({ price }) => price === top).sort((one, other) => one.place - other.place);
}

const better = ({ terms }, price, most) => (terms.rounds === null ? price > most : price < most);

function standing({ stands }) {
  const priced = [...stands].filter(([, { price }]) => price !== null);
  return priced.map(([bidder, { price, place }]) => ({ bidder, price, place }));
}

function raised({ terms, leading, opened, stands }) {
  const least = terms.cap ?? terms.start_price;
  const offers = [...(opened ?? [])].filter(([, price]) => price !== null && price >= least);
  const told = offers.map(([bidder, price]) => ({ bidder, price, place: stands.get(bidder).place }));
  return leading === null ? told : [leading, ...told];
}

export const hidesReserve = ({ terms, reserve }) => terms.reserve !== null && reserve === null;

const short = (c, [first]) => c.reserve !== null && first !== undefined && first.price < c.reserve;

/** Among whom a draw has still to decide. */
export function tied(c) {
  const found = best(c);
  const names = new Set(found.map(({ bidder }) => bidder));
  const open = c.terms.ties === "draw" && names.size > 1 && c.drawn === null && !short(c, found);
  return open ? names : new Set();
}

/** The event that ends an auction for which nothing is awaited any more, without its time. */
export function outcomeOf(c) {
  const found = best(c);
  if (found.length === 0 || short(c, found)) {
    return { event: "ended", result: found.length === 0 ? "no_bids" : "below_reserve", winner: null, price: null };
  }
  const { bidder: winner, price } = found.find(({ bidder }) => bidder === c.drawn) ?? found[0];
  return { event: "ended", result: "sold", winner, price };
}
