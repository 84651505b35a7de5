import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadNative } from '../store/disk/native.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools } from '../testing/witness.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { importRootfs } from './import-rootfs.ts';
import { init } from './init.ts';
import { unpack } from './unpack.ts';

const hosts = [
  'security.selinux',
  'system.nfs4_acl',
  'trusted.overlay.origin',
  'trusted.overlay.opaque',
  'user.overlay.origin',
];
const value = Buffer.from('system_u:object_r:etc_t:s0\0');
const kept = 'user.kept';
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const acl = Buffer.from(
  '0200000001000600ffffffff02000600e803000004000400ffffffff10000600ffffffff20000400ffffffff',
  'hex',
);

/** Sets what this file system lets be set, and says what that was. */
function setAll(path: string, names: readonly string[]): readonly string[] {
  return names.filter(name => {
    try {
      loadNative()?.writeXattr(path, name, value);
      return true;
    } catch {
      return false;
    }
  });
}

function skipped(t: TestContext): boolean {
  if (process.getuid?.() === 0 && loadNative() !== undefined) return false;
  t.skip('the attributes of hosts are set by root, through koffi');
  return true;
}

interface Place {
  readonly place: string;
  readonly layout: string;
  readonly root: string;
}

async function prepared(t: TestContext): Promise<Place> {
  const place = temporaryDirectory(t);
  const [layout, root] = [join(place, 'img'), join(place, 'root')];
  await init(layout);
  mkdirSync(join(root, 'd'), { recursive: true });
  writeFileSync(join(root, 'd/f'), 'hi');
  loadNative()?.writeXattr(join(root, 'd/f'), kept, Buffer.from('x'));
  loadNative()?.writeXattr(join(root, 'd/f'), 'security.capability', capability);
  return { place, layout, root };
}

test('attributes of the host make no difference and no other bytes: commit, a delta, diff, a bundle, export', async t => {
  if (skipped(t)) return;
  const { place, layout, root } = await prepared(t);
  const plain = await commit(root, `${layout}:plain`, { clampMtime: 0 });
  const there = [root, join(root, 'd'), join(root, 'd/f')].map(path => setAll(path, hosts));
  assert.ok(there.some(names => names.includes('security.selinux')) && there.some(names => names.length > 2));
  const labelled = await commit(root, `${layout}:labelled`, { clampMtime: 0 });
  assert.equal(labelled.diffID, plain.diffID);
  assert.deepEqual(labelled.warnings, []);
  assert.deepEqual((await diff(`${layout}:plain`, root, { ignore: ['mtime'] })).changes, []);
  writeFileSync(join(root, 'd/f'), 'ho');
  const delta = await commit(root, `${layout}:delta`, { base: `${layout}:plain` });
  assert.equal(delta.changes, 1);

  const bundle = join(place, 'bundle');
  await unpack(`${layout}:delta`, bundle, { bundle: true });
  setAll(join(bundle, 'rootfs/d/f'), hosts);
  assert.deepEqual((await diff(bundle)).changes, []);
  assert.equal((await commit(bundle)).layer, null);
  const tar = join(place, 'out.tar');
  await exportImage(`${layout}:delta`, tar);
  assert.doesNotMatch(readFileSync(tar, 'latin1'), /selinux|overlay/);
  assert.match(readFileSync(tar, 'latin1'), /SCHILY\.xattr\.user\.kept=x/);
});

test('capabilities, ACLs and attributes of users are kept beside those of the host', async t => {
  if (skipped(t)) return;
  const { place, layout, root } = await prepared(t);
  const native = loadNative();
  native?.writeXattr(join(root, 'd/f'), 'system.posix_acl_access', acl);
  setAll(join(root, 'd/f'), hosts);
  await commit(root, `${layout}:a`);
  await unpack(`${layout}:a`, join(place, 'out'));
  const names = [...(native?.readXattrs(join(place, 'out/d/f')) ?? [])].map(([name]) => name).sort();
  assert.deepEqual(names, ['security.capability', 'system.posix_acl_access', 'user.kept']);
});

test("what another tool put into a layer of its host's attributes is neither compared nor written to a disk", async t => {
  if (skipped(t) || !hasTools(t, 'tar', 'getfattr')) return;
  const { place, layout, root } = await prepared(t);
  setAll(join(root, 'd/f'), hosts);
  const tar = join(place, 'in.tar');
  execFileSync('tar', ['--xattrs', '--xattrs-include=*', '-cf', tar, '-C', root, 'd']);
  assert.match(readFileSync(tar, 'latin1'), /SCHILY\.xattr\.security\.selinux/);
  await importRootfs(tar, `${layout}:a`);
  const { changes } = await diff(`${layout}:a`, root);
  assert.deepEqual(changes, []);
  await unpack(`${layout}:a`, join(place, 'out'));
  const raw = execFileSync('getfattr', ['-d', '-m', '-', join(place, 'out/d/f')], { encoding: 'utf8' });
  assert.doesNotMatch(raw, /selinux|overlay/);
  assert.match(raw, /user\.kept/);
});
