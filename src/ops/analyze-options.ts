import type { ReadOptions } from './options.ts';

/** What `analyze` takes: beside the image, what it has to keep to. What it does not keep to is a finding. */
export interface AnalyzeOptions extends ReadOptions {
  /** How many levels of directories are listed. Two when absent. */
  readonly depth?: number | undefined;
  /** What no path reaches may be so much at most: `20MB`, or a share of all files of all layers, `5%`. No bound when absent. */
  readonly maxWasted?: string | undefined;
  /** The files of all layers may be so much at most: `200MB`. No bound when absent. */
  readonly maxSize?: string | undefined;
  /** Globs of paths that may not be in the merged root filesystem. None when absent. */
  readonly forbid?: readonly string[] | undefined;
  /** No file may have a set-user-ID or set-group-ID bit. False when absent. */
  readonly noSetuid?: boolean | undefined;
  /** A file of rules (schemas/rules.json). None when absent. */
  readonly rules?: string | undefined;
}
