import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './testing/temporary.ts';

const program = fileURLToPath(new URL('../bin/ocikit.cjs', import.meta.url));

/** Runs the program with a cache directory of its own; answers the files in it. */
function start(caches: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  const { PATH, TMPDIR } = process.env;
  const variables = { PATH, TMPDIR, XDG_CACHE_HOME: caches, ...env };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--version'], {
    encoding: 'utf8',
    env: variables,
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  return existsSync(join(caches, 'ocikit')) ? readdirSync(join(caches, 'ocikit')) : [];
}

/** A cache directory after one start, and the file that the start left there. */
function started(t: TestContext): { readonly caches: string; readonly file: string } {
  const caches = temporaryDirectory(t);
  const [name, ...others] = start(caches);
  assert.deepEqual(others, []);
  return { caches, file: join(caches, 'ocikit', name as string) };
}

test('a first start keeps compiled code for its user alone, and the next takes it', t => {
  const { caches, file } = started(t);
  const { ino, mode } = statSync(file);
  assert.equal(mode & 0o777, 0o600);
  assert.equal(statSync(join(caches, 'ocikit')).mode & 0o777, 0o700);
  start(caches);
  assert.equal(statSync(file).ino, ino, 'it was not made again');
});

test('code that V8 does not take is made again, and that of an earlier build goes', t => {
  const { caches, file } = started(t);
  const whole = statSync(file).size;
  writeFileSync(file, 'no code');
  writeFileSync(file.replace(/code-\w+$/, 'code-0123'), 'of an earlier build');
  writeFileSync(join(caches, 'ocikit/other'), 'not ours');
  assert.equal(start(caches).length, 2);
  assert.ok(statSync(file).size > whole / 2);
});

test('code that somebody else might have written is not looked at, nor is anything put beside it', t => {
  const { caches, file } = started(t);
  chmodSync(file, 0o666);
  writeFileSync(file, 'no code');
  chmodSync(join(caches, 'ocikit'), 0o777);
  start(caches);
  assert.equal(readFileSync(file, 'utf8'), 'no code');
  const linked = temporaryDirectory(t);
  symlinkSync(join(caches, 'ocikit'), join(linked, 'ocikit'));
  assert.deepEqual(start(linked), readdirSync(join(caches, 'ocikit')));
});

test('code that is damaged anywhere is made again: V8 takes it for whole, and ends the process', t => {
  const { caches, file } = started(t);
  const whole = readFileSync(file);
  for (const at of [100, whole.length >> 1, whole.length - 5, whole.length - 1]) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ 0xff;
    writeFileSync(file, damaged);
    start(caches);
    assert.notDeepEqual(readFileSync(file), damaged, `byte ${at}`);
  }
  rmSync(file);
  spawnSync('mkfifo', [file]);
  start(caches);
  assert.ok(statSync(file).isFile());
});

test('nothing is kept below a directory in which somebody else could put another one in its place', t => {
  const caches = join(temporaryDirectory(t), 'a/b');
  mkdirSync(caches, { recursive: true });
  chmodSync(caches, 0o700);
  chmodSync(join(caches, '..'), 0o777);
  assert.deepEqual(start(caches), []);
  chmodSync(join(caches, '..'), 0o1777);
  assert.equal(start(caches).length, 1);
});

test('a start without a place for the code is a start all the same', t => {
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'file'), '');
  start(join(place, 'file/below'));
  mkdirSync(join(place, 'home'));
  assert.deepEqual(start('', { HOME: join(place, 'nowhere'), XDG_CACHE_HOME: undefined }), []);
  // A path that is not absolute is none: it would be another one in each directory.
  const inside = {
    cwd: place,
    env: { ...process.env, HOME: 'rel', XDG_CACHE_HOME: 'other' },
    encoding: 'utf8',
  } as const;
  const { status, stderr } = spawnSync(process.execPath, [program, '--version'], inside);
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(readdirSync(place).sort(), ['file', 'home']);
});

