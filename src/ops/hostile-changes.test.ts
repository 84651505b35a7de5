import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OciError } from '../errors.ts';
import { isValid } from '../testing/answers.ts';
import { fixture } from '../testing/fixtures.ts';
import type { HostileCase } from '../testing/hostile.ts';
import { makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { rawTar } from '../testing/raw-tar.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { makeWritable, temporaryDirectory } from '../testing/temporary.ts';
import { append } from './append.ts';
import { attach } from './attach.ts';
import { config } from './config.ts';
import { convert } from './convert.ts';
import { drop } from './drop.ts';
import { gc } from './gc.ts';
import { addToIndex, createIndex, listIndex, removeFromIndex } from './index-images.ts';
import { rebase } from './rebase.ts';
import { referrers } from './referrers.ts';
import { squash } from './squash.ts';
import { strip } from './strip.ts';
import { validate } from './validate.ts';

/** Does work with a copy of each hostile place of a kind, in a directory of its own beside something precious. */
async function withEach(
  t: TestContext,
  kinds: readonly HostileCase['kind'][],
  work: (item: HostileCase, place: string) => Promise<void>,
): Promise<void> {
  const table = fixture(t, 'hostile/manifest.json');
  if (table === undefined) return;
  const { cases } = JSON.parse(readFileSync(table, 'utf8')) as { cases: readonly HostileCase[] };
  for (const item of cases.filter(({ kind }) => kinds.includes(kind))) {
    const directory = temporaryDirectory(t);
    mkdirSync(join(directory, 'victim'));
    writeFileSync(join(directory, 'victim/hello'), 'canary\n');
    const place = join(directory, 'at/place');
    mkdirSync(join(directory, 'at'));
    cpSync(join(fixture(t, 'hostile') ?? '', item.path), place, { recursive: true, verbatimSymlinks: true });
    makeWritable(place);
    if (item.kind === 'layout') mkdirSync(join(place, 'blobs/sha256'), { recursive: true });
    await work(item, place);
    assert.equal(readFileSync(join(directory, 'victim/hello'), 'utf8'), 'canary\n', item.name);
  }
}

/** Whether work was done; where it was refused, that was on purpose. */
async function isDone(work: Promise<unknown>, what: string): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    assert.ok(error instanceof OciError, `${what}: ${(error as Error).stack}`);
    return false;
  }
}

const messages = async (place: string): Promise<readonly string[]> =>
  (await validate(place)).findings.map(({ message }) => message).sort();

type Verb = (operand: string, output: string) => Promise<unknown>;

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const someFile = fileURLToPath(import.meta.url);

/** Every verb that makes an image of an image, to another layout. */
const verbs: Readonly<Record<string, Verb>> = {
  'zstd:chunked': (operand, output) => convert(operand, { compression: 'zstd:chunked', output }),
  estargz: (operand, output) => convert(operand, { compression: 'estargz', output }),
  squash: (operand, output) => squash(operand, { output, hostPlatform }),
  'squash of a range': (operand, output) => squash(operand, { layers: '2..', output, hostPlatform }),
  drop: (operand, output) => drop(operand, { layers: '1', materialize: true, output, hostPlatform }),
  strip: (operand, output) => strip(operand, ['/etc', '/a', '/d'], { allPlatforms: true, redact: ['x'], output }),
  config: (operand, output) =>
    config(operand, { set: ['env:A=b'], unset: ['label', 'annotation'], redact: ['x'], allPlatforms: true, output }),
  append: (operand, output) =>
    append(operand, [{ add: someFile, to: '/etc/x/' }, { delete: '/etc' }], { output, hostPlatform }),
  'append of a file': (operand, output) => append(operand, [{ add: someFile, to: '/a/b/' }], { output, hostPlatform }),
  rebase: (operand, output) => rebase(operand, { oldBase: operand, newBase: operand, output, hostPlatform }),
  index: (operand, output) => createIndex(output, [operand], { annotations: ['a=b'], entryAnnotations: ['c=d'] }),
};

test('hostile places under every verb: refused on purpose with nothing left, or made into what is whole', async t => {
  await withEach(t, ['layout', 'oci-archive', 'docker-archive'], async ({ name, tag }, place) => {
    const before = snapshotOf(dirname(place));
    const operand = tag === undefined ? place : `${place}:${tag}`;
    for (const [number, [verb, call]] of Object.entries(verbs).entries()) {
      const output = join(place, `../../out-${number}`);
      const made = await isDone(call(operand, `${output}:x`), `${name} ${verb}`);
      assert.equal(existsSync(output), made, `${name} ${verb}`);
      const findings = made ? (await validate(output)).findings : [];
      const errors = findings.filter(({ severity }) => severity === 'error');
      // What was wrong with documents stays in them.
      const own = errors.length === 0 ? [] : await messages(place).catch(() => []);
      for (const { message } of errors) assert.ok(own.length > 0, `${name} ${verb}: ${message}`);
    }
    isSame(snapshotOf(dirname(place)), before, name);
  });
});

