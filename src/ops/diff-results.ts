import type { Digest } from '../spec/digest.ts';
import type { LayerView } from './look-results.ts';
import type { DiffResult } from './results.ts';

/** One side of a package that differs. */
export interface DiffedPackage {
  /** With an rpm's epoch. */
  readonly version: string;
  /** Bytes of its files that are there. */
  readonly size: number;
  /** The layer that brought it, from 1; null in what is no image. */
  readonly layer: number | null;
}

export interface PackageDiffRow {
  /** `A` added, `D` deleted, `U` upgraded, `W` downgraded, `C` changed: versions that are equal or cannot be told apart. */
  readonly kind: 'A' | 'D' | 'U' | 'W' | 'C';
  readonly type: string;
  readonly name: string;
  readonly architecture: string | null;
  readonly before: DiffedPackage | null;
  readonly after: DiffedPackage | null;
}

export interface PackageDiffResult {
  /** In the order of type and name. */
  readonly packages: readonly PackageDiffRow[];
  readonly warnings: readonly string[];
}

export interface LayerDiffRow {
  /** `=` the same contents, `~` the same line of history and other contents, `+` only the newer's, `-` only the older's. */
  readonly kind: '=' | '~' | '+' | '-';
  readonly before: LayerView | null;
  readonly after: LayerView | null;
}

export interface LayerDiffResult {
  /** Lowest first. */
  readonly layers: readonly LayerDiffRow[];
}

/** One line of a hunk: of both texts (` `), of the older alone (`-`), of the newer alone (`+`). */
export interface HunkLineView {
  readonly kind: ' ' | '-' | '+';
  /** Without its line feed: the very text; where it is not UTF-8 a readable form, and `textBytes` is the line in base64. */
  readonly text: string;
  readonly textBytes?: string;
  /** The last line of a file that does not end with a line feed. */
  readonly isUnended?: true;
}

/** Lines that differ and three around them, numbered as `@@ -1,3 +1,4 @@` has it. */
export interface HunkView {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** The nearest line above that begins with a letter, `_` or `$`; empty where there is none. */
  readonly section: string;
  readonly sectionBytes?: string;
  readonly lines: readonly HunkLineView[];
}

/** How a path's contents differ (a symbolic link's are its target): line by line, or that they are no text, or too large to be compared as text. */
export type TextView =
  | { readonly kind: 'text'; readonly hunks: readonly HunkView[]; readonly added: number; readonly deleted: number }
  | { readonly kind: 'binary' | 'large' };

/** What differs between two images of one platform; nothing is listed of a platform that only one side has. */
export interface PlatformDiffRow extends DiffResult {
  /** `os/arch[/variant]`. */
  readonly platform: string;
  /** The manifests' digests; null where that side has no image for the platform. */
  readonly before: Digest | null;
  readonly after: Digest | null;
}

export interface PlatformDiffResult {
  /** In the order of their names. */
  readonly platforms: readonly PlatformDiffRow[];
}
