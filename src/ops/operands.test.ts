import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs, { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { withName } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { openLayout } from '../store/layout/layout.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { analyze } from './analyze.ts';
import { blame } from './blame.ts';
import { catStream } from './cat.ts';
import { commit } from './commit.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { diffLayers } from './diff-layers.ts';
import { exportImage } from './export-image.ts';
import { files } from './files.ts';
import { history } from './history.ts';
import { images } from './images.ts';
import { importRootfs } from './import-rootfs.ts';
import { init } from './init.ts';
import { inspect, inspectRaw } from './inspect.ts';
import { load } from './load.ts';
import { packages } from './packages.ts';
import { referrers } from './referrers.ts';
import { save } from './save.ts';
import { squash } from './squash.ts';
import { tag } from './tag.ts';
import { unpack } from './unpack.ts';
import { untag } from './untag.ts';
import { validate } from './validate.ts';

const platform = 'linux/amd64';

/** A layout of two images, `a` and `b`, that differ in one file. */
async function twoImages(t: TestContext, name = 'img'): Promise<{ place: string; img: string }> {
  const place = temporaryDirectory(t);
  const img = join(place, name);
  mkdirSync(join(place, 'rootfs'));
  for (const one of ['a', 'b']) {
    writeFileSync(join(place, 'rootfs/who'), one.repeat(9));
    await commit(join(place, 'rootfs'), { path: img, name: one }, { platform });
  }
  return { place, img };
}

/** Calls `after` each time that a file has been opened, with how often that was so far. Puts `node:fs` back when the test ends. */
function onOpen(t: TestContext, file: string, after: (times: number) => void): { readonly times: () => number } {
  const { openSync } = fs;
  let times = 0;
  fs.openSync = (path, ...rest) => {
    const opened = openSync(path, ...rest);
    if (path === file) after(++times);
    return opened;
  };
  syncBuiltinESMExports();
  t.after(() => {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  });
  return { times: () => times };
}

test('a place is opened once, and a name that moves meanwhile is never half seen', async t => {
  const { place, img } = await twoImages(t);
  const index = join(img, 'index.json');
  const calm = readFileSync(index, 'utf8');
  const swapped = calm.replace(/ref\.name":"(a|b)"/g, (_, name) => `ref.name":"${name === 'a' ? 'b' : 'a'}"`);
  assert.notEqual(swapped, calm);
  const tar = join(place, 'out.tar');
  const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
    history: () => history(`${img}:a`),
    inspect: () => inspect([`${img}:a`, { path: img, name: 'b' }, `${join(place, 'rootfs/..')}/img:a`]),
    'inspect --raw': async () => Buffer.from(await inspectRaw(`${img}:a`, 'index')).toString(),
    images: () => images([img, `${img}:a`]),
    diff: () => diff(`${img}:a`, `${img}:b`),
    'diff with a directory': () => diff(`${img}:a`, join(place, 'rootfs')),
    export: () => exportImage(`${img}:a`, tar, { dryRun: true }),
    unpack: async () => unpack(`${img}:a`, join(place, 'unpacked'), { force: true }),
    save: async () => save([`${img}:a`, `${img}:b`], tar, { platform }),
    'save of one': async () => save([`${img}:a`], tar, { platform, dryRun: true }),
    copy: () => copy(`${img}:a`, join(place, 'copied:a'), { referrers: true }),
    validate: () => validate(`${img}:a`),
    'commit on a base': () => commit(join(place, 'rootfs'), join(place, 'other:x'), { base: `${img}:a` }),
  };
  let disturb = false;
  const opened = onOpen(t, index, () => {
    if (!disturb) return;
    writeFileSync(`${index}.new`, swapped);
    renameSync(`${index}.new`, index);
  });
  for (const [name, verb] of Object.entries(verbs)) {
    disturb = false;
    writeFileSync(index, calm);
    const expected = await verb();
    disturb = true;
    const before = opened.times();
    assert.deepEqual(await verb(), expected, name);
    assert.equal(opened.times() - before, 1, `${name} reads the index once`);
  }
});

/** Counts how often the first header of a file is read: an archive's blobs lie behind it. */
function onFirstHeader(t: TestContext, file: string): { readonly times: () => number } {
  const { openSync, closeSync, readSync } = fs;
  const files = new Set<number>();
  let times = 0;
  Object.assign(fs, {
    openSync: (path: string, ...rest: [number]) => {
      const opened = openSync(path, ...rest);
      if (path === file) files.add(opened);
      return opened;
    },
    closeSync: (opened: number) => {
      files.delete(opened);
      closeSync(opened);
    },
    readSync: (opened: number, buffer: Buffer, offset: number, length: number, position: number) => {
      if (files.has(opened) && position === 0 && length >= 512) times++;
      return readSync(opened, buffer, offset, length, position);
    },
  });
  syncBuiltinESMExports();
  t.after(() => {
    Object.assign(fs, { openSync, closeSync, readSync });
    syncBuiltinESMExports();
  });
  return { times: () => times };
}

test('the headers of an archive are read once, whatever is asked of it', async t => {
  const { place, img } = await twoImages(t);
  const [oci, docker] = [join(place, 'oci.tar'), join(place, 'docker.tar')];
  await save([`${img}:a`, `${img}:b`], oci, { platform, format: 'oci' });
  await save([`${img}:a`, `${img}:b`], docker, { platform, format: 'docker' });
  for (const archive of [oci, docker]) {
    const [a, b] = [`${archive}:a`, `${archive}:b`];
    const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
      diff: () => diff(a, b),
      'diff of layers': () => diffLayers(a, b),
      'diff with a directory': () => diff(a, join(place, 'rootfs')),
      files: () => files(a, ['/']),
      blame: () => blame(a, '/who'),
      cat: () => catStream(a, ['/who']),
      analyze: () => analyze(a),
      packages: () => packages(a),
      images: () => images([archive]),
      inspect: () => inspect([a, b]),
      history: () => history(a),
      validate: () => validate(archive),
      referrers: () => referrers(a),
      export: () => exportImage(a, join(place, 'exported.tar')),
      unpack: () => unpack(a, join(place, 'unpacked'), { force: true }),
      save: () => save([a, b], join(place, 'saved.tar'), { platform }),
      copy: () => copy(a, join(place, 'copied:a')),
      load: () => load(archive, join(place, 'loaded')),
      squash: () => squash(a, { output: join(place, 'squashed:a') }),
      'commit on a base': () => commit(join(place, 'rootfs'), join(place, 'other:x'), { base: a }),
    };
    const opened = onFirstHeader(t, archive);
    for (const [name, verb] of Object.entries(verbs)) {
      const before = opened.times();
      await verb();
      assert.equal(opened.times() - before, 1, `${name} reads the headers of ${archive} once`);
    }
  }
});

test('untag is all or nothing, counts what is said twice once, and leaves a name that has moved', async t => {
  const { place, img } = await twoImages(t);
  const index = join(img, 'index.json');
  const before = readFileSync(index);
  await tag(`${img}:a`, ['docker.io/library/app:v1']);
  const named = readFileSync(index);
  await assert.rejects(untag([`${img}:a`, `${img}:nothing`]), refusal(/nothing/, 'not-found'));
  await assert.rejects(untag([`${img}:a`, img]), refusal(/LAYOUT:NAME/, 'usage'));
  assert.deepEqual(readFileSync(index), named);
  const spellings = [`${img}:app:v1`, { path: img, name: 'docker.io/library/app:v1' }, `${place}/./img:app:v1`];
  assert.equal((await untag(spellings)).removed.length, 1);
  assert.deepEqual(
    (await untag([`${img}:a`, `${img}:a`, `${img}:b`])).removed.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual(
    (await images([img])).map(({ tag }) => tag),
    [null, null],
  );
  writeFileSync(index, before);
  const digests = (await images([img])).map(({ digest }) => digest);
  const opened = onOpen(t, index, times => {
    if (times !== 1) return;
    const swapped = before
      .toString()
      .replace(/ref\.name":"a"/, 'ref.name":"c"')
      .replace('ref.name":"b"', 'ref.name":"a"');
    writeFileSync(`${index}.new`, swapped);
    renameSync(`${index}.new`, index);
  });
  const { removed } = await untag([`${img}:a`]);
  assert.equal(opened.times(), 2);
  assert.ok(removed[0] !== undefined && digests.includes(removed[0].digest));
  assert.deepEqual((await images([img])).map(({ tag }) => tag).sort(), ['a', 'c']);
  await isValid(img);
});

test('the parts of an operand are taken as they are, whatever characters they hold', async t => {
  const { place, img } = await twoImages(t, 'oci:img:a@44');
  const a = { path: img, name: 'a' };
  const [row] = await history(a);
  assert.ok(row);
  assert.equal((await images([{ path: img }])).length, 2);
  assert.equal((await diff(a, { path: img, name: 'b' })).changes.length, 1);
  assert.deepEqual((await diff(a, { path: img, digest: row.id })).changes, []);
  assert.equal((await diff({ kind: 'rootfs', path: join(place, 'rootfs') }, a)).changes.length, 1);
  await copy(a, { kind: 'oci-archive', path: join(place, 'x:y.tar'), name: 'v1' });
  await load({ path: join(place, 'x:y.tar') }, { path: join(place, 'l:1') });
  await init({ path: join(place, 'l:2') });
  await save([a], join(place, 'saved.tar'));
  await exportImage(a, join(place, 'rootfs.tar'));
  await importRootfs(join(place, 'rootfs.tar'), { path: join(place, 'l:2') }, { platform });
  assert.equal((await images([{ path: join(place, 'l:2') }]))[0]?.tag, 'latest');
  await isValid({ path: img });
  await assert.rejects(history({ path: img, name: 'c' }), refusal(/oci:img:a@44:c: expected/, 'not-found'));
});

test('what an operand says and a verb has no use for is refused', async t => {
  const { place, img } = await twoImages(t);
  await assert.rejects(init(join(place, 'new:v1')), refusal(/new:v1: expected a LAYOUT, got one image of it/, 'usage'));
  await assert.rejects(load(`${img}:a`, join(place, 'l')), refusal(/expected an archive/, 'usage'));
  await assert.rejects(load(img, join(place, 'l:v1')), refusal(/expected a LAYOUT/, 'usage'));
  await assert.rejects(images([`${img}@44`]), refusal(/got a digest/, 'usage'));
  await assert.rejects(history({ kind: 'rootfs', path: img } as never), refusal(/expected an image/, 'usage'));
});

test('no document is stored that breaks its schema', async t => {
  const { place, img } = await twoImages(t);
  const before = readFileSync(join(img, 'index.json'));
  const blobs = readdirSync(join(img, 'blobs/sha256')).sort();
  const rootfs = join(place, 'rootfs');
  await assert.rejects(commit(rootfs, `${img}:c`, { platform, createdBy: 1 as never }), refusal(/created_?[bB]y/));
  const odd = { platform: { os: '', architecture: 'amd64' } };
  await assert.rejects(
    commit(rootfs, `${img}:c`, { hostPlatform: odd.platform }),
    refusal(/os: expected text that is not empty|hostPlatform/),
  );
  assert.deepEqual(readFileSync(join(img, 'index.json')), before);
  assert.deepEqual(readdirSync(join(img, 'blobs/sha256')).sort(), blobs);
  const store = await openLayout(img);
  await assert.rejects(
    store.updateIndex(index => ({ ...index, manifests: [{ mediaType: 'a/b', digest: 'sha256:abc', size: 1 }] })),
    refusal(/index\.json sha256:abc \/digest: expected/, 'invalid'),
  );
  const [entry] = (await store.index()).value.manifests;
  const damaged = JSON.stringify({
    schemaVersion: 2,
    manifests: [entry, { ...entry, digest: `sha256:${'1'.repeat(64)}`, platform: { os: '', architecture: '' } }],
  });
  writeFileSync(join(img, 'index.json'), damaged);
  await store.updateIndex(index => withName(index, 'fine', entry as Descriptor));
});

test('diff takes a warning for an error where it is strict', async t => {
  const { place, img } = await twoImages(t);
  const rootfs = join(place, 'rootfs');
  const server = createServer().listen(join(rootfs, 'socket'));
  t.after(() => server.close());
  await once(server, 'listening');
  assert.equal((await diff(rootfs, `${img}:b`)).warnings.length, 1);
  await assert.rejects(diff(rootfs, `${img}:b`, { strict: true }), refusal(/^strict: .*socket/, 'unsupported'));
});
