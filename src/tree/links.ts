import type { Change } from './change.ts';
import type { Leaf, Node, Path, Tree } from './node.ts';
import { each, inOrder, type Parts } from './parts.ts';
import { joinPath } from './path.ts';
import { eachLeaf, find } from './walk.ts';

/** The paths of one file, whatever its type, sorted by bytes. */
interface LinkGroup {
  readonly file: Leaf;
  readonly paths: readonly Path[];
}

/** The files that a tree names more than once. */
function* filesOfSeveralNames(tree: Tree): Parts<ReadonlySet<Leaf>> {
  const [seen, several] = [new Set<Leaf>(), new Set<Leaf>()];
  yield* eachLeaf(tree, leaf => void (seen.has(leaf) ? several : seen).add(leaf));
  return several;
}

type LinkGroups = ReadonlyMap<Leaf, LinkGroup>;

/** Of trees that have been asked about: they never change. */
const known = new WeakMap<Tree, LinkGroups>();

/** Every file of a tree that has more than one name: symbolic links, devices and fifos may as well as regular files. In parts. */
export function* linkGroups(tree: Tree): Parts<LinkGroups> {
  const groups = known.get(tree) ?? (yield* groupsOf(tree));
  known.set(tree, groups);
  return groups;
}

/** All paths of some files. */
function* pathsOf(files: ReadonlySet<Leaf>, tree: Tree): Parts<ReadonlyMap<Leaf, readonly Path[]>> {
  const paths = new Map<Leaf, Path[]>([...files].map(file => [file, []]));
  if (files.size > 0) yield* eachLeaf(tree, (leaf, name, above) => void paths.get(leaf)?.push(joinPath(above, name)));
  return paths;
}

function* groupsOf(tree: Tree): Parts<LinkGroups> {
  const paths = yield* pathsOf(yield* filesOfSeveralNames(tree), tree);
  const groups = new Map<Leaf, LinkGroup>();
  for (const [file, names] of paths) groups.set(file, { file, paths: yield* inOrder(names) });
  return groups;
}

function fileAt(tree: Tree, path: Path): Leaf | undefined {
  const node = find(tree, path);
  return node?.kind === 'directory' ? undefined : node;
}

/** The groups that hardlinks may have changed: those of several names, and the lone names that had company. */
function* groupsToJudge(
  was: ReadonlyMap<Leaf, LinkGroup>,
  is: ReadonlyMap<Leaf, LinkGroup>,
  after: Tree,
): Parts<readonly LinkGroup[]> {
  const groups = new Map(is);
  for (const { paths } of was.values()) {
    yield* each(paths, path => {
      const file = fileAt(after, path);
      if (file !== undefined && !groups.has(file)) groups.set(file, { file, paths: [path] });
    });
  }
  const byFirst = new Map<Path, LinkGroup>();
  yield* each(groups.values(), group => void byFirst.set(group.paths[0] ?? '', group));
  return (yield* inOrder(byFirst.keys())).map(path => byFirst.get(path) as LinkGroup);
}

/** The one file of `before` that a group consists of, as far as nothing else about it changed. */
function originOf(group: LinkGroup, before: Tree, changes: ReadonlyMap<Path, Change>): Leaf | undefined {
  const origin = fileAt(before, group.paths[0] ?? '');
  const stays = group.paths.every(path => !changes.has(path) && fileAt(before, path) === origin);
  return stays ? origin : undefined;
}

/** Two trees, and the files that are the same objects in both though somebody wrote them anew. */
interface LinkedTrees {
  readonly before: Tree;
  readonly after: Tree;
  readonly anew?: ReadonlySet<Node> | undefined;
}

/**
 * Which groups keep their file: at most one for each file of `before`, the very same file before a copy, else the first.
 * The others must be written again, all their names together, or a layer could not say which of them are one file.
 */
function* keptGroups(
  groups: readonly LinkGroup[],
  { before, anew }: LinkedTrees,
  changes: ReadonlyMap<Path, Change>,
): Parts<ReadonlySet<LinkGroup>> {
  const owners = new Map<Leaf, LinkGroup>();
  yield* each(groups, group => {
    const origin = originOf(group, before, changes);
    if (origin === undefined) return;
    const isItself = group.file === origin && anew?.has(origin) !== true;
    if (isItself || !owners.has(origin)) owners.set(origin, group);
  });
  return new Set(owners.values());
}

/** Adds to `changes` what hardlinks make of it: names that no longer, or newly, belong to one file. In parts. */
export function* addLinkChanges(trees: LinkedTrees, changes: Map<Path, Change>): Parts<void> {
  const { before, after } = trees;
  const was = yield* linkGroups(before);
  const is = yield* linkGroups(after);
  if (was.size === 0 && is.size === 0) return;
  const groups = yield* groupsToJudge(was, is, after);
  const kept = yield* keptGroups(groups, trees, changes);
  for (const group of groups) if (!kept.has(group)) yield* each(group.paths, path => addLinkChange(group, path));

  function addLinkChange(group: LinkGroup, path: Path): void {
    const change = changes.get(path);
    const old = fileAt(before, path);
    if (old === undefined || (change !== undefined && change.kind !== 'modify')) return;
    const size = was.get(old)?.paths.length ?? 1;
    if (change !== undefined && size === group.paths.length) return;
    const reason = { aspect: 'links', before: `${size}`, after: `${group.paths.length}` } as const;
    changes.set(path, {
      kind: 'modify',
      path,
      before: old,
      after: group.file,
      reasons: [...(change?.reasons ?? []), reason],
    });
  }
}
