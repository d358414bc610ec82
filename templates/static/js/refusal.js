/*
 * Refusals, as on the server: why something was not done, in both languages.
 *
 *   Refusal                 reason (a stable slug), zh, en, field, facts; text(language)
 *   plain(error)            what a worker may post of an error; anything unforeseen keeps its own message
 *   revived(plain)          the Refusal again
 */

export class Refusal extends Error {
    constructor(reason, zh, en, field = null, facts = {}) {
        super(`${reason}: ${en}`);
        this.name = "Refusal";
        this.reason = reason;
        this.zh = zh;
        this.en = en;
        this.field = field;
        this.facts = facts;
    }

    text(language) {
        return language === "en" ? this.en : this.zh;
    }
}

export function plain(error) {
    if (error instanceof Refusal) {
        const { reason, zh, en, field, facts } = error;
        return { reason, zh, en, field, facts };
    }
    const told = `${error?.name ?? "Error"}: ${error?.message ?? error}`;
    return { reason: "unexpected", zh: `程序出错（${told}）。`, en: `Something went wrong (${told}).`, field: null, facts: {} };
}

export function revived({ reason, zh, en, field, facts }) {
    return new Refusal(reason, zh, en, field, facts);
}
