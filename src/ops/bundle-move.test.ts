import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { layersOf } from '../image/layers.ts';
import { readStatIndex } from '../store/bundle/stat-index.ts';
import { openImage } from '../store/open-operand.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { atOnce } from '../tree/parts.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { history } from './history.ts';
import type { CommitOptions } from './options.ts';
import { unpack } from './unpack.ts';

const created = '2026-01-02T03:04:05Z';

/** A layout with one image of a few files, and a bundle of it. */
async function bundled(
  t: TestContext,
): Promise<{ readonly place: string; readonly layout: string; readonly rootfs: string; readonly bundle: string }> {
  const place = temporaryDirectory(t);
  const [from, layout, bundle] = [join(place, 'from'), join(place, 'img'), join(place, 'bundle')];
  mkdirSync(join(from, 'etc'), { recursive: true });
  for (const name of ['etc/one', 'etc/two', 'three']) writeFileSync(join(from, name), `${name} as it was`);
  await commit(from, `${layout}:base`, { created });
  await unpack(`${layout}:base`, bundle, { bundle: true });
  return { place, layout, bundle, rootfs: join(bundle, 'rootfs') };
}

const pathsOf = async (bundle: string): Promise<readonly string[]> =>
  (await diff(bundle)).changes.map(({ kind, path }) => `${kind} ${path}`);

const layersIn = async (image: string): Promise<number> => layersOf((await openImage(image)).image).length;

/** Changes of every kind. */
function change(rootfs: string, word: string): void {
  writeFileSync(join(rootfs, 'etc/one'), `etc/one ${word}`);
  writeFileSync(join(rootfs, `etc/${word}`), word);
  rmSync(join(rootfs, 'three'), { force: true });
  symlinkSync('one', join(rootfs, `link-${word}`));
  mkdirSync(join(rootfs, word));
  chmodSync(join(rootfs, 'etc'), word.length % 2 === 0 ? 0o755 : 0o700);
}

for (const [how, options] of [
  ['as it is', {}],
  ['squashed', { squash: true }],
  ['over another image', { base: 'other' }],
] as const) {
  test(`a bundle that is committed ${how} moves on: nothing differs then, and the next commit is a delta over that image`, async t => {
    const { place, layout, bundle, rootfs } = await bundled(t);
    const more: CommitOptions = 'base' in options ? { base: `${layout}:other` } : options;
    if ('base' in options) {
      mkdirSync(join(place, 'small'));
      await commit(join(place, 'small'), `${layout}:other`, { created });
    }
    change(rootfs, 'first');
    const first = await commit(bundle, `${layout}:v1`, { created, ...more });
    assert.deepEqual(first.warnings, []);
    assert.deepEqual(await pathsOf(bundle), []);
    assert.deepEqual(await pathsOf(bundle), [], 'and contents need not be read for that');
    assert.deepEqual((await diff(`${layout}:v1`, rootfs)).changes, []);
    change(rootfs, 'second');
    assert.deepEqual(await pathsOf(bundle), ['C /etc', 'C /etc/one', 'A /etc/second', 'A /link-second', 'A /second']);
    const second = await commit(bundle, undefined, { created });
    assert.equal(second.changes, 5);
    assert.equal(await layersIn(`${layout}@${second.manifest}`), (await layersIn(`${layout}:v1`)) + 1);
    assert.deepEqual((await diff(`${layout}@${second.manifest}`, rootfs)).changes, []);
    assert.equal((await commit(bundle, `${layout}:v3`, { created })).layer, null);
    assert.deepEqual(readdirSync(bundle).sort(), ['config.json', 'ocikit.index', 'ocikit.json', 'rootfs']);
  });
}

