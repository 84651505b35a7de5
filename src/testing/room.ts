import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from './temporary.ts';

/** Whether stages are kept on the disk of tests; else the test is skipped with the reason. */
export function canKeepStages(t: TestContext): boolean {
  const { bavail, blocks } = statfsSync(tmpdir());
  const isFull = bavail < blocks / 5;
  if (isFull) t.skip('needs a disk of which a fifth is free');
  return !isFull;
}

/** Whether root can mount overlayfs on the disk of tests; else the test is skipped with the reason. */
export function canMountOverlay(t: TestContext): boolean {
  const script = 'mkdir l u w m && mount -n -t overlay -o lowerdir=l,upperdir=u,workdir=w overlay m';
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { cwd: temporaryDirectory(t) });
  if (status !== 0) t.skip('no overlayfs here');
  return status === 0;
}
