import type { Reason } from './change.ts';
import { type DiffOptions, isSameContent, reasonsOf } from './compare.ts';
import type { FileNode, LayerEntry, Leaf, Node, Path, Tree } from './node.ts';
import { emptyTree } from './node.ts';
import { atOnce } from './parts.ts';
import { ancestorsOf, joinPath, nameOf, parentOf } from './path.ts';
import { isUntouched, type Stack } from './stack.ts';
import { eachLeaf, find, reachedIn } from './walk.ts';

/**
 * What a layer did to a path: `add`; `modify` (other contents, another link target or device); `metadata` (attributes or
 * names alone); `rewrite` (the same again, in a copy of its own); `replace` (another type); `delete` (a whiteout of the
 * path); `opaque` (an opaque whiteout of a directory above); `hide` (a directory above went, or is none any more).
 */
export type StepKind = 'add' | 'modify' | 'metadata' | 'rewrite' | 'replace' | 'delete' | 'opaque' | 'hide';

/** One step of a path's story. `path` is where it lay then, symbolic links above it followed. */
export interface Step {
  readonly kind: StepKind;
  /** The layer's number, from 0 at the bottom. */
  readonly layer: number;
  readonly path: Path;
  /** The directory whose whiteout or change it was, where it was not the path's own. */
  readonly by: Path | undefined;
  readonly before: Node | undefined;
  readonly after: Node | undefined;
  readonly reasons: readonly Reason[];
}

/** Where symbolic links lead; the path as it is where they lead round in a circle: nothing lies there. */
const reached = (tree: Tree, path: Path): Path => reachedIn(tree, path) ?? path;

/** Where a path lies in a tree: its parents' symbolic links followed, its own last name not. */
export function placeIn(tree: Tree, path: Path): Path {
  return path === '' ? '' : joinPath(reached(tree, parentOf(path)), nameOf(path));
}

const isAbove = (directory: Path, path: Path): boolean => directory === '' || path.startsWith(`${directory}/`);

/** Which entry of a layer took a path away, that the tree below it had. */
function whoTook(entries: readonly LayerEntry[], below: Tree, path: Path): Pick<Step, 'kind' | 'by'> | undefined {
  let found: Pick<Step, 'kind' | 'by'> | undefined;
  for (const entry of entries) {
    if (entry.kind !== 'whiteout' && entry.kind !== 'opaque') continue;
    const place = entry.kind === 'opaque' ? reached(below, entry.path) : placeIn(below, entry.path);
    if (entry.kind === 'whiteout' && place === path) return { kind: 'delete', by: undefined };
    if (isAbove(place, path)) found ??= { kind: entry.kind === 'opaque' ? 'opaque' : 'hide', by: place };
  }
  return found;
}

/** The first directory on the way to a path that is none any more. */
function goneAbove(after: Tree, path: Path): Path | undefined {
  for (const above of ancestorsOf(path)) if (find(after, above)?.kind !== 'directory') return above;
  return undefined;
}

function namesOf(tree: Tree, node: Leaf): number {
  let count = 0;
  const visit = (leaf: Leaf): void => {
    if (leaf === node) count++;
  };
  atOnce(eachLeaf(tree, visit));
  return count;
}

/** Whether a file is one of several names now or was before; how many. */
function linkReasons(sides: readonly [Tree, Tree], before: Node, after: Node): readonly Reason[] {
  if (before.kind === 'directory' || after.kind === 'directory') return [];
  const [was, is] = [namesOf(sides[0], before), namesOf(sides[1], after)];
  return was === is ? [] : [{ aspect: 'links', before: `${was}`, after: `${is}` }];
}

const contents = new Set<Reason['aspect']>(['content', 'size', 'target', 'device']);

function kindOf(reasons: readonly Reason[]): StepKind {
  if (reasons.length === 0) return 'rewrite';
  if (reasons.some(({ aspect }) => aspect === 'type')) return 'replace';
  return reasons.some(({ aspect }) => contents.has(aspect)) ? 'modify' : 'metadata';
}

/** A path in one layer and in what is below it. */
interface Pair {
  readonly layer: number;
  readonly entries: readonly LayerEntry[];
  readonly trees: readonly [below: Tree, tree: Tree];
  readonly places: readonly [was: Path, is: Path];
  readonly before: Node | undefined;
  readonly after: Node | undefined;
}

function* pairsOf(stack: Stack, path: Path): Generator<Pair> {
  let below = emptyTree();
  for (const [layer, { entries, tree }] of stack.entries()) {
    const places = [placeIn(below, path), placeIn(tree, path)] as const;
    const [before, after] = [find(below, places[0]), find(tree, places[1])];
    yield { layer, entries, trees: [below, tree], places, before, after };
    below = tree;
  }
}

function stepOf(pair: Pair, options: DiffOptions): Step | undefined {
  const { layer, trees, before, after } = pair;
  const [was, is] = pair.places;
  if (before === undefined && after === undefined) return undefined;
  if (before === undefined) return { kind: 'add', layer, path: is, by: undefined, before, after, reasons: [] };
  if (after === undefined) {
    const by = goneAbove(trees[1], was);
    const taken = whoTook(pair.entries, trees[0], was) ?? { kind: 'hide' as const, by };
    return { ...taken, layer, path: was, before, after, reasons: [] };
  }
  if (isUntouched(before, after)) return undefined;
  const reasons = [...reasonsOf(before, after, options), ...linkReasons(trees, before, after)];
  if (after.kind === 'directory' && reasons.length === 0) return undefined;
  return { kind: kindOf(reasons), layer, path: is, by: undefined, before, after, reasons };
}

/** Files of one size whose contents are not known to be the same: what has to be read before `storyOf`. */
export function storyCandidates(stack: Stack, path: Path): ReadonlySet<FileNode> {
  const files = new Set<FileNode>();
  for (const { before, after } of pairsOf(stack, path)) {
    if (before?.kind !== 'file' || after?.kind !== 'file' || before.size !== after.size) continue;
    if (!isSameContent(before, after)) files.add(before).add(after);
  }
  return files;
}

/**
 * Every layer that made a path, changed it, hid it or took it away, bottom first. The path's parents may be symbolic links:
 * in each layer they lead where they led then. Empty where no layer ever had it. Throws a plain Error where `options` lacks a digest
 * of `storyCandidates`.
 */
export function storyOf(stack: Stack, path: Path, options: DiffOptions): readonly Step[] {
  const steps: Step[] = [];
  for (const pair of pairsOf(stack, path)) {
    const step = stepOf(pair, options);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}