test('the record names the image as an index does, and its files are known unread', async t => {
  const { place, bundle, rootfs } = await bundled(t);
  writeFileSync(join(rootfs, 'new'), 'new');
  const { manifest } = await commit(bundle, join(place, 'elsewhere:ghcr.io/o/app:v1'), { created });
  const side = JSON.parse(readFileSync(join(bundle, 'ocikit.json'), 'utf8')) as {
    layout: string;
    manifest: { digest: string; annotations: Record<string, string>; platform: object };
  };
  assert.deepEqual([side.layout, side.manifest.digest], ['../elsewhere', manifest]);
  assert.equal(side.manifest.annotations['io.containerd.image.name'], 'ghcr.io/o/app:v1');
  const index = atOnce(readStatIndex(join(bundle, 'ocikit.index'), manifest));
  assert.equal(index?.digests.size, 4);
  assert.equal(atOnce(readStatIndex(join(bundle, 'ocikit.index'), `sha256:${'0'.repeat(64)}`)), undefined);
  // What is known needs no layer, nor the image.
  rmSync(join(place, 'elsewhere'), { recursive: true });
  writeFileSync(join(rootfs, 'new'), 'NEW');
  assert.deepEqual(await pathsOf(bundle), ['C /new']);
});

test('keepBase leaves a bundle where it was, a dry run as well, and is refused for what is no bundle', async t => {
  const { place, layout, bundle, rootfs } = await bundled(t);
  change(rootfs, 'first');
  const expected = await pathsOf(bundle);
  const files = ['ocikit.json', 'ocikit.index'].map(name => readFileSync(join(bundle, name)));
  await commit(bundle, `${layout}:v1`, { created, keepBase: true });
  await commit(bundle, `${layout}:v1`, { created, dryRun: true });
  assert.deepEqual(
    ['ocikit.json', 'ocikit.index'].map(name => readFileSync(join(bundle, name))),
    files,
  );
  assert.deepEqual(await pathsOf(bundle), expected);
  assert.equal((await history(`${layout}:v1`)).length, 2);
  await assert.rejects(commit(join(place, 'from'), `${layout}:x`, { keepBase: true }), /keepBase: expected a bundle/);
});

test('what says how to compare or to walk is refused where nothing is compared or walked', async t => {
  const { place, layout } = await bundled(t);
  const [from, tar, base] = [join(place, 'from'), join(place, 'from.tar'), `${layout}:a`];
  await commit(from, base, { created });
  await exportImage(base, tar);
  const directory = { message: /crossMounts: expected a directory to walk, got none/, code: 'usage' };
  const compared = { message: /(squash|trustMtime): expected a bundle, or option base beside it/, code: 'usage' };
  for (const one of [base, tar]) {
    for (const other of [base, tar]) await assert.rejects(diff(one, other, { crossMounts: true }), directory);
    await diff(one, from, { crossMounts: true });
    await diff(from, one, { crossMounts: true });
  }
  await assert.rejects(commit(tar, `${layout}:x`, { crossMounts: true }), directory);
  for (const rootfs of [from, tar])
    for (const options of [{ squash: true }, { trustMtime: true }]) {
      await assert.rejects(commit(rootfs, `${layout}:x`, options), compared);
      await commit(rootfs, `${layout}:x`, { ...options, base, dryRun: true });
    }
});

test('where the image is other than the directory, contents are compared the next time, and say so', async t => {
  for (const [options, expected] of [
    [{ exclude: ['etc/**'] }, ['C /etc', 'C /etc/one']],
    [{ owner: '7:8' }, ['C /etc', 'C /etc/one', 'C /new']],
    [{ clampMtime: 1_000_000_000 }, ['C /etc/one', 'C /new']],
    [{ trustMtime: true }, []],
  ] as const) {
    const { layout, bundle, rootfs } = await bundled(t);
    writeFileSync(join(rootfs, 'etc/one'), 'other');
    writeFileSync(join(rootfs, 'new'), 'new');
    await commit(bundle, `${layout}:v1`, { created, ...options });
    assert.ok(!existsSync(join(bundle, 'ocikit.index')));
    const found = (await diff(bundle)).changes.filter(({ reasons, kind }) => kind !== 'C' || reasons.length > 0);
    const paths = found.map(({ kind, path }) => `${kind} ${path}`);
    for (const path of expected.filter(path => path !== 'C /etc')) assert.ok(paths.includes(path), `${path}: ${paths}`);
    if (expected.length === 0) assert.deepEqual(paths, []);
  }
});

