import { unifiedText } from '../../report/diff-text.ts';
import type { PairPage, TextChange } from '../../report/page-data.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import type { Change } from '../../tree/change.ts';
import { contentKey, type FileNode, type Path } from '../../tree/node.ts';
import { isBinary, textDiffInParts } from '../../tree/text-diff.ts';
import { wholeBodies } from '../file-bodies.ts';
import type { Look } from '../look.ts';

/** Bytes of a file that is small, of all files that are read for their differences, and of all differences on a page. */
const [smallFile, allFiles, allTexts] = [64 << 10, 16 << 20, 600_000];

/** A file that has other contents now. */
interface Pair {
  readonly path: Path;
  readonly before: FileNode;
  readonly after: FileNode;
}

/** Files whose contents differ and that are small, as many as are read. */
function smallPairs(changes: readonly Change[]): { readonly pairs: readonly Pair[]; readonly left: number } {
  const pairs: Pair[] = [];
  let [bytes, left] = [0, 0];
  for (const change of changes) {
    if (change.kind !== 'modify') continue;
    const { path, before, after, reasons } = change;
    if (before.kind !== 'file' || after.kind !== 'file') continue;
    if (!reasons.some(({ aspect }) => aspect === 'content' || aspect === 'size')) continue;
    if (before.size > smallFile || after.size > smallFile) continue;
    bytes += before.size + after.size;
    if (bytes > allFiles) left++;
    else pairs.push({ path, before, after });
  }
  return { pairs, left };
}

type Bodies = ReadonlyMap<string, Uint8Array>;

async function bodiesOf(look: Look, files: ReadonlyMap<FileNode, Path>): Promise<Bodies> {
  const bodies = new Map<string, Uint8Array>();
  for await (const [node, bytes] of wholeBodies(look, files)) bodies.set(contentKey(node), bytes);
  return bodies;
}

interface Found {
  readonly rows: ReadonlyMap<Path, number>;
  readonly changes: readonly Change[];
}

/**
 * How small text files differ, in the order of their paths, and how many were left out for the size of the page: what is small is read whole, and only that.
 */
export async function textChanges(
  [older, newer]: readonly [Look, Look],
  { rows, changes }: Found,
  work: Work,
): Promise<Pick<PairPage, 'texts' | 'textsLeft'>> {
  const { pairs, left } = smallPairs(changes);
  const pace = new Pace(work.signal);
  const before = await bodiesOf(older, new Map(pairs.map(pair => [pair.before, pair.path])));
  const after = await bodiesOf(newer, new Map(pairs.map(pair => [pair.after, pair.path])));
  const texts: TextChange[] = [];
  let [length, textsLeft] = [0, left];
  for (const pair of pairs) {
    const [was, is] = [before.get(contentKey(pair.before)), after.get(contentKey(pair.after))];
    if (was === undefined || is === undefined || isBinary(was) || isBinary(is)) continue;
    const diff = await pace.run(textDiffInParts(was, is));
    const text = unifiedText(diff);
    if (length + text.length > allTexts) textsLeft++;
    else {
      length += text.length;
      texts.push([rows.get(pair.path) ?? 0, text, diff.added, diff.deleted]);
    }
  }
  return { texts, textsLeft };
}
