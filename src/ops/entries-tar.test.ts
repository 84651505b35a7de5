import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textFile } from '../testing/scripts.ts';
import type { LayerEntry } from '../tree/node.ts';
import { entriesTar } from './entries-tar.ts';

test('the event loop turns while a layer of many small files is written, however few bytes they are', async () => {
  const node = textFile('x', 0o644);
  const entries = Array.from({ length: 4000 }, (_, at): LayerEntry => ({ kind: 'node', path: `${at}`, node }));
  let turns = 0;
  const count = (): void => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  let size = 0;
  for await (const chunk of entriesTar(entries, { body: () => [Buffer.from('x')] }, { work: {} })) size += chunk.length;
  clearImmediate(next);
  assert.ok(size > 4000 * 1024, `${size}`);
  assert.ok(turns >= 3, `${turns} turns`);
});
