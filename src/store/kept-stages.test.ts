import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { invalid } from '../errors.ts';
import { canKeepStages } from '../testing/room.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { tick } from '../testing/tick.ts';
import { KeptStages } from './kept-stages.ts';

interface Ground {
  readonly cache: string;
  /** One process's look at the cache, which ends with it: where the stage is, and whether it was laid out for that. */
  readonly asked: (identity?: string) => Promise<readonly [string | undefined, boolean]>;
  readonly open: () => KeptStages;
}

async function lay(directory: string): Promise<void> {
  mkdirSync(join(directory, 'd'), { mode: 0o755 });
  writeFileSync(join(directory, 'd/file'), 'text');
  symlinkSync('file', join(directory, 'd/link'));
}

function ground(t: TestContext): Ground | undefined {
  if (!canKeepStages(t)) return undefined;
  const cache = join(temporaryDirectory(t), 'cache');
  const open = (): KeptStages => new KeptStages(cache, { beside: tmpdir() });
  return {
    cache,
    open,
    async asked(identity = 'one') {
      const stages = open();
      let isLaid = false;
      const directory = await stages.of(identity, async to => {
        isLaid = true;
        await lay(to);
      });
      await stages.close();
      return [directory, isLaid];
    },
  };
}

/** What somebody may do to a stage. */
const spoils: Readonly<Record<string, (files: string) => void>> = {
  'contents of the same size and time': files => {
    const { atime, mtime } = lstatSync(join(files, 'd/file'));
    writeFileSync(join(files, 'd/file'), 'evil');
    utimesSync(join(files, 'd/file'), atime, mtime);
  },
  'a mode': files => chmodSync(join(files, 'd/file'), 0o777),
  'a mode of a directory': files => chmodSync(join(files, 'd'), 0o700),
  'something more': files => writeFileSync(join(files, 'more'), ''),
  'something less': files => rmSync(join(files, 'd/link')),
  'another name': files => renameSync(join(files, 'd/file'), join(files, 'd/other')),
  'a link in its place': files => {
    renameSync(join(files, 'd'), join(files, '../elsewhere'));
    symlinkSync('../elsewhere', join(files, 'd'));
  },
  'nothing left': files => rmSync(files, { recursive: true }),
  'no seal': files => rmSync(join(files, '../seal')),
  'another seal': files => writeFileSync(join(files, '../seal'), 'f'.repeat(64)),
  'a long seal': files => writeFileSync(join(files, '../seal'), `${readFileSync(join(files, '../seal'), 'utf8')}\n`),
};

test('what was laid out once is there for who asks next, by one who may see it alone', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const [first, wasLaid] = await here.asked();
  assert.ok(first !== undefined && wasLaid);
  assert.deepEqual(await here.asked(), [first, false]);
  const [other] = await here.asked('other');
  assert.notEqual(other, first);
  assert.equal(lstatSync(dirname(first)).mode & 0o777, 0o700);
  assert.equal(lstatSync(here.cache).mode & 0o777, 0o700);
});

for (const [what, spoil] of Object.entries(spoils))
  test(`what was changed since is laid out anew: ${what}`, async t => {
    const here = ground(t);
    if (here === undefined) return;
    const [directory = ''] = await here.asked();
    await tick();
    spoil(directory);
    assert.deepEqual(await here.asked(), [directory, true]);
    assert.equal(readFileSync(join(directory, 'd/file'), 'utf8'), 'text');
    assert.deepEqual(readdirSync(directory), ['d']);
    assert.deepEqual(await here.asked(), [directory, false]);
  });

test('those that were used last stay, and what is in use', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const user = here.open();
  const places = new Map([['0', await user.of('0', lay)]]);
  const there = (): string => [...places].flatMap(([name, path]) => (existsSync(path ?? '') ? [name] : [])).join(' ');
  const ask = async (name: string): Promise<void> => {
    await tick();
    places.set(name, (await here.asked(name))[0]);
  };
  for (const name of ['1', '2', '3', '4', '5', '6', '7']) await ask(name);
  assert.equal(there(), '0 1 2 3 4 5 6 7');
  await ask('1');
  await ask('8');
  assert.equal(there(), '0 1 2 3 4 5 6 7 8', 'what was used longest ago is in use');
  await ask('9');
  assert.equal(there(), '0 1 3 4 5 6 7 8 9');
  await user.close();
  await ask('10');
  assert.equal(there(), '1 4 5 6 7 8 9 10');
  assert.equal(readdirSync(here.cache).length, 16, 'each with its lock');
});

/** Fills a stage that a build has open. */
async function filled(stages: KeptStages, identity: string): Promise<string> {
  const files = (await stages.open(0)) ?? '';
  await lay(files);
  stages.keep(files, identity);
  return files;
}

/** What stays of a cache: stages and their locks. */
const standing = (cache: string): readonly string[] => readdirSync(cache).filter(name => !name.endsWith('.lock'));

test('what was filled lies where it did until the end, and then is there for who asks next', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const one = here.open();
  const files = await filled(one, 'one');
  assert.equal(readFileSync(join(files, 'd/file'), 'utf8'), 'text');
  await one.close();
  assert.equal(existsSync(files), false);
  const [directory, isLaid] = await here.asked();
  assert.equal(isLaid, false);
  assert.equal(readFileSync(join(directory ?? '', 'd/file'), 'utf8'), 'text');
});

