import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { collected } from '../testing/drained.ts';
import { reused } from '../testing/reused.ts';
import { zstd, zstdHere } from './compress-zstd.ts';
import { nodeZstdEncoder } from './node-zstd-encoder.ts';
import { threadedZstd, ZstdThreads, zstdProgramOf } from './threaded-zstd.ts';
import { lettersOf } from './usual-zlib.ts';
import { openWasmZstd } from './wasm-zstd.ts';
import { frameSize } from './zstd-encoder.ts';

/** What threads may run here. */
const names = nodeZstdEncoder() === undefined ? (['wasm'] as const) : (['node', 'wasm'] as const);
const noise = createHash('shake256', { outputLength: frameSize }).update('thread').digest();
const input = Buffer.concat([lettersOf(frameSize), noise, Buffer.alloc(frameSize), lettersOf(frameSize), noise]);

function threadsOf(name: 'node' | 'wasm', level: number, most: number): ZstdThreads {
  const program = zstdProgramOf(name, level);
  assert.ok(program);
  return new ZstdThreads(program, most);
}

test('threads make the frames that one thread makes, however many they are and however the stream is chunked', async () => {
  const encoder = await openWasmZstd();
  for (const length of [0, 1, frameSize - 1, frameSize, frameSize + 1, 2 * frameSize, input.length]) {
    const content = input.subarray(0, length);
    const expected = await collected(zstdHere(reused(content, [1 << 20]), 3, encoder));
    for (const name of names)
      for (const [most, size] of [
        [1, 1 << 20],
        [2, 1 << 25],
        [3, 77_777],
      ] as const) {
        const made = await collected(threadedZstd(reused(content, [size]), threadsOf(name, 3, most)));
        assert.ok(made.equals(expected), `${length} bytes, ${most} threads, ${name}`);
      }
  }
});

test('a thread makes one frame after the other as if each were its first, at every level', async () => {
  const content = Buffer.concat([lettersOf(frameSize), lettersOf(frameSize + 100_000).map(letter => letter ^ 2)]);
  const encoder = await openWasmZstd();
  for (const level of [1, 2, 4, 5, 7]) {
    const expected = await collected(zstdHere(reused(content, [1 << 20]), level, encoder));
    for (const name of names) {
      const made = await collected(threadedZstd(reused(content, [1 << 20]), threadsOf(name, level, 1)));
      assert.ok(made.equals(expected), `level ${level}, ${name}`);
    }
  }
});

test('threads have no more of a stream than they have room for', async () => {
  for (const name of names) {
    let read = 0;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of reused(input, [1 << 20])) {
        yield chunk;
        read += chunk.length;
      }
    };
    let passed = 0;
    for await (const frame of threadedZstd(source(), threadsOf(name, 1, 1))) {
      assert.ok(frame.length > 0);
      passed++;
      assert.ok(read <= (passed + 2) * frameSize, `${read} bytes at frame ${passed}`);
    }
    assert.equal(passed, 5);
  }
});

test('compressing threads that die, are left, or whose source fails end the stream and its source', async () => {
  let closed = 0;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* reused(input, [1 << 16]);
      throw new Error('the source failed');
    } finally {
      closed++;
    }
  };
  const dying = (program: string): Promise<unknown> =>
    collected(threadedZstd(source(), new ZstdThreads({ program, slots: 2, data: { level: 3 } }, 2)));
  await assert.rejects(dying('process.exit(3)'), /ended early/);
  await assert.rejects(dying("throw new Error('no zstd')"), /no zstd/);
  await assert.rejects(dying("Promise.reject(new Error('no package'))"), /no package/);
  assert.equal(closed, 3);
  for (const name of names) {
    await assert.rejects(collected(threadedZstd(source(), threadsOf(name, 3, 2))), /the source failed/);
    for await (const chunk of threadedZstd(source(), threadsOf(name, 3, 2))) {
      assert.ok(chunk.length > 0);
      break;
    }
  }
  for await (const chunk of zstd(source(), { level: 3 })) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.equal(closed, 4 + 2 * names.length);
});

test('threads end by a signal while they are at a piece, and the stream with its reason', async () => {
  for (const name of names) {
    const stop = new AbortController();
    let asked = 0;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of reused(input, [1 << 20])) {
        if (++asked === 5) setImmediate(() => stop.abort(new Error('enough')));
        yield chunk;
      }
    };
    const frames = threadedZstd(source(), threadsOf(name, 12, 1), stop.signal);
    await assert.rejects(collected(frames), /enough/, name);
  }
});

test('where no thread can be had the bytes are made here, and are the same', async () => {
  const expected = await collected(zstd(reused(input, [1 << 20]), { level: 1 }));
  const encoder = nodeZstdEncoder() ?? (await openWasmZstd());
  assert.ok((await collected(zstdHere(reused(input, [1 << 20]), 1, encoder))).equals(expected));
  // What cannot be given to a thread is why none can be started.
  const data = { level: 1, url: (() => undefined) as unknown as string };
  assert.throws(() => new ZstdThreads({ program: '', slots: 1, data }), /could not be cloned/);
});
