import type { Fail } from '../errors.ts';
import { meant } from '../spec/nearest-word.ts';
import { ignoreSelection } from './ignore.ts';
import type { ByteString, DirectoryNode, Node, Path, Tree } from './node.ts';
import { encodeText, exactTextOf, joinPath, nameOf, parentOf, textOf } from './path.ts';
import { find, resolvePath } from './walk.ts';
import { parseWildcard } from './wildcard.ts';

/** Something that COPY takes: what is at a path, symbolic links followed, and what it is called there. */
export interface Selected {
  readonly node: Node;
  readonly name: ByteString;
  readonly path: Path;
  /** Directories in it that only lead to what is taken. */
  readonly leading?: ReadonlySet<DirectoryNode>;
}

/** What COPY asks of a tree: a path that may have wildcards, or with `include` what matches below it. */
export interface Wanted {
  readonly path: string;
  readonly include?: string;
  readonly required?: string;
}

/** What becomes of a path that is not there. */
export interface Missing {
  readonly fail: Fail;
  /** What may have left it out, in words that follow its name. */
  readonly why?: ((path: Path) => string | undefined) | undefined;
}

/** The names in a directory, sorted by their bytes. */
export const sortedNames = ({ children }: DirectoryNode): readonly ByteString[] => [...children.keys()].sort();

const hasWildcard = (text: string): boolean => /[*?[\\]/.test(text);
const nameText = (name: ByteString): string => exactTextOf(name) ?? textOf(name);

/**
 * What a source of COPY names, in the order of its paths: by Go's wildcards, or one path that has to be there. Links on the way
 * and a link at the end are followed inside the tree. Throws what `missing.fail` makes of a path that is not there and of a pattern that is none.
 */
export function selectSources(tree: Tree, wanted: Wanted, missing: Missing): readonly Selected[] {
  if (wanted.required !== undefined) present(tree, encodeText(wanted.required.replace(/^\/+/, '')), missing);
  const names = wanted.path.split('/').filter(name => name !== '');
  const first = names.findIndex(hasWildcard);
  const roots =
    first < 0 ? [followed(tree, encodeText(names.join('/')), missing)] : matching(tree, names, { first, missing });
  if (wanted.include === undefined) return roots;
  return roots.flatMap(root => included(root, wanted.include as string));
}

function followed(tree: Tree, path: ByteString, missing: Missing): Selected {
  const at = resolvePath(tree, path);
  return { node: nodeAt(tree, { at, path, missing }), name: nameOf(path), path: at };
}

/** With `--parents` no link is followed: what a path names is taken as it is, and nothing lies behind one. */
const present = (tree: Tree, path: ByteString, missing: Missing): Node => nodeAt(tree, { at: path, path, missing });

function nodeAt(
  tree: Tree,
  { at, path, missing }: { readonly at: Path; readonly path: ByteString; readonly missing: Missing },
): Node {
  const node = find(tree, at);
  if (node !== undefined) return node;
  const name = nameText(nameOf(path));
  const above = find(tree, parentOf(at));
  const known = above?.kind === 'directory' ? [...above.children.keys()].map(nameText) : [];
  const why = missing.why?.(at);
  throw missing.fail(`"/${nameText(path)}" not found${why === undefined ? meant(name, known) : `: ${why}`}`, name);
}

/** Name by name: what matches a name may be a directory that the next name is looked for in; links are not followed there. */
function matching(
  tree: Tree,
  names: readonly string[],
  { first, missing }: { readonly first: number; readonly missing: Missing },
): readonly Selected[] {
  const start = resolvePath(tree, encodeText(names.slice(0, first).join('/')));
  const root = nodeAt(tree, { at: start, path: start, missing });
  let level: readonly Path[] = root.kind === 'directory' ? [start] : [];
  for (const name of names.slice(first)) {
    const is = parseWildcard(name, missing.fail);
    level = level.flatMap(path => {
      const directory = find(tree, path);
      if (directory?.kind !== 'directory') return [];
      return sortedNames(directory)
        .filter(child => is(nameText(child)))
        .map(child => joinPath(path, child));
    });
  }
  return level.map(path => followed(tree, path, missing));
}

/** A directory reduced to what a pattern matches, and the directories that lead there; nothing where nothing matches. */
function included(root: Selected, pattern: string): readonly Selected[] {
  if (root.node.kind !== 'directory') return [];
  const kept = ignoreSelection(pattern);
  const leading = new Set<DirectoryNode>();
  const only = reduced(root.node, '', { has: path => !kept.has(path), leading });
  return only === undefined ? [] : [{ ...root, node: only, leading }];
}

interface Reducing {
  readonly has: (path: Path) => boolean;
  /** Told of each directory that only leads to what matches. */
  readonly leading: Set<DirectoryNode>;
}

function reduced(directory: DirectoryNode, path: Path, reducing: Reducing): DirectoryNode | undefined {
  const children = new Map<ByteString, Node>();
  for (const [name, node] of directory.children) {
    const at = joinPath(path, name);
    if (reducing.has(at)) children.set(name, node);
    else if (node.kind === 'directory') {
      const below = reduced(node, at, reducing);
      if (below !== undefined) children.set(name, below);
    }
  }
  if (children.size === 0) return undefined;
  const made = { ...directory, children };
  reducing.leading.add(made);
  return made;
}
