import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bundledScript, ended } from '../testing/bundled-script.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { cachesOf } from './process.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Copies stdin to stdout, every chunk through one buffer that is used again. */
const copier = `
  import { processIo } from '${fileURLToPath(new URL('./process.ts', import.meta.url))}';
  const io = processIo();
  const buffer = new Uint8Array(1 << 20);
  async function* reused() {
    for await (const chunk of io.stdin()) {
      for (let at = 0; at < chunk.length; at += buffer.length) {
        const part = chunk.subarray(at, at + buffer.length);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
        buffer.fill(0);
      }
    }
  }
  await io.stdoutBytes(reused()).catch(error => { io.stderr('refused ' + error.code); process.exitCode = 2; });
`;

function shell(t: TestContext, line: string): { status: number | null; stderr: string; place: string } {
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'in'), randomBytes(5_000_001));
  writeFileSync(join(place, 'copier.mjs'), copier);
  const command = line.replaceAll('COPY', `${process.execPath} --import tsx ${join(place, 'copier.mjs')}`);
  const { status, stderr } = spawnSync('sh', ['-c', command.replaceAll('PLACE', place)], {
    cwd: checkout,
    encoding: 'utf8',
  });
  return { status, stderr, place };
}

for (const [what, line] of [
  ['files', 'COPY < PLACE/in > PLACE/out'],
  ['pipes', 'cat PLACE/in | COPY | (sleep 0.3; cat) > PLACE/out'],
] as const) {
  test(`what comes in goes out byte for byte through ${what}, whatever becomes of a chunk afterwards`, t => {
    const { status, stderr, place } = shell(t, line);
    assert.deepEqual([status, stderr], [0, '']);
    assert.ok(readFileSync(join(place, 'out')).equals(readFileSync(join(place, 'in'))));
  });
}

test('a reader that went away ends the writing without an error', t => {
  const { stderr, place } = shell(t, '(COPY < PLACE/in; echo $? > PLACE/status) | head -c 10 > PLACE/out');
  assert.deepEqual([readFileSync(join(place, 'status'), 'utf8'), stderr], ['0\n', '']);
});

test('a device without room is an error of the writing', t => {
  assert.deepEqual(shell(t, 'COPY < PLACE/in > /dev/full').stderr, 'refused conflict');
});

/** A command that tidies up for as long as nobody stops it, in a process that sends itself a signal, and then another. Its timers come at once. */
const patient = (signal: string, again: boolean): string => `
  import { runProcess } from '${fileURLToPath(new URL('./process.ts', import.meta.url))}';
  globalThis.setTimeout = action => setImmediate(action);
  process.on('exit', () => process.stderr.write('exit hooks ran'));
  await runProcess((argv, io) => new Promise(resolve => {
    const interval = setInterval(() => undefined, 1000);
    io.signal.addEventListener('abort', () => {
      if (${again}) setImmediate(() => process.kill(process.pid, '${signal}'));
      else setImmediate(() => setImmediate(() => { clearInterval(interval); resolve(io.signal.reason.status); }));
    });
    process.kill(process.pid, '${signal}');
  }));
`;

const told = 'ocikit: interrupted: what is half-written is being removed\n';

for (const [signal, status] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends the work, which may take its time to tidy up and then says so; the status is ${status}`, async t => {
    const child = spawn(process.execPath, [await bundledScript(t, patient(signal, false))]);
    assert.deepEqual(await ended(child), { code: status, text: `${told}exit hooks ran` });
  });

  test(`a second ${signal} ends the process at once, after its exit hooks; the status is ${status}`, async t => {
    const child = spawn(process.execPath, [await bundledScript(t, patient(signal, true))]);
    const { code, text } = await ended(child);
    assert.equal(code, status);
    assert.match(text, /exit hooks ran$/);
  });
}

test("the user's cache directory is what an absolute path says, else in the home that is there, and nowhere without one", t => {
  const home = temporaryDirectory(t);
  assert.equal(cachesOf({ XDG_CACHE_HOME: '/caches', HOME: home }), '/caches');
  assert.equal(cachesOf({ HOME: home }), `${home}/.cache`);
  for (const caches of ['', 'caches', './caches', '~/caches'])
    assert.equal(cachesOf({ XDG_CACHE_HOME: caches, HOME: home }), `${home}/.cache`, caches);
  for (const none of [undefined, '', 'ann', '.', `${home}/none`])
    assert.equal(cachesOf({ XDG_CACHE_HOME: 'caches', HOME: none }), undefined, none);
});
