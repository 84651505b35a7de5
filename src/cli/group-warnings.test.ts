import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupWarnings } from './group-warnings.ts';

test('warnings of one kind are one line with a count', () => {
  const socket = 'a socket, which no layer can hold, is left out';
  assert.deepEqual(groupWarnings([`/a: ${socket}`, `/b: ${socket}`, '/c: owner 1:2 needs root', `/d/e: ${socket}`]), [
    `/a: ${socket} (and 2 more of this kind)`,
    '/c: owner 1:2 needs root',
  ]);
  assert.deepEqual(groupWarnings(["/a: attribute 'user.x' is not written", "/b: attribute 'user.y' is not written"]), [
    "/a: attribute 'user.x' is not written (and 1 more of this kind)",
  ]);
  assert.deepEqual(groupWarnings([]), []);
});