/** Sends the process a signal when it reads its program, before anything of that has run. */
const interrupting = (signal: string): string => `
const fs = require('node:fs');
const read = fs.readFileSync;
fs.readFileSync = (path, ...options) => {
  if (String(path).endsWith('dist/ocikit.cjs')) process.kill(process.pid, '${signal}');
  return read(path, ...options);
};`;

for (const [signal, expected] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  test(`${signal} while the program is being loaded ends the command as one later does, with ${expected} and nothing left`, async t => {
    const [place, caches] = [temporaryDirectory(t), temporaryDirectory(t)];
    const preload = join(caches, 'preload.cjs');
    writeFileSync(preload, interrupting(signal));
    const words = ['--require', preload, program, 'import', '-', join(place, 'img:x')];
    const child = spawn(process.execPath, words, { env: { ...process.env, XDG_CACHE_HOME: caches }, cwd: place });
    t.after(() => child.kill('SIGKILL'));
    // Its input never ends: only the signal does.
    const [status] = (await once(child, 'close')) as [number | null];
    assert.equal(status, expected);
    assert.deepEqual(readdirSync(place), []);
  });

/** Tells, when the process ends, which packages it has loaded, and whether it could run programs. */
const telling = `
process.on('exit', () => {
  const packages = Object.keys(require.cache).filter(path => path.includes('/dist/packages/'));
  const runs = process.moduleLoadList.filter(name => name === 'NativeModule child_process');
  require('node:fs').writeFileSync(process.env['TOLD'], JSON.stringify([...packages, ...runs]));
});`;

test('what only names or edits images in a layout loads no package, and nothing that runs programs', t => {
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'preload.cjs'), telling);
  const env = { ...process.env, XDG_CACHE_HOME: place, TOLD: join(place, 'told') };
  const run = (...words: readonly string[]): void => {
    const preload = ['--require', join(place, 'preload.cjs'), program];
    const { status, stderr } = spawnSync(process.execPath, [...preload, ...words], {
      cwd: place,
      encoding: 'utf8',
      env,
    });
    assert.equal(status, 0, stderr);
  };
  mkdirSync(join(place, 'tree'));
  run('commit', 'tree', 'img:base');
  for (const words of [
    ['tag', 'img:base', 'second'],
    ['config', 'img:base', '-c', 'ENV A=b', '--annotation', 'a=b', '-t', 'other'],
    ['index', 'create', 'img:all', 'img:base'],
  ]) {
    run(...words);
    assert.equal(readFileSync(env.TOLD, 'utf8'), '[]', words.join(' '));
  }
});

test('who stands in a directory that has been removed is told so in a line', t => {
  const gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@" images .';
  for (const command of [[program], [process.execPath, program]]) {
    const options = { cwd: temporaryDirectory(t), encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', gone, ...command], options);
    assert.deepEqual([status, stdout], [2, '']);
    // The shell that the program begins as says so too.
    assert.match(
      stderr,
      /^(sh: .*\n)*ocikit: \.: expected a directory to work in, got one that has been removed .*\n$/,
    );
  }
});

test('a file of variables is read for the program that runs, and not by Node for itself', t => {
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'evil.cjs'), "require('node:fs').writeFileSync('was-here', '');");
  writeFileSync(join(place, 'evil.env'), `NODE_OPTIONS=--require=${join(place, 'evil.cjs')}\n`);
  const run = (file: string): ReturnType<typeof spawnSync> =>
    spawnSync(program, ['run', '--env-file', file, 'img:x', '--', 'true'], { cwd: place, encoding: 'utf8' });
  const missing = run('none');
  assert.equal(missing.stderr, 'ocikit: none: expected a file that can be read, got nothing (ENOENT)\n');
  assert.equal(missing.status, 125);
  assert.match(String(run('evil.env').stderr), /^ocikit: img: expected/);
  assert.deepEqual(readdirSync(place).sort(), ['evil.cjs', 'evil.env']);
});
