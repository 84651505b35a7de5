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
import { config } from './config.ts';
import { convert } from './convert.ts';
import { drop } from './drop.ts';
import { gc } from './gc.ts';
import { createIndex } from './index-images.ts';
import { rebase } from './rebase.ts';
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
