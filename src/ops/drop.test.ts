import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { layerTar, makeLayout, putImage, putIndex, putName } from '../testing/layout-files.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { directory, textFile } from '../testing/scripts.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { LayerEntry } from '../tree/node.ts';
import { diff } from './diff.ts';
import { drop } from './drop.ts';

const textOf = (source: string): Uint8Array => Buffer.from(source.slice('text '.length));
const tarOf = (entries: readonly LayerEntry[]): Buffer =>
  Buffer.from(layerTar(entries, node => textOf(node.content.source)));
const file = (path: string, text: string): LayerEntry => ({ kind: 'node', path, node: textFile(text) });
const dir = (path: string, mode: number): LayerEntry => ({ kind: 'node', path, node: directory(mode) });
const rows = (result: Awaited<ReturnType<typeof drop>>): readonly string[] =>
  result.images[0]?.changes.map(({ kind, path }) => `${kind} ${path}`) ?? [];

function layoutOf(t: TestContext, tars: readonly Uint8Array[], config: object = {}): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putName(layout, 'app', putImage(layout, { layers: tars.map(tar => ({ tar })), config }));
  return `${layout}:app`;
}

test('a layer goes with its line, and the answer says which paths go, come back and are otherwise', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const before = await readWholeImage(`${layout}:app`);
  const result = await drop(`${layout}:app`, { layers: '2' });
  const after = await readWholeImage(`${layout}:app`);
  assert.deepEqual(rows(result), ['A /etc/gone', 'C /etc/motd', 'C /var', 'D /var/new', 'A /var/old']);
  const [digests, kept] = [before, after].map(({ image }) => image.manifest.value.layers.map(({ digest }) => digest));
  assert.deepEqual(kept, [digests?.[0], digests?.[2]]);
  assert.deepEqual(
    after.image.config.value.history?.map(row => row.created_by),
    ['layer 1', 'layer 3'],
  );
  assert.match(result.warnings.join('\n'), /^1 path gone: \/var\/new\n2 paths back: \/etc\/gone, \/var\/old\n/);
  await isValid(layout);
});

test('layers are told by the command in their lines; lines without a layer stay, and none that matches is an error', async t => {
  const history = [
    { created_by: 'FROM base' },
    { created_by: 'ENV clean=1', empty_layer: true },
    { created_by: '/bin/sh -c apt-get clean' },
    { created_by: 'RUN make' },
  ];
  const app = layoutOf(t, [tarOf([file('a', 'a')]), tarOf([file('b', 'b')]), tarOf([file('c', 'c')])], { history });
  const result = await drop(app, { createdBy: '*clean*' });
  assert.deepEqual([result.images[0]?.dropped, rows(result)], [[2], ['D /b']]);
  const { image } = await readWholeImage(app);
  assert.deepEqual(image.config.value.history, [history[0], history[1], history[3]]);
  await assert.rejects(
    drop(app, { createdBy: '*clean*' }),
    refusal(/whose line of history matches '\*clean\*', got none/, 'not-found'),
  );
  await assert.rejects(drop(app, {}), refusal(/expected option layers or option createdBy, got neither/, 'usage'));
  const nothing = await drop(app, { layers: '1..' });
  assert.deepEqual(rows(nothing), ['D /a', 'D /c']);
  assert.deepEqual((await readWholeImage(app)).image.manifest.value.layers, []);
});

test('a link of an upper layer to a dropped file is a conflict, unless the file is copied up', async t => {
  const whole = tarOf([
    file('a', ''),
    { kind: 'hardlink', path: 'b', target: 'a' },
    { kind: 'hardlink', path: 'c', target: 'a' },
  ]);
  const tars = [
    tarOf([file('base', 'base')]),
    tarOf([file('a', 'the body')]),
    whole.subarray(512),
    tarOf([file('top', 'top')]),
  ];
  const app = layoutOf(t, tars);
  const before = await readWholeImage(app);
  await assert.rejects(drop(app, { layers: '2' }), refusal(/layer 3 links '\/b' to '\/a'/, 'conflict'));
  const result = await drop(app, { layers: '2', materialize: true });
  const after = await readWholeImage(app);
  assert.deepEqual([result.images[0]?.rewritten, rows(result)], [[3], ['D /a']]);
  assert.deepEqual(after.exact.get('b'), before.exact.get('a'));
  assert.deepEqual(after.exact.get('c'), `${before.exact.get('a')} = b`);
  const [was, is] = [before, after].map(({ image }) => image.manifest.value.layers.map(({ digest }) => digest));
  assert.deepEqual([is?.[0], is?.[2]], [was?.[0], was?.[3]]);
  await isValid(app);
});

