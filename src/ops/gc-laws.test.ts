import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isValid } from '../testing/answers.ts';
import { bundledScript, ended } from '../testing/bundled-script.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { verbUses } from '../testing/verbs.ts';
import { gc } from './gc.ts';
import { tag } from './tag.ts';
import { untag } from './untag.ts';

const writing = verbUses.filter(({ writes }) => writes === 'layout');
const blobsOf = (layout: string): readonly string[] => readdirSync(join(layout, 'blobs/sha256')).sort();

test('no verb leaves anything to collect, and a collection leaves what validates', async t => {
  const place = await preparePlace(temporaryDirectory(t));
  for (const [at, { use, takes, call }] of writing.entries())
    for (const kind of takes.slice(0, 2)) {
      const out = join(place.directory, `out-${at}-${kind}`);
      await call(place.operands(kind, out));
      const before = snapshotOf(out);
      assert.deepEqual((await gc(out, { grace: '0' })).removed, [], `${use}, ${kind}`);
      isSame(snapshotOf(out), before, use);
      await isValid(out);
    }
});

test('what lost its name and is collected is as if it had never been there, and what is left is whole', async t => {
  const place = await preparePlace(temporaryDirectory(t));
  for (const [at, { use, takes, call }] of writing.entries()) {
    const kind = takes[0];
    if (kind === undefined || kind === 'nothing') continue;
    const out = join(place.directory, `out-${at}`);
    cpSync(place.layout, out, { recursive: true });
    const before = blobsOf(out);
    await call(place.operands(kind, out));
    await tag(`${out}:base`, ['new']);
    await untag([`${out}:new`]);
    await gc(out, { grace: '0', untagged: true });
    const after = blobsOf(out);
    // An archive that is loaded brings names of its own.
    if (use !== 'load') assert.deepEqual(after, before, use);
    await isValid(out);
  }
});

const at = (path: string): string => new URL(path, import.meta.url).pathname;

/** A collection that kills itself at the disk-changing call whose number it is given. */
const program = `
  import { createRequire, syncBuiltinESMExports } from 'node:module';
  import { gc } from '${at('./gc.ts')}';
  const fs = createRequire('/')('node:fs');
  let left = Number(process.argv[3]);
  for (const name of ['writeSync', 'renameSync', 'fsyncSync', 'mkdirSync', 'mkdtempSync', 'unlinkSync', 'rmdirSync', 'rmSync', 'openSync']) {
    const original = fs[name];
    fs[name] = (...values) => {
      if (left-- === 0) process.kill(process.pid, 'SIGKILL');
      return original(...values);
    };
  }
  syncBuiltinESMExports();
  await gc(process.argv[2], { grace: '0', untagged: true });
  process.exitCode = 7;`;

test('a collection killed at any call leaves all that is named, and the next one does the rest', async t => {
  const place = await preparePlace(temporaryDirectory(t));
  await untag([`${place.layout}:app`, `${place.layout}:multi`]);
  const script = await bundledScript(t, program);
  let ends = 0;
  for (let moment = 3; moment < 130; moment += 7) {
    const layout = join(place.directory, `at-${moment}`);
    cpSync(place.layout, layout, { recursive: true });
    const { code, text } = await ended(spawn(process.execPath, [script, layout, `${moment}`]));
    assert.equal(text, '');
    if (code === 7) ends++;
    await isValid(layout);
    await gc(layout, { grace: '0', untagged: true });
    await isValid(layout);
    assert.equal(blobsOf(layout).length, 3, `${moment}`);
    assert.deepEqual(
      readdirSync(layout).filter(name => name.startsWith('.') || name.endsWith('.lock')),
      [],
      `${moment}`,
    );
  }
  assert.ok(ends > 0 && ends < 15, `${ends}`);
});
