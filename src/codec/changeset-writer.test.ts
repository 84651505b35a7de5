import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textFile } from '../testing/scripts.ts';
import type { LayerEntry } from '../tree/node.ts';
import { writeChangeset } from './changeset-writer.ts';

test('a signal is heard while entries are gone over whose bodies come later, before any of them', async () => {
  const node = textFile('x');
  const entries = Array.from({ length: 20_000 }, (_, index): LayerEntry => ({ kind: 'node', path: `${index}`, node }));
  const stop = new AbortController();
  setImmediate(() => stop.abort(new Error('stopped')));
  const written = writeChangeset(entries, [], { subject: 'layer', signal: stop.signal });
  await assert.rejects(async () => {
    for await (const _ of written);
  }, /stopped/);
});
