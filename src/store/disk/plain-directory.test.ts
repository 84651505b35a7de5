import assert from 'node:assert/strict';
import { chmodSync, chownSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { isRoot } from '../../testing/witness.ts';
import { loadNative } from './native.ts';
import { makePlainDirectory } from './plain-directory.ts';

/** A default list of access as the kernel has it: version, then tag, rights and ID of its owner, user 1000, its group, the mask and others. */
const list = Buffer.from(
  ['02000000', '01000700ffffffff', '02000700e8030000', '04000500ffffffff', '10000700ffffffff', '20000500ffffffff'].join(
    '',
  ),
  'hex',
);
const defaultList = 'system.posix_acl_default';

test('a plain directory in one of another group has no set-group bit, and its files have the group of who makes them', t => {
  if (!isRoot(t)) return;
  const above = temporaryDirectory(t);
  chownSync(above, 0, 1234);
  chmodSync(above, 0o2755);
  mkdirSync(join(above, 'usual'));
  assert.deepEqual(
    [lstatSync(join(above, 'usual')).gid, lstatSync(join(above, 'usual')).mode & 0o7000],
    [1234, 0o2000],
  );
  const plain = join(above, 'plain');
  makePlainDirectory(plain, 0o750);
  writeFileSync(join(plain, 'file'), '');
  assert.deepEqual([lstatSync(plain).gid, lstatSync(plain).mode & 0o7000], [0, 0]);
  assert.equal(lstatSync(join(plain, 'file')).gid, 0);
});

test('a plain directory in one with a default list of access has none, and neither have its files', t => {
  const native = loadNative();
  if (native === undefined) return t.skip('needs the native calls');
  const above = temporaryDirectory(t);
  try {
    native.writeXattr(above, defaultList, list);
  } catch {
    return t.skip('needs a file system with lists of access');
  }
  mkdirSync(join(above, 'usual'));
  assert.ok(native.hasXattr(join(above, 'usual'), defaultList));
  const plain = join(above, 'plain');
  makePlainDirectory(plain, 0o700);
  writeFileSync(join(plain, 'file'), '');
  for (const path of [plain, join(plain, 'file')]) assert.equal(native.readXattrs(path)?.size ?? 0, 0, path);
});
