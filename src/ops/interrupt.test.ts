import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs, { lstatSync, readdirSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { bundledScript, ended } from '../testing/bundled-script.ts';
import { layerTar } from '../testing/layout-files.ts';
import { type PreparedPlace, preparePlace } from '../testing/prepared-place.ts';
import { directory, textFile } from '../testing/scripts.ts';
import { ownDirectory } from '../testing/temporary.ts';
import { verbUses } from '../testing/verbs.ts';
import type { FileNode, LayerEntry } from '../tree/node.ts';

/** Bytes of the one large file: what compresses to nothing would not be read, so it is noise. */
const size = 16 << 20;
/** Turns of the event loop that reading, inflating or hashing so much has to leave room for. */
const fewestTurns = 3;

const large: FileNode = { ...textFile('noise', 0o644), size };

function noise(length: number): Uint8Array {
  const words = new Uint32Array(length >> 2);
  let state = 1;
  for (let at = 0; at < words.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[at] = state ^ (state >>> 13);
  }
  return new Uint8Array(words.buffer);
}

const entries: readonly LayerEntry[] = [
  { kind: 'node', path: 'etc', node: directory() },
  ...Array.from({ length: 200 }, (_, at): LayerEntry => ({ kind: 'node', path: `etc/${at}`, node: textFile(`${at}`) })),
  { kind: 'node', path: 'large', node: large },
];

const place = ownDirectory();
let prepared: PreparedPlace;

before(async () => {
  const bytes = noise(size);
  const tar = layerTar(entries, node => (node === large ? bytes : Buffer.from(node.content.source.slice(5))));
  prepared = await preparePlace(place.path, { tars: [tar] });
});
after(() => place.remove());

/** Names, types and sizes of everything in a directory. */
function listing(root: string): readonly string[] {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return paths.sort().map(path => {
    const stat = lstatSync(join(root, path));
    return `${path} ${stat.mode.toString(8)} ${stat.isDirectory() ? '' : stat.size}`;
  });
}

/** Calls back at every turn of the event loop, and counts them, until it is stopped. */
function eachTurn(call: (turns: number) => void): { turns: number; stop(): void } {
  const state = { turns: 0, stop: () => clearImmediate(next) };
  let next: NodeJS.Immediate;
  const turn = (): void => {
    next = setImmediate(turn);
    call(++state.turns);
  };
  next = setImmediate(turn);
  return state;
}

/** What the process waits for on other threads: reads, inflating, threads themselves. */
const threads = (): readonly string[] =>
  process.getActiveResourcesInfo().filter(name => /^(FSReq|Worker|MessagePort|Zlib|WriteWrap)/i.test(name));

/** Counts what is read from files, whoever reads it. */
function countReads(): { count: number; stop(): void } {
  const { readSync } = fs;
  const state = {
    count: 0,
    stop() {
      fs.readSync = readSync;
      syncBuiltinESMExports();
    },
  };
  fs.readSync = ((...words: Parameters<typeof readSync>) => {
    state.count++;
    return readSync(...words);
  }) as typeof readSync;
  syncBuiltinESMExports();
  return state;
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const long = verbUses.filter(({ isLong, takes }) => isLong && takes.length > 0);

/** Whether the bytes of files are read: a bundle's are only where they may have changed. */
const readsBytes = (kind: string): boolean => kind !== 'bundle';

for (const { use, takes, call } of long) {
  test(`${use}: the event loop turns while it goes on, and progress moves`, async () => {
    for (const kind of takes.filter(readsBytes)) {
      const out = join(place.path, 'out');
      const progress = { bytes: 0 };
      const loop = eachTurn(() => undefined);
      try {
        await call(prepared.operands(kind, out), { progress });
      } finally {
        loop.stop();
        fs.rmSync(out, { recursive: true, force: true });
      }
      assert.ok(loop.turns >= fewestTurns, `${kind}: ${loop.turns} turns`);
      assert.ok(progress.bytes > 0, `${kind}: no progress`);
    }
  });

  test(`${use}: a signal ends it with its reason at any moment, and nothing is left, neither files nor work`, async t => {
    const known = listing(place.path);
    let signals = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...takes), fc.nat(8), async (kind, moment) => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const progress = { bytes: 0 };
        const { signal } = controller;
        const loop = eachTurn(turns => turns > moment && controller.abort(reason));
        if (moment === 0) controller.abort(reason);
        const answer = await call(prepared.operands(kind), { signal, progress }).then(
          () => 'done',
          (error: unknown) => error,
        );
        loop.stop();
        if (answer !== 'done') signals++;
        const [bytes, reads] = [progress.bytes, countReads()];
        for (let turns = 0; turns < 8; turns++) await turn();
        reads.stop();
        if (answer === 'done') fs.rmSync(join(place.path, 'out'), { recursive: true, force: true });
        else assert.equal(answer, reason, `${kind} after ${moment} turns: ${(answer as Error).stack}`);
        if (moment === 0 || (moment < fewestTurns - 1 && readsBytes(kind))) assert.equal(answer, reason, kind);
        assert.deepEqual([progress.bytes, reads.count, threads()], [bytes, 0, []], `${kind} after ${moment} turns`);
        assert.deepEqual(listing(place.path), known, `${kind} after ${moment} turns`);
      }),
      { numRuns: 6 },
    );
    t.diagnostic(`${signals} signals`);
  });
}

