import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isValid } from '../testing/answers.ts';
import { type OperandKind, type PreparedPlace, preparePlace } from '../testing/prepared-place.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { VerbUse } from '../testing/verb-use.ts';
import { verbUses } from '../testing/verbs.ts';

/** One place for all that leave their sources alone, as the laws say they do. */
const directory = mkdtempSync(join(tmpdir(), 'ocikit-laws-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let place: PreparedPlace;
before(async () => {
  place = await preparePlace(directory);
});

/** A cache that names inodes. */
const isCache = (line: string): boolean => /(^|\/)ocikit\.index /.test(line);
const treeOf = (path: string): readonly string[] => snapshotOf(path).filter(line => !isCache(line));

/** Makes the result of a use beside others, in a directory of its own; gives the library's answer without the paths in it. */
async function made(use: VerbUse, kind: OperandKind, into: string): Promise<string> {
  const answer = await use.call(place.operands(kind, join(into, 'out')));
  return JSON.stringify(answer).replaceAll(into, '');
}

const writing = verbUses.filter(({ writes }) => writes !== 'nothing');
const fresh = writing.filter(({ writes }) => writes !== 'source');

for (const use of fresh) {
  test(`${use.use}: made twice it is the same, what is made validates, and the source is as it was`, async t => {
    for (const kind of use.takes) {
      const [one, other] = [temporaryDirectory(t), temporaryDirectory(t)];
      const sources = snapshotOf(directory);
      const answer = await made(use, kind, one);
      assert.equal(await made(use, kind, other), answer, kind);
      isSame(treeOf(one), treeOf(other), kind);
      isSame(snapshotOf(directory), sources, kind);
      if (
        use.writes === 'layout' ||
        (use.writes === 'file' && !['exportImage', 'commitLayer', 'report'].includes(use.verb))
      )
        await isValid(join(one, 'out'));
    }
  });
}

for (const use of fresh.filter(({ writes }) => writes === 'layout')) {
  test(`${use.use}: a second time into the same layout changes nothing, and the layout validates`, async t => {
    for (const kind of use.takes) {
      const own = temporaryDirectory(t);
      await made(use, kind, own);
      const once = treeOf(own);
      await made(use, kind, own);
      isSame(treeOf(own), once, kind);
      await isValid(join(own, 'out'));
    }
  });
}

for (const use of verbUses.filter(({ writes }) => writes === 'source')) {
  test(`${use.use}: the layout validates, no blob of it has changed, and a second place gets the same`, async t => {
    for (const kind of use.takes) {
      const [one, other] = [await preparePlace(temporaryDirectory(t)), await preparePlace(temporaryDirectory(t))];
      const old = snapshotOf(one.layout).filter(line => !line.startsWith('index.json '));
      await use.call(one.operands(kind));
      await use.call(other.operands(kind));
      const now = snapshotOf(one.layout);
      // What is changed in place keeps all blobs that were there; only what makes a document of another adds some.
      const kept = use.makesBlobs === true ? now.filter(line => old.includes(line)) : now;
      isSame(
        kept.filter(line => !line.startsWith('index.json ')),
        old,
        kind,
      );
      isSame(snapshotOf(other.layout), now, kind);
      await isValid(one.layout);
    }
  });
}

for (const use of verbUses.filter(({ hasDryRun }) => hasDryRun)) {
  test(`${use.use}: a dry run says what would result, and writes nothing`, async t => {
    for (const kind of use.takes) {
      const own = temporaryDirectory(t);
      const sources = snapshotOf(directory);
      const dry = await use.call(place.operands(kind, join(own, 'out')), { dryRun: true });
      isSame(snapshotOf(own), [], kind);
      isSame(snapshotOf(directory), sources, kind);
      if (use.writes === 'source') {
        const changed = await preparePlace(temporaryDirectory(t));
        const said = await use.call(changed.operands(kind), { dryRun: true });
        assert.deepEqual(await use.call(changed.operands(kind)), said, kind);
        continue;
      }
      // What it is going to do is what a dry run of a build says beside it.
      const said = JSON.stringify(dry, (key, value) => (key === 'plan' ? undefined : value));
      assert.deepEqual(said.replaceAll(own, ''), await made(use, kind, own), kind);
      assert.ok(existsSync(join(own, 'out')), kind);
    }
  });
}

for (const use of verbUses.filter(({ writes }) => writes === 'nothing')) {
  test(`${use.use}: asked twice it answers the same, and nothing has changed`, async t => {
    const nowhere = temporaryDirectory(t);
    const sources = snapshotOf(directory);
    for (const kind of use.takes) assert.equal(await made(use, kind, nowhere), await made(use, kind, nowhere), kind);
    isSame(snapshotOf(directory), sources, 'sources');
    isSame(snapshotOf(nowhere), [], 'nowhere');
  });
}
