import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { commitLayer } from './commit-layer.ts';
import { diff } from './diff.ts';
import { unpack } from './unpack.ts';

const platform = 'linux/amd64';

/** Two directories: what was, and what became of it. */
function directories(t: TestContext): { readonly place: string; readonly old: string; readonly now: string } {
  const place = temporaryDirectory(t);
  const [old, now] = [join(place, 'old'), join(place, 'new')];
  for (const root of [old, now]) {
    mkdirSync(join(root, 'etc/sub'), { recursive: true });
    writeFileSync(join(root, 'etc/kept'), 'the same');
    writeFileSync(join(root, 'etc/changed'), root === old ? 'before' : 'after!');
    writeFileSync(join(root, 'etc/sub/f'), 'f');
    writeFileSync(join(root, 'a'), 'two names');
  }
  rmSync(join(now, 'etc/sub'), { recursive: true });
  writeFileSync(join(now, 'added'), 'added');
  linkSync(join(now, 'a'), join(now, 'b'));
  symlinkSync('added', join(now, 'link'));
  for (const path of ['etc/kept', 'etc/changed', 'a'])
    for (const root of [old, now]) utimesSync(join(root, path), 1_700_000_000, 1_700_000_000);
  return { place, old, now };
}

/** The names in a tar, by GNU tar. */
const namesIn = (tar: string): readonly string[] =>
  execFileSync('tar', ['-tf', tar], { encoding: 'utf8' }).trim().split('\n');

const delta = ['a', 'added', 'b', 'etc/', 'etc/.wh.sub', 'etc/changed', 'link'];

test('the layer between two directories is a tar, and over the first it makes the second', async t => {
  const { place, old, now } = directories(t);
  const tar = join(place, 'delta.tar');
  const result = await commitLayer(now, tar, { baseDir: old });
  assert.deepEqual(namesIn(tar), delta);
  assert.equal(result.layer.digest, result.diffID);
  await commit(old, `${place}/img:old`, { platform });
  const made = await commit(now, `${place}/img:delta`, { baseDir: old, platform });
  assert.deepEqual([made.diffID, made.changes], [result.diffID, result.changes]);
  const { image, layers } = await readWholeImage(`${place}/img:delta`);
  assert.equal(image.manifest.value.layers.length, 1);
  assert.equal(
    layers[0]?.some(({ kind, path }) => kind === 'whiteout' && path === 'etc/sub'),
    true,
  );
  const over = await commit(now, `${place}/img:over`, { base: `${place}/img:old` });
  assert.equal(over.diffID, result.diffID);
  assert.deepEqual((await diff(`${place}/img:over`, now)).changes, []);
  await isValid(`${place}/img`);
});

test('a tar is compressed as its name ends or the options say, and standard output has the same tar', async t => {
  const { place, old, now } = directories(t);
  const plain = join(place, 'delta.tar');
  const { diffID } = await commitLayer(now, plain, { baseDir: old });
  for (const name of ['delta.tar.gz', 'delta.tgz']) {
    const { layer, diffID: same } = await commitLayer(now, join(place, name), { baseDir: old });
    assert.deepEqual([same, layer.mediaType], [diffID, 'application/vnd.oci.image.layer.v1.tar+gzip']);
    assert.deepEqual(gunzipSync(readFileSync(join(place, name))), readFileSync(plain));
    assert.equal(layer.size, readFileSync(join(place, name)).length);
  }
  const zstd = await commitLayer(now, join(place, 'delta.tar.zst'), { baseDir: old });
  assert.equal(zstd.layer.mediaType, 'application/vnd.oci.image.layer.v1.tar+zstd');
  const stored = await commitLayer(now, join(place, 'x.tgz'), { baseDir: old, compression: 'none' });
  assert.equal(stored.layer.digest, diffID);
  const piped = await runCommand(['commit', now, '--base-dir', old, '-o', '-']);
  assert.deepEqual(Buffer.from(piped.out, 'latin1'), readFileSync(plain));
  const dry = await commitLayer(now, join(place, 'none.tar'), { baseDir: old, dryRun: true });
  assert.deepEqual([dry.diffID, existsSync(join(place, 'none.tar'))], [diffID, false]);
});

