import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { fix } from './fix.ts';
import { validate } from './validate.ts';

const below: readonly RawMember[] = [['a/'], ['a/x', 'x'], ['d/'], ['d/old', 'o'], ['file', '-> a/x'], ['dir', '-> a']];

/** A layout whose image has these layers, bottom first. */
function layoutOf(t: TestContext, layers: readonly (readonly RawMember[])[]): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putName(layout, 'app', putImage(layout, { layers: layers.map(members => ({ tar: rawTar(members) })) }));
  return layout;
}

/** What is found in a layer over those below, but for notes. */
async function foundIn(t: TestContext, layers: readonly (readonly RawMember[])[]): Promise<readonly string[]> {
  const { findings } = await validate(layoutOf(t, layers));
  return findings.map(({ code, member }) => `${code} ${member}`);
}

test('an entry or a whiteout below what a lower layer has as no directory is found, links followed', async t => {
  const cases: readonly (readonly [layer: readonly RawMember[], found: readonly string[]])[] = [
    [[['a/x/new']], ['tar-below-file a/x/new']],
    [[['a/x/b/c/new']], ['tar-below-file a/x/b/c/new']],
    [[['file/new']], ['tar-below-file file/new']],
    [
      [
        ['h', 'h'],
        ['a/x/new', '=> h'],
      ],
      ['tar-below-file a/x/new'],
    ],
    [[['a/.wh.x'], ['a/x/new']], ['tar-below-whiteout a/x/new']],
    [[['a/x/.wh.y']], ['tar-whiteout-below-file a/x/y']],
    [[['a/x/b/.wh.y']], ['tar-whiteout-below-file a/x/b/y']],
    [[['file/.wh.y']], ['tar-whiteout-below-file file/y']],
    [[['a/x/'], ['a/x/new']], []],
    [[['a/x/'], ['a/x/.wh.y']], []],
    [[['dir/new']], []],
    [[['dir/.wh.x']], []],
    [[['none/.wh.x']], []],
  ];
  for (const [layer, found] of cases) assert.deepEqual(await foundIn(t, [below, layer]), found, JSON.stringify(layer));
});

test('the same is found of a link to a file in the layer itself, and no parent is missed where a link leads to it', async t => {
  assert.deepEqual(await foundIn(t, [[['f'], ['l', '-> f'], ['l/new']]]), ['tar-below-file l/new']);
  const { notes } = await validate(layoutOf(t, [below, [['dir/new']]]));
  assert.deepEqual(notes, []);
});

test('a hardlink is told by what it names when it comes', async t => {
  const cases: readonly (readonly [layer: readonly RawMember[], found: readonly string[]])[] = [
    [[['a/.wh.x'], ['h', '=> a/x']], ['tar-hardlink-missing h']],
    [[['.wh.a'], ['h', '=> a/x']], ['tar-hardlink-missing h']],
    [[['a/.wh..wh..opq'], ['h', '=> a/x']], ['tar-hardlink-missing h']],
    [[['h', '=> a/x'], ['a/.wh.x']], ['tar-hardlink-lower h']],
    [[['h', '=> dir/x']], ['tar-hardlink-lower h']],
    [
      [['h'], ['h', '=> h']],
      ['tar-duplicate-path h', 'tar-hardlink-forward h'],
    ],
    [[['s', '-> q'], ['q/'], ['q/f'], ['h', '=> s/f']], []],
    [
      [['q'], ['.wh.q'], ['h', '=> q']],
      ['tar-whiteout-after-entry q', 'tar-hardlink-deleted h'],
    ],
    [
      [['q/'], ['q/f'], ['.wh.q'], ['h', '=> q/f']],
      ['tar-whiteout-after-directory q', 'tar-hardlink-deleted h'],
    ],
    [[['.wh.q'], ['q'], ['h', '=> q']], []],
  ];
  for (const [layer, found] of cases) assert.deepEqual(await foundIn(t, [below, layer]), found, JSON.stringify(layer));
});

test('an opaque whiteout of what the layer makes a file, or deletes, is found', async t => {
  assert.deepEqual(await foundIn(t, [below, [['d', 'f'], ['d/.wh..wh..opq']]]), ['tar-whiteout-below-file d']);
  assert.deepEqual(await foundIn(t, [below, [['.wh.d'], ['d/.wh..wh..opq']]]), ['tar-whiteout-under-whiteout d']);
  assert.deepEqual(await foundIn(t, [below, [['d/'], ['d/.wh..wh..opq']]]), []);
});

test('what is found in a layer over others is mended without a change to the files', async t => {
  const engines = ['docker', 'podman', 'containerd', 'umoci'] as const;
  const layers: readonly (readonly RawMember[])[] = [
    [['a/x/new', 'n']],
    [['file/.wh.y']],
    [['q', 'q'], ['.wh.q'], ['h', '=> q']],
    [['d/'], ['d/n', 'n'], ['.wh.d']],
    [
      ['h', 'h'],
      ['h', '=> h'],
    ],
    [['.wh.d'], ['d/.wh..wh..opq']],
  ];
  for (const layer of layers) {
    const layout = layoutOf(t, [below, layer]);
    const { mended } = await fix(layout, { output: `${layout}-mended`, created: '2026-01-01T00:00:00Z' });
    assert.ok(mended.length > 0, JSON.stringify(layer));
    const { findings, engines: said } = await validate(`${layout}-mended`, { engines });
    assert.deepEqual(findings, [], JSON.stringify(layer));
    assert.deepEqual(
      said?.map(({ verdict }) => verdict),
      engines.map(() => 'accepts'),
      JSON.stringify(layer),
    );
  }
});

test('an opaque whiteout that is a directory is odd, and what AUFS kept is not', async t => {
  assert.deepEqual(await foundIn(t, [below, [['d/'], ['d/.wh..wh..opq/']]]), ['tar-whiteout-odd d/.wh..wh..opq/']);
  assert.deepEqual(await foundIn(t, [below, [['.wh..wh.plnk/'], ['.wh..wh.aufs', 'a']]]), []);
});
