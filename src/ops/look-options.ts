import type { ReadOptions } from './options.ts';
import type { Reporting } from './several.ts';

/** What `files` takes. */
export interface FilesOptions extends ReadOptions, Reporting {
  /** Everything below, not only what is in a directory itself. False when absent. */
  readonly recursive?: boolean | undefined;
  /** So many levels below each path; one, or all with `recursive`, when absent. */
  readonly depth?: number | undefined;
  /** A path that is a symbolic link is listed itself; what it leads to when absent. */
  readonly long?: boolean | undefined;
}

/** What `cp` and `cpStream` take. */
export interface CpOptions extends ReadOptions {
  /** Owners and set-id bits as they are; what cannot be set is a warning. `cpStream` always keeps them. False when absent. */
  readonly archive?: boolean | undefined;
  /** A path that is a symbolic link stands for what it leads to; for the link itself when absent. */
  readonly followLink?: boolean | undefined;
  /** Replace what is in the way; a `conflict` where something is when false or absent. */
  readonly force?: boolean | undefined;
  /** What is in a directory that is there stays, but for files that are copied, as `docker cp` has it. False when absent. */
  readonly merge?: boolean | undefined;
}

/** What `report` and `reportStream` take. */
export interface ReportOptions extends ReadOptions {
  /** Makes the page and writes nothing: the result says its digest. False when absent. */
  readonly dryRun?: boolean | undefined;
}
