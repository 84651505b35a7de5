import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { commit } from '../ops/commit.ts';

const program = '/bin/busybox';
const baseTime = 946684800;

/** Whether programs can be run in a root filesystem here: root, namespaces and a static busybox. Where not, the test is skipped with a message. */
export function canRun(t: TestContext): boolean {
  const reason =
    process.getuid?.() !== 0
      ? 'needs root'
      : !existsSync(program) || spawnSync('ldd', [program]).status === 0
        ? 'needs a static busybox (Debian: busybox-static)'
        : spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0
          ? undefined
          : 'no namespaces here';
  if (reason !== undefined) t.skip(reason);
  return reason === undefined;
}

/** A root filesystem of busybox, its applets symbolic links, and two users. */
export function makeBusybox(rootfs: string): void {
  for (const name of ['bin', 'etc', 'root', 'home/app']) mkdirSync(join(rootfs, name), { recursive: true });
  mkdirSync(join(rootfs, 'tmp'));
  chmodSync(join(rootfs, 'tmp'), 0o1777);
  copyFileSync(program, join(rootfs, 'bin/busybox'));
  chmodSync(join(rootfs, 'bin/busybox'), 0o755);
  makeApplets(join(rootfs, 'bin'));
  const users = 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n';
  for (const [name, text] of [
    ['passwd', users] as const,
    ['group', 'root:x:0:\napp:x:1000:\nmore:x:2000:app\n'] as const,
  ]) {
    writeFileSync(join(rootfs, 'etc', name), text);
    chmodSync(join(rootfs, 'etc', name), 0o644);
    utimesSync(join(rootfs, 'etc', name), baseTime, baseTime);
  }
}

/** Commits such a root filesystem, which is left beside, as `base` of a layout; answers the image. Its PATH is /bin. */
export async function makeBusyboxBase(
  directory: string,
  layout: string,
  { instructions = [], owner }: { readonly instructions?: readonly string[]; readonly owner?: string } = {},
): Promise<string> {
  const [rootfs, image] = [join(directory, 'rootfs'), `${join(directory, layout)}:base`];
  makeBusybox(rootfs);
  const all = ['ENV PATH=/bin', ...instructions];
  await commit(rootfs, image, {
    instructions: all,
    platform: 'linux/amd64',
    ...(owner === undefined ? {} : { owner }),
  });
  return image;
}

/** The names of busybox's programs, as symbolic links to it. */
export function makeApplets(directory: string): void {
  for (const name of execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    if (name !== 'busybox') symlinkSync('/bin/busybox', join(directory, name));
}
