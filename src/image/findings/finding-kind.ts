import type { Severity } from '../finding.ts';

/** What to do about most that is wrong with a tar. */
export const writtenAnew = '`ocikit fix` writes the layer anew: the same files, in a form that every engine takes.';

/** A kind of finding: all that there is to say of its code. Codes are stable: scripts depend on them. */
export interface FindingKind {
  readonly severity: Severity;
  /** What it means, in whole sentences. */
  readonly means: string;
  /** The document, and its section, that says so. */
  readonly section: string;
  /** What a person can do about it. */
  readonly remedy: string;
}
