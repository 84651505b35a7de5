import type { Leaf, Path, Tree } from './node.ts';
import type { Parts } from './parts.ts';
import { eachNode } from './walk.ts';

/** Bytes of files in a directory. */
interface DirectoryUse {
  readonly path: Path;
  readonly depth: number;
  /** Of all that is below. */
  readonly size: number;
  /** Of what is in it itself; at the last level that is looked at, of all that is below. All of them together are the whole tree's. */
  readonly own: number;
  /** Files below, each once. */
  readonly files: number;
}

/** How many bytes lie in each directory down to a depth, the root (of depth 0) among them, in the order of paths. A file with several names is where the first of them is. */
export function* usageOf(tree: Tree, depth: number): Parts<readonly DirectoryUse[]> {
  const seen = new Set<Leaf>();
  const rows = new Map<Path, { -readonly [Field in keyof DirectoryUse]: DirectoryUse[Field] }>();
  rows.set('', { path: '', depth: 0, size: 0, own: 0, files: 0 });
  yield* eachNode(tree, (path, node) => {
    const names = path.split('/');
    if (node.kind === 'directory') {
      if (names.length <= depth) rows.set(path, { path, depth: names.length, size: 0, own: 0, files: 0 });
      return;
    }
    if (node.kind !== 'file' || seen.has(node)) return;
    seen.add(node);
    const levels = Math.min(names.length - 1, depth);
    let above = '';
    for (let level = 0; level <= levels; level++) {
      if (level > 0) above = level === 1 ? (names[0] ?? '') : `${above}/${names[level - 1]}`;
      const row = rows.get(above);
      if (row === undefined) continue;
      row.size += node.size;
      row.files++;
      if (level === levels) row.own += node.size;
    }
  });
  return [...rows.values()];
}
