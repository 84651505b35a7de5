import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mediaTypes } from '../../spec/media-type.ts';
import { withName } from '../../spec/name.ts';
import { refusal } from '../../testing/answers.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { blobPath } from './blobs.ts';
import { createLayout } from './create-layout.ts';
import { withLayout } from './new-layout.ts';

async function* text(content: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(content);
}

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
