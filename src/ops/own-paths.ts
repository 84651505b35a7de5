import { pathBelow, withAbove } from '../store/disk/path-below.ts';
import type { Path } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { isOut, type Selection, without } from '../tree/selection.ts';

/** What of a directory is read where some of what is written lies in it: that is no part of what it is made of. */
interface WithoutOwn {
  readonly selection: Selection | undefined;
  /** Paths that are left out, and would not be anyway. */
  readonly own: readonly Path[];
  /** A sentence for each. */
  readonly warnings: readonly string[];
}

/** Leaves what is written, and directories that hold nothing else, out of what is read; `what` is the directory in a word. */
export function withoutOwn(
  directory: string,
  {
    selection,
    written,
    what,
  }: { readonly selection: Selection | undefined; readonly written: readonly string[]; readonly what: string },
): WithoutOwn {
  const found = written.flatMap(path => pathBelow(directory, path) ?? []);
  const all = withAbove(directory, [...new Set(found.map(({ path }) => path))]);
  const own = [...all].filter(path => !isOut(selection, path));
  const there = new Set(found.flatMap(({ path, isThere }) => (isThere && own.includes(path) ? [path] : [])));
  const warnings = [...there].map(path => `${textOf(path)} is left out of the ${what}: it is what is written`);
  return { selection: without(selection, own), own, warnings };
}
