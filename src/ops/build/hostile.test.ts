import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refusal } from '../../testing/answers.ts';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { rawTar } from '../../testing/raw-tar.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { files } from '../files.ts';
import type { BuildEvent } from './log.ts';
import type { BuildOptions, BuildResult } from './options.ts';

interface Place {
  readonly directory: string;
  readonly context: string;
  readonly layout: string;
  readonly run: (lines: string, options?: BuildOptions) => Promise<BuildResult>;
  /** The paths of what a build has copied. */
  readonly copied: (lines: string) => Promise<readonly string[]>;
}

function place(t: TestContext): Place {
  const directory = temporaryDirectory(t);
  const [context, layout] = [join(directory, 'context'), join(directory, 'layout')];
  mkdirSync(join(context, 'sub'), { recursive: true });
  writeFileSync(join(directory, 'secret'), 'outside');
  writeFileSync(join(context, 'sub/file'), 'inside');
  const run: Place['run'] = (lines, options = {}) =>
    build(context, [`${layout}:x`], { dockerfile: `FROM scratch\n${lines}`, platforms: ['linux/amd64'], ...options });
  return {
    directory,
    context,
    layout,
    run,
    async copied(lines) {
      await run(lines);
      const { files: rows } = await files(`${layout}:x`, [], { recursive: true });
      return rows.filter(({ type }) => type !== 'directory').map(({ path }) => path);
    },
  };
}

test('no link and no .. of a source leads out of the context', async t => {
  const { directory, context, run, copied } = place(t);
  symlinkSync('../secret', join(context, 'out'));
  symlinkSync(join(directory, 'secret'), join(context, 'absolute'));
  symlinkSync('..', join(context, 'up'));
  symlinkSync('/', join(context, 'root'));
  for (const source of ['out', 'absolute', 'up/secret', '../secret', 'sub/../../secret', 'root/etc/passwd', 'o?t'])
    await assert.rejects(run(`COPY ${source} /\n`), refusal(/"\/.*" not found/), source);
  // What leads inside does; a link that is copied itself stays what it is.
  assert.deepEqual(await copied('COPY root/sub/file /a\n'), ['/a']);
  assert.deepEqual(await copied('COPY ../sub/file up/sub/file /b/\n'), ['/b/file']);
  assert.deepEqual(await copied('COPY . /all/\n'), [
    '/all/absolute',
    '/all/out',
    '/all/root',
    '/all/sub/file',
    '/all/up',
  ]);
});

test('no destination, no name and no link of an earlier step leads out of the image', async t => {
  const { context, directory, copied } = place(t);
  symlinkSync('../../../../..', join(context, 'up'));
  const lines = 'COPY sub/file ../../../over\nCOPY . /all/\nCOPY sub/file /all/up/there\nWORKDIR /all/up/made\n';
  assert.deepEqual(await copied(lines), ['/all/sub/file', '/all/up', '/over', '/there']);
  assert.deepEqual(readdirSync(directory).sort(), ['context', 'layout', 'secret']);
});

test('a name with .. in a context that is a tar, and in an archive that ADD unpacks, is refused', async t => {
  const { directory, context, layout, run } = place(t);
  const outside = /expected names inside the root, got '(\.\.\/)+over'/;
  for (const name of ['../over', '../../over']) {
    writeFileSync(join(directory, 'context.tar'), rawTar([[name, 'x']]));
    writeFileSync(join(context, 'inner.tar'), rawTar([[name, 'x']]));
    const from = join(directory, 'context.tar');
    const options = { dockerfile: 'FROM scratch\nCOPY . /\n', platforms: ['linux/amd64'] };
    await assert.rejects(build(from, [`${layout}:x`], options), refusal(outside));
    await assert.rejects(run('ADD inner.tar /a/b/\n'), refusal(outside));
  }
  assert.equal(existsSync(layout), false);
  assert.equal(existsSync(join(directory, '../over')), false);
});

test('a directory of caches that somebody else could write to is not used for RUN', async t => {
  if (!canRun(t)) return;
  const { directory, context, layout } = place(t);
  const image = await makeBusyboxBase(directory, 'bases');
  const mountCache = join(directory, 'caches');
  mkdirSync(mountCache);
  const run = (): Promise<BuildResult> =>
    build(context, [`${layout}:x`], {
      dockerfile: 'FROM base\nRUN --mount=type=cache,target=/c touch /c/x\n',
      contexts: [`base=oci:${image}`],
      platforms: ['linux/amd64'],
      mountCache,
    });
  chmodSync(mountCache, 0o777);
  await assert.rejects(run(), refusal(/caches: expected a directory of one's own/, 'unsupported'));
  chmodSync(mountCache, 0o700);
  chownSync(mountCache, 1234, 0);
  await assert.rejects(run(), refusal(/caches: expected a directory of one's own/, 'unsupported'));
  assert.deepEqual(readdirSync(mountCache), []);
  assert.equal(existsSync(layout), false);
  chownSync(mountCache, 0, 0);
  await run();
});

test('a Dockerfile without an end is refused by its size, one of many lines by what is wrong in it', async t => {
  const { run, layout } = place(t);
  await assert.rejects(run('#\n'.repeat(1 << 20)), refusal(/at most/));
  // So many lines, and no more characters than are taken.
  await assert.rejects(run(`${'\n'.repeat(1_000_000)}NOPE\n`), refusal(/:1000002:1: unknown instruction: NOPE/));
  await assert.rejects(run(`${'ENV A=1\n'.repeat(50_000)}NOPE\n`), refusal(/unknown instruction: NOPE/));
  await assert.rejects(run(`ENV A=${'x'.repeat(1000)}\n${'ENV A=$A$A\n'.repeat(40)}`), refusal(/at most/));
  assert.equal(existsSync(layout), false);
});

test('a pipe in the place of what a context is asked for is refused, and not waited for', async t => {
  const { context, layout, directory } = place(t);
  const all = { platforms: ['linux/amd64'] };
  for (const name of ['.dockerignore', 'Dockerfile', 'Containerfile', 'Dockerfile.dockerignore']) {
    const path = join(context, name);
    const text = 'FROM scratch\nCOPY sub /\n';
    if (name.endsWith('ignore')) writeFileSync(join(context, 'Dockerfile'), text);
    execFileSync('mkfifo', [path]);
    await assert.rejects(build(context, [`${layout}:x`], all), refusal(/expected a text file, got a pipe/));
    assert.equal(existsSync(layout), false);
    rmSync(path);
    rmSync(join(context, 'Dockerfile'), { force: true });
  }
  assert.deepEqual(readdirSync(directory).sort(), ['context', 'secret']);
});

test('a file that changes while it is read is a conflict, and nothing is left', async t => {
  const { context, layout, run, directory } = place(t);
  const big = join(context, 'sub/big');
  writeFileSync(big, Buffer.alloc(20 << 20, 1));
  let isChanged = false;
  const progress = {
    label: undefined,
    total: undefined,
    read: 0,
    get bytes(): number {
      return this.read;
    },
    // It is written as bytes go by, so that the change comes in the middle.
    set bytes(count: number) {
      this.read = count;
      if (count < 4 << 20 || isChanged) return;
      isChanged = true;
      appendFileSync(big, 'more');
    },
  };
  const events: BuildEvent[] = [];
  await assert.rejects(run('COPY sub /\n', { progress, events }), refusal(/changed/, 'conflict'));
  assert.ok(isChanged);
  assert.equal(events.at(-1)?.kind, 'error');
  assert.equal(existsSync(layout), false);
  assert.deepEqual(readdirSync(directory).sort(), ['context', 'secret']);
});
