import type { Bytes } from '../engine/engine.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import type { Work } from '../stream/pace.ts';

/** Bytes of a file on disk: `size` from `offset`. */
export interface FileRegion {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** What lies where the blobs of a place belong. */
export interface Holdings {
  readonly blobs: readonly StoredBlob[];
  /** Paths, below where blobs belong, of what has no digest for a name. */
  readonly strangers: readonly string[];
  /** Digests that the place names elsewhere than in its index: in docker's `manifest.json`. */
  readonly named: readonly string[];
}

/** Where images are read from: a layout directory, an archive, memory. */
export interface ImageSource {
  /** The place's path as the user gave it, for messages. */
  readonly subject: string;
  /** Whether manifests and index were made of something else: nobody has vouched that its layers and diffIDs agree. */
  readonly isConverted?: boolean;
  /** What was wrong with the place and did no harm: a sentence each. */
  readonly warnings?: readonly string[];
  /** What watches and stops this run over the source: what is made of its blobs heeds it as well. */
  readonly work?: Work;
  /** What lies among its blobs, unread; undefined where it keeps them in another way, or others keep theirs there as well. */
  readonly holdings?: () => Promise<Holdings | undefined>;
  index(): Promise<Document<ImageIndex>>;
  has(descriptor: Descriptor): Promise<boolean>;
  /** A blob as a stream of chunks of up to 1 MiB. Size and digest are checked; the last chunk is followed by an `invalid` error where they differ. */
  open(descriptor: Descriptor): Bytes;
  /** A small blob (a JSON object) whole, checked; an `invalid` error where it is larger than `limit` bytes (4 MiB by default). */
  read(descriptor: Descriptor, limit?: number): Promise<Uint8Array>;
  /** Where a blob's bytes lie, as far as the place knows and unchecked: undefined where they are not in a file as they are. */
  fileOf(descriptor: Descriptor): FileRegion | undefined;
}

/** A blob that has been stored: digest and size in bytes. */
export type StoredBlob = Pick<Descriptor, 'digest' | 'size'>;

export interface ImageStore extends ImageSource {
  /** Stores a stream beside its place, then renames it to its sha256 digest. A blob that is there already is kept. */
  put(bytes: Bytes): Promise<StoredBlob>;
  /** Stores a blob of another place under its digest, checked. One that is here already is not read; inside one file system it is shared by reflink or hardlink where that can be. */
  bring(source: ImageSource, descriptor: Descriptor): Promise<void>;
  /** Applies a pure function to the index under the layout's lock and renames the result into place. */
  updateIndex(change: (index: ImageIndex) => ImageIndex): Promise<Document<ImageIndex>>;
}
