import { invalid } from '../errors.ts';
import { type CopyOptions, childrenOf, directoryEntry, dressed, madeMeta, withParents } from './copy.ts';
import { Draft } from './draft.ts';
import { impliedMeta, type LayerEntry, type Leaf, type Node, type Path, type Tree } from './node.ts';
import { each, type Parts } from './parts.ts';
import { encodeText, joinPath, shortTextOf } from './path.ts';
import { find, resolvePath } from './walk.ts';

/**
 * A tree with what an archive holds at a destination, which is a directory and made where it is missing, in parts, by BuildKit's rules for ADD: what
 * the archive names replaces what is there, but a directory a directory, which gets its attributes; directories that it does not name are as they
 * were, and links to directories are followed; what it says of its root counts for nothing. Modes are the archive's, and owners but for `owner`.
 * Throws `invalid` where the destination is something else.
 */
export function* unpackInto(
  tree: Tree,
  archive: Tree,
  { to, ...options }: Pick<CopyOptions, 'owner' | 'now'> & { readonly to: string },
): Parts<Tree> {
  const target = resolvePath(tree, encodeText(to));
  const there = find(tree, target);
  if (there !== undefined && there.kind !== 'directory')
    throw invalid(`/${shortTextOf(target)}`, 'a directory to unpack an archive in', `a ${there.kind}`);
  const draft = new Draft(tree, `/${shortTextOf(target)}`);
  draft.beginLayer();
  for (const entry of withParents(tree, target, options)) draft.apply(entry);
  draft.apply(directoryEntry(target, { ...(there?.meta ?? madeMeta(options)), mtime: options.now }));
  yield* each(archiveEntries(tree, archive, { target, options }), entry => void draft.apply(entry));
  return draft.tree();
}

/** The members of an archive, the nearest to its root first; two names of one file stay that. */
function* archiveEntries(
  tree: Tree,
  archive: Tree,
  { target, options }: { readonly target: Path; readonly options: Pick<CopyOptions, 'owner' | 'now'> },
): Generator<LayerEntry> {
  const firstNames = new Map<Leaf, Path>();
  const left = childrenOf(archive, '');
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { node } = next;
    const path = joinPath(target, next.path);
    if (node.kind === 'directory') {
      if (node.meta !== impliedMeta) yield directoryEntry(path, dressed(node, options));
      else yield* impliedEntries(find(tree, path), path, options.now);
      for (const one of childrenOf(node, next.path)) left.push(one);
      continue;
    }
    const known = firstNames.get(node);
    if (known === undefined) firstNames.set(node, path);
    if (known !== undefined) yield { kind: 'hardlink', path, target: known };
    else yield { kind: 'node', path, node: { ...node, meta: dressed(node, options) } };
  }
}

/** A directory that the archive only implies: made where there is nothing, else only written to, through a link as well. */
function* impliedEntries(there: Node | undefined, path: Path, now: bigint): Generator<LayerEntry> {
  if (there === undefined) yield directoryEntry(path, { ...impliedMeta, mtime: now });
  else if (there.kind === 'directory') yield directoryEntry(path, { ...there.meta, mtime: now });
}
