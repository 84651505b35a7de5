import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { collected } from '../testing/drained.ts';
import { makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { walk } from '../tree/walk.ts';
import { append } from './append.ts';
import { catStream } from './cat.ts';
import { commit } from './commit.ts';
import { convert } from './convert.ts';
import { diff } from './diff.ts';
import { drop } from './drop.ts';
import { exportImage } from './export-image.ts';
import { importRootfs } from './import-rootfs.ts';
import { rebase } from './rebase.ts';
import { squash } from './squash.ts';
import { strip } from './strip.ts';
import { unpack } from './unpack.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };

interface HardCase {
  readonly layers: readonly (readonly RawMember[])[];
  /** What image-spec says that is there: texts of files, `->` and a target, `/` and a mode of a directory. */
  readonly tree: Readonly<Record<string, string>>;
  /** Nobody knows what is meant: no form of it is taken. */
  readonly leadsOut?: boolean;
  /** Tables of contents have each name once. */
  readonly hasNameTwice?: boolean;
  /** Why a tar with such a top layer is refused, where some engine would refuse it or make something else of it. */
  readonly refused?: RegExp;
}

const directory = '/755';

/** Layers of which engines and their peers make different things. */
const cases: Readonly<Record<string, HardCase>> = {
  'one of two names is written anew': {
    layers: [
      [
        ['a', 'old'],
        ['b', '=> a'],
      ],
      [['a', 'new']],
    ],
    tree: { a: 'new', b: 'old' },
  },
  'a link to a file of a lower layer': {
    layers: [[['a', 'x']], [['b', '=> a']]],
    tree: { a: 'x', b: 'x' },
    refused: /hardlink 'b' to 'a', which is not earlier in the layer/,
  },
  'a link whose target is absolute': {
    layers: [
      [['a', 'x']],
      [
        ['h', 'y'],
        ['b', '=> /h'],
      ],
    ],
    tree: { a: 'x', b: 'y', h: 'y' },
  },
  'the first of two names is hidden': {
    layers: [
      [
        ['a', 'x'],
        ['b', '=> a'],
      ],
      [['.wh.a']],
    ],
    tree: { b: 'x' },
  },
  'hidden and made again in one layer': {
    layers: [[['a', 'old']], [['.wh.a'], ['a', 'new']]],
    tree: { a: 'new' },
  },
  'a directory hidden and made again': {
    layers: [
      [['d/'], ['d/old', 'o']],
      [['.wh.d'], ['d/'], ['d/new', 'n']],
    ],
    tree: { d: directory, 'd/new': 'n' },
    refused: /'d' and its whiteout in one layer/,
  },
  'a directory inside, hidden and made again': {
    layers: [
      [['d/'], ['d/sub/'], ['d/sub/old', 'o']],
      [['d/'], ['d/.wh.sub'], ['d/sub/']],
    ],
    tree: { d: directory, 'd/sub': directory },
    refused: /'d\/sub' and its whiteout in one layer/,
  },
  'made and then hidden in one layer': {
    layers: [[['a', 'old']], [['a', 'new'], ['.wh.a']]],
    tree: { a: 'new' },
    refused: /'a' and its whiteout in one layer/,
  },
  'new in a directory, and hidden in the same layer': {
    layers: [[['d/']], [['d/'], ['d/new', 'n'], ['d/.wh.new']]],
    tree: { d: directory, 'd/new': 'n' },
    refused: /'d\/new' and its whiteout in one layer/,
  },
  'an opaque mark before the children': {
    layers: [
      [['d/'], ['d/old', 'o']],
      [['d/'], ['d/.wh..wh..opq'], ['d/new', 'n']],
    ],
    tree: { d: directory, 'd/new': 'n' },
  },
  'an opaque mark after the children': {
    layers: [
      [['d/'], ['d/old', 'o']],
      [['d/'], ['d/new', 'n'], ['d/.wh..wh..opq']],
    ],
    tree: { d: directory, 'd/new': 'n' },
  },
  'symbolic links that lead up': {
    layers: [[['a', '-> ../b'], ['u/'], ['u/l', '-> ../../b']], [['c', 'c']]],
    tree: { a: '-> ../b', c: 'c', u: directory, 'u/l': '-> ../../b' },
  },
  'written through a symbolic link below': {
    layers: [[['lnk', '-> real'], ['real/']], [['lnk/y', 'y']]],
    tree: { lnk: '-> real', real: directory, 'real/y': 'y' },
  },
  'a file over a directory, with a whiteout in it': {
    layers: [
      [['d/'], ['d/x', 'x']],
      [['d', 'f'], ['d/.wh.x']],
    ],
    tree: { d: 'f' },
    refused: /below what is no directory: podman refuses it/,
  },
  'one path twice in a layer': {
    layers: [
      [['z', 'z']],
      [
        ['a', 'first'],
        ['a', 'last'],
      ],
    ],
    tree: { a: 'last', z: 'z' },
    refused: /'a' stands there twice: podman refuses it/,
    hasNameTwice: true,
  },
  'only the attributes of a directory': {
    layers: [[['d/'], ['d/x', 'x']], [['700|d/']]],
    tree: { d: '/700', 'd/x': 'x' },
  },
  'a name from the root': {
    layers: [[['/a', 'a']], [['/b/'], ['/b/c', 'c']]],
    tree: { a: 'a', b: directory, 'b/c': 'c' },
  },
  'a name that leads out of the root': {
    layers: [[['a', 'a']], [['../esc', 'e']]],
    tree: { a: 'a', esc: 'e' },
    refused: /expected names inside the root, got '\.\.\/esc'/,
    leadsOut: true,
  },
  'an entry of the root': { layers: [[['a', 'a']], [['700|./'], ['./b', 'b']]], tree: { '': '/700', a: 'a', b: 'b' } },
  'parents that no layer has': {
    layers: [[['z', 'z']], [['a/b/c', 'c']]],
    tree: { a: directory, 'a/b': directory, 'a/b/c': 'c', z: 'z' },
  },
  'a whiteout of nothing': { layers: [[['a', 'a']], [['.wh.none']]], tree: { a: 'a' } },
  'a whiteout below a whiteout': {
    layers: [
      [['d/'], ['d/x', 'x'], ['e', 'e']],
      [['.wh.d'], ['d/.wh.x']],
    ],
    tree: { e: 'e' },
    refused: /'d\/x' below a whiteout/,
  },
  'a directory hidden, and something new in it': {
    layers: [
      [['d/'], ['d/old', 'o']],
      [['.wh.d'], ['d/new', 'n']],
    ],
    tree: { d: directory, 'd/new': 'n' },
    refused: /'d\/new' below a whiteout/,
  },
  'something new in a directory that is then hidden': {
    layers: [
      [['d/'], ['d/old', 'o']],
      [['d/new', 'n'], ['.wh.d']],
    ],
    tree: { d: directory, 'd/new': 'n' },
    refused: /'d' and its whiteout in one layer/,
  },
  'a directory that became a symbolic link': {
    layers: [[['d/'], ['d/x', 'x'], ['r/']], [['d', '-> r']]],
    tree: { d: '-> r', r: directory },
  },
};

/** Layers that image-spec calls invalid, and that no engine makes the same of as another. */
const broken: Readonly<Record<string, { readonly top: readonly RawMember[]; readonly refused: RegExp }>> = {
  'a whiteout of no name': { top: [['d/'], ['d/.wh.']], refused: /\.wh\./ },
  'a link that leads out of the root': {
    top: [['b', '=> ../../etc/passwd']],
    refused: /expected a target inside the root for hardlink 'b'/,
  },
  'a link to what no layer has': { top: [['b', '=> none']], refused: /none'/ },
};

interface Made {
  readonly layout: string;
  readonly tars: readonly Uint8Array[];
}

/** A layout with `app`, all layers, and `base`, the lowest; `other` is that base with something else in its config. */
function layoutOf(t: TestContext, layers: HardCase['layers']): Made {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const tars = layers.map(rawTar);
  const stored = tars.map(tar => ({ tar }));
  putName(layout, 'app', putImage(layout, { layers: stored }));
  putName(layout, 'base', putImage(layout, { layers: stored.slice(0, 1) }));
  putName(layout, 'other', putImage(layout, { layers: stored.slice(0, 1), config: { author: 'Ann' } }));
  return { layout, tars };
}

async function textIn(image: string, path: string): Promise<string> {
  const { bytes } = await catStream(image, [`/${path}`], { hostPlatform });
  return (await collected(bytes)).toString();
}

/** The tree of an image in the words of the cases. */
async function shownOf(image: string, tree: HardCase['tree']): Promise<Readonly<Record<string, string>>> {
  const read = await readWholeImage(image);
  const shown: Record<string, string> = {};
  if (tree[''] !== undefined) shown[''] = `/${read.tree.meta.mode.toString(8)}`;
  for (const [path, node] of walk(read.tree))
    shown[path] =
      node.kind === 'directory'
        ? `/${node.meta.mode.toString(8)}`
        : node.kind === 'symlink'
          ? `-> ${node.target}`
          : await textIn(image, path);
  return shown;
}

/** Tries each verb that makes an image of these layers, and holds what it makes to what the layers say. */
async function tryVerbs(t: TestContext, { layers, tree, hasNameTwice }: HardCase): Promise<void> {
  const { layout } = layoutOf(t, layers);
  const place = temporaryDirectory(t);
  const app = `${layout}:app`;
  const { exact } = await readWholeImage(app);
  const is = async (name: string, label: string): Promise<void> => {
    assert.deepEqual((await readWholeImage(`${layout}:${name}`)).exact, exact, label);
    assert.deepEqual(await shownOf(`${layout}:${name}`, tree), tree, label);
  };
  await is('app', 'as it is');
  for (const range of ['1..', '2..', '1..1']) {
    await squash(app, { layers: range, tag: 'flat' });
    await is('flat', `squash ${range}`);
  }
  for (const compression of ['zstd', 'none'] as const) {
    await convert(app, { compression, tag: 'form' });
    await is('form', `convert to ${compression}`);
  }
  for (const compression of ['zstd:chunked', 'estargz'] as const) {
    const converted = convert(app, { compression, tag: 'lazy' });
    if (hasNameTwice === true) await assert.rejects(converted, refusal(/expected each name once, got 'a' twice/));
    else await converted.then(() => convert(`${layout}:lazy`, { compression: 'gzip', tag: 'back' }));
    if (hasNameTwice !== true) await is('back', `to ${compression} and back`);
  }
  await rebase(app, { oldBase: `${layout}:base`, newBase: `${layout}:other`, tag: 'moved' });
  await is('moved', 'rebase onto the same layers');
  await drop(app, { layers: '2', tag: 'lower', materialize: true });
  assert.deepEqual((await readWholeImage(`${layout}:lower`)).exact, (await readWholeImage(`${layout}:base`)).exact);
  await exportImage(app, join(place, 'app.tar'));
  await importRootfs(join(place, 'app.tar'), `${layout}:imported`);
  await is('imported', 'export and import');
}

/** Appends the top layer as a tar to the base: refused where an engine would make something else of it. */
async function tryAppend(t: TestContext, { layers, tree, refused, leadsOut = false }: HardCase): Promise<void> {
  const { layout, tars } = layoutOf(t, layers);
  const file = join(temporaryDirectory(t), 'top.tar');
  writeFileSync(file, tars[1] ?? '');
  const appended = append(`${layout}:base`, [{ tar: file }], { tag: 'new', hostPlatform });
  if (refused !== undefined) await assert.rejects(appended, refusal(refused, 'invalid'));
  else await appended;
  const normalized = append(`${layout}:base`, [{ tar: file }], { normalize: true, tag: 'normalized', hostPlatform });
  if (leadsOut) return assert.rejects(normalized, refusal(refused ?? /^/, 'invalid'));
  await normalized;
  assert.deepEqual(await shownOf(`${layout}:normalized`, tree), tree, 'append --tar --normalize');
  await isValid(`${layout}:normalized`);
  if (refused !== undefined) return;
  assert.deepEqual(await shownOf(`${layout}:new`, tree), tree, 'append --tar');
  assert.deepEqual((await readWholeImage(`${layout}:new`)).exact, (await readWholeImage(`${layout}:app`)).exact);
}

/** Takes every file of the lowest layer out, one after the other: nothing else changes. */
async function tryStrip(t: TestContext, { layers, tree }: HardCase): Promise<void> {
  const { layout } = layoutOf(t, layers);
  const names = layers
    .flat()
    .flatMap(([name, content]) => (content === undefined || /[|>]|\.wh\.|\.\./.test(name + content) ? [] : [name]));
  for (const path of new Set(names)) {
    await strip(`${layout}:app`, [path], { tag: 'stripped', hostPlatform });
    const shown = await shownOf(`${layout}:stripped`, tree);
    const left = Object.entries(tree).filter(([at]) => shown[at] !== undefined);
    assert.deepEqual(Object.entries(shown), left, `strip ${path}`);
    for (const layer of (await readWholeImage(`${layout}:stripped`)).layers)
      for (const entry of layer) assert.notEqual(entry.path, path.replace(/^\//, ''), `strip ${path}`);
  }
}

/** Unpacked and committed again, an image is what it was. */
async function tryDisk(t: TestContext, { layers }: HardCase): Promise<void> {
  const { layout } = layoutOf(t, layers);
  const rootfs = join(temporaryDirectory(t), 'rootfs');
  await unpack(`${layout}:app`, rootfs);
  // Who is not root owns what he unpacks.
  const ignored = process.getuid?.() === 0 ? [] : (['owner'] as const);
  const { changes } = await diff(`${layout}:app`, rootfs, { ignore: [...ignored], hostPlatform });
  assert.deepEqual(changes, []);
  if (ignored.length > 0) return;
  const { layer } = await commit(rootfs, `${layout}:again`, { base: `${layout}:app`, hostPlatform });
  assert.equal(layer, null);
}

for (const [label, hard] of Object.entries(cases))
  test(`every verb makes of ${label} what image-spec says`, async t => {
    await tryVerbs(t, hard);
    await tryAppend(t, hard);
    await tryStrip(t, hard);
    await tryDisk(t, hard);
  });

for (const [label, { top, refused }] of Object.entries(broken))
  test(`no verb makes anything of ${label}`, async t => {
    const { layout, tars } = layoutOf(t, [[['a', 'a']], top]);
    const app = `${layout}:app`;
    const file = join(temporaryDirectory(t), 'top.tar');
    writeFileSync(file, tars[1] ?? '');
    for (const work of [
      squash(app, { tag: 'new' }),
      drop(app, { layers: '1', tag: 'new' }),
      strip(app, ['a'], { tag: 'new' }),
      rebase(app, { oldBase: `${layout}:base`, newBase: `${layout}:other`, tag: 'new' }),
      append(`${layout}:base`, [{ tar: file }], { tag: 'new' }),
      exportImage(app, join(layout, '../out.tar')),
      unpack(app, join(layout, '../rootfs')),
    ])
      await assert.rejects(work, (error: unknown) => error instanceof OciError && refused.test(error.message));
    await isValid(`${layout}:base`);
  });
