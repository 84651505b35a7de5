import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs, { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { refusal } from '../../testing/answers.ts';
import { bundledScript, ended } from '../../testing/bundled-script.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { clearLeftBehind, makeTemporaryDirectory } from './temporary.ts';

const program = `
  import { makeTemporaryDirectory } from '${new URL('temporary.ts', import.meta.url).pathname}';
  import { mkdirSync } from 'node:fs';
  mkdirSync(makeTemporaryDirectory(process.argv[2]).path + '/half');
  process.stdout.write('ready');
  setInterval(() => undefined, 1000);`;

for (const native of ['with koffi', 'without koffi'] as const) {
  test(`what a killed process left is cleared by the next one, and what a living one made is not, ${native}`, async t => {
    const parent = temporaryDirectory(t);
    const script = await bundledScript(t, program, native);
    const child = spawn(process.execPath, [script, parent]);
    const end = ended(child);
    await new Promise(resolve => child.stdout.once('data', resolve));
    const mine = makeTemporaryDirectory(parent);
    await clearLeftBehind(parent);
    assert.equal(readdirSync(parent).length, 2);
    child.kill('SIGKILL');
    await end;
    await clearLeftBehind(parent);
    assert.deepEqual(
      readdirSync(parent).map(name => join(parent, name)),
      [mine.path],
    );
    await mine.remove();
    assert.deepEqual(readdirSync(parent), []);
  });

  test(`what lives in another container is kept, and what died there is cleared where its flock tells, ${native}`, async t => {
    const isContained = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
    if (!isContained) return t.skip('a process namespace of its own needs root');
    const parent = temporaryDirectory(t);
    const script = await bundledScript(t, program, native);
    const child = spawn('unshare', [
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      process.execPath,
      script,
      parent,
    ]);
    const end = ended(child);
    await new Promise(resolve => child.stdout.once('data', resolve));
    const [name = ''] = readdirSync(parent);
    utimesSync(join(parent, name), 1_600_000_000, 1_600_000_000);
    if (native === 'with koffi') {
      await clearLeftBehind(parent);
      assert.deepEqual(readdirSync(parent), [name]);
    }
    child.kill('SIGKILL');
    await end;
    while (spawnSync('pgrep', ['-f', script]).status === 0) await new Promise(resolve => setTimeout(resolve, 20));
    await clearLeftBehind(parent);
    assert.deepEqual(readdirSync(parent), []);
  });
}

test('what nobody can judge is kept until it is a day old, and only ocikit’s own names are touched', async t => {
  const parent = temporaryDirectory(t);
  const other = '.ocikit-00000001-4026531836-1-1-lAAAAAA';
  for (const name of ['.ocikit-dead', other, '.ocikit-lock', '.other', 'plain']) mkdirSync(join(parent, name));
  writeFileSync(join(parent, '.ocikit-file'), '');
  await clearLeftBehind(parent);
  assert.equal(readdirSync(parent).length, 6);
  for (const name of readdirSync(parent)) utimesSync(join(parent, name), 1_600_000_000, 1_600_000_000);
  await clearLeftBehind(parent);
  assert.deepEqual(readdirSync(parent).sort(), ['.ocikit-file', '.ocikit-lock', '.other', 'plain']);
});

test('a directory that another user has put in the place of a temporary one is not written to', t => {
  if (process.geteuid?.() !== 0) return t.skip('only root can make a directory of another user');
  const parent = temporaryDirectory(t);
  const original = fs.mkdtempSync;
  fs.mkdtempSync = ((prefix: string) => {
    const path = original(prefix);
    fs.renameSync(path, join(parent, 'taken'));
    mkdirSync(path, { mode: 0o777 });
    fs.chownSync(path, 65534, 65534);
    return path;
  }) as typeof fs.mkdtempSync;
  syncBuiltinESMExports();
  try {
    assert.throws(
      () => makeTemporaryDirectory(parent),
      refusal(/expected a directory that stays as it is/, 'conflict'),
    );
  } finally {
    fs.mkdtempSync = original;
    syncBuiltinESMExports();
  }
  assert.deepEqual([readdirSync(parent), readdirSync(join(parent, 'taken'))], [['taken'], []]);
});
