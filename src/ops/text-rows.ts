import { textDiffLimit, textDiffTotalLimit } from '../limits.ts';
import { Pace } from '../stream/pace.ts';
import type { Change } from '../tree/change.ts';
import { afterOf, beforeOf } from '../tree/change-bytes.ts';
import { byPath } from '../tree/diff.ts';
import { contentKey, type FileNode, type Node, type Path } from '../tree/node.ts';
import { eachInParts, type Parts } from '../tree/parts.ts';
import { bytesOf, joinPath } from '../tree/path.ts';
import type { Rename } from '../tree/renames.ts';
import { type Hunk, isBinary, textDiffInParts } from '../tree/text-diff.ts';
import { eachNode } from '../tree/walk.ts';
import type { ComparedSide } from './compared-side.ts';
import type { HunkView, TextView } from './diff-results.ts';
import type { PlacedFile } from './placed-file.ts';
import { textFields } from './view.ts';

/** A path whose contents differ: what it was and what it is, where that has contents. */
interface Pair {
  readonly path: Path;
  readonly before: (Node & { readonly kind: 'file' | 'symlink' }) | undefined;
  readonly after: (Node & { readonly kind: 'file' | 'symlink' }) | undefined;
  /** Where the older lay. */
  readonly from: Path;
}

const withContents = (node: Node | undefined): Pair['before'] =>
  node?.kind === 'file' || node?.kind === 'symlink' ? node : undefined;

const aboutContents = new Set(['type', 'content', 'size', 'target']);

function pairOf(change: Change, rename: Rename<PlacedFile> | undefined): Pair | undefined {
  const { path } = change;
  const after = withContents(afterOf(change));
  if (rename !== undefined)
    return rename.similarity === 100 ? undefined : { path, before: rename.from.node, after, from: rename.from.path };
  const before = withContents(beforeOf(change));
  if (change.kind === 'modify' && !change.reasons.some(({ aspect }) => aboutContents.has(aspect))) return undefined;
  return before === undefined && after === undefined ? undefined : { path, before, after, from: path };
}

/** Bytes of what a side of a pair holds. */
const sizeOf = (node: Pair['before']): number =>
  node === undefined ? 0 : node.kind === 'file' ? node.size : node.target.length;

/** The pairs that are read, and those that are too much. */
function bounded(pairs: readonly Pair[]): { readonly read: readonly Pair[]; readonly large: readonly Pair[] } {
  const [read, large]: [Pair[], Pair[]] = [[], []];
  let total = 0;
  for (const pair of pairs) {
    const sizes = [sizeOf(pair.before), sizeOf(pair.after)] as const;
    const isMuch = Math.max(sizes[0], sizes[1]) > textDiffLimit || total + sizes[0] + sizes[1] > textDiffTotalLimit;
    if (!isMuch) total += sizes[0] + sizes[1];
    (isMuch ? large : read).push(pair);
  }
  return { read, large };
}

function filesOf(pairs: readonly Pair[], side: 'before' | 'after'): ReadonlyMap<FileNode, Path> {
  return new Map(
    pairs.flatMap(pair => {
      const node = pair[side];
      return node?.kind === 'file' ? [[node, side === 'before' ? pair.from : pair.path] as const] : [];
    }),
  );
}

async function contentsOf(
  side: ComparedSide,
  files: ReadonlyMap<FileNode, Path>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for await (const [node, bytes] of side.bodies(files)) contents.set(contentKey(node), bytes);
  return contents;
}

function hunkView({ section, lines, ...numbers }: Hunk): HunkView {
  const shown = lines.map(({ kind, text, isUnended }) => ({
    kind,
    ...(textFields('text', text) as { readonly text: string; readonly textBytes?: string }),
    ...(isUnended === true ? { isUnended } : {}),
  }));
  return {
    ...numbers,
    ...(textFields('section', section) as Pick<HunkView, 'section' | 'sectionBytes'>),
    lines: shown,
  };
}

const nothing = new Uint8Array(0);

/** What became of a path's contents; where its type is another, all of the one are gone and all of the other have come. */
async function viewOf(pair: Pair, [was, is]: readonly [Uint8Array, Uint8Array], pace: Pace): Promise<TextView> {
  if (isBinary(was) || isBinary(is)) return { kind: 'binary' };
  const isOtherType = pair.before !== undefined && pair.after !== undefined && pair.before.kind !== pair.after.kind;
  const steps = isOtherType
    ? ([
        [was, nothing],
        [nothing, is],
      ] as const)
    : ([[was, is]] as const);
  const view = { hunks: [] as HunkView[], added: 0, deleted: 0 };
  for (const [older, newer] of steps) {
    const { hunks, added, deleted } = await pace.run(textDiffInParts(older, newer));
    for (const hunk of hunks) view.hunks.push(hunkView(hunk));
    view.added += added;
    view.deleted += deleted;
  }
  return { kind: 'text', ...view };
}

/** Changes, and the wanted files of directories that are gone each as a change of its own: their contents are to be shown. In parts. */
export function* withDeletedFiles(
  changes: readonly Change[],
  wanted: (path: Path) => boolean,
): Parts<readonly Change[]> {
  const all = new Map(changes.map(change => [change.path, change]));
  const within = function* (change: Change): Parts<void> {
    if (change.kind !== 'delete' || change.before.kind !== 'directory') return;
    yield* eachNode(change.before, (below, before) => {
      const path = joinPath(change.path, below);
      if (withContents(before) !== undefined && wanted(path))
        all.set(path, { kind: 'delete', path, before, reasons: [] });
    });
  };
  yield* eachInParts(changes, within);
  return all.size === changes.length ? changes : yield* byPath(all);
}

interface TextOptions {
  readonly wanted: (path: Path) => boolean;
  readonly renames: ReadonlyMap<Path, Rename<PlacedFile>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How the contents of the changed paths that are wanted differ, by path: files, and symbolic links by their targets. Contents are read once, each side in its own order,
 * and no larger ones than limits.ts says.
 */
export async function textsOf(
  changes: readonly Change[],
  [before, after]: readonly [ComparedSide, ComparedSide],
  { wanted, renames, signal }: TextOptions,
): Promise<ReadonlyMap<Path, TextView>> {
  const pairs = changes.flatMap(change => {
    const rename = renames.get(change.path);
    const isWanted = wanted(change.path) || (rename !== undefined && wanted(rename.from.path));
    return (isWanted ? pairOf(change, rename) : undefined) ?? [];
  });
  const { read, large } = bounded(pairs);
  const lower = await contentsOf(before, filesOf(read, 'before'));
  const upper = await contentsOf(after, filesOf(read, 'after'));
  const contentOf = (node: Pair['before'], contents: ReadonlyMap<string, Uint8Array>): Uint8Array => {
    if (node === undefined) return nothing;
    return node.kind === 'symlink' ? bytesOf(node.target) : (contents.get(contentKey(node)) ?? nothing);
  };
  const pace = new Pace(signal);
  const texts = new Map<Path, TextView>(large.map(({ path }) => [path, { kind: 'large' }]));
  for (const pair of read)
    texts.set(pair.path, await viewOf(pair, [contentOf(pair.before, lower), contentOf(pair.after, upper)], pace));
  return texts;
}
