import { renamedFileLimit, renamedFilesLimit, textDiffTotalLimit } from '../limits.ts';
import { Pace } from '../stream/pace.ts';
import type { Change } from '../tree/change.ts';
import { contentKey, type FileNode, type Path } from '../tree/node.ts';
import { each, eachInParts, type Parts } from '../tree/parts.ts';
import { joinPath } from '../tree/path.ts';
import { canShare, exactRenames, inexactRenames, type Pieces, piecesOf, type Rename } from '../tree/renames.ts';
import { isBinary } from '../tree/text-diff.ts';
import { eachNode } from '../tree/walk.ts';
import type { ComparedSide } from './compared-side.ts';
import type { PlacedFile } from './placed-file.ts';

/** The renames among changes by the paths that files have now, and what was not looked at. */
export interface FoundRenames {
  readonly renames: ReadonlyMap<Path, Rename<PlacedFile>>;
  readonly warnings: readonly string[];
}

export const noRenames: FoundRenames = { renames: new Map(), warnings: [] };

interface Moved {
  readonly deleted: readonly PlacedFile[];
  readonly added: readonly PlacedFile[];
}

/** Files that are gone, those of directories that are gone among them, and files that have come, in the order of paths. */
function* movedFiles(changes: readonly Change[]): Parts<Moved> {
  const [deleted, added]: [PlacedFile[], PlacedFile[]] = [[], []];
  const take = function* (change: Change): Parts<void> {
    const { kind, path } = change;
    if (kind === 'add' && change.after.kind === 'file') added.push({ path, node: change.after });
    if (kind !== 'delete') return;
    if (change.before.kind === 'file') deleted.push({ path, node: change.before });
    if (change.before.kind !== 'directory') return;
    yield* eachNode(change.before, (below, node) => {
      if (node.kind === 'file') deleted.push({ path: joinPath(path, below), node });
    });
  };
  yield* eachInParts(changes, take);
  return { deleted, added };
}

/** Those of the files that can have the contents of one of the others. */
function* ofCommonSize(files: readonly PlacedFile[], others: readonly PlacedFile[]): Parts<Set<FileNode>> {
  const sizes = new Set(others.map(({ node }) => node.size));
  const found = new Set<FileNode>();
  yield* each(files, ({ node }) => void (node.size > 0 && sizes.has(node.size) && found.add(node)));
  return found;
}

type Sides = readonly [before: ComparedSide, after: ComparedSide];

async function findExact(
  { deleted, added }: Moved,
  [before, after]: Sides,
  pace: Pace,
): Promise<readonly Rename<PlacedFile>[]> {
  const lower = await before.digests(await pace.run(ofCommonSize(deleted, added)));
  const upper = await after.digests(await pace.run(ofCommonSize(added, deleted)));
  const keyOf = ({ node }: PlacedFile): string => {
    if (node.size === 0) return '';
    return lower.get(node) || upper.get(node) || contentKey(node);
  };
  return pace.run(exactRenames(deleted, added, keyOf));
}

/** The first of sorted numbers that is no less than one. */
function firstFrom(sorted: Float64Array, least: number): number | undefined {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] as number) < least) from = middle + 1;
    else to = middle;
  }
  return sorted[from];
}

/** What of files may be alike by so much: those near enough in size to one of the others, neither empty nor large. */
function* plausible(
  files: readonly PlacedFile[],
  others: readonly PlacedFile[],
  least: number,
): Parts<readonly PlacedFile[]> {
  const isMiddle = ({ node }: PlacedFile): boolean => node.size > 0 && node.size <= renamedFileLimit;
  const known = new Set<number>();
  yield* each(others, file => void (isMiddle(file) && known.add(file.node.size)));
  const sizes = Float64Array.from(known).sort();
  const found: PlacedFile[] = [];
  yield* each(files, file => {
    const { size } = file.node;
    const nearest = isMiddle(file) ? firstFrom(sizes, Math.ceil(size * least)) : undefined;
    if (nearest !== undefined && canShare(nearest, size, least)) found.push(file);
  });
  return found;
}

async function piecesOfAll(side: ComparedSide, files: readonly PlacedFile[]): Promise<ReadonlyMap<string, Pieces>> {
  const pieces = new Map<string, Pieces>();
  for await (const [node, bytes] of side.bodies(new Map(files.map(({ path, node }) => [node, path]))))
    pieces.set(contentKey(node), piecesOf(bytes, !isBinary(bytes)));
  return pieces;
}

const sizeOf = (files: readonly PlacedFile[]): number => files.reduce((sum, { node }) => sum + node.size, 0);

async function findInexact(
  { deleted, added }: Moved,
  [before, after]: Sides,
  { least, pace }: { least: number; pace: Pace },
): Promise<FoundRenames> {
  const older = await pace.run(plausible(deleted, added, least));
  const newer = await pace.run(plausible(added, deleted, least));
  const isMuch = sizeOf(older) + sizeOf(newer) > textDiffTotalLimit;
  if (older.length > renamedFilesLimit || newer.length > renamedFilesLimit || isMuch) {
    const counts = `${older.length} files that are gone and ${newer.length} that have come`;
    return {
      renames: new Map(),
      warnings: [
        `renames: only those of equal contents were looked for: ${counts} are too many to compare each with each`,
      ],
    };
  }
  const [one, other] = [await piecesOfAll(before, older), await piecesOfAll(after, newer)];
  const pieces = ({ node }: PlacedFile): Pieces => (one.get(contentKey(node)) ?? other.get(contentKey(node))) as Pieces;
  const found = await pace.run(inexactRenames(older, newer, { least, pieces }));
  return { renames: new Map(found.map(rename => [rename.to.path, rename])), warnings: [] };
}

/** Which added files are deleted ones under other names: of equal contents first, then of similar ones, as git's -M has it. Only contents of the latter are read. */
export async function findRenames(
  changes: readonly Change[],
  sides: Sides,
  { similarity = 50, signal }: { readonly similarity?: number | undefined; readonly signal?: AbortSignal | undefined },
): Promise<FoundRenames> {
  // How much two files have to have in common, from 0 to 1, to count as one that was renamed.
  const least = similarity / 100;
  const pace = new Pace(signal);
  const moved = await pace.run(movedFiles(changes));
  const exact = await findExact(moved, sides, pace);
  const renames = new Map(exact.map(rename => [rename.to.path, rename]));
  if (least === 1) return { renames, warnings: [] };
  const used = new Set(exact.flatMap(({ from, to }) => [from, to]));
  const isLeft = (file: PlacedFile): boolean => !used.has(file);
  const left = { deleted: moved.deleted.filter(isLeft), added: moved.added.filter(isLeft) };
  const inexact = await findInexact(left, sides, { least, pace });
  return { renames: new Map([...renames, ...inexact.renames]), warnings: inexact.warnings };
}
