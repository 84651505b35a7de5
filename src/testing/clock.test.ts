import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyTree } from '../tree/node.ts';
import { walk } from '../tree/walk.ts';
import { treeOf } from './trees.ts';
import { workOf } from './work.ts';

const clocks =
  /\b(Date\.now|new Date\(\)|performance\.(?!test)|hrtime|cpuUsage|resourceUsage|process\.uptime|os\.loadavg|console\.time|timeOrigin)/;
const self = 'clock.test.ts';

test('no test reads a clock: on a busy machine it would fail', () => {
  const src = join(import.meta.dirname, '..');
  const files = readdirSync(src, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name !== self)
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => /\.(test|interop)\.ts$/.test(file) || file.includes('/testing/'));
  assert.ok(files.length > 50);
  for (const file of files) assert.doesNotMatch(readFileSync(file, 'utf8'), clocks, file);
});

test('work is counted, and the same twice', async () => {
  const nodes = Array.from({ length: 100 }, (_, index) => [`${index}`, emptyTree()] as const);
  const [one, other] = [await workOf(() => [...walk(treeOf(nodes))]), await workOf(() => [...walk(treeOf(nodes))])];
  assert.ok(one > 100 && other > 100);
  assert.ok(Math.abs(one - other) < one / 2);
});
