import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isValid } from './answers.ts';
import { bundledScript, ended } from './bundled-script.ts';
import { preparePlace } from './prepared-place.ts';
import { temporaryDirectory } from './temporary.ts';

const at = (path: string): string => new URL(path, import.meta.url).pathname;

/** A program that kills itself at the disk-changing call whose number it is given, so that every moment is met without a clock. */
const program = `
  import { createRequire, syncBuiltinESMExports } from 'node:module';
  import { commit } from '${at('../ops/commit.ts')}';
  import { copy } from '${at('../ops/copy.ts')}';
  import { tag } from '${at('../ops/tag.ts')}';
  const fs = createRequire('/')('node:fs');
  let left = Number(process.argv[4]);
  for (const name of ['writeSync', 'renameSync', 'fsync', 'fsyncSync', 'mkdirSync', 'mkdtempSync', 'linkSync', 'unlinkSync', 'rmdirSync', 'rmSync', 'openSync', 'closeSync']) {
    const original = fs[name];
    fs[name] = (...values) => {
      if (left-- === 0) process.kill(process.pid, 'SIGKILL');
      return original(...values);
    };
  }
  syncBuiltinESMExports();
  const [place, out] = process.argv.slice(2);
  await copy(place + '/img:app', out + ':copied');
  await commit(place + '/rootfs', out + ':made', { base: place + '/img:base' });
  await tag(out + ':made', ['again']);
  process.exitCode = 7;`;

function run(
  script: string,
  words: readonly string[],
): Promise<{ readonly code: number | null; readonly text: string }> {
  const child: ChildProcess = spawn(process.execPath, [script, ...words]);
  return ended(child);
}

const hasTemporary = (directory: string): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory).filter(name => name.startsWith('.ocikit') || name.endsWith('.lock'))
    : [];

async function killAt(t: TestContext, script: string, moments: readonly number[]): Promise<number> {
  const { directory } = await preparePlace(temporaryDirectory(t));
  let ends = 0;
  for (const moment of moments) {
    const out = join(directory, `out-${moment}`);
    const { code, text } = await run(script, [directory, out, `${moment}`]);
    assert.equal(text, '');
    if (code === 7) ends++;
    if (existsSync(join(out, 'oci-layout'))) await isValid(out);
    assert.deepEqual(
      await run(script, [directory, out, '1000000']),
      { code: 7, text: '' },
      `after a kill at ${moment}`,
    );
    await isValid(out);
    assert.deepEqual([...hasTemporary(out), ...hasTemporary(directory)], [], `after a kill at ${moment}`);
  }
  return ends;
}

test('a process killed at any call leaves a valid layout or none, and the next one finds nothing in its way and leaves nothing', async t => {
  const script = await bundledScript(t, program);
  const moments = Array.from({ length: 26 }, (_, n) => n * 9 + (n % 7));
  const ends = await killAt(t, script, moments);
  t.diagnostic(`${moments.length - ends} deaths`);
  assert.ok(ends < moments.length / 2, `${ends} of ${moments.length} were not killed`);
});
