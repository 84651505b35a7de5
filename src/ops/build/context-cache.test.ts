import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { tick } from '../../testing/tick.ts';
import { build } from '../build.ts';

const count = 70;
const size = 100;
const total = count * size;

interface Place {
  readonly context: string;
  readonly cache: string;
  readonly file: (which: number) => string;
  /** The image, and how many bytes were read for it. */
  readonly run: (options?: {
    readonly contextCache?: string;
    readonly dryRun?: boolean;
    /** One that was built into before has the step. */
    readonly layout?: string;
  }) => Promise<readonly [string, number]>;
}

function place(t: TestContext): Place {
  const directory = temporaryDirectory(t);
  const context = join(directory, 'context');
  mkdirSync(join(context, 'files'), { recursive: true });
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY files /\n');
  const file = (which: number): string => join(context, 'files', `${which}`);
  for (let which = 0; which < count; which++) writeFileSync(file(which), `${which}`.padEnd(size, 'x'));
  const cache = join(directory, 'cache');
  let runs = 0;
  return {
    context,
    cache,
    file,
    async run({ layout: name, ...options } = { contextCache: cache }) {
      const progress = { bytes: 0 };
      // Without a cache of steps the same is read each time.
      const layout = join(directory, name ?? `layout-${runs++}`);
      const { manifest } = await build(context, [`${layout}:x`], { platforms: ['linux/amd64'], progress, ...options });
      return [manifest, progress.bytes];
    },
  };
}

/** How much a second build into the same layout reads, which finds its step. */
async function readAgain({ context, cache }: Place, contextCache: string | undefined): Promise<number> {
  const layout = join(cache, '../again');
  const options = { platforms: ['linux/amd64'], ...(contextCache === undefined ? {} : { contextCache }) };
  await build(context, [`${layout}:x`], options);
  const progress = { bytes: 0 };
  await build(context, [`${layout}:x`], { ...options, progress });
  return progress.bytes;
}

test('files that are as they were are not read again to know what is copied', async t => {
  const here = place(t);
  await tick();
  assert.equal((await readAgain(here, undefined)) - (await readAgain(here, here.cache)), total);
  assert.equal(lstatSync(here.cache).mode & 0o777, 0o700);
});

test('what is ignored is a part of what is remembered: two Dockerfiles of a directory do not take it from each other', async t => {
  const here = place(t);
  await tick();
  const whole = await here.run();
  writeFileSync(join(here.context, '.dockerignore'), 'files/1\n');
  assert.notEqual((await here.run())[0], whole[0]);
  rmSync(join(here.context, '.dockerignore'));
  assert.equal((await here.run())[0], whole[0]);
  assert.equal(readdirSync(here.cache).length, 2);
});

test('a dry run remembers nothing', async t => {
  const here = place(t);
  await tick();
  await here.run({ contextCache: here.cache, dryRun: true });
  assert.deepEqual(readdirSync(here.cache), []);
});

const which = fc.nat({ max: count - 1 });
type Edit = (here: Place) => void;
/** Changes that leave size and times as they were, as far as they can. */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(which, fc.constantFrom('a', 'b', 'c')).map(
    ([one, letter]): Edit =>
      ({ file }) => {
        const { atime, mtime } = lstatSync(file(one));
        writeFileSync(file(one), letter.repeat(size));
        utimesSync(file(one), atime, mtime);
      },
  ),
  fc.tuple(which, which).map(
    ([one, other]): Edit =>
      ({ file }) => {
        if (one === other) return;
        renameSync(file(one), `${file(one)}.aside`);
        renameSync(file(other), file(one));
        renameSync(`${file(one)}.aside`, file(other));
      },
  ),
  fc.tuple(which, which).map(
    ([one, other]): Edit =>
      ({ file }) => {
        if (one === other) return;
        rmSync(file(one));
        linkSync(file(other), file(one));
      },
  ),
  which.map(
    (one): Edit =>
      ({ file }) =>
        chmodSync(file(one), 0o600),
  ),
  which.map(
    (one): Edit =>
      ({ context }) => {
        renameSync(join(context, 'files'), join(context, `files-${one}`));
        mkdirSync(join(context, 'files'));
        for (const name of readdirSync(join(context, `files-${one}`)))
          writeFileSync(join(context, 'files', name), `${name}`.padEnd(size, 'y'));
        rmSync(join(context, `files-${one}`), { recursive: true });
      },
  ),
);

