import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refusal } from '../../testing/answers.ts';
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

test('a Dockerfile without an end is refused by its size, one of many lines by what is wrong in it', async t => {
  const { run, layout } = place(t);
  await assert.rejects(run('#\n'.repeat(1 << 20)), refusal(/at most/));
  await assert.rejects(run(`${'ENV A=1\n'.repeat(50_000)}NOPE\n`), refusal(/unknown instruction: NOPE/));
  await assert.rejects(run(`ENV A=${'x'.repeat(1000)}\n${'ENV A=$A$A\n'.repeat(40)}`), refusal(/at most/));
  assert.equal(existsSync(layout), false);
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
