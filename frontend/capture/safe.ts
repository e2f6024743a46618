// What is not on the record yet, kept on the device through reloads and dead batteries: sealed with
// a key that only a page opened by the same signed-in person holds.
import type { Parcel } from "./photograph";

const STORE = "photographs";

interface Row {
  id: string;
  owner: string;
  nonce: Uint8Array<ArrayBuffer>;
  about: ArrayBuffer; // sealed: name and metadata
  bytes: ArrayBuffer; // sealed
}

export class Safe {
  private constructor(
    private readonly database: IDBDatabase,
    private readonly key: CryptoKey,
    private readonly owner: string,
  ) {}

  /** Null where the browser keeps nothing (a private window): the page then says so. */
  static async open(owner: string, key: string): Promise<Safe | null> {
    try {
      const raw = Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0));
      const imported = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, [
        "encrypt",
        "decrypt",
      ]);
      const database = await opened();
      void navigator.storage?.persist?.(); // asked for; the browser may still say no
      return new Safe(database, imported, owner);
    } catch {
      return null;
    }
  }

  async put(id: string, parcel: Parcel): Promise<void> {
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const about = JSON.stringify({ name: parcel.name, metadata: parcel.metadata });
    const row: Row = {
      id,
      owner: this.owner,
      nonce,
      about: await this.seal(nonce, 0, new TextEncoder().encode(about).buffer as ArrayBuffer),
      bytes: await this.seal(nonce, 1, await parcel.bytes.arrayBuffer()),
    };
    await this.change((rows) => rows.put(row));
  }

  /** The ids this person left here, in the order of choosing. */
  async ids(): Promise<string[]> {
    const mine = this.rows().index("owner").getAllKeys(this.owner);
    return ((await done(mine)) as string[]).sort();
  }

  /** One photograph, or null where it is gone or cannot be opened. */
  async get(id: string): Promise<Parcel | null> {
    const row = (await done(this.rows().get(id))) as Row | undefined;
    if (!row) return null;
    try {
      const about = await this.unseal(row.nonce, 0, row.about);
      const { name, metadata } = JSON.parse(new TextDecoder().decode(about)) as Omit<Parcel, "bytes">;
      return { name, metadata, bytes: new Blob([await this.unseal(row.nonce, 1, row.bytes)]) };
    } catch {
      return null;
    }
  }

  async forget(id: string): Promise<void> {
    await this.change((rows) => rows.delete(id));
  }

  private rows(): IDBObjectStore {
    return this.database.transaction(STORE).objectStore(STORE);
  }

  /** Resolves when it is on the disk, not before. */
  private change(act: (rows: IDBObjectStore) => IDBRequest): Promise<void> {
    const change = this.database.transaction(STORE, "readwrite", { durability: "strict" });
    act(change.objectStore(STORE));
    return new Promise((resolve, reject) => {
      change.oncomplete = () => resolve();
      change.onabort = () => reject(change.error ?? new Error("The device kept nothing."));
    });
  }

  private seal(nonce: Uint8Array, part: number, clear: ArrayBuffer): Promise<ArrayBuffer> {
    return crypto.subtle.encrypt({ name: "AES-GCM", iv: apart(nonce, part) }, this.key, clear);
  }

  private unseal(nonce: Uint8Array, part: number, sealed: ArrayBuffer): Promise<ArrayBuffer> {
    return crypto.subtle.decrypt({ name: "AES-GCM", iv: apart(nonce, part) }, this.key, sealed);
  }
}

/** A nonce of its own for each of the two parts. */
function apart(nonce: Uint8Array, part: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...nonce, part]);
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open("derm-unsent", 1);
  request.onupgradeneeded = () => {
    const store = request.result.createObjectStore(STORE, { keyPath: "id" });
    store.createIndex("owner", "owner");
  };
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The device kept nothing."));
  });
}
