import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compress } from '../codec/compression.ts';
import { openRootfsTar } from '../store/rootfs/tar.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { fixture } from '../testing/fixtures.ts';
import { changeDirectory, fillDirectory, randomOf } from '../testing/random-directory.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { isRoot } from '../testing/witness.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { exportImage, exportStream } from './export-image.ts';
import { importRootfs } from './import-rootfs.ts';
import { unpack } from './unpack.ts';

const platform = 'linux/amd64';

/** Two generations of a random root filesystem as images `base` and `next` of a layout, and the second as a tar. */
async function generations(
  t: TestContext,
  seed: number,
): Promise<{ place: string; rootfs: string; img: string; tar: string }> {
  const place = temporaryDirectory(t);
  const [rootfs, img, tar] = [join(place, 'rootfs'), join(place, 'img'), join(place, 'next.tar')];
  mkdirSync(rootfs);
  const random = randomOf(seed);
  for (let round = 0; round < 3; round++) fillDirectory(rootfs, random);
  await commit(rootfs, `${img}:base`, { platform });
  changeDirectory(rootfs, random);
  fillDirectory(rootfs, random);
  await commit(rootfs, `${img}:next`, { platform, base: `${img}:base` });
  await exportImage(`${img}:next`, tar);
  return { place, rootfs, img, tar };
}

async function zstdOf(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  const bytes = async function* (): AsyncIterable<Uint8Array> {
    yield readFileSync(path);
  };
  for await (const chunk of compress(bytes(), { compression: 'zstd' })) chunks.push(Buffer.from(chunk));
  writeFileSync(`${path}.zst`, Buffer.concat(chunks));
  return `${path}.zst`;
}

test('an exported tar is the image: no difference, and a commit of it makes the same layers as its directory', async t => {
  for (const seed of [1, 2, 3, 4]) {
    const { place, rootfs, img, tar } = await generations(t, seed);
    writeFileSync(`${tar}.gz`, gzipSync(readFileSync(tar)));
    for (const one of [tar, `tar:${tar}.gz`, await zstdOf(tar)]) {
      assert.deepEqual((await diff(`${img}:next`, one)).changes, [], one);
      const made = await commit(one, `${join(place, 'tars')}:next`, { platform, base: `${img}:base` });
      const again = await commit(rootfs, `${join(place, 'again')}:next`, { platform, base: `${img}:base` });
      assert.equal(made.manifest, again.manifest);
    }
    // Not the directory that the image was made of: a directory of which only the time changed is as the base has it.
    const unpacked = join(place, 'unpacked');
    await unpack(`${img}:next`, unpacked);
    const whole = await commit(tar, `${join(place, 'tars')}:whole`, { platform });
    assert.equal(whole.manifest, (await commit(unpacked, `${join(place, 'again')}:whole`, { platform })).manifest);
    assert.deepEqual((await diff(`${img}:base`, tar)).changes, (await diff(`${img}:base`, `${img}:next`)).changes);
    await isValid(join(place, 'tars'));
    assert.deepEqual(
      readdirSync(place).filter(name => name.startsWith('.')),
      [],
    );
    assert.deepEqual(readdirSync(join(place, 'tars')).sort(), ['blobs', 'index.json', 'oci-layout']);
  }
});

test('an export is the same bytes each time, is imported as one layer, and its file is whole or not at all', async t => {
  const { place, img, tar } = await generations(t, 7);
  assert.equal(statSync(tar).mode & 0o777, 0o600);
  const chunks: Buffer[] = [];
  for await (const chunk of (await exportStream(`${img}:next`)).bytes) chunks.push(Buffer.from(chunk));
  assert.ok(Buffer.concat(chunks).equals(readFileSync(tar)));
  await importRootfs(tar, `${img}:imported`, { platform });
  assert.deepEqual((await diff(`${img}:next`, `${img}:imported`)).changes, []);
  await exportImage(`${img}:imported`, join(place, 'again.tar'));
  assert.equal(statSync(join(place, 'again.tar')).size, statSync(tar).size);
  await exportImage(`${img}:next`, join(place, 'dry.tar'), { dryRun: true });
  assert.ok(!existsSync(join(place, 'dry.tar')));
  const blobs = join(img, 'blobs/sha256');
  for (const name of readdirSync(blobs)) appendFileSync(join(blobs, name), 'x');
  await assert.rejects(exportImage(`${img}:next`, join(place, 'bad.tar')), refusal(/expected a size of/, 'invalid'));
  assert.deepEqual(readdirSync(place).sort(), ['again.tar', 'img', 'next.tar', 'rootfs']);
});

test('hardlinks of published images are exported as they are unpacked', async t => {
  if (!isRoot(t)) return;
  for (const name of [
    'hard-link-1',
    'hard-link-delete-1',
    'whiteout-opaque',
    'whiteout-explicit-file',
    'root-dir-entry',
    'many-layers',
  ]) {
    const layout = fixture(t, `images/sylabs_oci-tools/layouts/test_images_${name}`);
    if (layout === undefined) return;
    const place = temporaryDirectory(t);
    await exportImage(layout, join(place, 'out.tar'));
    await unpack(layout, join(place, 'out'));
    assert.deepEqual((await diff(join(place, 'out.tar'), join(place, 'out'))).changes, [], name);
    assert.deepEqual((await diff(layout, join(place, 'out.tar'))).changes, [], name);
  }
});

test('names of a tar follow one rule: `./` and a leading slash say nothing, what leads out or deletes is refused', async t => {
  const place = temporaryDirectory(t);
  const one = await tarOf(join(place, 'one.tar'), { './': '', './etc/': '', './etc/motd': 'hi' });
  const other = await tarOf(join(place, 'other.tar'), { '/etc/': '', '/etc/motd': 'hi' });
  assert.deepEqual((await diff(one, other)).changes, []);
  const out = await tarOf(join(place, 'out.tar'), { '../x': '' });
  await assert.rejects(diff(out, one), refusal(/out.tar: .*'..\/x'/, 'invalid'));
  const whiteout = await tarOf(join(place, 'wh.tar'), { 'etc/.wh.motd': '' });
  await assert.rejects(
    commit(whiteout, `${join(place, 'img')}:x`, { platform }),
    refusal(/'etc\/.wh.motd'/, 'invalid'),
  );
  assert.ok(!existsSync(join(place, 'img')));
});

test('a tar that is truncated, damaged where it is compressed, or changes while it is read is refused by name', async t => {
  const { place, img, tar } = await generations(t, 11);
  writeFileSync(join(place, 'cut.tar'), readFileSync(tar).subarray(0, 1700));
  await assert.rejects(diff(img.concat(':next'), join(place, 'cut.tar')), refusal(/cut.tar: .*truncated/, 'invalid'));
  writeFileSync(join(place, 'x.tar.bz2'), 'BZh91AY&SY'.padEnd(100));
  await assert.rejects(diff(`${img}:next`, join(place, 'x.tar.bz2')), refusal(/a bzip2 stream/, 'invalid'));
  const rootfs = openRootfsTar(tar);
  await rootfs.tree();
  appendFileSync(tar, 'more');
  const tree = await rootfs.tree();
  const files = [...tree.children.values()].filter(node => node.kind === 'file');
  if (files.length > 0)
    await assert.rejects(rootfs.digests(new Set(files)), refusal(/next.tar: .*changed while it was read/, 'conflict'));
  await assert.rejects(rootfs.prepare(files, img), refusal(/changed/, 'conflict'));
  assert.deepEqual(readdirSync(img).sort(), ['blobs', 'index.json', 'oci-layout']);
});
