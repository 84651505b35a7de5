import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refusal } from '../testing/answers.ts';
import { asNobody, nobody } from '../testing/as-nobody.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { directory, textFile } from '../testing/scripts.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { impliedMeta, type LayerEntry, type Node } from '../tree/node.ts';
import { withUnmade } from '../tree/overlay.ts';
import { atOnce } from '../tree/parts.ts';
import { find } from '../tree/walk.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { unpack } from './unpack.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const device = (major: number, minor: number): Node => ({
  kind: 'device',
  type: 'char',
  major,
  minor,
  meta: { ...impliedMeta, mode: 0o666 },
});
const node = (path: string, made: Node): LayerEntry => ({ kind: 'node', path, node: made });
const entries: readonly LayerEntry[] = [
  node('dev', directory()),
  node('dev/null', device(1, 3)),
  { kind: 'hardlink', path: 'dev/null2', target: 'dev/null' },
  node('dev/zero', device(1, 5)),
  node('etc', directory()),
  node('etc/motd', textFile('hello\n')),
];

interface Place {
  readonly layout: string;
  readonly image: string;
  readonly root: string;
}

/** An image with devices, and room for an ordinary user to work in. */
function placeOf(t: TestContext): Place {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'img'));
  const tar = layerTar(entries, ({ content }) => Buffer.from(content.source.slice('text '.length)));
  putName(layout, 'v1', putImage(layout, { layers: [{ tar }] }));
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', `${nobody}:${nobody}`, place]);
  return { layout, image: `${layout}:v1`, root: join(place, 'root') };
}

const options = { hostPlatform, ignore: ['owner', 'mtime'] };
const paths = (rows: readonly { readonly kind: string; readonly path: string }[]): readonly string[] =>
  rows.map(({ kind, path }) => `${kind} ${path}`);
const said =
  '/dev/null, /dev/null2, /dev/zero: devices that only root could have made, not there: they stay as they are in the base';

test('devices that an ordinary user could not make are no difference, in either direction, and one warning names them', async t => {
  const { image, root } = placeOf(t);
  await asNobody(async () => {
    await unpack(image, root, { hostPlatform });
    const [there, back] = [await diff(image, root, options), await diff(root, image, options)];
    assert.deepEqual([there.changes, there.warnings], [[], [said]]);
    assert.deepEqual([back.changes, back.warnings], [[], [said]]);
    const part = await diff(image, root, { ...options, paths: ['etc/**'] });
    assert.deepEqual([part.changes, part.warnings], [[], []]);
    await assert.rejects(
      diff(image, root, { ...options, strict: true }),
      refusal(/only root could have made/, 'unsupported'),
    );
  });
});

test('a commit of such a directory keeps the devices of the base, all their names, and writes what did change', async t => {
  const { layout, image, root } = placeOf(t);
  await asNobody(async () => {
    await unpack(image, root, { hostPlatform });
    writeFileSync(join(root, 'etc/new'), 'new\n');
    const { warnings } = await commit(root, `${layout}:v2`, { base: image, owner: '0:0', hostPlatform });
    assert.deepEqual(warnings, [said]);
  });
  const [before, after] = [await readWholeImage(image), await readWholeImage(`${layout}:v2`)];
  for (const path of ['dev/null', 'dev/null2', 'dev/zero']) assert.equal(after.exact.get(path), before.exact.get(path));
  assert.deepEqual([...after.exact.keys()], [...before.exact.keys(), 'etc/new'].sort());
  assert.deepEqual(
    after.layers[1]?.map(({ path }) => path),
    ['etc', 'etc/new'],
  );
});

test('what a user did do to devices counts: a file in the place of one, and their directory gone', async t => {
  const { image, root } = placeOf(t);
  await asNobody(async () => {
    await unpack(image, root, { hostPlatform });
    writeFileSync(join(root, 'dev/zero'), 'mine');
    chmodSync(join(root, 'dev/zero'), 0o644);
    assert.deepEqual(paths((await diff(image, root, options)).changes), ['C /dev', 'C /dev/zero']);
    rmSync(join(root, 'dev'), { recursive: true });
    const gone = await diff(image, root, options);
    assert.deepEqual([paths(gone.changes), gone.warnings], [['D /dev'], []]);
  });
});

test('two directories that could hold no devices are compared as they are', async t => {
  const { image, root } = placeOf(t);
  await asNobody(async () => {
    await unpack(image, root, { hostPlatform });
    mkdirSync(`${root}2`);
    const { warnings } = await diff(root, `${root}2`, options);
    assert.deepEqual(warnings, []);
  });
});

test('root makes devices, so that one which is not there was deleted', {
  skip: process.getuid?.() === 0 ? false : 'needs root',
}, async t => {
  const { image, root } = placeOf(t);
  await unpack(image, root, { hostPlatform });
  rmSync(join(root, 'dev/zero'));
  const { changes, warnings } = await diff(image, root, options);
  assert.deepEqual([paths(changes), warnings], [['C /dev', 'D /dev/zero'], []]);
});

test('only what could not be made is put back, and only into a directory that is there', async t => {
  const { tree } = await readWholeImage(placeOf(t).image);
  const dev = { ...(directory() as Node & { kind: 'directory' }), children: new Map<string, Node>() };
  const after = { ...tree, children: new Map<string, Node>([['dev', dev]]) };
  const filled = atOnce(withUnmade(tree, after, new Set(['device'])));
  assert.deepEqual(filled.paths, ['dev/null', 'dev/null2', 'dev/zero']);
  assert.equal(find(filled.tree, 'etc/motd'), undefined);
  assert.equal(find(filled.tree, 'dev/null'), find(filled.tree, 'dev/null2'));
  assert.equal(atOnce(withUnmade(tree, after, new Set())).tree, after);
});
