/*
 * Sealed files in this browser's private file system (OPFS), where a crash or a closed tab leaves them as they are.
 *
 *   create(name)    -> Target {write(bytes), finish(), discard()}; in workers only: pages have no synchronous access.
 *                      Refusal disk_full
 *   open(name)      -> a File, for the upload and for saving it to disk; null when there is none
 *   list()          -> the names
 *   remove(name)
 *   room()          -> bytes that the browser still lets this site keep, as far as it tells
 */

import { Refusal } from "./refusal.js";

const FOLDER = "sealed";
const UNFINISHED = ".unfinished";

export async function create(name) {
    const folder = await opened();
    for await (const other of folder.keys()) if (other.endsWith(UNFINISHED)) await discarded(folder, other);
    const handle = await folder.getFileHandle(name + UNFINISHED, { create: true });
    const access = await handle.createSyncAccessHandle();
    access.truncate(0);
    return new Target(folder, handle, access, name);
}

export async function open(name) {
    try {
        return await (await (await opened()).getFileHandle(name)).getFile();
    } catch (error) {
        if (error.name === "NotFoundError") return null;
        throw error;
    }
}

export async function list() {
    const names = [];
    for await (const name of (await opened()).keys()) if (!name.endsWith(UNFINISHED)) names.push(name);
    return names;
}

export async function remove(name) {
    await (await opened()).removeEntry(name);
}

export async function room() {
    const { quota = 0, usage = 0 } = (await navigator.storage.estimate?.()) ?? {};
    return quota - usage;
}

class Target {
    constructor(folder, handle, access, name) {
        Object.assign(this, { folder, handle, access, name, at: 0 });
    }

    write(bytes) {
        let written = 0;
        try {
            written = this.access.write(bytes, { at: this.at });
        } catch (error) {
            if (error.name !== "QuotaExceededError") throw error;
        }
        if (written !== bytes.length) throw diskFull();
        this.at += written;
    }

    async finish() {
        this.access.flush();
        this.access.close();
        await this.handle.move(this.name);
    }

    async discard() {
        this.access.close();
        await this.folder.removeEntry(this.handle.name);
    }
}

/* What another sealing left behind; one that is still at work in another tab holds its lock. */
async function discarded(folder, name) {
    try {
        await folder.removeEntry(name);
    } catch (error) {
        if (error.name !== "NoModificationAllowedError") throw error;
    }
}

function diskFull() {
    return new Refusal(
        "disk_full",
        "本机磁盘或浏览器可用的空间不足，未完成封标；请腾出空间后重试。",
        "The disk, or what the browser may use of it, is full: nothing was sealed. Make room and try again.",
        "files",
    );
}

async function opened() {
    return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}
