import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadNative } from '../store/disk/native.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { importRootfs } from './import-rootfs.ts';
import { init } from './init.ts';
import { unpack } from './unpack.ts';

const isRoot = process.getuid?.() === 0;
const names = ['fifo', 'symlink', ...(isRoot ? ['device'] : [])];

/** A directory in which a fifo, a symbolic link and, as root, a device have two names each. */
async function prepared(t: TestContext): Promise<{ place: string; layout: string; root: string } | undefined> {
  if (loadNative() === undefined) {
    t.skip('fifos and devices are made through koffi');
    return undefined;
  }
  const place = temporaryDirectory(t);
  const [layout, root] = [join(place, 'img'), join(place, 'root')];
  await init(layout);
  mkdirSync(join(root, 'd'), { recursive: true });
  execFileSync('mkfifo', [join(root, 'fifo')]);
  symlinkSync('nowhere', join(root, 'symlink'));
  if (isRoot) execFileSync('mknod', [join(root, 'device'), 'c', '1', '3']);
  for (const name of names) linkSync(join(root, name), join(root, `d/${name}`));
  return { place, layout, root };
}

function areLinked(root: string): void {
  for (const name of names) {
    const [one, other] = [lstatSync(join(root, name)), lstatSync(join(root, `d/${name}`))];
    assert.deepEqual([one.nlink, other.nlink, other.ino], [2, 2, one.ino], name);
  }
}

/** The links of a tar, by its headers. */
function linksOf(tar: string): readonly string[] {
  const bytes = readFileSync(tar);
  const found: string[] = [];
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512);
    if (header.toString('latin1', 257, 262) === 'ustar' && header[156] === 0x31)
      found.push(header.toString('latin1', 0, 100).replace(/\0.*$/s, ''));
  }
  return found;
}

test('symbolic links, devices and fifos of two names keep them: commit, unpack, a bundle, export, import', async t => {
  const made = await prepared(t);
  if (made === undefined) return;
  const { place, layout, root } = made;
  await commit(root, `${layout}:a`);
  await unpack(`${layout}:a`, join(place, 'out'));
  areLinked(join(place, 'out'));
  assert.deepEqual((await diff(`${layout}:a`, join(place, 'out'))).changes, []);

  const bundle = join(place, 'bundle');
  await unpack(`${layout}:a`, bundle, { bundle: true });
  areLinked(join(bundle, 'rootfs'));
  assert.deepEqual((await diff(bundle)).changes, []);
  assert.equal((await commit(bundle)).layer, null);

  const tar = join(place, 'out.tar');
  await exportImage(`${layout}:a`, tar);
  assert.equal(linksOf(tar).length, names.length);
  await importRootfs(tar, `${layout}:b`);
  assert.deepEqual((await diff(`${layout}:a`, `${layout}:b`)).changes, []);
  assert.deepEqual((await diff(`${layout}:a`, tar)).changes, []);
});

test('a second name that is a file of its own is a difference, for links as its reason', async t => {
  const made = await prepared(t);
  if (made === undefined) return;
  const { place, layout, root } = made;
  await commit(root, `${layout}:a`);
  const bundle = join(place, 'bundle');
  await unpack(`${layout}:a`, bundle, { bundle: true });
  const inside = join(bundle, 'rootfs');
  for (const name of names) {
    rmSync(join(inside, `d/${name}`));
    execFileSync('cp', ['-a', join(inside, name), join(inside, `d/${name}`)]);
  }
  const { changes } = await diff(bundle);
  const links = changes.filter(({ reasons }) => reasons.some(({ aspect }) => aspect === 'links'));
  assert.deepEqual(links.map(({ path }) => path).sort(), names.map(name => `/${name}`).sort());
  await commit(bundle, `${layout}:b`);
  await unpack(`${layout}:b`, join(place, 'again'));
  assert.deepEqual((await diff(inside, join(place, 'again'))).changes, []);
  assert.equal(lstatSync(join(place, 'again/fifo')).nlink, 1);
});

test('a delta that touches one name brings both, so that an engine can link them', async t => {
  const made = await prepared(t);
  if (made === undefined) return;
  const { place, layout, root } = made;
  rmSync(join(root, 'd/symlink'));
  await commit(root, `${layout}:a`);
  linkSync(join(root, 'symlink'), join(root, 'd/symlink'));
  const { changes } = await commit(root, `${layout}:b`, { base: `${layout}:a` });
  assert.equal(changes, 2);
  await unpack(`${layout}:b`, join(place, 'out'));
  areLinked(join(place, 'out'));
});
