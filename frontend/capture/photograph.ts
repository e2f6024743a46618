// One chosen file on its way: checked, hashed, and all that is said of it.
import { newId, sha256 } from "./identity";
import { NotSent } from "./not_sent";

/** What the page knows about the photographs of one view, read at the moment of choosing. */
export interface Subject {
  appointment: string;
  lesion: string;
  view: string;
  context: Record<string, string>; // polarisation, contact, immersion of a dermoscopic capture
}

/** A photograph as it can be kept: its name on the page, what goes with it, its bytes. */
export interface Parcel {
  name: string;
  metadata: Record<string, string>;
  bytes: Blob;
}

export class Photograph {
  readonly stopping = new AbortController();
  isSent = false;
  mayBeThere: boolean; // some of its bytes, from an earlier try
  private constructor(
    readonly id: string,
    readonly name: string,
    private readonly file: File | null,
    private readonly subject: Subject | null,
    private parcel: Parcel | null,
  ) {
    this.mayBeThere = file === null;
  }

  static chosen(file: File, subject: Subject, name: string, id: string = newId()): Photograph {
    return new Photograph(id, name, file, subject, null);
  }

  static kept(id: string, parcel: Parcel): Photograph {
    return new Photograph(id, parcel.name, null, null, parcel);
  }

  /** The same bytes under a new number: the old one is closed for good. */
  static again(parcel: Parcel, name: string, id: string = newId()): Photograph {
    return Photograph.kept(id, { ...parcel, name, metadata: { ...parcel.metadata, capture: id } });
  }

  get isDropped(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Why this file cannot be sent at all, or null. The service looks again, and closer. */
  refusal(maxBytes: number): string | null {
    if (this.file?.size === 0) return "This file is empty. Choose another photograph.";
    if (this.file && this.file.size > maxBytes) {
      const limit = Math.floor(maxBytes / 1024 / 1024);
      return `This file is larger than ${limit} MB. Set the camera to a smaller size and retake.`;
    }
    if (!globalThis.crypto?.subtle) {
      return "Photographs can be sent over a secure (https) connection only.";
    }
    return null;
  }

  /** Read once, so that what is sent is what was hashed even if the file changes on the device. */
  async prepared(): Promise<Parcel> {
    if (this.parcel) return this.parcel;
    const { file, subject } = this;
    if (!file || !subject) throw new NotSent("The device can no longer read this file.");
    const content = await file.arrayBuffer().catch(() => {
      throw new NotSent("The device can no longer read this file. Choose it again.");
    });
    this.parcel = {
      name: this.name,
      bytes: new Blob([content]),
      metadata: {
        capture: this.id,
        sha256: await sha256(content),
        appointment: subject.appointment,
        lesion: subject.lesion,
        view: subject.view,
        filename: file.name,
        captured_at: new Date(file.lastModified).toISOString(),
        ...subject.context,
      },
    };
    return this.parcel;
  }

  /** Nothing of it is needed here any more. */
  release(): void {
    this.parcel = null;
  }
}
