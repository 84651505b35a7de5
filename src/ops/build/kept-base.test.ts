import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { canKeepStages } from '../../testing/room.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import type { BuildOptions } from './options.ts';

/** Longer than a clock tick of a file system. */
const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 25));

interface Ground {
  readonly given: string;
  /** The stages that are kept, and what makes each of them another. */
  readonly stages: () => ReadonlyMap<string, bigint>;
  readonly inStage: (name: string) => string;
  /** The image's digest. */
  readonly built: (lines: readonly string[], options?: BuildOptions) => Promise<string>;
}

async function prepare(t: TestContext): Promise<Ground | undefined> {
  if (!canRun(t) || !canKeepStages(t)) return undefined;
  const directory = temporaryDirectory(t);
  const [context, contextCache, layout] = ['context', 'cache', 'layout'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(context);
  writeFileSync(join(context, 'given'), 'given\n');
  await makeBusyboxBase(directory, 'layout', { instructions: ['CMD ["sh"]'], owner: '0:0' });
  const place = join(contextCache, 'stages');
  const inStage = (name: string): string => join(place, name, 'files');
  return {
    given: join(context, 'given'),
    inStage,
    stages() {
      const names = readdirSync(place).filter(name => !name.endsWith('.lock'));
      return new Map(names.map(name => [name, lstatSync(inStage(name), { bigint: true }).ino]));
    },
    async built(lines, options) {
      const dockerfile = ['FROM base', ...lines].join('\n');
      const all = {
        dockerfile,
        platforms: ['linux/amd64'],
        buildArguments: ['SOURCE_DATE_EPOCH=0'],
        contextCache,
        ...options,
      };
      return (await build(context, `${layout}:made`, all)).manifest;
    },
  };
}

/** Without anything that was known before. */
const unkept = { contextCache: undefined, noCache: true } as unknown as BuildOptions;
const lines = ['COPY given /bin/given', 'RUN rm /bin/given && echo run > /ran && ! [ -e /more ]'];

test('a base that something was run on lies there for the next build, and is laid out again where it was changed', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  const expected = await here.built(lines, unkept);
  assert.equal(await here.built(lines, { noCache: true }), expected);
  const [[name, first] = ['', 0n], ...others] = here.stages();
  assert.deepEqual(others, []);
  assert.equal(await here.built(lines, { noCache: true }), expected);
  assert.deepEqual(here.stages(), new Map([[name, first]]), 'a run leaves it as it is');
  await tick();
  writeFileSync(join(here.inStage(name), 'more'), '');
  assert.equal(await here.built(lines, { noCache: true }), expected);
  assert.notEqual(here.stages().get(name), first);
});

test('what a cache has of steps lies there too, below what is new', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  const steps = ['RUN echo cached > /cached && rm /bin/ls', 'COPY given /given', 'RUN cat /given /cached > /both'];
  await here.built(steps);
  const before = here.stages();
  assert.equal(before.size, 1);
  writeFileSync(here.given, 'other\n');
  await here.built(steps);
  assert.equal(here.stages().size, 2);
  const stages = here.stages();
  writeFileSync(here.given, 'third\n');
  const third = await here.built(steps);
  assert.deepEqual(here.stages(), stages, 'what the cache had lay there');
  assert.equal(await here.built(steps, unkept), third);
});

test('a dry run keeps nothing', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  await here.built(lines, { noCache: true, dryRun: true });
  assert.throws(here.stages, { code: 'ENOENT' });
});
