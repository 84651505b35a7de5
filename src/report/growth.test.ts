import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textFile } from '../testing/scripts.ts';
import { hasEvenParts } from '../testing/work.ts';
import { applyLayer } from '../tree/apply.ts';
import { diff } from '../tree/diff.ts';
import { emptyTree, type LayerEntry } from '../tree/node.ts';
import { changeColumns } from './change-columns.ts';

test('columns of many changes are made in parts', () => {
  const trees = new Map<number, ReturnType<typeof emptyTree>>();
  const large = (files: number): ReturnType<typeof emptyTree> => {
    const path = (index: number): string => `${index % 7}/${index}`;
    const entries = Array.from({ length: files }, (_, index): LayerEntry => {
      return { kind: 'node', path: path((index * 7919) % files), node: textFile(path(index), 0o644) };
    });
    const made = trees.get(files) ?? applyLayer(emptyTree(), entries);
    trees.set(files, made);
    return made;
  };
  const columns = (files: number): Iterable<number> => {
    const [before, after] = [emptyTree(), large(files)];
    return changeColumns([before, after], diff(before, after));
  };
  assert.ok([...columns(1 << 10)].length > 0);
  hasEvenParts(columns, 1 << 12);
});
