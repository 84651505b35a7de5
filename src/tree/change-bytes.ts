import type { Change } from './change.ts';
import type { Leaf, Node, Path, Tree } from './node.ts';
import { each, type Parts } from './parts.ts';
import { eachNode } from './walk.ts';

/** Bytes of files at paths, before and after. */
export interface ChangeBytes {
  readonly before: ReadonlyMap<Path, number>;
  readonly after: ReadonlyMap<Path, number>;
}

/** Paths that differ, and those of them that were directories and are none any more. */
interface Listed {
  readonly paths: ReadonlySet<Path>;
  readonly gone: ReadonlySet<Path>;
}

/**
 * Bytes at the paths that differ, each file at the first of its names, and not at all where one of its names does not differ: it is
 * there before and after. What a directory that is gone held is the directory's.
 */
function* bytesAt(tree: Tree, { paths, gone }: Listed): Parts<ReadonlyMap<Path, number>> {
  const bytes = new Map<Path, number>();
  const places = new Map<Leaf, Path | null>();
  let whole: Path | undefined;
  yield* eachNode(tree, (path, node) => {
    if (whole !== undefined && !path.startsWith(`${whole}/`)) whole = undefined;
    if (whole === undefined && gone.has(path)) whole = path;
    if (node.kind !== 'file') return;
    const at = whole ?? (paths.has(path) ? path : null);
    const place = places.get(node);
    if (place === null || (place !== undefined && at !== null)) return;
    places.set(node, at);
    const changed = at ?? place;
    if (changed != null) bytes.set(changed, (bytes.get(changed) ?? 0) + (at === null ? -node.size : node.size));
  });
  return bytes;
}

export const beforeOf = (change: Change): Node | undefined => (change.kind === 'add' ? undefined : change.before);
export const afterOf = (change: Change): Node | undefined => (change.kind === 'delete' ? undefined : change.after);

/** Whether what was below a path has no change of its own: the directory is none any more. */
export const isGoneDirectory = (change: Change): boolean =>
  beforeOf(change)?.kind === 'directory' && afterOf(change)?.kind !== 'directory';

/** The bytes of what differs between two trees: over all changes, after less before is by how much the tree's files grew. */
export function* changeBytes([before, after]: readonly [Tree, Tree], changes: readonly Change[]): Parts<ChangeBytes> {
  const [paths, gone] = [new Set<Path>(), new Set<Path>()];
  yield* each(changes, change => {
    paths.add(change.path);
    if (isGoneDirectory(change)) gone.add(change.path);
  });
  return {
    before: yield* bytesAt(before, { paths, gone }),
    after: yield* bytesAt(after, { paths, gone: new Set() }),
  };
}