test('of what was opened and not said to be filled nothing is left, nor of what somebody else has meanwhile', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const [directory = ''] = await here.asked();
  const user = here.open();
  assert.equal(await user.of('one', () => assert.fail('it is there')), directory);
  const { ino } = lstatSync(directory);
  const other = here.open();
  await lay((await other.open(0)) ?? '');
  await filled(other, 'one');
  other.keep(tmpdir(), 'two');
  await other.close();
  assert.equal(lstatSync(directory).ino, ino);
  assert.equal(standing(here.cache).length, 1);
  await user.close();
});

test('what is filled takes the place of what was there and in use by nobody', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const [directory = ''] = await here.asked();
  await tick();
  writeFileSync(join(directory, 'more'), '');
  const other = here.open();
  await filled(other, 'one');
  await other.close();
  assert.deepEqual(await here.asked(), [directory, false]);
  assert.deepEqual(readdirSync(directory), ['d']);
});

/** Of those that were filled as 0 to 11 the last eight are there, each with its lock. */
async function areLastOfTwelve({ cache, asked }: Ground): Promise<void> {
  assert.equal(standing(cache).length, 8);
  assert.equal(readdirSync(cache).length, 16);
  for (const [identity, isLaid] of [
    ['4', false],
    ['11', false],
    ['3', true],
  ] as const)
    assert.equal((await asked(identity))[1], isLaid, identity);
}

test('of what is filled those that were used last stay', async t => {
  const here = ground(t);
  if (here === undefined) return;
  for (let at = 0; at < 12; at++) {
    const one = here.open();
    await filled(one, `${at}`);
    await one.close();
    await tick();
  }
  await areLastOfTwelve(here);
});

test('of many that one build fills the last stay, and no more than of others', async t => {
  const here = ground(t);
  if (here === undefined) return;
  await here.asked('other');
  const one = here.open();
  for (let at = 0; at < 12; at++) await filled(one, `${at}`);
  await one.close();
  await areLastOfTwelve(here);
});

test('what is given up leaves nothing, and locks of nothing go with the next', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const one = here.open();
  const files = (await one.open(0)) ?? '';
  await lay(files);
  assert.equal(await one.drop(files), true);
  assert.equal(existsSync(files), false);
  assert.equal(await one.drop(files), false);
  assert.equal(await one.drop(tmpdir()), false);
  await one.close();
  writeFileSync(join(here.cache, `${'f'.repeat(64)}.lock`), '');
  await here.asked();
  assert.equal(readdirSync(here.cache).length, 2);
});

test('nothing is opened where there is no room for it, nor in a cache that somebody else may write to', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const one = here.open();
  assert.equal(await one.open(2 ** 60), undefined);
  chmodSync(here.cache, 0o777);
  assert.equal(await one.open(0), undefined);
  await one.close();
});

test('a signal ends what is being sealed, and nothing is left of it', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const stop = new AbortController();
  const one = new KeptStages(here.cache, { beside: tmpdir(), signal: stop.signal });
  const files = (await one.open(0)) ?? '';
  for (let at = 0; at < 3000; at++) writeFileSync(join(files, `${at}`), '');
  one.keep(files, 'one');
  stop.abort(new Error('enough'));
  await assert.rejects(one.close(), { message: 'enough' });
  assert.deepEqual(standing(here.cache), []);
});

test('while one makes a stage another does without, and afterwards both have it', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const [one, other] = [here.open(), here.open()];
  let [begun, go]: [() => void, () => void] = [() => undefined, () => undefined];
  const hasBegun = new Promise<void>(resolve => {
    begun = resolve;
  });
  const mayGo = new Promise<void>(resolve => {
    go = resolve;
  });
  const made = one.of('one', async to => {
    begun();
    await mayGo;
    await lay(to);
  });
  await hasBegun;
  assert.equal(await other.of('one', lay), undefined);
  go();
  const directory = await made;
  const third = here.open();
  assert.equal(await third.of('one', () => assert.fail('it is there')), directory);
  for (const stages of [one, other, third]) await stages.close();
});

test('what cannot be laid out leaves nothing, and what is no fault of it is thrown', async t => {
  const here = ground(t);
  if (here === undefined) return;
  const refused = here.open();
  const spoiled = async (to: string): Promise<void> => {
    await lay(to);
    throw invalid('layer', 'bytes', 'others');
  };
  assert.equal(await refused.of('one', spoiled), undefined);
  await refused.close();
  const broken = here.open();
  await assert.rejects(
    broken.of('one', async () => {
      throw new TypeError('ours');
    }),
    TypeError,
  );
  await broken.close();
  assert.deepEqual(standing(here.cache), []);
  assert.equal((await here.asked())[1], true);
});

test('a cache that somebody else may write to is not used', async t => {
  const here = ground(t);
  if (here === undefined) return;
  mkdirSync(here.cache);
  chmodSync(here.cache, 0o777);
  assert.deepEqual(await here.asked(), [undefined, false]);
});
