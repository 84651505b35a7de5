import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { canKeepStages, canMountOverlay } from '../../testing/room.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { tick } from '../../testing/tick.ts';
import { build } from '../build.ts';
import type { BuildOptions } from './options.ts';

interface Ground {
  readonly given: string;
  /** The stages that are kept, and what makes each of them another. */
  readonly stages: () => ReadonlyMap<string, bigint>;
  readonly inStage: (name: string) => string;
  /** The image's digest. */
  readonly built: (lines: readonly string[], options?: BuildOptions) => Promise<string>;
}

async function prepare(t: TestContext): Promise<Ground | undefined> {
  if (!canRun(t) || !canKeepStages(t) || !canMountOverlay(t)) return undefined;
  const directory = temporaryDirectory(t);
  const [context, contextCache, layout] = ['context', 'cache', 'layout'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(context);
  for (const name of ['given', 'fixed']) writeFileSync(join(context, name), `${name}\n`);
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

/** Steps of a cache below one that is new. */
const cached: Readonly<Record<string, { readonly steps: readonly string[]; readonly isAlone: boolean }>> = {
  'what only adds lies by itself on the base': {
    steps: ['RUN echo cached > /cached', 'COPY fixed /etc/deep/fixed', 'RUN ln /cached /again'],
    isAlone: true,
  },
  'what hides something is one with the base': { steps: ['RUN echo cached > /cached && rm /bin/ls'], isAlone: false },
  'what changes a directory alone lies by itself': {
    steps: ['RUN chmod 700 /tmp && echo cached > /cached'],
    isAlone: true,
  },
};

for (const [what, { steps, isAlone }] of Object.entries(cached))
  test(`what a cache has of steps lies there too, below what is new: ${what}`, async t => {
    const here = await prepare(t);
    if (here === undefined) return;
    const listing =
      'find / -xdev ! -path "/proc*" ! -path "/dev*" ! -path "/sys*" ! -path "/tmp/x*" ! -path /seen -exec stat -c "%n %f %u:%g" {} +';
    const all = [
      ...steps,
      'ADD --chmod=600 given /tmp/x',
      `RUN cat /tmp/x /cached > /both; (${listing}) | sort > /seen`,
    ];
    await here.built(all);
    const first = here.stages();
    assert.equal(first.size, 1, 'the base alone: nothing was cached');
    writeFileSync(here.given, 'other\n');
    await here.built(all);
    const second = here.stages();
    assert.equal(second.size, 2);
    for (const [name, inode] of first) assert.equal(second.get(name), inode);
    const [delta = ''] = [...second.keys()].filter(name => !first.has(name));
    assert.equal(existsSync(join(here.inStage(delta), 'bin/busybox')), !isAlone);
    writeFileSync(here.given, 'third\n');
    const third = await here.built(all);
    assert.deepEqual(here.stages(), second, 'what the cache had lay there');
    assert.equal(await here.built(all, unkept), third);
  });

test('a dry run keeps nothing', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  await here.built(lines, { noCache: true, dryRun: true });
  assert.throws(here.stages, { code: 'ENOENT' });
});
