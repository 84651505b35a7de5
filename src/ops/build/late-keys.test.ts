import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CacheRecord } from '../../image/build-cache.ts';
import { type Digest, diffIDOf } from '../../spec/digest.ts';
import { once } from '../../stream/once.ts';
import { MemoryLayout } from '../../testing/memory-layout.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { BuildCache } from './cache.ts';

const key = (digit: string): Digest => `sha256:${digit.repeat(64)}` as Digest;

test('whichever key is known first, of two records of one key the later stays, and a key that fails takes no other with it', async () => {
  const store = new MemoryLayout();
  const recordOf = async (text: string): Promise<CacheRecord> => {
    const { digest, size } = await store.put(once(new TextEncoder().encode(text)));
    const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size };
    return { layer: { descriptor, diffID: diffIDOf(digest.slice('sha256:'.length)) }, created: undefined };
  };
  const cache = new BuildCache(store, { dryRun: false });
  const [early, late] = [await recordOf('early'), await recordOf('late')];
  const slow = new Promise<readonly Digest[]>(resolve => setImmediate(() => resolve([key('c'), key('b')])));
  const unreadable = Promise.reject(new Error('unreadable'));
  unreadable.catch(() => undefined);
  cache.note(slow, early, 'one');
  cache.note(unreadable, early, 'two');
  cache.note(Promise.resolve([key('b'), key('a')]), late, 'three');
  assert.deepEqual((await cache.find(key('b')))?.layer, late.layer);
  assert.deepEqual((await cache.find(key('c')))?.layer, early.layer);
  const index = (await cache.write(store))((await store.index()).value);
  assert.deepEqual(
    index.manifests.map(entry => Object.values(entry.annotations ?? {})[0]),
    [key('a'), key('b'), key('c')],
  );
});

test('the index of a build is the same each time, however long each of its keys takes', async t => {
  const directory = temporaryDirectory(t);
  const context = join(directory, 'context');
  mkdirSync(join(context, 'big'), { recursive: true });
  for (let at = 0; at < 3000; at++) writeFileSync(join(context, `big/${at}`), `${at}\n`);
  for (const name of ['one', 'two']) writeFileSync(join(context, name), name);
  const dockerfile = 'FROM scratch\nCOPY big /big\nCOPY one /one\nCOPY two /two\n';
  const built = async (layout: string): Promise<string> => {
    await build(context, `${join(directory, layout)}:x`, { dockerfile, created: '2001-02-03T04:05:06Z' });
    return readFileSync(join(directory, layout, 'index.json'), 'utf8');
  };
  const first = await built('first');
  for (const layout of ['second', 'third', 'fourth']) assert.equal(await built(layout), first);
});
