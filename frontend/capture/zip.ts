// A plain zip file, nothing compressed: photographs are, and any computer opens it.
export interface Entry {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** The parts of a zip file, ready for a Blob. */
export function zipped(entries: Entry[]): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const listed: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name);
    const common = [20, 0x0800, 0, 0, 0x21]; // version, UTF-8 names, stored, 1 January 1980
    const sizes = [crc32(entry.bytes), entry.bytes.length, entry.bytes.length];
    const head = header(0x04034b50, common, sizes, [name.length, 0], []);
    listed.push(
      header(0x02014b50, [20, ...common], sizes, [name.length, 0, 0, 0, 0], [0, offset]),
      name,
    );
    parts.push(head, name, entry.bytes);
    offset += head.length + name.length + entry.bytes.length;
  }
  const size = listed.reduce((sum, part) => sum + part.length, 0);
  const many = entries.length;
  const end = header(0x06054b50, [0, 0, many, many], [size, offset], [0], []);
  return [...parts, ...listed, end];
}

export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (TABLE[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

/** A signature, then numbers of two, four, two and four bytes. */
function header(
  signature: number,
  shorts: number[],
  longs: number[],
  moreShorts: number[],
  moreLongs: number[],
): Uint8Array<ArrayBuffer> {
  const size = 4 + 2 * (shorts.length + moreShorts.length) + 4 * (longs.length + moreLongs.length);
  const view = new DataView(new ArrayBuffer(size));
  let at = 0;
  const put = (bytes: 2 | 4) => (value: number): void => {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  };
  put(4)(signature);
  shorts.forEach(put(2));
  longs.forEach(put(4));
  moreShorts.forEach(put(2));
  moreLongs.forEach(put(4));
  return new Uint8Array(view.buffer);
}
