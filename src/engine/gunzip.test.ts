import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { endless } from '../testing/endless.ts';
import { reused } from '../testing/reused.ts';
import { DeflatedBlocks } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { gunzip } from './gunzip.ts';
import { heldGunzip } from './held-gunzip.ts';
import { gunzipStream } from './node-gunzip.ts';
import { openRawGunzip } from './raw-gunzip.ts';
import { canThread, threadedBlockGunzip, threadedGunzip } from './threaded-gunzip.ts';

/** What comes of a stream: length and digest of its bytes, or its error. */
async function resultOf(bytes: Bytes): Promise<string> {
  const hash = createHash('sha256');
  let length = 0;
  try {
    for await (const chunk of bytes) {
      hash.update(chunk);
      length += chunk.length;
    }
  } catch (error) {
    return (error as Error).message;
  }
  return `${length} ${hash.digest('hex')}`;
}

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** The same at once, its chunks held. */
async function* held(bytes: Bytes): Bytes {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(Uint8Array.from(chunk));
  const raw = openRawGunzip();
  assert.ok(raw);
  yield* heldGunzip(raw, chunks, 'blob');
}

/** In a thread that tells of the blocks. */
const told = (bytes: Bytes): Bytes => threadedBlockGunzip(bytes, { subject: 'blob', blocks: new DeflatedBlocks() });

const zeros = new Uint8Array(6 << 20);
const whole = gzipSync(noise(100_000));
/** What the pool makes of it; asked for first, so that the pool's own threads are there. */
const expectedWhole = await resultOf(gunzipStream(reused(whole, [1 << 20]), 'blob'));
/** Threads of this process, where the system tells. */
const threads = (): number => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0);

test('this Node has what the inflating thread stands on', () => {
  assert.ok(canThread());
});

test('the thread, the pool and the way at once make the same of every stream, sound or damaged', async () => {
  const before = threads();
  const changed = (at: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[(copy.length + at) % copy.length] = 0x55;
    return copy;
  };
  const streams: readonly Uint8Array[] = [
    whole,
    gzipSync(zeros),
    Buffer.concat([whole, gzipSync(''), whole, Buffer.alloc(700)]),
    Buffer.concat([whole, Buffer.alloc(5), whole]),
    Buffer.concat([whole, Buffer.from('junk')]),
    new Uint8Array(0),
    whole.subarray(0, 5),
    whole.subarray(0, -3),
    whole.subarray(0, -9),
    changed(0),
    changed(2),
    changed(-2),
    changed(-6),
    changed(5000),
  ];
  for (const bytes of streams) {
    for (const size of [1 << 24, 1 << 18, 1 << 10]) {
      // With several chunks an error's offset says how far was read, which is not the same each time.
      const plain = (text: string): string => (size === 1 << 24 ? text : text.replace(/\d+$/, ''));
      const pool = await resultOf(gunzipStream(reused(bytes, [size]), 'blob'));
      assert.equal(plain(await resultOf(threadedGunzip(reused(bytes, [size]), 'blob'))), plain(pool));
      assert.equal(plain(await resultOf(held(reused(bytes, [size])))), plain(pool));
      assert.equal(plain(await resultOf(told(reused(bytes, [size])))), plain(pool));
    }
  }
  assert.equal(threads(), before);
});

test('damage anywhere in a member is refused alike, whoever inflates', async () => {
  const one = gzipSync(noise(300));
  const property = fc.asyncProperty(fc.nat(one.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
    const copy = Buffer.from(one);
    copy[at] = (copy[at] as number) ^ change;
    const pool = await resultOf(gunzipStream(reused(copy, [1000]), 'blob'));
    assert.equal(await resultOf(threadedGunzip(reused(copy, [1000]), 'blob')), pool);
    assert.equal(await resultOf(held(reused(copy, [1000]))), pool);
    assert.equal(await resultOf(told(reused(copy, [1000]))), pool);
  });
  await fc.assert(property, { numRuns: 30 });
});

test('several threads inflate at once, each its own stream', async () => {
  const before = threads();
  const texts = [1, 2, 3].map(seed => noise(3_000_000 + seed));
  const streams = texts.map(text => threadedGunzip(reused(gzipSync(text), [10_000]), 'blob'));
  const expected = texts.map(text => `${text.length} ${createHash('sha256').update(text).digest('hex')}`);
  assert.deepEqual(await Promise.all(streams.map(resultOf)), expected);
  assert.equal(threads(), before);
});

test('a consumer who stops early ends the thread and the source', async () => {
  const before = threads();
  const packed = gzipSync(noise(1 << 20));
  for (const blocks of [undefined, new DeflatedBlocks()]) {
    const { source, isLeft } = endless(packed);
    for await (const chunk of gunzip(source, 'blob', blocks)) {
      assert.ok(chunk.length > 0);
      assert.equal(threads() > before, before > 0, 'it is in a thread');
      break;
    }
    assert.ok(isLeft());
    assert.equal(threads(), before);
  }
});

test('an error of the source passes through the thread', async () => {
  const before = threads();
  const source = async function* (): Bytes {
    yield whole;
    throw new Error('the disk is gone');
  };
  assert.equal(await resultOf(threadedGunzip(source(), 'blob')), 'the disk is gone');
  assert.equal(await resultOf(told(source())), 'the disk is gone');
  assert.equal(threads(), before);
});

test('a thread that breaks is an error, and nobody waits for it', async () => {
  const stream = (program: string): Bytes => threadedGunzip(reused(gzipSync(zeros), [1000]), 'blob', program);
  assert.equal(await resultOf(stream("throw new Error('boom')")), 'boom');
  assert.match(await resultOf(stream('process.exit(3)')), /ended early/);
});

test('a stream that is left open does not keep the process', () => {
  const script = `
    import { gzipSync } from 'node:zlib';
    import { threadedGunzip } from '${new URL('threaded-gunzip.ts', import.meta.url)}';
    async function* source() { for (;;) yield gzipSync(Buffer.alloc(1 << 22)); }
    const { value } = await threadedGunzip(source(), 'blob').next();
    console.log(value.length > 0);`;
  const options = ['--import', 'tsx', '--input-type=module', '-e', script];
  const { status, stdout } = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 600_000 });
  assert.deepEqual([status, stdout], [0, 'true\n']);
});

test('a slow source is waited for', async () => {
  const source = async function* (): Bytes {
    for await (const chunk of reused(whole, [30_000])) {
      await new Promise(resolve => setTimeout(resolve, 5));
      yield chunk;
    }
  };
  assert.equal(await resultOf(threadedGunzip(source(), 'blob')), expectedWhole);
  assert.equal(await resultOf(told(source())), expectedWhole);
});

test('a large stream reads its source to the end, a chunk at a time, whichever way it is inflated', async () => {
  const large = gzipSync(noise(9_000_000), { level: 0 });
  const expected = await resultOf(gunzipStream(reused(large, [1 << 20]), 'blob'));
  for (const size of [1 << 20, 700_001])
    for (const blocks of [undefined, new DeflatedBlocks()])
      assert.equal(await resultOf(gunzip(reused(large, [size]), 'blob', blocks)), expected);
});
