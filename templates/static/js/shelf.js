/*
 * What a page keeps in this browser, in IndexedDB: encrypted vaults, and which upload a sealed file has.
 *
 *   get(room, key)                     -> the value, or null; rooms: "vaults", "uploads"
 *   put(room, key, value)
 *   putIf(room, key, value, expected)  -> whether it was put: only where the digest of what is there is the expected one
 *                                         (null: nothing is there). Values are {bytes, digest} there.
 *   remove(room, key)  keys(room)
 *   persist()                          asks the browser not to clear it when space is short -> whether it agreed
 *
 * Each is durable when its promise is fulfilled.
 */

const NAME = "sunbid";
const ROOMS = ["vaults", "uploads"];

export async function get(room, key) {
    return act(room, "readonly", (store) => store.get(key)).then((found) => found ?? null);
}

export async function keys(room) {
    return act(room, "readonly", (store) => store.getAllKeys());
}

export async function put(room, key, value) {
    await act(room, "readwrite", (store) => store.put(value, key));
}

export async function remove(room, key) {
    await act(room, "readwrite", (store) => store.delete(key));
}

export async function putIf(room, key, value, expected) {
    let done = false;
    await act(room, "readwrite", (store) => {
        const reading = store.get(key);
        // Within the transaction: no other tab comes between the look and the writing.
        reading.onsuccess = () => {
            if ((reading.result?.digest ?? null) === expected) {
                store.put(value, key);
                done = true;
            }
        };
        return reading;
    });
    return done;
}

export async function persist() {
    return (await navigator.storage?.persist?.()) ?? false;
}

async function act(room, mode, work) {
    const database = await opened();
    try {
        return await new Promise((resolve, reject) => {
            const transaction = database.transaction(room, mode, { durability: "strict" });
            const request = work(transaction.objectStore(room));
            transaction.oncomplete = () => resolve(request.result);
            transaction.onabort = () => reject(transaction.error);
        });
    } finally {
        database.close();
    }
}

function opened() {
    return new Promise((resolve, reject) => {
        const opening = indexedDB.open(NAME, 1);
        opening.onupgradeneeded = () => ROOMS.forEach((room) => opening.result.createObjectStore(room));
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
    });
}