test('a link that its own layer puts something else in the place of is no link any more where its file is dropped', async t => {
  const members: readonly RawMember[][] = [
    [['base', 'base']],
    [['a', 'the body']],
    [
      ['d', '=> a'],
      ['d/', ''],
      ['d/x', 'x'],
    ],
  ];
  const app = layoutOf(t, members.map(rawTar));
  await assert.rejects(drop(app, { layers: '2' }), refusal(/layer 3 links '\/d' to '\/a'/, 'conflict'));
  const result = await drop(app, { layers: '2', materialize: true });
  assert.deepEqual([result.images[0]?.rewritten, rows(result)], [[3], ['D /a']]);
  assert.deepEqual([...(await readWholeImage(app)).exact.keys()], ['base', 'd', 'd/x']);
});

test('a file that a layer puts in the place of its own link, or links there, is the file of that layer', async t => {
  const put: readonly RawMember[] = [
    ['d', '=> a'],
    ['d', 'own'],
  ];
  const linked: readonly RawMember[] = [
    ['d', '=> a'],
    ['e', 'own'],
    ['d', '=> e'],
  ];
  for (const members of [put, linked]) {
    const app = layoutOf(
      t,
      [[['a', 'the body']], members].map(layer => rawTar(layer as readonly RawMember[])),
    );
    const { exact } = await readWholeImage(app);
    assert.deepEqual(rows(await drop(app, { layers: '1', materialize: true })), ['D /a']);
    assert.deepEqual((await readWholeImage(app)).exact, new Map([...exact].filter(([path]) => path !== 'a')));
    await isValid(app);
  }
});

test('where what was taken over is hidden or replaced since, the next link to the file takes it over anew', async t => {
  const since: readonly (readonly RawMember[])[] = [[['d/.wh.a', '']], [['d/a', 'another']], [['.wh.d', '']]];
  for (const members of since) {
    const layers: readonly (readonly RawMember[])[] = [
      [['s', 'the body']],
      [['d/a', '=> s']],
      members,
      [['b', '=> s']],
    ];
    const app = layoutOf(t, layers.map(rawTar));
    const before = await readWholeImage(app);
    const result = await drop(app, { layers: '1', materialize: true });
    const after = await readWholeImage(app);
    assert.deepEqual([result.images[0]?.rewritten, rows(result)], [[2, 4], ['D /s']], `${members}`);
    assert.equal(after.exact.get('b'), before.exact.get('s')?.replace(/ = .*$/, ''), `${members}`);
    await isValid(app);
  }
});

test('what was taken over is linked to by any name that it still has: the layer has its body once', async t => {
  const again: readonly RawMember[] = [
    ['d/a', '=> s'],
    ['d/e', 'another'],
    ['d/b', '=> s'],
  ];
  const byItself: readonly RawMember[] = [
    ['d/a', '=> d/e'],
    ['d/e', 'another'],
    ['d/b', '=> s'],
  ];
  for (const members of [again, byItself]) {
    const layers: readonly (readonly RawMember[])[] = [[['s', 'the body']], [['d/e', '=> s']], members];
    const app = layoutOf(t, layers.map(rawTar));
    const before = await readWholeImage(app);
    const result = await drop(app, { layers: '1', materialize: true });
    const { exact } = await readWholeImage(app);
    assert.deepEqual(result.images[0]?.rewritten, [2, 3], `${members}`);
    assert.equal(exact.get('d/a'), before.exact.get('s')?.replace(/ = .*$/, ''), `${members}`);
    assert.match(exact.get('d/b') ?? '', / = d\/a$/, `${members}`);
    await isValid(app);
  }
});

test('a link to a dropped file is one to a file of another layer where that is the same one', async t => {
  const layers: readonly (readonly RawMember[])[] = [
    [['a', 'the body']],
    [
      ['b', '=> a'],
      ['a', 'another'],
    ],
    [
      ['d', '=> a'],
      ['a', '=> b'],
    ],
  ];
  const app = layoutOf(t, layers.map(rawTar));
  const { exact } = await readWholeImage(app);
  const body = exact.get('b')?.replace(/ = .*$/, '');
  await drop(app, { layers: '2', materialize: true });
  const after = await readWholeImage(app);
  assert.deepEqual(
    [...after.exact],
    [
      ['a', body],
      ['d', `${body} = a`],
    ],
  );
  await isValid(app);
});

test('a directory on the way to a link keeps the attributes that only the dropped layer gave it', async t => {
  const tars = [tarOf([dir('d', 0o700), file('s', 'the body')]), rawTar([['d/x', '=> s']])];
  const app = layoutOf(t, tars);
  const before = await readWholeImage(app);
  const result = await drop(app, { layers: '1', materialize: true });
  const { exact } = await readWholeImage(app);
  assert.deepEqual([rows(result), exact.get('d')], [['D /s'], before.exact.get('d')]);
});

