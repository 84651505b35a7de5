import type { LayerView } from './look-results.ts';

/** A layer and what its bytes are. `visible`, `hidden` and `overhead` together are `tar`. */
export interface AnalyzedLayer extends LayerView {
  /** Bytes of the uncompressed tar. */
  readonly tar: number;
  /** Bytes of its files that paths of the image reach. */
  readonly visible: number;
  /** Bytes of its files that no path reaches. */
  readonly hidden: number;
  /** Headers and padding; less what holes of sparse files are that the tar does not hold. */
  readonly overhead: number;
}

export interface AnalyzedDirectory {
  readonly path: string;
  readonly pathBytes?: string;
  readonly depth: number;
  /** Bytes of the files below, each once. */
  readonly size: number;
  /** Of those in it itself, or at the last level of all below: the sum over all rows is the image's. */
  readonly own: number;
  readonly files: number;
}

export interface AnalyzedPackage {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  /** The layer that brought it, from 1; null in what is no image. */
  readonly layer: number | null;
  /** Bytes of its files that are there; a file that several packages list is the first one's. */
  readonly size: number;
}

/** Bytes at one path that no path reaches. */
export interface WastedPath {
  readonly path: string;
  readonly pathBytes?: string;
  readonly size: number;
  /** How many contents. */
  readonly copies: number;
  /** `deleted`: nothing lies there in the layer that hid the last of them; `replaced`: something else does. */
  readonly how: 'deleted' | 'replaced';
  /** The layers that have them, from 1, and those that hid them. */
  readonly layers: readonly number[];
  readonly by: readonly number[];
}

/** The numbers of wagoodman/dive, as it counts. */
export interface DiveNumbers {
  /** From 0 to 1. */
  readonly efficiency: number;
  readonly sizeBytes: number;
  /** All but the lowest layer. */
  readonly userSizeBytes: number;
  readonly wastedBytes: number;
  /** Null where there is one layer. */
  readonly wastedUserPercent: number | null;
  readonly inefficient: readonly { readonly count: number; readonly sizeBytes: number; readonly file: string }[];
}

/** What a rule found. */
export interface RuleFinding {
  readonly rule: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** A path, or what of the image it is about. */
  readonly subject: string;
  /** `expected X, got Y`. */
  readonly message: string;
  /** The layer of a path, from 1. */
  readonly layer: number | null;
}

export interface AnalyzeResult {
  readonly size: {
    /** Stored bytes of all layers; null of what is no image. */
    readonly stored: number | null;
    /** Bytes of their tars; null of what is no image. */
    readonly tar: number | null;
    /** Bytes of the files in all of them: what docker's and dive's sizes are. */
    readonly files: number;
    /** Bytes of the files that paths reach: those of the merged root filesystem. */
    readonly visible: number;
    /** Bytes of the files that none reaches. */
    readonly hidden: number;
  };
  readonly dive: DiveNumbers;
  /** Lowest first; none of what is no image. */
  readonly layers: readonly AnalyzedLayer[];
  /** In the order of paths, `/` first. */
  readonly directories: readonly AnalyzedDirectory[];
  /** The largest first. */
  readonly packages: readonly AnalyzedPackage[];
  /** Bytes of the files that are no package's: with the packages', all that is visible. */
  readonly unowned: number;
  /** The largest first. */
  readonly waste: readonly WastedPath[];
  readonly findings: readonly RuleFinding[];
  /** Whether no finding is an error. */
  readonly passed: boolean;
  readonly warnings: readonly string[];
}
