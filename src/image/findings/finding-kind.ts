import type { Severity } from '../finding.ts';

/** What to do about most that is wrong with a tar. */
export const writtenAnew = '`ocikit fix` writes the layer anew: the same files, in a form that every engine takes.';

/** The same of what engines take: it is no reason to write a layer anew. */
export const goneWhenWritten =
  'Nothing, for engines. A layer that `ocikit squash` writes anew is without it, and one that `ocikit fix` does for another reason.';

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
