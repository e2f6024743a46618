// "Save all unsent to a file": the way out when neither line nor service will come back today.
import type { Photograph } from "./photograph";
import { type Entry, zipped } from "./zip";

/** Hand the person one zip file with every photograph and what belongs to it. */
export async function saveToFile(photographs: Iterable<Photograph>): Promise<void> {
  const entries: Entry[] = [];
  const listed: Record<string, string>[] = [];
  for (const photograph of photographs) {
    const parcel = await photograph.prepared();
    const file = `${photograph.id}${endingOf(parcel.metadata["filename"] ?? "")}`;
    entries.push({ name: file, bytes: new Uint8Array(await parcel.bytes.arrayBuffer()) });
    listed.push({ ...parcel.metadata, file, name: photograph.name });
  }
  const about = new TextEncoder().encode(JSON.stringify(listed, null, 2));
  const parts = zipped([...entries, { name: "photographs.json", bytes: about }]);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: "application/zip" }));
  link.download = "unsent-photographs.zip";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function endingOf(name: string): string {
  return /\.[A-Za-z0-9]{1,5}$/.exec(name)?.[0].toLowerCase() ?? "";
}
