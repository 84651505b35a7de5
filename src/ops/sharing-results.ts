import type { Digest } from '../spec/digest.ts';

/** What an entry of an index takes, in stored bytes. */
export interface SharingRow {
  /** Its name; null where it has none. */
  readonly name: string | null;
  readonly digest: Digest;
  /** Of all blobs that it leads to, each once. */
  readonly total: number;
  /** Of those that other entries lead to as well. */
  readonly shared: number;
  /** Of those that would go with it alone. */
  readonly unique: number;
}

/** Layers one over the other that the same images have. */
export interface SharedLayers {
  readonly diffIDs: readonly string[];
  /** Stored bytes. */
  readonly size: number;
  /** The images that end with these layers: name, or digest, and platform. */
  readonly images: readonly { readonly name: string; readonly platform: string }[];
  /** How many images have them. */
  readonly count: number;
  readonly above: readonly SharedLayers[];
}

export interface SharingResult {
  readonly images: readonly SharingRow[];
  /** Stored bytes of all blobs, each once. */
  readonly total: number;
  /** By diffIDs, the lowest layers first. */
  readonly layers: readonly SharedLayers[];
  readonly warnings: readonly string[];
}
