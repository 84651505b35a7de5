import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tellsBlocks } from '../engine/block-gunzip.ts';
import { isValid } from '../testing/answers.ts';
import { blobFile, layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { FileNode, LayerEntry } from '../tree/node.ts';
import { copy } from './copy.ts';
import { squash } from './squash.ts';
import { strip } from './strip.ts';

const skip = !tellsBlocks() && 'no blocks are told here';

/** Words in an order that each file has for itself. */
function textOf({ size, content: { member } }: FileNode): Buffer {
  const text = Buffer.alloc(size);
  let state = member + 1;
  for (let at = 0; at < size; at += 8) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text.write(`${state >>> 12} word `.slice(0, size - at), at, 'latin1');
  }
  return text;
}

const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000_000_000_000n, xattrs: new Map() };
const file = (path: string, size: number, member: number): LayerEntry => ({
  kind: 'node',
  path: path as never,
  node: { kind: 'file', meta, size, content: { source: 'made', member } },
});

/** Three layers of texts, some of them long: of the first two one is replaced, one deleted, and one has a second name. */
const layers: readonly (readonly LayerEntry[])[] = [
  [file('big', 1_500_000, 1), file('gone', 300_000, 2), file('old', 200_000, 3), file('small', 100, 4)],
  [file('old', 250_000, 5), { kind: 'whiteout', path: 'gone' as never }, file('more', 900_000, 6)],
  [file('last', 400_000, 7), { kind: 'hardlink', path: 'second' as never, target: 'last' as never }, file('x', 9, 8)],
];

function made(directory: string): string {
  const layout = makeLayout(join(directory, 'img'));
  putName(layout, 'app', putImage(layout, { layers: layers.map(entries => ({ tar: layerTar(entries, textOf) })) }));
  return layout;
}

const hostPlatform = { os: 'linux', architecture: 'amd64' };

/** The stored bytes of the layers of an image. */
async function blobsOf(layout: string, name: string): Promise<readonly Buffer[]> {
  const { image } = await readWholeImage(`${layout}:${name}`);
  return image.manifest.value.layers.map(({ digest }) => readFileSync(blobFile(layout, digest)));
}

/** How many of 64 pieces of the bytes, 500 long, are in others. */
const sharedPieces = (bytes: Buffer, others: Buffer): number =>
  [...Array(64).keys()].filter(piece => {
    const at = Math.floor((bytes.length / 64) * piece);
    return others.includes(bytes.subarray(at, at + 500));
  }).length;

test('a squashed layer has the bodies as the layers had them compressed, and is the same from wherever they come', {
  skip,
}, async t => {
  const layout = made(temporaryDirectory(t));
  const before = await readWholeImage(`${layout}:app`);
  const options = { created: '2026-01-01T00:00:00Z', hostPlatform };
  const dry = await squash(`${layout}:app`, { ...options, tag: 'one', dryRun: true });
  const one = await squash(`${layout}:app`, { ...options, tag: 'one' });
  assert.equal(one.manifest, dry.manifest);
  assert.deepEqual((await readWholeImage(`${layout}:one`)).exact, before.exact);
  const [[base], [flat]] = [await blobsOf(layout, 'app'), await blobsOf(layout, 'one')];
  assert.ok(base !== undefined && flat !== undefined);
  const shared = sharedPieces(base, flat);
  assert.ok(shared > 30, `${shared} of 64 pieces of the lowest layer are there`);
  const archive = join(layout, '../archive.tar');
  await copy(`${layout}:app`, `oci-archive:${archive}:app`);
  const other = await squash(`oci-archive:${archive}:app`, { ...options, output: `${layout}-two:one` });
  assert.equal(other.manifest, one.manifest);
  await isValid(layout);
});

test('with a level, the portable compressor or another compression all is compressed anew: one diffID', {
  skip,
}, async t => {
  const layout = made(temporaryDirectory(t));
  const before = await readWholeImage(`${layout}:app`);
  const [base] = await blobsOf(layout, 'app');
  const ways = { level: { level: 6 }, portable: { compressor: 'portable' }, zstd: { compression: 'zstd' } } as const;
  const { images } = await squash(`${layout}:app`, { hostPlatform, tag: 'taken' });
  for (const [tag, way] of Object.entries(ways)) {
    const anew = await squash(`${layout}:app`, { hostPlatform, tag, ...way });
    assert.equal(anew.images[0]?.diffID, images[0]?.diffID, tag);
    assert.deepEqual((await readWholeImage(`${layout}:${tag}`)).exact, before.exact);
    const [blob] = await blobsOf(layout, tag);
    // zlib at its own level makes some of the very blocks that it made before.
    if (tag !== 'level') assert.equal(sharedPieces(base as Buffer, blob as Buffer), 0, tag);
  }
  await copy(`${layout}:app`, `${layout}:zst`, { compression: 'zstd' });
  const unzipped = await squash(`${layout}:zst`, { hostPlatform, tag: 'of-zstd', compression: 'gzip' });
  assert.equal(unzipped.images[0]?.diffID, images[0]?.diffID);
  await isValid(layout);
});

test('what is stripped is in no block that is taken over', { skip }, async t => {
  const layout = made(temporaryDirectory(t));
  const before = await readWholeImage(`${layout}:app`);
  await strip(`${layout}:app`, ['/old'], { hostPlatform, tag: 'stripped' });
  const after = await readWholeImage(`${layout}:stripped`);
  assert.deepEqual(
    [...after.exact],
    [...before.exact].filter(([path]) => path !== 'old'),
  );
  const [[base], [stripped]] = [await blobsOf(layout, 'app'), await blobsOf(layout, 'stripped')];
  assert.ok(sharedPieces(base as Buffer, stripped as Buffer) > 40);
  await isValid(layout);
});
