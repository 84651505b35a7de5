import type { LayerView } from './look-results.ts';

/** A package that was found. */
export interface PackageRow {
  /** As package URLs call its kind: `deb`, `apk`, `rpm`, `npm`, `pypi`, `gem`, `composer`, `maven`, `golang`, `cargo`. */
  readonly type: string;
  readonly name: string;
  /** Empty where none is said; of an rpm version and release. */
  readonly version: string;
  /** An rpm's, where it has one. */
  readonly epoch: number | null;
  readonly architecture: string | null;
  readonly purl: string;
  /** What it says of its licence: an expression, or its licences' names with `AND` between them; null where nothing. */
  readonly licence: string | null;
  readonly licences: readonly string[];
  /** What it was built from. */
  readonly source: { readonly name: string; readonly version: string } | null;
  readonly supplier: string | null;
  /** The layer that brought it, from 1; null in what is no image. */
  readonly layer: number | null;
  /** The file that says so. */
  readonly path: string;
  readonly pathBytes?: string;
  /** Bytes of its files that are there; a file that several packages list is the first one's. */
  readonly size: number;
  /** Which of the distribution's packages its files belong to, as `TYPE/NAME`: then it is the same software again. */
  readonly ownedBy: string | null;
  /** What it lists as its own, without what is a directory; a file of them need not be there. A name that is not UTF-8 has a readable form. */
  readonly files: readonly string[];
}

export interface PackagesResult {
  readonly packages: readonly PackageRow[];
  /** What the root filesystem says of itself (os-release); null where it says nothing. */
  readonly distribution: { readonly id: string; readonly version: string; readonly name: string } | null;
  /** An image's layers, lowest first; none of what is no image. */
  readonly layers: readonly LayerView[];
  readonly warnings: readonly string[];
}

export interface SbomResult {
  /** The document in JSON, with a newline at its end. */
  readonly text: string;
  /** What it is attached as. */
  readonly mediaType: string;
  readonly packages: number;
  readonly warnings: readonly string[];
}
