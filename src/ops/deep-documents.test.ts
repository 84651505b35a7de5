import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexLimit, jsonDepthLimit } from '../limits.ts';
import { parseJson } from '../spec/document.ts';
import { refusal } from '../testing/answers.ts';
import { blobFile, makeLayout, putBytes, putImage, putJson, putName } from '../testing/layout-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { copy } from './copy.ts';
import { exportImage } from './export-image.ts';
import { fix } from './fix.ts';
import { inspect } from './inspect.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { validate } from './validate.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const tooDeep = new RegExp(`nested at most ${jsonDepthLimit} deep`);

test('a config that is too deep to be read is carried by its digest, as a layer is, and refused by whoever reads it', async t => {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'img'));
  const { digest } = putImage(layout, { layers: [] });
  const manifest = JSON.parse(readFileSync(blobFile(layout, digest), 'utf8')) as object;
  const levels = 1_000_000;
  const text = `{"os":"linux","architecture":"amd64","x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  const config = putBytes(layout, 'application/vnd.oci.image.config.v1+json', Buffer.from(text));
  putName(layout, 'deep', putJson(layout, 'application/vnd.oci.image.manifest.v1+json', { ...manifest, config }));
  await copy(`${layout}:deep`, `${join(place, 'copy')}:deep`);
  await save([`${layout}:deep`], join(place, 'saved.tar'), { format: 'oci' });
  await load(join(place, 'saved.tar'), join(place, 'loaded'));
  for (const made of ['copy', 'loaded'])
    assert.equal(readFileSync(blobFile(join(place, made), config.digest), 'utf8'), text);
  const { findings } = await validate(layout);
  assert.ok(findings.some(({ severity, message }) => severity === 'error' && tooDeep.test(message)));
  for (const reads of [
    () => inspect([`${layout}:deep`]),
    () => exportImage(`${layout}:deep`, join(place, 'out.tar')),
    () => fix(layout, { hostPlatform, output: join(place, 'fixed') }),
    () => save([`${layout}:deep`], join(place, 'docker.tar'), { format: 'docker' }),
  ])
    await assert.rejects(reads, refusal(tooDeep, 'invalid'));
});

test('the largest document that is read at all has as many levels as the limit says, and no more', () => {
  const nested = (levels: number): Uint8Array => Buffer.from(`${'['.repeat(levels)}${']'.repeat(levels)}`);
  assert.doesNotThrow(() => parseJson(nested(jsonDepthLimit), 'x'));
  assert.throws(() => parseJson(nested(jsonDepthLimit + 1), 'x'), refusal(tooDeep, 'invalid'));
  assert.throws(() => parseJson(Buffer.alloc(indexLimit, '['), 'x'), refusal(tooDeep, 'invalid'));
});
