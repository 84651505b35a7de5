import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { hasHoles, makeHoley, sparseMember } from '../testing/sparse.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { importRootfs } from './import-rootfs.ts';
import { unpack } from './unpack.ts';

const platform = 'linux/amd64';
const size = 70 * 2 ** 20 + 5;
const end = Buffer.from('\nx\n');

const room = (path: string): number => statSync(path).blocks * 512;
const isSmall = (path: string): void => assert.ok(room(path) < 2 ** 20, `${path}: ${room(path)} bytes of disk`);

/** A root filesystem with one file that is a hole but for its last bytes; undefined where there are no holes. */
function holey(t: TestContext): { place: string; rootfs: string; file: string } | undefined {
  const place = temporaryDirectory(t);
  if (!hasHoles(t, place)) return undefined;
  const rootfs = join(place, 'rootfs');
  mkdirSync(join(rootfs, 'var/log'), { recursive: true });
  const file = join(rootfs, 'var/log/lastlog');
  makeHoley(file, size, [{ at: size - end.length, bytes: end }]);
  return { place, rootfs, file };
}

function blobOf(layout: string, digest: string | undefined): Buffer {
  return readFileSync(join(layout, 'blobs/sha256', (digest ?? '').slice(7)));
}

test('a hole is a hole again: commit, unpack, export, and a bundle that is no different', async t => {
  const made = holey(t);
  if (made === undefined) return;
  const { place, rootfs, file } = made;
  const img = join(place, 'img');
  const { layer, diffID } = await commit(rootfs, `${img}:a`, { platform });
  const tar = gunzipSync(blobOf(img, layer?.digest));
  assert.equal(`sha256:${createHash('sha256').update(tar).digest('hex')}`, diffID);
  assert.ok(tar.includes(readFileSync(file)), 'in a layer a hole is its zeros');
  await unpack(`${img}:a`, join(place, 'bundle'), { bundle: true });
  const back = join(place, 'bundle/rootfs/var/log/lastlog');
  isSmall(back);
  assert.ok(readFileSync(back).equals(readFileSync(file)));
  assert.deepEqual((await diff(`${img}:a`, join(place, 'bundle/rootfs'))).changes, []);
  assert.equal((await commit(join(place, 'bundle'))).layer, null);
  await exportImage(`${img}:a`, join(place, 'a.tar'));
  isSmall(join(place, 'a.tar'));
  assert.ok(readFileSync(join(place, 'a.tar')).includes(readFileSync(file)));
});

test('a layer that is not compressed, and the bodies of a tar, have the holes of their files', async t => {
  const made = holey(t);
  if (made === undefined) return;
  const { place, rootfs } = made;
  const img = join(place, 'img');
  const plain = await commit(rootfs, `${img}:plain`, { platform, compression: 'none' });
  isSmall(join(img, 'blobs/sha256', plain.layer?.digest.slice(7) ?? ''));
  await exportImage(`${img}:plain`, join(place, 'plain.tar'));
  const again = await commit(join(place, 'plain.tar'), `${img}:again`, { platform, compression: 'none' });
  assert.equal(again.diffID, plain.diffID);
});

test('a sparse tar is imported as it is, and its holes are holes where it is unpacked and exported', async t => {
  const place = temporaryDirectory(t);
  if (!hasHoles(t, place)) return;
  const [tar, img] = [join(place, 's.tar'), join(place, 'img')];
  writeFileSync(tar, Buffer.concat([sparseMember('big', size, 120), Buffer.alloc(1024)]));
  const { diffID } = await importRootfs(tar, `${img}:a`, { platform });
  assert.equal(diffID, `sha256:${createHash('sha256').update(readFileSync(tar)).digest('hex')}`);
  await unpack(`${img}:a`, join(place, 'out'));
  isSmall(join(place, 'out/big'));
  const expected = Buffer.alloc(size);
  expected[size - 1] = 120;
  assert.ok(readFileSync(join(place, 'out/big')).equals(expected));
  await exportImage(`${img}:a`, join(place, 'a.tar'));
  isSmall(join(place, 'a.tar'));
});

test('a commit of a hole as long as a disk ends at a signal and leaves nothing', async t => {
  const made = holey(t);
  if (made === undefined) return;
  const { place, rootfs } = made;
  makeHoley(join(rootfs, 'disk'), 8 * 2 ** 40, []);
  const stop = new AbortController();
  const reason = new Error('enough');
  const progress = {
    set bytes(_bytes: number) {
      this.turns ??= setImmediate(() => stop.abort(reason));
    },
    get bytes() {
      return 0;
    },
    turns: undefined as NodeJS.Immediate | undefined,
  };
  await assert.rejects(commit(rootfs, join(place, 'img:a'), { platform, signal: stop.signal, progress }), reason);
  assert.ok(!existsSync(join(place, 'img')));
  assert.deepEqual(readdirSync(place), ['rootfs']);
});
