import assert from 'node:assert/strict';
import { lchownSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { refusal } from '../../testing/answers.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { openBlobRoom } from './blob-room.ts';

test('blobs go into directories that are made, or where a link of the user leads, and nowhere for a link of another', t => {
  const place = temporaryDirectory(t);
  const room = openBlobRoom(place, 'sha256');
  mkdirSync(`${room.held.path}/blob`);
  room.held.close();
  assert.deepEqual(room.made, [join(place, 'blobs'), join(place, 'blobs/sha256')]);
  assert.deepEqual(readdirSync(join(place, 'blobs/sha256')), ['blob']);
  const linked = join(place, 'linked');
  mkdirSync(linked);
  symlinkSync('../blobs', join(linked, 'blobs'));
  const shared = openBlobRoom(linked, 'sha256');
  assert.deepEqual([readdirSync(shared.held.path), shared.made], [['blob'], []]);
  shared.held.close();
  if (process.geteuid?.() !== 0) return t.skip('only root can make a link of another user');
  lchownSync(join(linked, 'blobs'), 65534, 65534);
  assert.throws(
    () => openBlobRoom(linked, 'sha512'),
    refusal(/linked\/blobs: expected a directory for blobs, got a symbolic link of another user$/, 'conflict'),
  );
  assert.deepEqual(readdirSync(join(place, 'blobs')), ['sha256']);
});