test('nothing that differs is a tar of no entries, and an image without a layer', async t => {
  const { place, old } = directories(t);
  const result = await commitLayer(old, join(place, 'delta.tar'), { baseDir: old });
  assert.deepEqual([result.changes, readFileSync(join(place, 'delta.tar')).length], [0, 1024]);
  assert.equal((await commit(old, `${place}/img:same`, { baseDir: old, platform })).layer, null);
});

test('a bundle and an image are bases as well, and the bundle stays with its own', async t => {
  if (process.getuid?.() !== 0) return t.skip('only root has a plain directory with the owners of a bundle');
  const { directory, layout } = await preparePlace(temporaryDirectory(t));
  const bundle = join(directory, 'bundle');
  const before = readFileSync(join(bundle, 'ocikit.json'), 'utf8');
  const own = await commitLayer(bundle, join(directory, 'own.tar'));
  assert.equal(readFileSync(join(bundle, 'ocikit.json'), 'utf8'), before);
  const over = await commitLayer(join(directory, 'rootfs'), join(directory, 'over.tar'), { base: `${layout}:app` });
  assert.equal(own.diffID, over.diffID);
  const between = await commitLayer(bundle, join(directory, 'between.tar'), { baseDir: join(directory, 'rootfs') });
  assert.equal(between.changes, 0);
  const tar = await commitLayer(bundle, join(directory, 'tar.tar'), { baseDir: join(directory, 'rootfs.tar') });
  assert.equal(tar.diffID, own.diffID);
});

test('what cannot be meant is refused: an image as directory, two bases, a place and a file, an upper directory of overlayfs', async t => {
  const { place, old, now } = directories(t);
  await commit(old, `${place}/img:old`, { platform });
  await assert.rejects(
    commitLayer(now, join(place, 'x.tar'), { baseDir: `${place}/img:old` }),
    refusal(/expected a root filesystem, got an image/, 'usage'),
  );
  await assert.rejects(
    commit(now, `${place}/img:x`, { baseDir: old, base: `${place}/img:old` }),
    refusal(/^base: expected no option baseDir beside it/, 'usage'),
  );
  const both = await runCommand(['commit', now, `${place}/img:x`, '--base-dir', old, '-o', join(place, 'x.tar')]);
  assert.deepEqual([both.status, both.err.includes('expected no IMAGE beside it')], [2, true]);
  if (process.getuid?.() !== 0) return t.skip('devices are made by root');
  execFileSync('mknod', [join(now, 'hidden'), 'c', '0', '0']);
  await assert.rejects(
    commitLayer(now, join(place, 'x.tar'), { baseDir: old }),
    refusal(/an upper directory of overlayfs, where '\/hidden' is hidden/, 'unsupported'),
  );
});

test('a root filesystem that is taken out of its bundle says that base and config are not', async t => {
  const { place, old } = directories(t);
  const bundle = join(place, 'work');
  await commit(old, `${place}/img:old`, { platform, instructions: ['CMD ["sh"]'] });
  await unpack(`${place}/img:old`, bundle, { bundle: true });
  const rootfs = join(bundle, 'rootfs');
  const said = `${rootfs} is taken alone, without base and config of the bundle that it is a part of: ${bundle}`;
  assert.deepEqual((await commit(rootfs, `${place}/img:new`, { platform })).warnings, [said]);
  await assert.rejects(commit(rootfs, `${place}/img:new`, { platform, strict: true }), /taken alone/);
  for (const options of [{ base: `${place}/img:old` }, { baseDir: old }])
    assert.deepEqual((await commit(rootfs, `${place}/img:new`, { platform, ...options })).warnings, []);
  assert.deepEqual((await commit(bundle, `${place}/img:new`)).warnings, []);
});

test('a layer that goes to a file that is called as an image is, says what it is', async t => {
  const { place, old, now } = directories(t);
  const said = async (output: string): Promise<string> =>
    (await runCommand(['commit', now, '--base-dir', old, '-o', join(place, output)])).err;
  assert.equal(
    await said('out:app'),
    `ocikit: warning: ${place}/out:app is a file, the tar of the new layer alone (an image is named as the second operand)\n`,
  );
  mkdirSync(join(place, 'a:b'));
  assert.equal(await said('a:b/delta'), '');
  assert.equal(await said('delta:1.tar.gz'), '');
});
