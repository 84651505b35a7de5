import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { putPlain } from '../testing/finding-case.ts';
import { makeLayout, putIndex, putName } from '../testing/layout-files.ts';
import { relationCases } from '../testing/relation-cases.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { validate } from './validate.ts';

test('an empty place is sound, and no engine is said to take an image from it', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const { findings, notes, engines } = await validate(layout, { engines: ['docker', 'umoci'] });
  assert.deepEqual(findings, []);
  assert.deepEqual(
    notes.map(({ code }) => code),
    ['image-missing'],
  );
  assert.deepEqual(
    engines?.map(({ verdict }) => verdict),
    ['refuses', 'refuses'],
  );
});

test('an index of one image is taken by all, and an index of an index by those that look into it', async t => {
  const verdictsAt = async (depth: number): Promise<readonly string[]> => {
    const layout = makeLayout(join(temporaryDirectory(t), 'img'));
    let image = putPlain(layout);
    for (let level = 0; level < depth; level++) image = putIndex(layout, [image]);
    putName(layout, 'deep', image);
    const { engines } = await validate(`${layout}:deep`, { engines: ['skopeo', 'podman', 'umoci', 'docker'] });
    return engines?.map(({ verdict }) => verdict) ?? [];
  };
  assert.deepEqual(await verdictsAt(1), ['accepts', 'accepts', 'accepts', 'accepts']);
  assert.deepEqual(await verdictsAt(2), ['refuses', 'refuses', 'accepts', 'accepts']);
  assert.deepEqual(await verdictsAt(3), ['refuses', 'refuses', 'accepts', 'accepts']);
});

test('nobody is said to take what lies deeper than ocikit reads', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  relationCases['index-depth']?.make(layout);
  const { engines } = await validate(layout, { engines: ['docker', 'containerd', 'crane'] });
  assert.deepEqual(
    engines?.map(({ verdict }) => verdict),
    ['refuses', 'refuses', 'refuses'],
  );
});

test('no engine is asked about layers that are not read', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putPlain(layout);
  await assert.rejects(validate(layout, { fast: true, engines: ['docker'] }), { code: 'usage' });
});