test('whatever is done to a context, what is remembered of it never shows', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(edit, fc.boolean()), { minLength: 1, maxLength: 3 }), async edits => {
      const here = place(t);
      await here.run();
      for (const [change, waits] of edits) {
        if (waits) await tick();
        change(here);
        assert.equal((await here.run())[0], (await here.run({}))[0]);
      }
    }),
    { numRuns: 12 },
  );
});

/** Changes of names and attributes. */
const rename: fc.Arbitrary<Edit> = fc.oneof(
  which.map(
    (one): Edit =>
      ({ file }) =>
        rmSync(file(one), { force: true }),
  ),
  which.map(
    (one): Edit =>
      ({ file }) =>
        writeFileSync(`${file(one)}-more`, 'more'),
  ),
  which.map(
    (one): Edit =>
      ({ file }) =>
        void mkdirSync(`${file(one)}-inside`, { recursive: true }),
  ),
  which.map(
    (one): Edit =>
      ({ context }) =>
        chmodSync(join(context, 'files'), 0o700 | (one % 8)),
  ),
  which.map(
    (one): Edit =>
      ({ file }) => {
        rmSync(file(one), { force: true });
        symlinkSync('elsewhere', file(one));
      },
  ),
  // Nobody looks at it.
  which.map(
    (one): Edit =>
      ({ context }) =>
        writeFileSync(join(context, `ignored-${one}`), 'ignored'),
  ),
);

test('a step is found where all is as it was, and where it would be found without what is remembered', async t => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.oneof(rename, edit)), { minLength: 1, maxLength: 4 }), async edits => {
      const here = place(t);
      writeFileSync(join(here.context, '.dockerignore'), 'ignored-*\n');
      for (const change of [undefined, ...edits]) {
        await tick();
        try {
          change?.(here);
        } catch {
          // What it would change went with an earlier one.
        }
        const [image, read] = await here.run({ contextCache: here.cache, layout: 'remembered' });
        assert.equal(image, (await here.run({ layout: 'not' }))[0]);
        if (read < total) found++;
      }
    }),
    { numRuns: 12, examples: [[[null]]] },
  );
  assert.ok(found > 0);
});

test('what somebody else could have written is not used: another one of the cache, a file of theirs, a link', async t => {
  const here = place(t);
  await tick();
  const all = await readAgain(here, undefined);
  assert.equal(await readAgain(here, here.cache), all - total);
  const [name = ''] = readdirSync(here.cache);
  const index = join(here.cache, name);
  chmodSync(index, 0o666);
  // It is written anew, by whose it is.
  assert.equal(await readAgain(here, here.cache), all - total);
  assert.equal(lstatSync(index).mode & 0o022, 0);
  renameSync(index, join(here.context, '../aside'));
  symlinkSync('../aside', index);
  await here.run();
  assert.equal(lstatSync(index).isSymbolicLink(), false);
  chmodSync(here.cache, 0o777);
  assert.equal(await readAgain(here, here.cache), all);
  if (process.geteuid?.() !== 0) return;
  chmodSync(here.cache, 0o700);
  chownSync(here.cache, 1234, 0);
  assert.equal(await readAgain(here, here.cache), all);
});

test('a cache that cannot be made, and an index that is damaged, are done without', async t => {
  const here = place(t);
  await tick();
  const [image] = await here.run({});
  writeFileSync(here.cache, 'a file');
  assert.equal((await here.run())[0], image);
  rmSync(here.cache);
  await here.run();
  const [name = ''] = readdirSync(here.cache);
  writeFileSync(join(here.cache, name), 'damaged');
  assert.equal((await here.run())[0], image);
  assert.equal(await readAgain(here, here.cache), (await readAgain(here, undefined)) - total);
});

test('what a directory with a sidecar is, is not remembered: the sidecar says more than the disk', async t => {
  const here = place(t);
  writeFileSync(`${here.context}.mtree`, '#mtree v2.0\n# ocikit sidecar 1: of nothing\n');
  await here.run().catch(() => undefined);
  assert.deepEqual(existsSync(here.cache) ? readdirSync(here.cache) : [], []);
});
