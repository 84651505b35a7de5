import assert from 'node:assert/strict';
import { chmodSync, chownSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { blobFile, makeLayout, putBytes } from '../../testing/layout-files.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { openLayout } from './layout.ts';

const [nobody, other] = [65534, 12345];
const content = Buffer.from('a layer of somebody');

interface Case {
  readonly owner: number;
  readonly mode: number;
  readonly reader: number;
  readonly isShared: boolean;
}

const cases: readonly Case[] = [
  { owner: 0, mode: 0o644, reader: 0, isShared: true },
  { owner: 0, mode: 0o600, reader: 0, isShared: true },
  { owner: nobody, mode: 0o644, reader: 0, isShared: false },
  { owner: nobody, mode: 0o444, reader: 0, isShared: false },
  { owner: 0, mode: 0o664, reader: 0, isShared: false },
  { owner: 0, mode: 0o646, reader: 0, isShared: false },
  { owner: nobody, mode: 0o644, reader: nobody, isShared: true },
  { owner: 0, mode: 0o644, reader: nobody, isShared: false },
  { owner: other, mode: 0o644, reader: nobody, isShared: false },
  { owner: nobody, mode: 0o666, reader: nobody, isShared: false },
];

async function bring(t: TestContext, { owner, mode, reader }: Case): Promise<readonly [string, string]> {
  const place = temporaryDirectory(t);
  chmodSync(place, 0o755);
  const [from, to] = [makeLayout(join(place, 'from')), makeLayout(join(place, 'to'))];
  const descriptor = putBytes(from, 'application/octet-stream', content);
  const file = blobFile(from, descriptor.digest);
  chmodSync(file, mode);
  chownSync(file, owner, owner);
  for (const path of [to, join(to, 'blobs'), join(to, 'blobs/sha256')]) chownSync(path, reader, reader);
  process.seteuid?.(reader);
  try {
    await (await openLayout(to)).bring(await openLayout(from), descriptor as never);
  } finally {
    process.seteuid?.(0);
  }
  return [file, blobFile(to, descriptor.digest)];
}

for (const one of cases) {
  const { owner, mode, reader, isShared } = one;
  test(`user ${reader} ${isShared ? 'shares' : 'copies'} a blob of user ${owner}, mode ${mode.toString(8)}`, async t => {
    if (process.geteuid?.() !== 0) return t.skip('other users need root');
    const [file, brought] = await bring(t, one);
    assert.deepEqual(readFileSync(brought), content);
    // Where the file system shares by reflink, the files are two in any case.
    if (!isShared) assert.notEqual(statSync(brought).ino, statSync(file).ino);
    else if (statSync(brought).ino !== statSync(file).ino) t.diagnostic('shared by reflink, or not at all');
    writeFileSync(file, 'changed by its owner');
    if (!isShared) assert.deepEqual(readFileSync(brought), content);
  });
}

test('a blob that is another name of somebody else’s file is copied', async t => {
  if (process.geteuid?.() !== 0) return t.skip('other users need root');
  const place = temporaryDirectory(t);
  const [from, to] = [makeLayout(join(place, 'from')), makeLayout(join(place, 'to'))];
  const descriptor = putBytes(from, 'application/octet-stream', content);
  const file = blobFile(from, descriptor.digest);
  mkdirSync(join(place, 'theirs'));
  linkSync(file, join(place, 'theirs/name'));
  chownSync(join(place, 'theirs/name'), nobody, nobody);
  await (await openLayout(to)).bring(await openLayout(from), descriptor as never);
  assert.equal(statSync(blobFile(to, descriptor.digest)).nlink, 1);
  assert.equal(statSync(dirname(blobFile(to, descriptor.digest))).isDirectory(), true);
});