test('what changes while a bundle is committed is there to be seen the next time', async t => {
  const { layout, bundle, rootfs } = await bundled(t);
  writeFileSync(join(rootfs, 'new'), 'new');
  const progress = { bytes: 0, label: undefined as string | undefined };
  let hasChanged = false;
  // The label says `writing` once everything has been looked at.
  Object.defineProperty(progress, 'label', {
    set(label: string) {
      if (label !== 'writing' || hasChanged) return;
      hasChanged = true;
      writeFileSync(join(rootfs, 'etc/two'), 'etc/two as it ran');
      chmodSync(join(rootfs, 'etc'), 0o711);
      writeFileSync(join(rootfs, 'late'), 'late');
    },
  });
  await commit(bundle, `${layout}:v1`, { created, progress });
  assert.ok(hasChanged);
  assert.deepEqual(await pathsOf(bundle), ['C /etc', 'C /etc/two', 'A /late']);
  assert.deepEqual(
    (await diff(bundle)).changes[0]?.reasons.map(({ aspect }) => aspect),
    ['mode'],
  );
});

test('a bundle that cannot be written to stays, with a warning, and its image is made', async t => {
  if (process.getuid?.() === 0) return t.skip('root may write anywhere');
  const { layout, bundle, rootfs } = await bundled(t);
  writeFileSync(join(rootfs, 'new'), 'new');
  chmodSync(bundle, 0o555);
  const { warnings } = await commit(bundle, `${layout}:v1`, { created });
  assert.match(warnings.join(), /bundle: expected a bundle that can be written to.*stays on the image/);
  assert.deepEqual(await pathsOf(bundle), ['A /new']);
});

test('a commit that is stopped while the move is made ready leaves image and bundle as they were', async t => {
  const { layout, bundle, rootfs } = await bundled(t);
  for (let at = 0; at < 300; at++) writeFileSync(join(rootfs, `many-${at}`), `${at}`);
  const before = [readFileSync(join(layout, 'index.json')), readFileSync(join(bundle, 'ocikit.json'))];
  const controller = new AbortController();
  const watched = setInterval(() => {
    if (readdirSync(bundle).some(name => name.startsWith('.ocikit-'))) controller.abort(new Error('enough'));
  }, 0);
  t.after(() => clearInterval(watched));
  const done = await commit(bundle, `${layout}:v1`, { created, signal: controller.signal }).then(
    () => 'made',
    (error: Error) => error.message,
  );
  if (done === 'made') return t.skip('nobody looked in time');
  assert.equal(done, 'enough');
  assert.deepEqual([readFileSync(join(layout, 'index.json')), readFileSync(join(bundle, 'ocikit.json'))], before);
  assert.deepEqual(readdirSync(bundle).sort(), ['config.json', 'ocikit.index', 'ocikit.json', 'rootfs']);
});

test('contents that a commit read are known by what they are compared by: a file that only looks touched is none that differs', async t => {
  const { layout, bundle, rootfs } = await bundled(t);
  const file = join(rootfs, 'zeros');
  const bytes = Buffer.concat([Buffer.alloc(300_000), Buffer.from('end')]);
  const write = (): void => {
    writeFileSync(file, bytes);
    utimesSync(file, 1_700_000_000, 1_700_000_000);
  };
  write();
  await commit(bundle, `${layout}:v1`, { created });
  write();
  assert.deepEqual(await pathsOf(bundle), []);
  bytes[1] = 1;
  write();
  assert.deepEqual(await pathsOf(bundle), ['C /zeros']);
});
