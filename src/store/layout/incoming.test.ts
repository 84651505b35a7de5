import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodedOf } from '../../spec/digest.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import { withName } from '../../spec/name.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { refusal } from '../../testing/answers.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { blobPath } from './blobs.ts';
import { createLayout } from './create-layout.ts';
import { withLayout } from './new-layout.ts';

async function* text(content: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(content);
}

/** Some blobs that carry their bytes with them. */
const carried = (digests: readonly (readonly ['sha256' | 'sha512', string])[]): readonly Descriptor[] =>
  digests.map(([algorithm, content]) => ({
    mediaType: mediaTypes.manifest,
    digest: `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`,
    size: content.length,
    data: Buffer.from(content).toString('base64'),
  }));

test('no index names a blob that was there when the work began and has been taken away since', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const blob = await (await createLayout(path)).put(text('theirs'));
  const work = withLayout(path, { dryRun: false }, async store => {
    const mine = await store.put(text('mine'));
    await store.put(text('theirs'));
    rmSync(blobPath(path, blob));
    await store
      .updateIndex(index => withName(index, 'v1', { mediaType: mediaTypes.manifest, ...mine }))
      .finally(() => assert.equal(existsSync(blobPath(path, mine)), false));
  });
  await assert.rejects(work, refusal(/expected the blob sha256:.* that was there, got nothing/, 'conflict'));
  assert.equal((await (await createLayout(path)).index()).value.manifests.length, 0);
});

test('blobs wait beside their places, and can be read there, until the index names one', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  await createLayout(path);
  await withLayout(path, { dryRun: false }, async store => {
    const blob = await store.put(text('new'));
    const entry = { mediaType: mediaTypes.manifest, ...blob };
    assert.equal(existsSync(blobPath(path, blob)), false);
    assert.ok(await store.has(entry));
    assert.equal(Buffer.from(await store.read(entry)).toString(), 'new');
    await store.updateIndex(index => withName(index, 'v1', entry));
    assert.equal(existsSync(blobPath(path, blob)), true);
    assert.equal(Buffer.from(await store.read(entry)).toString(), 'new');
  });
});

/** Takes some blobs into a layout, of which something keeps one from its place when they are to be named. */
async function failToName(path: string, blobs: readonly Descriptor[], hinder: () => void): Promise<void> {
  const work = withLayout(path, {}, async store => {
    for (const blob of blobs) await store.bring(store, blob);
    hinder();
    await store.updateIndex(index => withName(index, 'v1', blobs[0] as Descriptor));
  });
  await assert.rejects(work, refusal(/expected a layout that can be written to, got /));
}

test('where one blob cannot be moved to its place, none is there, nor a directory for it', async t => {
  const parent = temporaryDirectory(t);
  const three = carried(['a', 'b', 'c'].map(content => ['sha256', content]));
  for (const blob of three) {
    const path = join(parent, encodedOf(blob.digest));
    await createLayout(path);
    await failToName(path, three, () => mkdirSync(blobPath(path, blob)));
    assert.deepEqual(readdirSync(join(path, 'blobs/sha256')), [encodedOf(blob.digest)]);
  }
  const two = carried([
    ['sha256', 'a'],
    ['sha512', 'b'],
  ]);
  for (const algorithm of ['sha256', 'sha512']) {
    const path = join(parent, algorithm);
    await createLayout(path);
    rmSync(join(path, 'blobs/sha256'), { recursive: true });
    await failToName(path, two, () => writeFileSync(join(path, 'blobs', algorithm), ''));
    assert.deepEqual(readdirSync(join(path, 'blobs')), [algorithm]);
  }
});

test('where a new layout’s first index is not made, the layout is not either', async t => {
  const parent = temporaryDirectory(t);
  const empty = join(parent, 'empty');
  mkdirSync(empty);
  const stop = new Error('no index');
  const change = (): never => {
    throw stop;
  };
  for (const path of [empty, join(parent, 'a/b')]) {
    const work = withLayout(path, { dryRun: false }, async store => {
      await store.put(text('new'));
      await store.updateIndex(change);
    });
    await assert.rejects(work, error => error === stop);
  }
  assert.deepEqual([readdirSync(parent), readdirSync(empty)], [['empty'], []]);
  await withLayout(empty, {}, async store => void (await store.updateIndex(index => index)));
  assert.deepEqual(readdirSync(empty).sort(), ['blobs', 'index.json', 'oci-layout']);
});

test('what is only tried out makes nothing, and tells what it would make', async t => {
  const parent = temporaryDirectory(t);
  const index = await withLayout(join(parent, 'layout'), { dryRun: true }, async store => {
    const blob = await store.put(text('new'));
    return store.updateIndex(before => withName(before, 'v1', { mediaType: mediaTypes.manifest, ...blob }));
  });
  assert.equal(index.value.manifests.length, 1);
  assert.deepEqual(readdirSync(parent), []);
});

test('what was moved in under a lock that was lost stays: whoever has the lock may name it', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  await createLayout(path);
  const seen: boolean[] = [];
  await withLayout(path, {}, async store => {
    const blob = await store.put(text('mine'));
    await store.updateIndex(index => {
      seen.push(existsSync(blobPath(path, blob)));
      if (seen.length === 1) rmSync(join(path, 'index.json.lock'));
      return withName(index, 'v1', { mediaType: mediaTypes.manifest, ...blob });
    });
  });
  assert.deepEqual(seen, [false, true]);
});
