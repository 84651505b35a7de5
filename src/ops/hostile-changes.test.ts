import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { fixture } from '../testing/fixtures.ts';
import type { HostileCase } from '../testing/hostile.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { makeWritable, temporaryDirectory } from '../testing/temporary.ts';
import { convert } from './convert.ts';
import { gc } from './gc.ts';
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

test('hostile places in every form: refused on purpose with nothing left, or made into what is whole', async t => {
  for (const compression of ['zstd:chunked', 'estargz'] as const)
    await withEach(t, ['layout', 'oci-archive', 'docker-archive'], async ({ name, tag }, place) => {
      const before = snapshotOf(dirname(place));
      const output = join(place, `../../out-${compression.replace(':', '-')}`);
      const operand = tag === undefined ? place : `${place}:${tag}`;
      const made = await isDone(convert(operand, { compression, output: `${output}:x` }), `${name} ${compression}`);
      isSame(snapshotOf(dirname(place)), before, name);
      assert.equal(existsSync(output), made, name);
      if (made) {
        const errors = (await validate(output)).findings.filter(({ severity }) => severity === 'error');
        // What was wrong with documents stays in them.
        const own = errors.length === 0 ? [] : await messages(place).catch(() => []);
        for (const { message } of errors) assert.ok(own.length > 0, `${name} ${compression}: ${message}`);
      }
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
