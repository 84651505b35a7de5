import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { openArchive } from '../store/archive/archive.ts';
import { readMember } from '../store/archive/oci-archive.ts';
import { refusal } from '../testing/answers.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { images } from './images.ts';
import { load } from './load.ts';
import { save } from './save.ts';

/** A saved archive of two images, `one` and `two`, whose index.json lists what `change` leaves of them. */
async function archiveOf(
  t: TestContext,
  change: (entries: readonly Descriptor[]) => unknown,
): Promise<{ place: string; archive: string }> {
  const place = temporaryDirectory(t);
  const layout = join(place, 'img');
  for (const name of ['one', 'two']) {
    mkdirSync(join(place, name));
    writeFileSync(join(place, name, 'file'), name);
    await commit(join(place, name), `${layout}:${name}`, { platform: 'linux/amd64' });
  }
  const whole = join(place, 'whole.tar');
  await save([`${layout}:one`, `${layout}:two`], whole);
  const saved = await openArchive(whole, whole);
  const member = (name: string): Promise<Uint8Array> => readMember(saved, name, 1 << 20);
  const index: ImageIndex = JSON.parse(Buffer.from(await member('index.json')).toString());
  const blobs = readdirSync(join(layout, 'blobs/sha256'));
  const archive = await tarOf(join(place, 'part.tar'), {
    ...Object.fromEntries(
      blobs.map(name => [`blobs/sha256/${name}`, readFileSync(join(layout, 'blobs/sha256', name))]),
    ),
    'index.json': JSON.stringify({ ...index, manifests: change(index.manifests) }),
    'manifest.json': await member('manifest.json'),
    'oci-layout': await member('oci-layout'),
  });
  return { place, archive };
}

const tagsOf = async (place: string): Promise<readonly (string | null)[]> =>
  (await images([place])).map(({ tag }) => tag).sort();

test('an image that only manifest.json lists is loaded as well, and listed', async t => {
  for (const change of [(entries: readonly Descriptor[]) => entries.slice(0, 1), () => [], () => null]) {
    const { place, archive } = await archiveOf(t, change);
    assert.deepEqual(await tagsOf(archive), ['one', 'two']);
    const { images: loaded } = await load(archive, join(place, 'out'));
    assert.equal(loaded.length, 2);
    assert.deepEqual(await tagsOf(join(place, 'out')), ['one', 'two']);
  }
});

test('whoever names the layout in an archive gets what its index.json lists', async t => {
  const { place, archive } = await archiveOf(t, entries => entries.slice(0, 1));
  await load(`oci-archive:${archive}`, join(place, 'out'));
  assert.deepEqual(await tagsOf(join(place, 'out')), ['one']);
});

test('a name that index.json and manifest.json give to different images is refused', async t => {
  const { place, archive } = await archiveOf(t, ([one, two]) => [{ ...one, annotations: two?.annotations }]);
  await assert.rejects(
    load(archive, join(place, 'out')),
    refusal(/in index\.json and .* in manifest\.json/, 'conflict'),
  );
  assert.ok(!existsSync(join(place, 'out')));
});
