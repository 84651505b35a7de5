import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as limits from './limits.ts';

const units: readonly (readonly [number, string])[] = [
  [1 << 30, 'Gi'],
  [1 << 20, 'Mi'],
  [1 << 10, 'Ki'],
];

function shown(limit: number): string {
  const [size, unit] = units.find(([size]) => limit >= 65_536 && limit % size === 0) ?? [1, ''];
  return `${limit / size} ${unit}`.trimEnd();
}

test('every limit stands in the table of CONTRIBUTING.md with its value, and nothing else does', () => {
  const text = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+Limit)` \| ([^|]+) \|/gm)].map(row => [row[1], row[2]]);
  assert.deepEqual(
    rows.sort(),
    Object.entries(limits)
      .map(([name, limit]) => [name, shown(limit)])
      .sort(),
  );
});
