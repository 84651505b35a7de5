import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLinear } from '../testing/work.ts';
import { diffPackageLists, type SizedPackage } from './compare.ts';

/** So many copies of one package, as trees of npm have them, each of its own version. */
const copies = (count: number, major: number): readonly SizedPackage[] =>
  Array.from({ length: count }, (_, index) => ({
    found: {
      type: 'npm',
      name: 'debug',
      version: `${major}.0.${index}`,
      path: `${major}/${index}/package.json`,
    } as SizedPackage['found'],
    size: 1,
  }));

test('the work of pairing packages of one name grows with their number', () =>
  isLinear(count => {
    const [same, older, newer] = [copies(count, 1), copies(count, 2), copies(count, 3)];
    const pairs = diffPackageLists([...same, ...older], [...newer, ...same]);
    assert.equal(pairs.length, count);
    assert.ok(pairs.every(({ kind }) => kind === 'U'));
  }, 500));
