import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { importRootfs } from './import-rootfs.ts';
import { init } from './init.ts';
import { unpack } from './unpack.ts';

const owner = process.getuid?.() === 0 ? {} : { owner: '0:0' };

async function prepared(t: TestContext): Promise<{ place: string; layout: string; root: string }> {
  const place = temporaryDirectory(t);
  const [layout, root] = [join(place, 'img'), join(place, 'root')];
  await init(layout);
  mkdirSync(root);
  chmodSync(root, 0o755);
  writeFileSync(join(root, 'a'), 'a');
  return { place, layout, root };
}

test("a root directory's mode and owner are an entry of their own, compared, unpacked and exported", async t => {
  const { place, layout, root } = await prepared(t);
  const plain = await commit(root, `${layout}:plain`, owner);
  chmodSync(root, 0o1750);
  if (process.getuid?.() === 0) chownSync(root, 0, 7);
  const { changes } = await commit(root, `${layout}:closed`, { base: `${layout}:plain`, ...owner });
  assert.equal(changes, 1);
  const rows = (await diff(`${layout}:plain`, `${layout}:closed`)).changes;
  assert.deepEqual(
    [rows.length, rows[0]?.path, rows[0]?.reasons[0]],
    [1, '/', { aspect: 'mode', before: '0755', after: '1750' }],
  );
  await unpack(`${layout}:closed`, join(place, 'out'));
  assert.equal(statSync(join(place, 'out')).mode & 0o7777, 0o1750);
  assert.deepEqual((await diff(root, join(place, 'out'))).changes, []);

  const tar = join(place, 'out.tar');
  await exportImage(`${layout}:closed`, tar);
  assert.equal(readFileSync(tar).toString('latin1', 0, 3), './\0');
  await importRootfs(tar, `${layout}:again`);
  assert.deepEqual((await diff(`${layout}:closed`, `${layout}:again`)).changes, []);
  const once = join(place, 'once.tar');
  await exportImage(`${layout}:again`, once);
  assert.ok(readFileSync(once).equals(readFileSync(tar)));
  chmodSync(root, 0o755);
  if (process.getuid?.() === 0) chownSync(root, 0, 0);
  assert.equal((await commit(root, `${layout}:plain2`, owner)).diffID, plain.diffID);
});

test("a root directory's time alone is no difference, and --exclude / leaves it as it is in the base", async t => {
  const { layout, root } = await prepared(t);
  await commit(root, `${layout}:plain`, owner);
  utimesSync(root, 5, 5);
  assert.equal((await commit(root, `${layout}:same`, { base: `${layout}:plain`, ...owner })).layer, null);
  chmodSync(root, 0o700);
  const options = { base: `${layout}:plain`, exclude: ['/'], ...owner };
  assert.equal((await commit(root, `${layout}:same`, options)).layer, null);
});
