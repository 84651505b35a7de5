import type { LayerView } from './look-results.ts';

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
