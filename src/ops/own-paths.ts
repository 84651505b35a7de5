import { pathBelow, withAbove } from '../store/disk/path-below.ts';
import type { Path } from '../tree/node.ts';
import { parentOf, textOf } from '../tree/path.ts';
import { isOut, type Selection, without } from '../tree/selection.ts';

/** What of a directory is read where some of what is written lies in it: that is no part of what it is made of. */
interface WithoutOwn {
  readonly selection: Selection | undefined;
  /** Paths that are left out, and would not be anyway. */
  readonly own: readonly Path[];
  /** A sentence for each. */
  readonly warnings: readonly string[];
}

/** What is left out of a directory, and why. */
interface Leaving {
  readonly selection: Selection | undefined;
  readonly written: readonly string[];
  /** The directory in a word. */
  readonly what: string;
  /** Whether directories that hold nothing else are left out as well: then it makes no difference whether they have been made for it. */
  readonly isClearing?: boolean;
}

/** Leaves what is written out of what is read. */
export function withoutOwn(directory: string, { selection, written, what, isClearing }: Leaving): WithoutOwn {
  const found = written.flatMap(path => pathBelow(directory, path) ?? []);
  const paths = new Set(found.map(({ path }) => path));
  const all = isClearing === true ? withAbove(directory, [...paths]) : paths;
  const own = [...all].filter(path => !isOut(selection, path));
  const isThere = (path: Path): boolean => !paths.has(path) || found.some(one => one.path === path && one.isThere);
  const told = own.filter(path => isThere(path) && !all.has(parentOf(path)));
  const why = (path: Path): string => (paths.has(path) ? 'is what is written' : 'holds nothing but what is written');
  const warnings = told.map(path => `${textOf(path)} is left out of the ${what}: it ${why(path)}`);
  return { selection: without(selection, own), own, warnings };
}
