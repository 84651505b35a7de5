import type { Reason } from '../tree/change.ts';
import { reasonsOf } from '../tree/compare.ts';
import type { FileNode } from '../tree/node.ts';
import type { Rename } from '../tree/renames.ts';
import type { PlacedFile } from './placed-file.ts';
import type { DiffRow } from './results.ts';
import { pathFields, textFields, viewOf } from './view.ts';

/** A file that was renamed as `diff` lists it: where it is now, as a change of what it was. */
export function renamedRow(
  { from, to, similarity }: Rename<PlacedFile>,
  ignore: ReadonlySet<Reason['aspect']>,
): DiffRow {
  return {
    kind: 'R',
    ...pathFields(to.path),
    type: 'file',
    reasons: similarReasons(from.node, to.node, similarity).filter(({ aspect }) => !ignore.has(aspect)),
    before: viewOf(from.node),
    after: viewOf(to.node),
    ...(textFields('from', `/${from.path}`) as Pick<DiffRow, 'from' | 'fromBytes'>),
    similarity,
  };
}

/** Why a file is another than it was under its former name, its contents being alike by so many percent. */
function similarReasons(before: FileNode, after: FileNode, similarity: number): readonly Reason[] {
  const sameContent = { ...after, size: before.size, content: before.content };
  const others = reasonsOf(before, sameContent, {});
  if (similarity === 100) return others;
  const { size } = after;
  return [
    size === before.size
      ? { aspect: 'content', before: '', after: '' }
      : { aspect: 'size', before: `${before.size}`, after: `${size}` },
    ...others,
  ];
}
