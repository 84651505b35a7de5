import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLayer } from '../codec/layer-reader.ts';
import type { Bytes } from '../engine/engine.ts';
import { importRootfs } from '../ops/import-rootfs.ts';
import { load } from '../ops/load.ts';
import { sparseMember } from '../testing/sparse.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { stoppable } from './stoppable.ts';

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** What became of a stream: whether it was asked for what never comes, and whether it was told to end. */
interface Told {
  asked: boolean;
  value: boolean;
}

/** Some bytes, and then nothing for ever. */
function stalled(first: Uint8Array, told: Told): Bytes {
  let given = false;
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        told.asked = given;
        if (given) return new Promise(() => undefined);
        given = true;
        return Promise.resolve({ done: false, value: first });
      },
      return: async () => {
        told.value = true;
        return { done: true, value: undefined };
      },
    }),
  };
}

test('a stream that stands still is left when its signal says so', async () => {
  const controller = new AbortController();
  const told = { asked: false, value: false };
  let bytes = 0;
  const reading = (async () => {
    for await (const chunk of stoppable(stalled(new Uint8Array(7), told), controller.signal)) bytes += chunk.length;
  })();
  await turn();
  controller.abort(new Error('enough'));
  await assert.rejects(reading, /^Error: enough$/);
  assert.deepEqual([bytes, told.value], [7, true]);
});

test('`import` and `load` of a stream that stands still end with their signal and leave nothing', async t => {
  const place = temporaryDirectory(t);
  for (const [name, run] of [
    [
      'import',
      (bytes: Bytes, signal: AbortSignal) =>
        importRootfs(bytes, join(place, 'import'), { platform: 'linux/amd64', signal }),
    ],
    ['load', (bytes: Bytes, signal: AbortSignal) => load(bytes, join(place, 'load'), { signal })],
  ] as const) {
    const controller = new AbortController();
    const told = { asked: false, value: false };
    const running = run(stalled(new Uint8Array(1024), told), controller.signal);
    while (!told.asked) await turn();
    controller.abort(new Error('enough'));
    await assert.rejects(running, /^Error: enough$/);
    assert.deepEqual([told.value, existsSync(join(place, name))], [true, false], name);
  }
});

test('a hole of 60 GiB in a few bytes of a tar lets the event loop turn, and a signal ends it', async () => {
  const controller = new AbortController();
  let turns = 0;
  const loop = (): void => {
    turns++;
    if (turns === 5) controller.abort(new Error('enough'));
    else setImmediate(loop);
  };
  setImmediate(loop);
  let bytes = 0;
  const tar = sparseMember('hole', 60 * 2 ** 30, 1);
  const sink = {
    entry: () => undefined,
    end: () => undefined,
    data: (chunk: Uint8Array) => {
      bytes += chunk.length;
    },
  };
  const origin = { identity: 'layer', subject: 'layer', signal: controller.signal };
  await assert.rejects(
    readLayer(
      (async function* () {
        yield tar;
      })(),
      origin,
      sink,
    ),
    /^Error: enough$/,
  );
  assert.ok(turns >= 5 && bytes < 2 ** 30, `${turns} turns, ${bytes} bytes`);
});

test('`import` of a named pipe that nobody writes to ends with its signal, and of one that is written takes it all', async t => {
  const place = temporaryDirectory(t);
  const pipe = join(place, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const controller = new AbortController();
  const running = importRootfs(pipe, join(place, 'img'), { platform: 'linux/amd64', signal: controller.signal });
  for (let turns = 0; turns < 20; turns++) await turn();
  controller.abort(new Error('enough'));
  await assert.rejects(running, /^Error: enough$/);
  const tar = await tarOf(join(place, 'a.tar'), { a: 'x'.repeat(200_000) });
  const writer = spawn('sh', ['-c', `cat '${tar}' > '${pipe}'`]);
  const [piped, plain] = [
    await importRootfs(pipe, join(place, 'one'), { platform: 'linux/amd64' }),
    await importRootfs(tar, join(place, 'two'), { platform: 'linux/amd64' }),
  ];
  assert.equal(piped.diffID, plain.diffID);
  writer.kill();
});
