import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryTreePair } from '../testing/trees.ts';
import { changeBytes } from './change-bytes.ts';
import { diff } from './diff.ts';
import type { Path, Tree } from './node.ts';
import { atOnce } from './parts.ts';
import { walk } from './walk.ts';

const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, size) => total + size, 0);

const sizeOf = (tree: Tree): number => {
  const files = new Set([...walk(tree)].flatMap(([, node]) => (node.kind === 'file' ? [node] : [])));
  return sum([...files].map(({ size }) => size));
};

test('the bytes of all changes are by how much the files of the tree grew, each file once', () => {
  fc.assert(
    fc.property(arbitraryTreePair, ([before, after]) => {
      const changes = diff(before, after, { trustMtime: true });
      const bytes = atOnce(changeBytes([before, after], changes));
      const listed = new Set(changes.map(({ path }) => path));
      const totalOf = (side: ReadonlyMap<Path, number>): number =>
        sum([...side].map(([path, size]) => (listed.has(path) ? size : assert.fail(path))));
      assert.equal(totalOf(bytes.after) - totalOf(bytes.before), sizeOf(after) - sizeOf(before));
    }),
    { numRuns: 1000 },
  );
});
