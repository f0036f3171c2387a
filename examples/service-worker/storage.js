// One snapshot in IndexedDB, which replaces a record as one step: a worker that ends half-way leaves the one before.

const DATABASE = "site-cache";
const STORE = "snapshots";
const KEY = "latest";

/** The bytes that were stored last, or undefined. */
export async function load() {
  return inStore("readonly", (records) => records.get(KEY));
}

export async function store(bytes) {
  await inStore("readwrite", (records) => records.put(bytes, KEY));
}

async function inStore(mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    await new Promise((done, failed) => {
      transaction.oncomplete = done;
      transaction.onabort = () => failed(transaction.error);
    });
    return request.result;
  } finally {
    database.close();
  }
}

function open() {
  const request = indexedDB.open(DATABASE, 1);
  return new Promise((done, failed) => {
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}
