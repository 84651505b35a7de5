import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { usersLimit } from '../limits.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { files } from './files.ts';

test('lists of users that are too large, or that links lead round to, name nobody and are said; files are listed all the same', async t => {
  const rootfs = join(temporaryDirectory(t), 'rootfs');
  mkdirSync(join(rootfs, 'etc'), { recursive: true });
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  truncateSync(join(rootfs, 'etc/passwd'), usersLimit + 1);
  symlinkSync('loop', join(rootfs, 'etc/loop'));
  symlinkSync('loop/group', join(rootfs, 'etc/group'));
  const listed = await files(rootfs, [], { recursive: true });
  assert.deepEqual(
    listed.files.map(({ path, user, group }) => [path, user, group]),
    ['/etc', '/etc/group', '/etc/loop', '/etc/passwd'].map(path => [path, null, null]),
  );
  assert.match(
    listed.warnings.join('\n'),
    /\/etc\/passwd: expected a file of at most 4194304 bytes: owners have numbers/,
  );
});
