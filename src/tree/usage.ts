import type { Leaf, Path, Tree } from './node.ts';
import type { Parts } from './parts.ts';
import { ancestorsOf, parentOf } from './path.ts';
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

type Row = { -readonly [Field in keyof DirectoryUse]: DirectoryUse[Field] };

/** Whether a path is one of a directory itself. */
const isIn = (directory: Path, path: Path): boolean =>
  path.lastIndexOf('/') === (directory === '' ? -1 : directory.length) && path.startsWith(directory);

/** How many bytes lie in each directory down to a depth, the root (of depth 0) among them, in the order of paths. A file with several names is where the first of them is. */
export function* usageOf(tree: Tree, depth: number): Parts<readonly DirectoryUse[]> {
  const seen = new Set<Leaf>();
  const root: Row = { path: '', depth: 0, size: 0, own: 0, files: 0 };
  const rows = new Map<Path, Row>([['', root]]);
  // The rows of a directory and of those above it: of the files of one directory they are looked for once.
  let [directory, above]: [Path, readonly Row[]] = ['', [root]];
  yield* eachNode(tree, (path, node) => {
    if (node.kind === 'directory') {
      const level = [...ancestorsOf(path)].length + 1;
      if (level <= depth) rows.set(path, { path, depth: level, size: 0, own: 0, files: 0 });
      return;
    }
    if (node.kind !== 'file' || seen.has(node)) return;
    seen.add(node);
    if (!isIn(directory, path)) {
      directory = parentOf(path);
      above = ['', ...ancestorsOf(path)].slice(0, depth + 1).flatMap(at => rows.get(at) ?? []);
    }
    for (const row of above) {
      row.size += node.size;
      row.files++;
    }
    const last = above.at(-1);
    if (last !== undefined) last.own += node.size;
  });
  return [...rows.values()];
}
