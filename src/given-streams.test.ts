import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import type { Bytes } from './engine/engine.ts';
import { OciError } from './errors.ts';
import * as library from './index.ts';
import { isSame, snapshotOf } from './testing/snapshot.ts';
import { tarOf } from './testing/tar-of.ts';
import { temporaryDirectory } from './testing/temporary.ts';

type Options = { readonly signal?: AbortSignal };

/** Every function that takes a stream of its caller's, what it calls it, and a call with one in a prepared place. */
const takers: Readonly<
  Record<string, readonly [name: string, call: (place: string, bytes: Bytes, options?: Options) => Promise<unknown>]>
> = {
  append: ['steps', (place, tar, more) => library.append(`${place}/img:base`, { tar }, { tag: 'appended', ...more })],
  attach: [
    'files',
    (place, file, more) => library.attach(`${place}/img:base`, { file, mediaType: 'text/plain' }, { ...more }),
  ],
  build: ['context', (place, bytes, more) => library.build(bytes, `${place}/img:built`, { ...more })],
  importRootfs: ['file', (place, bytes, more) => library.importRootfs(bytes, `${place}/img:imported`, { ...more })],
  load: ['archive', (place, bytes, more) => library.load(bytes, `${place}/loaded`, { ...more })],
};

/** A stream of some chunks and then of what `after` does, which knows whether it was asked and told to end. */
function streamOf(chunks: readonly unknown[], after: () => Promise<IteratorResult<Uint8Array>>) {
  const state = { asked: 0, waiting: false, ended: false };
  const bytes: Bytes = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = chunks[state.asked++];
        if (state.asked <= chunks.length) return { done: false, value: value as Uint8Array };
        state.waiting = true;
        return after();
      },
      return: async () => {
        state.ended = true;
        return { done: true, value: undefined };
      },
    }),
  };
  return { bytes, state };
}

const never = (): Promise<IteratorResult<Uint8Array>> => new Promise(() => undefined);
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const end = async (): Promise<IteratorResult<Uint8Array>> => ({ done: true, value: undefined });

async function prepared(t: Parameters<typeof temporaryDirectory>[0]): Promise<string> {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs'));
  writeFileSync(join(place, 'rootfs/file'), 'hello\n');
  await library.commit(join(place, 'rootfs'), join(place, 'img:base'), { platform: 'linux/amd64' });
  return place;
}

type Call = (...given: readonly unknown[]) => unknown;

test('the functions of this table, and no others, ask a stream of their caller’s for anything, wherever it stands', async t => {
  const place = await prepared(t);
  const asked = new Set<string>();
  const wraps = [(bytes: Bytes) => bytes, (file: Bytes) => ({ file }), (tar: Bytes) => [{ tar }]];
  for (const [name, call] of Object.entries(library).filter(([name]) => !/^[A-Z]/.test(name)))
    for (const other of [`${place}/img:base`, `${place}/new`])
      for (let at = 0; at < 6; at++) {
        const { bytes, state } = streamOf([], end);
        const given = Array.from({ length: at < 3 ? 2 : 3 }, () => other as unknown);
        for (const wrap of wraps) {
          given[at % 3] = wrap(bytes);
          await (async () => (call as Call)(...given, { dryRun: true }))().catch(() => undefined);
        }
        if (state.asked > 0) asked.add(name);
      }
  assert.deepEqual([...asked].sort(), Object.keys(takers));
});

for (const [function_, [name, call]] of Object.entries(takers)) {
  test(`${function_}: a stream that stands still ends with the signal, is told so, and nothing is left`, async t => {
    const place = await prepared(t);
    const before = snapshotOf(place);
    for (const chunks of [[], [new Uint8Array(512)], [new Uint8Array(512), new Uint8Array(512)]]) {
      const controller = new AbortController();
      const { bytes, state } = streamOf(chunks, never);
      const running = call(place, bytes, { signal: controller.signal });
      while (!state.waiting) await turn();
      controller.abort(new Error('enough'));
      await assert.rejects(running, /^Error: enough$/);
      assert.ok(state.ended, `${chunks.length} chunks`);
      isSame(snapshotOf(place), before, function_);
    }
  });

  test(`${function_}: what comes in a stream and is no bytes is refused, as ${name}, and nothing is left`, async t => {
    const place = await prepared(t);
    const before = snapshotOf(place);
    const block = new Uint8Array(512);
    for (const odd of [
      'text',
      '',
      7,
      null,
      undefined,
      [0],
      {},
      new ArrayBuffer(8),
      new Uint16Array(8),
      new DataView(block.buffer),
    ])
      for (const chunks of [[odd], [block, odd], [odd, block]]) {
        const { bytes, state } = streamOf(chunks, end);
        await assert.rejects(call(place, bytes), (error: unknown) => {
          assert.ok(error instanceof OciError, String((error as Error).stack));
          assert.deepEqual([error.code, error.subject], ['usage', name], error.message);
          return true;
        });
        assert.ok(state.ended, String(odd));
        isSame(snapshotOf(place), before, function_);
      }
  });

  test(`${function_}: an error of the caller's stream is what the caller gets, and nothing is left`, async t => {
    const place = await prepared(t);
    const before = snapshotOf(place);
    for (const chunks of [[], [new Uint8Array(512)]]) {
      const own = new TypeError('of the stream');
      const { bytes } = streamOf(chunks, () => Promise.reject(own));
      await assert.rejects(call(place, bytes), (error: unknown) => error === own);
      isSame(snapshotOf(place), before, function_);
    }
  });
}

test('bytes of another realm are bytes: a test runner has its own', async t => {
  const place = await prepared(t);
  const tar = await tarOf(join(place, 'a.tar'), { a: 'x' });
  const foreign = runInNewContext('text => Uint8Array.from(text)', {}) as (from: readonly number[]) => Uint8Array;
  const bytes = foreign([...readFileSync(tar)]);
  assert.ok(!(bytes instanceof Uint8Array));
  const { bytes: stream } = streamOf([bytes], end);
  const options = { platform: 'linux/amd64' };
  const [one, other] = [
    await library.importRootfs(stream, `${place}/img:one`, options),
    await library.importRootfs(tar, `${place}/img:two`, options),
  ];
  assert.equal(one.diffID, other.diffID);
});
