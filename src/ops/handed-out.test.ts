import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Bytes } from '../engine/engine.ts';
import * as library from '../index.ts';
import { temporaryDirectory } from '../testing/temporary.ts';

/** Bytes that no compressor makes less of, and that are others for each number. */
function noise(length: number, from: number): Uint8Array {
  let state = from + 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const names = Array.from({ length: 40 }, (_, at) => `/file${at}`);

/** A directory of small files and of some that are read in several chunks, and an image of it. */
async function prepared(t: TestContext): Promise<string> {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs'));
  for (const [at, name] of names.entries())
    writeFileSync(join(place, 'rootfs', name), noise(at % 10 === 0 ? 1_200_000 : 100 * at, at));
  await library.commit(join(place, 'rootfs'), `${place}/img:app`, { platform: 'linux/amd64' });
  return place;
}

/** Every function that hands out a stream, in each way that its bytes come. */
const handing: readonly (readonly [name: string, call: (place: string) => Promise<{ readonly bytes: Bytes }>])[] = [
  ['catStream', place => library.catStream(`${place}/img:app`, names)],
  ['catStream', place => library.catStream(`${place}/rootfs`, names)],
  ['commitLayerStream', place => library.commitLayerStream(`${place}/rootfs`)],
  ['commitLayerStream', place => library.commitLayerStream(`${place}/rootfs`, { compression: 'gzip' })],
  ['commitLayerStream', place => library.commitLayerStream(`${place}/rootfs`, { compression: 'zstd' })],
  ['cpStream', place => library.cpStream(`${place}/img:app:/.`)],
  ['cpStream', place => library.cpStream({ rootfs: `${place}/rootfs`, path: '/' })],
  ['exportStream', place => library.exportStream(`${place}/img:app`)],
  ['reportStream', place => library.reportStream(`${place}/img:app`)],
  ['saveStream', place => library.saveStream(`${place}/img:app`)],
];

test('every function that hands out a stream is in this table', () => {
  const streams = Object.keys(library).filter(name => name.endsWith('Stream'));
  assert.deepEqual(streams.sort(), [...new Set(handing.map(([name]) => name))].sort());
});

test('the chunks of a stream that is handed out stay what they are, however many are kept, and are nobody else’s', async t => {
  const place = await prepared(t);
  for (const [at, [name, call]] of handing.entries()) {
    const [kept, copies]: [Uint8Array[], Uint8Array[]] = [[], []];
    for await (const chunk of (await call(place)).bytes) {
      kept.push(chunk);
      copies.push(Uint8Array.from(chunk));
    }
    assert.ok(Buffer.concat(kept).equals(Buffer.concat(copies)), `${name}, ${at}`);
    for await (const chunk of (await call(place)).bytes) chunk.fill(7);
    const again: Uint8Array[] = [];
    for await (const chunk of (await call(place)).bytes) again.push(chunk);
    assert.ok(Buffer.concat(again).equals(Buffer.concat(copies)), `${name}, ${at}, after it was written over`);
  }
  await library.exportImage(`${place}/img:app`, join(place, 'a.tar'));
  const parts: Uint8Array[] = [];
  for await (const chunk of (await library.exportStream(`${place}/img:app`)).bytes) parts.push(chunk);
  assert.ok(readFileSync(join(place, 'a.tar')).equals(Buffer.concat(parts)));
});
