import type { DiffID, Digest } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';

/** One image that a change was made of. */
export interface ChangedImage {
  /** `os/arch[/variant]`. */
  readonly platform: string;
  /** Of its manifest before. */
  readonly before: Digest;
  /** Of its manifest now; the same where there was nothing to change. */
  readonly manifest: Digest;
  /** The config's digest. */
  readonly imageID: Digest;
}

/** What every verb answers that makes an image of an image; `Details` is what one says of each image besides. */
export interface ChangeResult<Details extends object = object> {
  /** Digest of the manifest or index that the result's name stands for. */
  readonly manifest: Digest;
  /** Null where an archive holds it without one. */
  readonly name: string | null;
  /** False where all was so already: every digest is as it was. */
  readonly isChanged: boolean;
  readonly images: readonly (ChangedImage & Details)[];
  readonly warnings: readonly string[];
}

/** What `append` says of an image besides: its new layers, and how many paths the one of `add` and `delete` adds, changes or deletes. */
export interface AppendedLayers {
  readonly layers: readonly { readonly layer: Descriptor; readonly diffID: DiffID }[];
  readonly changes: number;
}

export type AppendResult = ChangeResult<AppendedLayers>;

/** One entry of an index. */
export interface IndexEntry {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Of the document, in bytes. */
  readonly size: number;
  /** `os/arch[/variant]`, or null where it says none. */
  readonly platform: string | null;
  readonly artifactType: string | null;
  /** The digest of the manifest that it is an attestation of, or null. */
  readonly attests: Digest | null;
  readonly annotations: Readonly<Record<string, string>>;
  /** The digest of the nested index that lists it; null for the index's own entries. */
  readonly inside: Digest | null;
}

/** What `index` answers: the index as it is, or as it is now. */
export interface IndexResult {
  readonly manifest: Digest;
  readonly name: string | null;
  readonly mediaType: string;
  /** False where all was so already. */
  readonly isChanged: boolean;
  readonly entries: readonly IndexEntry[];
  readonly warnings: readonly string[];
}

/** What `convert` says of each image: how its layers are stored now. */
export interface ConvertedLayers {
  readonly layers: readonly {
    /** Digest of the blob before; the same where nothing has changed. */
    readonly before: Digest;
    readonly mediaType: string;
    readonly digest: Digest;
    readonly size: number;
    readonly diffID: DiffID;
  }[];
}

export type ConvertResult = ChangeResult<ConvertedLayers>;
