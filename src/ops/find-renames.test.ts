import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLinear } from '../testing/work.ts';
import type { Change } from '../tree/change.ts';
import { impliedMeta } from '../tree/node.ts';
import { emptySide } from './compared-side.ts';
import { findRenames } from './find-renames.ts';

/** Files that are gone and files that have come, no two of one size. */
function movedFiles(count: number): readonly Change[] {
  const numbers = Array.from({ length: count }, (_, at) => at);
  const file = (source: string, member: number, size: number) =>
    ({ kind: 'file', meta: impliedMeta, size, content: { source, member } }) as const;
  return [
    ...numbers.map(at => ({ kind: 'add', path: `a${at}`, after: file('new', at, 2 * at + 1), reasons: [] }) as const),
    ...numbers.map(
      at => ({ kind: 'delete', path: `b${at}`, before: file('old', at, 2 * at + 2), reasons: [] }) as const,
    ),
  ];
}

test('to find that too many files may have been renamed is work that grows with their number', async () => {
  const find = async (count: number): Promise<void> => {
    const { renames, warnings } = await findRenames(movedFiles(count), [emptySide, emptySide], {});
    assert.deepEqual([renames.size, warnings.length], [0, 1]);
  };
  await isLinear(find, 1500);
});
