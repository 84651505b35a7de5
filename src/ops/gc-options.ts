import type { WriteOptions } from './options.ts';

/** What `gc` takes. */
export interface GcOptions extends WriteOptions {
  /** What is younger stays, named or not: a Go duration (`30m`), `1h` when absent; `0` for nothing. */
  readonly grace?: string | undefined;
  /** Milliseconds since 1970: what the grace time counts from, as nothing here reads a clock. Needed unless that is `0`. */
  readonly now?: number | undefined;
  /** Entries of the index that have no name and that ocikit has not left so go as well, unless they are about an image that stays, or no entry has one. False when absent. */
  readonly untagged?: boolean | undefined;
  /** Entries that are about an image which is not there go as well. False when absent. */
  readonly danglingReferrers?: boolean | undefined;
  /** Blobs that only docker's `manifest.json` beside the index names go as well. False when absent. */
  readonly ignoreManifestJson?: boolean | undefined;
}
