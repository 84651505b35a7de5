import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { canMountOverlay } from '../../testing/room.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { run } from '../run.ts';
import { unpack } from '../unpack.ts';

const [major = 0, minor = 0] = release().split('.').map(Number);

test('no disk is waited for by a RUN, whose changes are read and removed; by a run in a bundle, which keeps them, it is', async t => {
  if (!canRun(t) || !canMountOverlay(t)) return;
  if (major < 5 || (major === 5 && minor < 10)) {
    t.skip('volatile overlays need Linux 5.10');
    return;
  }
  const directory = temporaryDirectory(t);
  const image = await makeBusyboxBase(directory, 'layout');
  const context = join(directory, 'context');
  mkdirSync(context);
  const root = 'grep -q "^overlay / overlay .*[,=]volatile" /proc/mounts';
  await build(context, image.replace(/base$/, 'made'), {
    dockerfile: `FROM base\nRUN ${root}`,
    platforms: ['linux/amd64'],
  });
  const bundle = join(directory, 'work');
  await unpack(image, bundle, { bundle: true });
  const { status, stdout } = await run(bundle, ['grep', '^overlay / overlay ', '/proc/mounts']);
  assert.deepEqual([status, stdout?.includes('volatile')], [0, false]);
});