/** What is wrong with a place; undefined where it cannot be looked at. */
const faultsOf = (place: string): Promise<readonly string[] | undefined> => messages(place).catch(() => undefined);

/** Every verb that changes a layout's own index; `good` is an image of another layout. */
const inPlace: Readonly<Record<string, (operand: string, good: string) => Promise<unknown>>> = {
  attach: operand => attach(operand, [{ file: someFile }], { artifactType: 'a/b', fallbackTag: true }),
  'index add': (operand, good) => addToIndex(operand, [good]),
  'index remove': operand => removeFromIndex(operand, [], { platforms: ['linux/amd64'] }),
};

/** A layout with an image and an index of it. */
async function goodLayout(t: TestContext): Promise<string> {
  const layout = makeLayout(join(temporaryDirectory(t), 'good'));
  putName(layout, 'app', putImage(layout, { layers: [{ tar: rawTar([['etc/'], ['etc/a', 'a']]) }] }));
  await createIndex(`${layout}:multi`, [`${layout}:app`]);
  return layout;
}

test('hostile layouts whose index is changed: refused with nothing changed, or no worse than they were', async t => {
  if (fixture(t, 'hostile/manifest.json') === undefined) return;
  const good = await goodLayout(t);
  let done = 0;
  for (const [verb, call] of Object.entries(inPlace))
    await withEach(t, ['layout', 'oci-archive', 'docker-archive'], async ({ name, tag }, place) => {
      const [faults, before] = [await faultsOf(place), snapshotOf(dirname(place))];
      const isMade = await isDone(
        call(tag === undefined ? place : `${place}:${tag}`, `${good}:app`),
        `${name} ${verb}`,
      );
      if (!isMade) return isSame(snapshotOf(dirname(place)), before, `${name} ${verb}`);
      done++;
      for (const message of await messages(place)) assert.ok(faults?.includes(message), `${name} ${verb}: ${message}`);
    });
  assert.ok(done > 20, `${done} were changed`);
});

test('hostile places put into an index of a good layout: refused with nothing changed, or no fault that is not theirs', async t => {
  const good = await goodLayout(t);
  await withEach(t, ['layout', 'oci-archive', 'docker-archive'], async ({ name, tag }, place) => {
    const layout = join(dirname(dirname(place)), 'good');
    cpSync(good, layout, { recursive: true });
    const before = snapshotOf(layout);
    const isMade = await isDone(addToIndex(`${layout}:multi`, [tag === undefined ? place : `${place}:${tag}`]), name);
    if (!isMade) return isSame(snapshotOf(layout), before, name);
    const faults = await messages(layout);
    if (faults.length > 0) assert.ok(((await faultsOf(place)) ?? []).length > 0, `${name}: ${faults}`);
  });
});

test('hostile places of which is asked what is about them and what they list: answered or refused, and as they were', async t => {
  await withEach(t, ['layout', 'oci-archive', 'docker-archive'], async ({ name, tag }, place) => {
    const before = snapshotOf(dirname(place));
    const operand = tag === undefined ? place : `${place}:${tag}`;
    await isDone(referrers(operand, { scan: true, recursive: true }), `${name} referrers`);
    await isDone(listIndex(operand), `${name} index list`);
    isSame(snapshotOf(dirname(place)), before, name);
  });
});

test('hostile tars as layers: refused on purpose with nothing left, or made into what is whole', async t => {
  for (const normalize of [false, true])
    await withEach(t, ['rootfs-tar'], async ({ name }, tar) => {
      const directory = dirname(dirname(tar));
      const layout = makeLayout(join(directory, 'img'));
      putName(layout, 'app', putImage(layout, { layers: [{ tar: rawTar([['etc/'], ['etc/a', 'a']]) }] }));
      const before = snapshotOf(layout);
      const made = await isDone(append(`${layout}:app`, [{ tar }], { normalize, tag: 'new', hostPlatform }), name);
      if (made) await isValid(layout);
      else isSame(snapshotOf(layout), before, name);
    });
});

test('hostile layouts lose nothing that their indexes lead to: what was wrong with them is all that is', async t => {
  await withEach(t, ['layout'], async ({ name }, place) => {
    let before: readonly string[];
    try {
      before = await messages(place);
    } catch {
      await isDone(gc(place, { grace: '0' }), name);
      return;
    }
    if (await isDone(gc(place, { grace: '0' }), name)) assert.deepEqual(await messages(place), before, name);
  });
});