test('the rows name those of several names of a file that a diff of the two images names', async t => {
  const layers: readonly (readonly RawMember[])[] = [
    [
      ['a', '1'],
      ['d', '1'],
    ],
    [
      ['c', '=> d'],
      ['b', '=> d'],
      ['a', '=> d'],
    ],
    [
      ['b', '=> c'],
      ['c', '=> b'],
    ],
  ];
  const app = layoutOf(t, layers.map(rawTar));
  const { images } = await drop(app, { layers: '2', materialize: true, tag: 'made' });
  const { changes } = await diff(app, app.replace(/app$/, 'made'));
  assert.deepEqual(
    changes.map(({ kind, path }) => `${kind} ${path}`),
    ['C /b', 'C /c', 'C /d'],
  );
  assert.deepEqual(images[0]?.changes, changes);
});

test('a layer that only said again what is there is an empty one where its link has nothing to name', async t => {
  const layers: readonly (readonly RawMember[])[] = [[['c', 'the body']], [['d/b', '=> c']], [['c', '=> d/b']]];
  const app = layoutOf(t, layers.map(rawTar));
  const result = await drop(app, { layers: '2', materialize: true });
  const { exact, image } = await readWholeImage(app);
  assert.deepEqual([result.images[0]?.rewritten, [...exact.keys()]], [[3], ['c']]);
  assert.deepEqual(
    image.config.value.history?.map(row => row.empty_layer === true),
    [false, true],
  );
  await isValid(app);
});

test('a link on a way that its own layer makes a loop of is none where its file is dropped', async t => {
  const looping: readonly RawMember[] = [
    ['d/x', '=> a'],
    ['d', '-> d'],
  ];
  const app = layoutOf(
    t,
    [[['a', 'the body']] as const, looping].map(members => rawTar(members)),
  );
  await drop(app, { layers: '1', materialize: true });
  assert.deepEqual([...(await readWholeImage(app)).exact.keys()], ['d']);
});

test('a directory that only the dropped layer described is told of, or taken over', async t => {
  const bare = tarOf([file('d/new', 'new')]);
  // Without the entry of the directory, which the writer of layers would not leave out.
  const tars = [tarOf([file('base', 'base')]), tarOf([dir('d', 0o700)]), bare];
  const app = layoutOf(t, tars);
  const dry = await drop(app, { layers: '2', dryRun: true });
  assert.deepEqual(rows(dry), ['C /d']);
  assert.match(dry.warnings.join('\n'), /1 path of upper layers in directories that only a dropped one described/);
  const result = await drop(app, { layers: '2', materialize: true });
  assert.deepEqual(rows(result), []);
  assert.match((await readWholeImage(app)).exact.get('d') ?? '', /^directory 700 /);
});

test('dropping a layer that was put on top gives the image below back', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'd/a', 'd/b'), { minLength: 1, maxLength: 3 }), async paths => {
      const tars = [tarOf([file('a', 'a'), file('d/a', 'da')]), tarOf([file('b', 'b')])];
      const top = tarOf([...new Set(paths)].map(path => file(path, `new ${path}`)));
      const below = await readWholeImage(layoutOf(t, tars));
      const app = layoutOf(t, [...tars, top]);
      const result = await drop(app, { layers: '3' });
      const after = await readWholeImage(app);
      assert.deepEqual(after.exact, below.exact);
      assert.deepEqual(after.image.config.value, below.image.config.value);
      assert.equal(rows(result).length >= new Set(paths).size, true);
    }),
    { numRuns: 10 },
  );
});

test('of several platforms numbers count only where all have as many layers', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const [one, two] = [tarOf([file('a', 'a')]), tarOf([file('b', 'b')])];
  const amd64 = putImage(layout, { layers: [{ tar: one }, { tar: two }] });
  const arm64 = putImage(layout, { layers: [{ tar: one }], architecture: 'arm64' });
  putName(layout, 'multi', putIndex(layout, [amd64, arm64]));
  await assert.rejects(
    drop(`${layout}:multi`, { layers: '1', allPlatforms: true }),
    refusal(/expected as many layers in all platforms, got 2 and 1/, 'usage'),
  );
  const result = await drop(`${layout}:multi`, { createdBy: 'layer 1', allPlatforms: true });
  assert.deepEqual(
    result.images.map(({ dropped }) => dropped),
    [[1], [1]],
  );
  await isValid(layout);
});

test('the command line drops', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const dry = await runCommand(['drop', `${layout}:app`, '--created-by', 'layer 3', '--dry-run']);
  const done = await runCommand(['drop', `${layout}:app`, '--layers', '3..']);
  assert.deepEqual([done.status, done.out], [0, dry.out]);
  assert.match(done.err, /paths? otherwise: /);
  const json = await runCommand(['drop', `${layout}:app`, '--layers', '2', '--json']);
  assert.deepEqual((JSON.parse(json.out) as { images: { dropped: number[] }[] }).images[0]?.dropped, [2]);
  assert.equal((await runCommand(['drop', `${layout}:app`])).status, 2);
});
