import { invalid } from '../errors.ts';
import { type CopyOptions, childrenOf, directoryEntry, dressed, openDraft } from './copy.ts';
import {
  type DirectoryNode,
  impliedMeta,
  type LayerEntry,
  type Leaf,
  type Meta,
  type Node,
  type Path,
  setGroup,
  type Tree,
} from './node.ts';
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
  const { draft, made } = openDraft(tree, target, options);
  const holder = { ...(there?.meta ?? made), mtime: options.now };
  draft.apply(directoryEntry(target, holder));
  yield* each(
    archiveEntries(tree, archive, { path: target, mode: holder.mode, options }),
    entry => void draft.apply(entry),
  );
  return draft.tree();
}

/** What an archive is unpacked into. */
interface Target {
  readonly path: Path;
  readonly mode: number;
  readonly options: Pick<CopyOptions, 'owner' | 'now'>;
}

/** A member, and the set-group-ID bit of the directory that it comes into. */
interface Member {
  readonly path: Path;
  readonly node: Node;
  readonly handed: number;
}

/** What is in a directory of an archive, which comes into one of this mode. */
const membersOf = (directory: DirectoryNode, path: Path, mode: number): Member[] =>
  childrenOf(directory, path).map(child => ({ ...child, handed: mode & setGroup }));

/** The members of an archive, the nearest to its root first; two names of one file stay that. */
function* archiveEntries(tree: Tree, archive: Tree, target: Target): Generator<LayerEntry> {
  const { options } = target;
  const firstNames = new Map<Leaf, Path>();
  const left = membersOf(archive, '', target.mode);
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { node } = next;
    const path = joinPath(target.path, next.path);
    if (node.kind === 'directory') {
      const meta = directoryMeta(next, find(tree, path), options);
      if (meta !== undefined) yield directoryEntry(path, meta);
      const { mode } = meta ?? find(tree, resolvePath(tree, path))?.meta ?? impliedMeta;
      for (const one of membersOf(node, next.path, mode)) left.push(one);
      continue;
    }
    const known = firstNames.get(node);
    if (known === undefined) firstNames.set(node, path);
    if (known !== undefined) yield { kind: 'hardlink', path, target: known };
    else yield { kind: 'node', path, node: { ...node, meta: dressed(node, options) } };
  }
}

/** What a directory gets. One that the archive only implies is made where there is nothing, else only written to: through a link as well, which stays. */
function directoryMeta(
  { node, handed }: Member,
  there: Node | undefined,
  options: Pick<CopyOptions, 'owner' | 'now'>,
): Meta | undefined {
  if (node.meta !== impliedMeta) return dressed(node, options);
  const mtime = options.now;
  if (there === undefined) return { ...impliedMeta, mode: impliedMeta.mode | handed, mtime };
  return there.kind === 'directory' ? { ...there.meta, mtime } : undefined;
}