/** Counts the times that the disk is waited for, and calls back at each of them before it is asked. */
function atEachSync(call: (count: number) => void): { count: number; stop(): void } {
  const { fsync } = fs;
  const state = {
    count: 0,
    stop() {
      fs.fsync = fsync;
      syncBuiltinESMExports();
    },
  };
  fs.fsync = ((...words: Parameters<typeof fsync>) => {
    call(++state.count);
    return fsync(...words);
  }) as typeof fsync;
  syncBuiltinESMExports();
  return state;
}

test('a signal that comes while the last bytes go to the disk ends every verb that writes, and nothing is left', async () => {
  const known = listing(place.path);
  for (const { use, takes, writes, call } of long) {
    const [kind] = takes;
    if (kind === undefined || (writes !== 'file' && writes !== 'layout')) continue;
    const out = join(place.path, 'out');
    const syncs = atEachSync(() => undefined);
    await call(prepared.operands(kind, out)).finally(syncs.stop);
    fs.rmSync(out, { recursive: true, force: true });
    if (syncs.count === 0) continue;
    const controller = new AbortController();
    const reason = new Error('enough');
    const again = atEachSync(count => count === syncs.count && controller.abort(reason));
    const answer = call(prepared.operands(kind, out), { signal: controller.signal }).finally(again.stop);
    await assert.rejects(answer, reason, use);
    assert.deepEqual(listing(place.path), known, use);
  }
});

/** The program, which sends itself the signal after some turns of its event loop. */
const program = (signal: string): string => `
  import { main } from '${fileURLToPath(new URL('../cli/main.ts', import.meta.url))}';
  import { runProcess } from '${fileURLToPath(new URL('../cli/process.ts', import.meta.url))}';
  let left = Number(process.env.TURNS);
  const turn = () => (left-- > 0 ? setImmediate(turn).unref() : process.kill(process.pid, '${signal}'));
  turn();
  void runProcess(main);
`;

/** What may be said while it tidies up: a busy machine takes its time. */
const tidying = /^(ocikit: interrupted: what is half-written is being removed\n)?$/;

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`a command line that gets ${signal} exits with ${status}, says at most that it tidies up and leaves nothing`, async t => {
    const script = await bundledScript(t, program(signal));
    const known = listing(place.path);
    for (const { use, takes, words } of long) {
      const [kind] = takes.filter(readsBytes);
      if (kind === undefined) continue;
      const child = spawn(process.execPath, [script, ...words(prepared.operands(kind))], {
        env: { ...process.env, TURNS: '2' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const { code, text } = await ended(child);
      assert.equal(code, status, use);
      assert.match(text, tidying, use);
      assert.deepEqual(listing(place.path), known, use);
    }
  });
}
