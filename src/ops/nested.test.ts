import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import { copyBlobs, neededBlobs } from '../graph/copy-graph.ts';
import { depthLimit } from '../limits.ts';
import { withName } from '../spec/name.ts';
import { createLayout } from '../store/layout/create-layout.ts';
import { nestedIndexes } from '../testing/graphs.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { verbUses } from '../testing/verbs.ts';
import { optionTables, type Verb } from './calls.ts';
import { copy } from './copy.ts';
import { images } from './images.ts';
import { createIndex, listIndex } from './index-images.ts';
import { inspect } from './inspect.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { validate } from './validate.ts';

test('indexes that list one index many times, as deep as may be, cost every verb no more than their blobs', async t => {
  const place = temporaryDirectory(t);
  const [layout, archive] = [join(place, 'l'), join(place, 'a.tar')];
  const memory = new MemoryLayout();
  // A million million ways lead to the one image.
  const root = nestedIndexes(memory, 32, depthLimit);
  const store = await createLayout(layout);
  await copyBlobs(memory, await neededBlobs(memory, [root]), store);
  await store.updateIndex(index => withName(index, 'x', root));
  assert.equal((await images([layout])).length, 1);
  assert.equal((await inspect([`${layout}:x`])).length, 1);
  await assert.rejects(inspect([`${layout}@${'0'.repeat(12)}`]), /an image with this digest/);
  assert.equal((await validate(layout)).blobs, memory.blobs.size);
  await save([`${layout}:x`], archive);
  assert.equal((await load(archive, join(place, 'loaded'))).images.length, 1);
  await copy(`${layout}:x`, `${join(place, 'copied')}:x`, { all: true, referrers: true });
  await copy(`${layout}:x`, `${join(place, 'docker')}:x`, { all: true, format: 'docker' });
});

test('no verb of the table does more for many ways to one image, of one platform or of all', async t => {
  const place = temporaryDirectory(t);
  const layout = join(place, 'l');
  const memory = new MemoryLayout();
  const root = nestedIndexes(memory, 32, depthLimit);
  const store = await createLayout(layout);
  await copyBlobs(memory, await neededBlobs(memory, [root]), store);
  await store.updateIndex(index => withName(index, 'x', root));
  // An index that several list is looked into once: 32 entries a level.
  assert.equal((await listIndex(`${layout}:x`)).entries.length, 32 * depthLimit);
  await createIndex(`${join(place, 'index')}:x`, [`${layout}:x`]);
  let calls = 0;
  for (const { use, verb, takes, call } of verbUses) {
    if (!takes.includes('multi')) continue;
    const all = 'allPlatforms' in optionTables[verb as Verb] ? [{}, { allPlatforms: true }] : [{}];
    for (const options of all) {
      const operands = { source: `${layout}:x`, base: `${layout}:x`, out: join(place, `${calls++}`) };
      // What has no end is seen by the time that the file may take; what is refused is refused on purpose.
      await call(operands, { ...options, platform: undefined } as object).catch((error: unknown) => {
        assert.ok(error instanceof OciError, `${use}: ${(error as Error).stack}`);
      });
    }
  }
  assert.ok(calls > 20, `${calls} calls`);
});
