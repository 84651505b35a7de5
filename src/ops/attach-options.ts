import type { ReadOptions, WriteOptions } from './options.ts';

/** A file that is attached. */
export interface AttachedFile {
  /** Its path, or its bytes as they come: those are called after their type (`sbom.spdx.json`), or `stdin` where that says nothing. */
  readonly file: string | AsyncIterable<Uint8Array>;
  /** By its name or its first bytes when absent, else `application/octet-stream`. */
  readonly mediaType?: string | undefined;
}

/** What `attach` takes. */
export interface AttachOptions extends ReadOptions, WriteOptions {
  /** What the artifact is: a media type. That of the one file, where it is known, when absent. */
  readonly artifactType?: string | undefined;
  /** `key=value`, each on the artifact's manifest; none when absent. */
  readonly annotations?: readonly string[] | undefined;
  /** When it was attached: RFC 3339, or a Date; as the image says that it was made when absent, so that twice is once. */
  readonly created?: string | Date | undefined;
  /** The artifact's own name in the layout; none when absent. */
  readonly tag?: string | undefined;
  /** Whether registries' fallback tag (`sha256-…`) lists it as well, which regctl reads; where the layout has such tags when absent. */
  readonly fallbackTag?: boolean | undefined;
}

/** What `referrers` takes. */
export interface ReferrersOptions extends ReadOptions {
  /** Only artifacts of this type; all when absent. */
  readonly artifactType?: string | undefined;
  /** What is about the artifacts found as well, and so on. False when absent. */
  readonly recursive?: boolean | undefined;
  /** Blobs that no entry of the layout leads to are looked at as well. False when absent. */
  readonly scan?: boolean | undefined;
}
