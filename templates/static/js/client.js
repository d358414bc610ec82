/*
 * The HTTP interface (docs/http.md) from a page: tries again with the same key, and throws what the server refuses.
 *
 *   new Client({url, headers, demonstration, tries})   url: of the server, "" for the page's own; headers: an object, or a
 *       function that gives one, for what signs the caller in
 *   get(path, params)  post(path, body)  put(path, bytes, headers)    JSON under /api/v1
 *   items(path)        an async iterator over a list, page after page
 *   readStatic(path)   the bytes of a file of the log, such as /log/checkpoint
 *
 * Every method throws ServerRefused (a Refusal with status) or a Refusal `unreachable`: what was sent may then have been
 * done, so ask for its state first. Methods take {signal} last; an abort throws what the signal says.
 */

import { hex, random } from "./bytes.js";
import { dumps, loads } from "./canonical.js";
import { Refusal } from "./refusal.js";

const API = "/api/v1";
const MAX_ANSWER = 64 << 20;
const TRIES = 6;
const BUSY = [429, 502, 503, 504];
const LONGEST_WAIT = 8000;
const FIRST_WAIT = 200;
const PROBLEM = ["type", "title", "status", "detail", "detail_en", "reason", "field", "cites", "instance"];

export class ServerRefused extends Refusal {
    constructor(status, problem) {
        super(
            problem.reason ?? `http_${status}`,
            problem.detail ?? `服务器拒绝了请求（${status}）。`,
            problem.detail_en ?? `The server refused the request (${status}).`,
            problem.field ?? null,
            Object.fromEntries(Object.entries(problem).filter(([name]) => !PROBLEM.includes(name))),
        );
        this.name = "ServerRefused";
        this.status = status;
        this.cites = problem.cites ?? null;
    }
}

export class Client {
    constructor({ url = "", headers = {}, demonstration = false, tries = TRIES } = {}) {
        this.url = url;
        this.headers = typeof headers === "function" ? headers : () => headers;
        this.demonstration = demonstration;
        this.tries = tries;
    }

    async get(path, params = {}, options = {}) {
        const query = new URLSearchParams(params).toString();
        return json(await this.send("GET", `${API}${path}${query ? `?${query}` : ""}`, options));
    }

    async post(path, body, options = {}) {
        // One key for all tries: the act is done once, however often it has to be sent.
        const headers = { "Content-Type": "application/json", "Idempotency-Key": hex(random(16)) };
        return json(await this.send("POST", `${API}${path}`, { ...options, headers, body: dumps(body) }));
    }

    async put(path, bytes, headers = {}, options = {}) {
        const all = { "Content-Type": "application/octet-stream", ...headers };
        return json(await this.send("PUT", `${API}${path}`, { ...options, headers: all, body: bytes }));
    }

    async *items(path, options = {}) {
        for (let next = `${API}${path}`; next; ) {
            const page = json(await this.send("GET", next, options));
            yield* page.items;
            next = page.links?.next ?? null;
        }
    }

    async readStatic(path, options = {}) {
        return this.send("GET", path, options);
    }

    async send(method, path, { headers = {}, body = null, signal = null } = {}) {
        for (let attempt = 1; ; attempt += 1) {
            try {
                return await this.once(method, path, { headers, body, signal });
            } catch (error) {
                signal?.throwIfAborted();
                const lost = error instanceof TypeError; // what fetch throws for a lost connection
                if (!lost && !BUSY.includes(error.status)) throw error;
                if (attempt === this.tries) throw lost ? unreachable(error) : error;
            }
            await pause(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt), signal);
        }
    }

    async once(method, path, { headers, body, signal }) {
        const sent = { ...(await this.headers()), ...headers };
        const response = await fetch(this.url + path, { method, headers: sent, body, signal, cache: "no-store" });
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (!response.ok) throw new ServerRefused(response.status, problem(bytes));
        return bytes;
    }
}

function json(bytes) {
    return loads(bytes, { maxBytes: MAX_ANSWER });
}

/* The problem in a refusal; a proxy's own pages tell nothing but their status. */
function problem(bytes) {
    try {
        const found = json(bytes);
        return found !== null && typeof found === "object" && !Array.isArray(found) ? found : {};
    } catch (error) {
        if (error instanceof Refusal) return {};
        throw error;
    }
}

/* Waits at random up to the longest, so that many who were turned away do not come back together. */
function pause(longest, signal) {
    return new Promise((resolve, reject) => {
        const part = crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32;
        const timer = setTimeout(resolve, longest * part);
        signal?.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(signal.reason);
        });
    });
}

function unreachable(error) {
    return new Refusal(
        "unreachable",
        "服务器没有应答，请检查网络后重试；此前的请求可能已被受理，可先查询状态。",
        `The server did not answer (${error.message}). Check the network and try again; `
            + "what was sent may have been done, so ask for its state first.",
    );
}
