import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { refusal } from '../testing/answers.ts';
import { makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { diff } from './diff.ts';
import { drop } from './drop.ts';
import { squash } from './squash.ts';
import { strip } from './strip.ts';

/*
 * Layers as no writer of ours makes them: a path twice, one layer twice, links to layers below, names through symbolic links, and what a layer
 * itself replaces again.
 */

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const paths = ['a', 'b', 'c', 'd/a', 'd/b', 'd/e/a', 'l/x'] as const;
const hidden = (path: string): string => path.replace(/[^/]*$/, '.wh.$&');

const arbitraryMember: fc.Arbitrary<RawMember> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...paths), fc.constantFrom('1', '22', '')) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...paths.map(path => `=> ${path}`))) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('l', 'c', 'd'), fc.constantFrom('-> d', '-> a', '-> d/e')) },
  { weight: 1, arbitrary: fc.constantFrom('d/', 'd/e/', 'l/', 'a/').map((path): RawMember => [path]) },
  { weight: 1, arbitrary: fc.constantFrom(...paths, 'd').map((path): RawMember => [hidden(path)]) },
  { weight: 1, arbitrary: fc.constantFrom('d', 'd/e').map((path): RawMember => [`${path}/.wh..wh..opq`]) },
);
const arbitraryLayers = fc
  .tuple(
    fc.array(fc.array(arbitraryMember, { maxLength: 6 }), { minLength: 2, maxLength: 5 }),
    fc.option(fc.nat(4), { freq: 2 }),
  )
  .map(([layers, again]) => [...layers, ...(again === null ? [] : layers.slice(again, again + 1))]);

/** Links to what no layer has had yet are files: nobody can read a layer with one. */
function withoutLostLinks(layers: readonly (readonly RawMember[])[]): readonly (readonly RawMember[])[] {
  const known = new Set<string>();
  return layers.map(members =>
    members.map(([name, content = '']): RawMember => {
      const isLost = content.startsWith('=> ') && !known.has(content.slice(3));
      known.add(name);
      return isLost ? [name, 'own'] : [name, content];
    }),
  );
}

/** Runs a law over random images that can be read at all, and holds that there were enough of them. */
async function overOddImages(
  directory: () => string,
  law: (layout: string, layers: readonly (readonly RawMember[])[], number: number) => Promise<void>,
): Promise<void> {
  let count = 0;
  const property = fc.asyncProperty(arbitraryLayers, fc.nat(100), async (said, number) => {
    const layers = withoutLostLinks(said);
    const layout = makeLayout(join(directory(), 'img'));
    putName(layout, 'app', putImage(layout, { layers: layers.map(members => ({ tar: rawTar(members) })) }));
    try {
      await readWholeImage(`${layout}:app`);
    } catch (error) {
      assert.ok(error instanceof OciError, String((error as Error).stack));
      return;
    }
    count++;
    await law(layout, layers, number);
  });
  await fc.assert(property, { numRuns: 60, endOnFailure: true });
  assert.ok(count > 15, `${count}`);
}

test('squash of any range of odd layers keeps the merged tree', async t => {
  await overOddImages(
    () => temporaryDirectory(t),
    async (layout, layers, number) => {
      const from = 1 + (number % layers.length);
      await squash(`${layout}:app`, { layers: `${from}..`, tag: 'made', hostPlatform });
      const [before, after] = [await readWholeImage(`${layout}:app`), await readWholeImage(`${layout}:made`)];
      assert.deepEqual(after.exact, before.exact);
      assert.deepEqual((await diff(`${layout}:app`, `${layout}:made`, { hostPlatform })).changes, []);
    },
  );
});

test('a layer that is there twice brings two files where a symbolic link led elsewhere in between', async t => {
  const [ways, file, otherWay]: readonly (readonly RawMember[])[] = [
    [
      ['d', '-> e'],
      ['e/', ''],
      ['f/', ''],
    ],
    [['d/a', '1']],
    [['d', '-> f']],
  ];
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const layers = [ways, file, otherWay, file].map(members => ({ tar: rawTar(members ?? []) }));
  putName(layout, 'app', putImage(layout, { layers }));
  await squash(`${layout}:app`, { layers: '1..', tag: 'made', hostPlatform });
  assert.deepEqual((await diff(`${layout}:app`, `${layout}:made`, { hostPlatform })).changes, []);
});

const loop = /expected a path of at most 40 symbolic links, got a loop or a longer way at '.*'$/;

/** Whether nobody could read these layers one over another, because symbolic links that lead nowhere stand where one has a file; links are files here. */
async function isLoop(directory: string, layers: readonly (readonly RawMember[])[]): Promise<boolean> {
  const layout = makeLayout(directory);
  const tars = layers.map(members =>
    rawTar(members.map(([name, content = '']) => [name, content.startsWith('=> ') ? 'own' : content])),
  );
  putName(layout, 'app', putImage(layout, { layers: tars.map(tar => ({ tar })) }));
  try {
    await readWholeImage(`${layout}:app`);
    return false;
  } catch (error) {
    return error instanceof OciError && error.code === 'invalid' && loop.test(error.message);
  }
}

test('drop of an odd layer makes an image that can be read, and says what diff says of it', async t => {
  await overOddImages(
    () => temporaryDirectory(t),
    async (layout, layers, number) => {
      const at = number % layers.length;
      const options = { layers: `${1 + at}`, tag: 'made', hostPlatform, materialize: true };
      // What only the dropped layer hid may be a loop of symbolic links, where an upper layer has something.
      if (await isLoop(join(temporaryDirectory(t), 'img'), layers.toSpliced(at, 1))) {
        const before = snapshotOf(layout);
        await assert.rejects(drop(`${layout}:app`, options), refusal(loop, 'invalid'));
        isSame(snapshotOf(layout), before, 'the layout');
        return;
      }
      const { images } = await drop(`${layout}:app`, options);
      const { changes } = await diff(`${layout}:app`, `${layout}:made`, { hostPlatform });
      assert.deepEqual(
        images[0]?.changes,
        changes.filter(({ kind, reasons }) => kind !== 'C' || reasons.length > 0),
      );
    },
  );
});

test('strip of a path of odd layers leaves no entry of it, and all else as it was', async t => {
  await overOddImages(
    () => temporaryDirectory(t),
    async (layout, layers, number) => {
      const names = layers.flat().flatMap(([name]) => (/\.wh\.|\/$/.test(name) ? [] : [name]));
      const path = names[number % Math.max(1, names.length)];
      if (path === undefined) return;
      await strip(`${layout}:app`, path, { tag: 'made', hostPlatform });
      const [before, after] = [await readWholeImage(`${layout}:app`), await readWholeImage(`${layout}:made`)];
      for (const entry of after.layers.flat()) assert.ok(!`${entry.path}/`.startsWith(`${path}/`), entry.path);
      const bare = (line: string | undefined): string | undefined => line?.replace(/ = .*$/, '');
      for (const [kept, line] of after.exact) assert.equal(bare(line), bare(before.exact.get(kept)), kept);
    },
  );
});
