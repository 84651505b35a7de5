import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { unbzip2 } from '../engine/bzip2.ts';
import { once } from '../stream/once.ts';
import { isValid } from '../testing/answers.ts';
import { bzip2Samples } from '../testing/bzip2-samples.ts';
import { collected } from '../testing/drained.ts';
import { makeLayout, putBytes, putImage, putName } from '../testing/layout-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { append } from './append.ts';
import { build } from './build.ts';
import { commit } from './commit.ts';
import { convert } from './convert.ts';
import { diff } from './diff.ts';
import { files } from './files.ts';
import { images } from './images.ts';
import { importRootfs } from './import-rootfs.ts';
import { inspect } from './inspect.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { validate } from './validate.ts';

const platform = 'linux/amd64';

/** One tar, as it is and in bzip2. */
async function place(t: TestContext): Promise<{ readonly at: (name: string) => string; readonly tar: Buffer }> {
  const directory = temporaryDirectory(t);
  const at = (name: string): string => join(directory, name);
  const tar = await collected(unbzip2(once(bzip2Samples.motd), 'it'));
  writeFileSync(at('plain.tar'), tar);
  writeFileSync(at('packed.tar.bz2'), bzip2Samples.motd);
  return { at, tar };
}

const diffIDsOf = async (image: string): Promise<readonly string[]> =>
  (await inspect(image)).flatMap(found => ('RootFS' in found ? found.RootFS.Layers : []));

test('ADD unpacks a tar in bzip2 as the tar itself, whatever it is called', async t => {
  const { at, tar } = await place(t);
  const diffIDs: string[] = [];
  for (const [name, bytes] of [
    ['plain', tar],
    ['packed', bzip2Samples.motd],
  ] as const) {
    mkdirSync(at(name));
    writeFileSync(join(at(name), 'a'), bytes);
    const image = `${at('img')}:${name}`;
    await build(at(name), [image], { dockerfile: 'FROM scratch\nADD a /to/\n', platforms: [platform] });
    diffIDs.push(...(await diffIDsOf(image)));
  }
  assert.equal(diffIDs.length, 2);
  assert.equal(diffIDs[1], diffIDs[0]);
  const { files: rows } = await files(`${at('img')}:packed`, [], { recursive: true });
  assert.deepEqual(rows.map(({ path }) => path).sort(), ['/to', '/to/etc', '/to/etc/motd']);
  await isValid(at('img'));
});

test('a tar in bzip2 is a context, a side of a comparison, and what is committed and appended', async t => {
  const { at } = await place(t);
  const [plain, packed] = [at('plain.tar'), at('packed.tar.bz2')];
  assert.deepEqual((await diff(plain, packed)).changes, []);
  const built: string[] = [];
  for (const context of [plain, packed, once(readFileSync(packed))]) {
    const options = { dockerfile: 'FROM scratch\nCOPY etc /etc\n', platforms: [platform] };
    built.push((await build(context, [`${at('img')}:x`], options)).manifest);
  }
  assert.deepEqual(built, [built[0], built[0], built[0]]);
  for (const name of ['plain.tar', 'packed.tar.bz2']) await commit(at(name), `${at(name)}.img:x`, { platform });
  assert.deepEqual(await diffIDsOf(`${packed}.img:x`), await diffIDsOf(`${plain}.img:x`));
  const { diffID } = await importRootfs(plain, `${at('img')}:base`, { platform });
  await append(`${at('img')}:base`, [{ tar: packed }], { tag: 'more' });
  assert.deepEqual(await diffIDsOf(`${at('img')}:more`), [diffID, diffID]);
  await isValid(at('img'));
});

test('an archive in bzip2 is loaded as the archive itself', async t => {
  if (spawnSync('bzip2', ['-c'], { input: '' }).status !== 0) return t.skip('no bzip2 here');
  const { at } = await place(t);
  const made = await importRootfs(at('plain.tar'), `${at('img')}:x`, { platform });
  await save([`${at('img')}:x`], at('saved.tar'));
  const { stdout } = spawnSync('bzip2', ['-c', at('saved.tar')], { maxBuffer: 1 << 26 });
  writeFileSync(at('saved.tar.bz2'), stdout);
  await load(at('saved.tar.bz2'), at('loaded'));
  assert.equal((await images(at('loaded')))[0]?.digest, made.manifest);
});

test('a signal is heard while a few bytes of bzip2 stand for many', async t => {
  const { at } = await place(t);
  const controller = new AbortController();
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    if (++turns === 50) controller.abort();
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const bytes = once(Buffer.concat([bzip2Samples.motd, ...Array.from({ length: 12 }, () => bzip2Samples.zeros)]));
  const done = importRootfs(bytes, `${at('img')}:x`, { platform, signal: controller.signal });
  await assert.rejects(done, { name: 'AbortError' });
  isOver = true;
  assert.ok(turns < 500, `${turns} turns`);
});

test('a layer that is stored in bzip2 is read, is said to be mislabelled, and is gzip once it is converted', async t => {
  const { at, tar } = await place(t);
  makeLayout(at('img'));
  const layer = putBytes(at('img'), 'application/vnd.oci.image.layer.v1.tar+gzip', bzip2Samples.motd);
  const diffID = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
  const config = { rootfs: { type: 'layers', diff_ids: [diffID] }, history: [] };
  putName(at('img'), 'x', putImage(at('img'), { layers: [], config, manifest: { layers: [layer] } }));
  const { findings } = await validate(at('img'));
  assert.ok(findings.some(({ code, message }) => code === 'layer-mislabelled' && message.endsWith('are bzip2')));
  assert.ok(!findings.some(({ code }) => code === 'unsupported'));
  await convert(`${at('img')}:x`, { tag: 'y', compression: 'gzip' });
  assert.deepEqual((await diff(`${at('img')}:x`, at('plain.tar'))).changes, []);
  assert.ok(!(await validate(`${at('img')}:y`)).findings.some(({ code }) => code === 'layer-mislabelled'));
});
