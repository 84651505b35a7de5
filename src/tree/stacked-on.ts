import { OciError } from '../errors.ts';
import { Draft } from './draft.ts';
import type { LayerEntry, Node, Path, Tree } from './node.ts';
import type { Parts } from './parts.ts';
import { ancestorsOf } from './path.ts';
import { find } from './walk.ts';

/** Applying an entry takes about as long as hashing so many bytes. */
const entryCost = 1 << 10;

/** What layers that were made over one tree do not find in another. */
export interface Stacked {
  /** Hardlinks to files that are not there, by the layers' positions. */
  readonly broken: readonly { readonly layer: number; readonly path: Path; readonly target: Path }[];
  /** Paths in the way of the layers that are of another kind: a symbolic link where a directory was, say. */
  readonly replaced: readonly { readonly path: Path; readonly before: Node['kind']; readonly after: Node['kind'] }[];
  /** Paths that the other tree alone has and that a whiteout of the layers hides. */
  readonly hidden: readonly Path[];
}

/** Puts layers onto another tree than the one that they were made over, and says what they do not find as it was. */
export function* stackOn(fresh: Tree, old: Tree, layers: readonly (readonly LayerEntry[])[]): Parts<Stacked> {
  const draft = new Draft(fresh, 'new base');
  const broken: { layer: number; path: Path; target: Path }[] = [];
  const replaced = new Map<Path, { before: Node['kind']; after: Node['kind'] }>();
  const known = new Set<Path>();
  const hidden = new Set<Path>();
  const isNew = (path: Path): boolean => find(old, path) === undefined && find(fresh, path) !== undefined;
  for (const [layer, entries] of layers.entries()) {
    draft.beginLayer();
    for (const entry of entries) {
      if (entry.kind === 'whiteout' && isNew(entry.path)) hidden.add(entry.path);
      for (const path of [...ancestorsOf(entry.path), entry.path]) {
        if (known.has(path)) continue;
        known.add(path);
        const [was, is] = [find(old, path), find(fresh, path)];
        if (was !== undefined && is !== undefined && was.kind !== is.kind)
          replaced.set(path, { before: was.kind, after: is.kind });
      }
      try {
        yield* draft.applying(entry) ?? [];
      } catch (error) {
        // It could be applied to what it was made over.
        if (!(error instanceof OciError) || entry.kind !== 'hardlink') throw error;
        broken.push({ layer, path: entry.path, target: entry.target });
      }
      yield entryCost;
    }
  }
  return { broken, replaced: Array.from(replaced, ([path, kinds]) => ({ path, ...kinds })), hidden: [...hidden] };
}
