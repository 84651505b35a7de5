import assert from 'node:assert/strict';
import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KeptStages } from '../../store/kept-stages.ts';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { collected } from '../../testing/drained.ts';
import { canKeepStages, canMountOverlay } from '../../testing/room.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { tick } from '../../testing/tick.ts';
import { build } from '../build.ts';
import { catStream } from '../cat.ts';
import type { BuildOptions } from './options.ts';

const realOpen = KeptStages.prototype.open;

/** Whole stages, or what layers lie as by themselves. */
type Kind = 'stages' | 'laid';
/** What is kept of a kind, and what makes each of them another. */
type Kept = ReadonlyMap<string, bigint>;

interface Ground {
  readonly directory: string;
  readonly given: string;
  readonly kept: (kind: Kind) => Kept;
  readonly inside: (kind: Kind, name: string) => string;
  /** The image's digest. */
  readonly built: (lines: readonly string[], options?: BuildOptions) => Promise<string>;
  /** What a file of the image says that was built last. */
  readonly text: (path: string) => Promise<string>;
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
  const inside = (kind: Kind, name: string): string => join(contextCache, kind, name, 'files');
  return {
    directory,
    given: join(context, 'given'),
    inside,
    kept(kind) {
      const names = readdirSync(join(contextCache, kind)).filter(name => !name.endsWith('.lock'));
      return new Map(names.map(name => [name, lstatSync(inside(kind, name), { bigint: true }).ino]));
    },
    async text(path) {
      return (await collected((await catStream(`${layout}:made`, path)).bytes)).toString();
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
  const [[name, first] = ['', 0n], ...others] = here.kept('stages');
  assert.deepEqual(others, []);
  assert.equal(await here.built(lines, { noCache: true }), expected);
  assert.deepEqual(here.kept('stages'), new Map([[name, first]]), 'a run leaves it as it is');
  await tick();
  writeFileSync(join(here.inside('stages', name), 'more'), '');
  assert.equal(await here.built(lines, { noCache: true }), expected);
  assert.notEqual(here.kept('stages').get(name), first);
});

/** All of some that are kept lie among others as they did. */
function areAmong(some: Kept, others: Kept): void {
  for (const [name, inode] of some) assert.equal(others.get(name), inode, name);
}

/** A script that says all that stat(2) does of what a build can make. */
const listing = (of: string): string => `find ${of} -exec stat -c "%n %f %u:%g %h %s %y" {} + | sort`;

test('what a step copied lies there for a build whose RUN is another, as its layer would be laid out', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  const tree = join(here.directory, 'context/tree');
  mkdirSync(join(tree, 'd'), { recursive: true });
  writeFileSync(join(tree, 'd/set'), 'set', { mode: 0o4711 });
  linkSync(join(tree, 'd/set'), join(tree, 'again'));
  symlinkSync('d/set', join(tree, 'link'));
  writeFileSync(join(tree, 'd/hole'), Buffer.concat([Buffer.alloc(1 << 20), Buffer.from('end')]));
  const copy = 'COPY --chown=7:8 tree /tree';
  const others = { buildArguments: [] };
  await here.built([copy, `RUN ${listing('/tree')} > /seen`], others);
  const seen = await here.text('/seen');
  assert.match(seen, /set 89c9 7:8 2 3/);
  const first = here.kept('laid');
  assert.equal(first.size, 1);
  await here.built([copy, `RUN true; ${listing('/tree')} > /seen`], others);
  assert.equal(await here.text('/seen'), seen);
  assert.deepEqual(here.kept('laid'), first);
  const [name = ''] = first.keys();
  await tick();
  rmSync(join(here.inside('laid', name), 'tree/link'));
  await here.built([copy, `RUN true && ${listing('/tree')} > /seen`], others);
  assert.equal(await here.text('/seen'), seen, 'laid out of its layer');
  assert.notEqual(here.kept('laid').get(name), first.get(name));
});

test('directories that a RUN has made have the times of the layer where something is copied into them', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  const steps = ['RUN mkdir -p /app/deep/data', 'COPY given /app/deep/data/given'];
  const others = { buildArguments: [] };
  const seenBy = async (command: string): Promise<string> => {
    await here.built([...steps, `RUN ${command}; ${listing('/app')} > /seen`], others);
    return here.text('/seen');
  };
  const seen = await seenBy('true');
  assert.equal(await seenBy('echo'), seen);
  await tick();
  for (const name of here.kept('laid').keys()) writeFileSync(join(here.inside('laid', name), 'more'), '');
  assert.equal(await seenBy(':'), seen, 'laid out of the layers');
});

