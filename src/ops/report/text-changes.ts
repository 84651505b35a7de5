import { unifiedText } from '../../report/diff-text.ts';
import type { PairPage, TextChange } from '../../report/page-data.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import type { Change } from '../../tree/change.ts';
import { contentKey, type FileNode, type Node, type Path } from '../../tree/node.ts';
import { isBinary, textDiffInParts } from '../../tree/text-diff.ts';
import { wholeBodies } from '../file-bodies.ts';
import type { Look } from '../look.ts';

/** Bytes of a file that is small, of all files that are read for their differences, and of all differences on a page. */
const [smallFile, allFiles, allTexts] = [64 << 10, 16 << 20, 600_000];

/** A file that has come or gone, or has other contents now. */
interface Pair {
  readonly path: Path;
  readonly before: FileNode | undefined;
  readonly after: FileNode | undefined;
}

const isSmallFile = (node: Node): node is FileNode => node.kind === 'file' && node.size <= smallFile;

function pairOf(change: Change): Pair | undefined {
  const { path } = change;
  const has = (node: Node): node is FileNode => isSmallFile(node) && node.size > 0;
  if (change.kind === 'add') return has(change.after) ? { path, before: undefined, after: change.after } : undefined;
  if (change.kind === 'delete')
    return has(change.before) ? { path, before: change.before, after: undefined } : undefined;
  const { before, after, reasons } = change;
  const isOther = reasons.some(({ aspect }) => aspect === 'content' || aspect === 'size');
  return isOther && isSmallFile(before) && isSmallFile(after) ? { path, before, after } : undefined;
}

/** Those that are on both sides first, then those that have come, then those that are gone. */
const rankOf = ({ before, after }: Pair): number => Number(before === undefined) + 2 * Number(after === undefined);

/** Files whose contents differ and that are small, as many as are read. */
function smallPairs(changes: readonly Change[]): { readonly pairs: readonly Pair[]; readonly left: number } {
  const all = changes.flatMap(change => pairOf(change) ?? []).sort((one, other) => rankOf(one) - rankOf(other));
  let bytes = 0;
  const pairs = all.filter(({ before, after }) => {
    bytes += (before?.size ?? 0) + (after?.size ?? 0);
    return bytes <= allFiles;
  });
  return { pairs, left: all.length - pairs.length };
}

type Bodies = ReadonlyMap<string, Uint8Array>;

async function bodiesOf(look: Look, files: ReadonlyMap<FileNode, Path>): Promise<Bodies> {
  const bodies = new Map<string, Uint8Array>();
  for await (const [node, bytes] of wholeBodies(look, files)) bodies.set(contentKey(node), bytes);
  return bodies;
}

const bodyOf = (node: FileNode | undefined, bodies: Bodies): Uint8Array | undefined =>
  node === undefined ? new Uint8Array(0) : bodies.get(contentKey(node));

interface Found {
  readonly rows: ReadonlyMap<Path, number>;
  readonly changes: readonly Change[];
}

/**
 * How small text files differ, and what is in those that were added or deleted, in the order of their paths, and how many were left out for the size of the page:
 * what is small is read whole, and only that. Of those that are on both sides as many as there is room for are shown, then of those that were added, then of the others.
 */
export async function textChanges(
  [older, newer]: readonly [Look, Look],
  { rows, changes }: Found,
  work: Work,
): Promise<Pick<PairPage, 'texts' | 'textsLeft'>> {
  const { pairs, left } = smallPairs(changes);
  const pace = new Pace(work.signal);
  const filesOf = (side: 'before' | 'after'): ReadonlyMap<FileNode, Path> =>
    new Map(pairs.flatMap(pair => (pair[side] === undefined ? [] : [[pair[side], pair.path]])));
  const [before, after] = [await bodiesOf(older, filesOf('before')), await bodiesOf(newer, filesOf('after'))];
  const texts: TextChange[] = [];
  let [length, textsLeft] = [0, left];
  for (const pair of pairs) {
    const [was, is] = [bodyOf(pair.before, before), bodyOf(pair.after, after)];
    if (was === undefined || is === undefined || isBinary(was) || isBinary(is)) continue;
    const diff = await pace.run(textDiffInParts(was, is));
    const text = unifiedText(diff);
    if (length + text.length > allTexts) textsLeft++;
    else {
      length += text.length;
      texts.push([rows.get(pair.path) ?? 0, text, diff.added, diff.deleted]);
    }
  }
  return { texts: texts.sort(([one], [other]) => one - other), textsLeft };
}
