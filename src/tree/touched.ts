import type { Change } from './change.ts';
import { reasonsOf } from './compare.ts';
import { byPath, eachPair, type Pair } from './diff.ts';
import { addLinkChanges } from './links.ts';
import type { Path, Tree } from './node.ts';
import type { Parts } from './parts.ts';

/** A directory that layers only went through keeps the very attributes that it had. */
function isPassedThrough({ before, after }: Pair): boolean {
  return before?.kind === 'directory' && after?.kind === 'directory' && before.meta === after.meta;
}

function changeOf(pair: Pair): Change {
  const { path } = pair;
  if (pair.before === undefined) return { kind: 'add', path, after: pair.after, reasons: [] };
  if (pair.after === undefined) return { kind: 'delete', path, before: pair.before, reasons: [] };
  return { kind: 'modify', path, before: pair.before, after: pair.after, reasons: [] };
}

/**
 * What layers said of a tree, as far as it lasts: `after` is what they made of `before`, and what they did not touch is the same
 * object in both. So nothing is compared by content: a file that a layer brought again as it was is there, a file that came and
 * went is not, and what went of `before` is a deletion. Sorted by path, and all names of a file or none: fit for `toLayer`. In parts.
 */
export function* touched(before: Tree, after: Tree): Parts<Change[]> {
  if (before === after) return [];
  const changes = new Map<Path, Change>();
  // The root has an entry only where it says something.
  const reasons = reasonsOf(before, after, {});
  if (reasons.length > 0) changes.set('', { kind: 'modify', path: '', before, after, reasons });
  yield* eachPair(before, after, pair => {
    if (!isPassedThrough(pair)) changes.set(pair.path, changeOf(pair));
  });
  yield* addLinkChanges({ before, after }, changes);
  return yield* byPath(changes);
}