test('where the cache of one user cannot take what is copied, the build does without', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  const open = readdirSync('/proc/self/fd').length;
  let count = 0;
  t.mock.method(KeptStages.prototype, 'open', async function (this: KeptStages) {
    const files = await realOpen.call(this, 0);
    // Something is in the way: the first cannot be laid out there.
    if (files !== undefined && count++ === 0) writeFileSync(join(files, 'given'), '');
    return files;
  });
  await here.built(['COPY given /given', 'COPY fixed /fixed', 'RUN cat given fixed > /both']);
  assert.equal(await here.text('/both'), 'given\nfixed\n');
  assert.equal(here.kept('laid').size, 1, 'what could be');
  assert.ok(readdirSync('/proc/self/fd').length <= open);
});

test('above many layers the last are kept by themselves, and what lies under them as one', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  const steps = [1, 2, 3, 4, 5, 6, 7].map(at => `COPY given /d${at}/given`);
  await here.built([...steps, 'RUN ls / > /seen']);
  assert.equal(here.kept('laid').size, 7);
  await here.built([...steps, 'RUN ls / /d1 /d4 /d7 > /seen']);
  assert.equal(here.kept('laid').size, 7);
  assert.equal(here.kept('stages').size, 2);
  const seen = await here.text('/seen');
  const again = [...steps, 'RUN echo; ls / /d1 /d4 /d7 > /seen'];
  const last = await here.built(again);
  assert.equal(await here.text('/seen'), seen);
  assert.equal(here.kept('stages').size, 2);
  assert.equal(await here.built(again, unkept), last);
});

test('what a step copied stays where the RUN above it fails', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  await assert.rejects(here.built(['COPY given /given', 'RUN false']), { code: 'invalid' });
  const first = here.kept('laid');
  assert.equal(first.size, 1);
  await here.built(['COPY given /given', 'RUN cat given']);
  assert.deepEqual([...here.kept('laid').keys()], [...first.keys()]);
});

test('what a step copied is whole or nothing where a signal ends the RUN above it', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  const stop = new AbortController();
  const events: BuildOptions['events'] = {
    push(event) {
      if (event.kind === 'output') stop.abort(new Error('enough'));
    },
  };
  const steps = ['COPY given /given', 'RUN echo begun; sleep 1000'];
  await assert.rejects(here.built(steps, { events, signal: stop.signal }), { message: 'enough' });
  const names = readdirSync(join(here.directory, 'cache/laid'));
  for (const name of names) assert.match(name, /^[0-9a-f]{64}(\.lock)?$/);
  assert.deepEqual(readdirSync(here.directory).sort(), ['cache', 'context', 'layout', 'rootfs']);
  await here.built(['COPY given /given', 'RUN cat given']);
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
    const all = [
      ...steps,
      'ADD --chmod=600 given /tmp/x',
      'RUN cat /tmp/x /cached > /both; (find / -xdev ! -path "/proc*" ! -path "/dev*" ! -path "/sys*" ! -path "/tmp/x*" ! -path /seen -exec stat -c "%n %f %u:%g" {} +) | sort > /seen',
    ];
    await here.built(all);
    const first = { stages: here.kept('stages'), laid: here.kept('laid') };
    assert.equal(first.stages.size, 1, 'the base: nothing was cached');
    writeFileSync(here.given, 'other\n');
    await here.built(all);
    const second = { stages: here.kept('stages'), laid: here.kept('laid') };
    areAmong(first.stages, second.stages);
    areAmong(first.laid, second.laid);
    assert.equal(second.stages.size, isAlone ? 1 : 2);
    for (const name of second.stages.keys()) assert.ok(existsSync(join(here.inside('stages', name), 'bin/busybox')));
    for (const name of second.laid.keys()) assert.ok(!existsSync(join(here.inside('laid', name), 'bin/busybox')));
    writeFileSync(here.given, 'third\n');
    const third = await here.built(all);
    assert.deepEqual(here.kept('stages'), second.stages, 'what the cache had lay there');
    areAmong(second.laid, here.kept('laid'));
    assert.equal(here.kept('laid').size, second.laid.size + 1, 'what was added');
    assert.equal(await here.built(all, unkept), third);
  });

test('a dry run keeps nothing', async t => {
  const here = await prepare(t);
  if (here === undefined) return;
  await here.built(lines, { noCache: true, dryRun: true });
  for (const kind of ['stages', 'laid'] as const) assert.throws(() => here.kept(kind), { code: 'ENOENT' });
});
