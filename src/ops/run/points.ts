import type { JobMount } from '../../runner/job.ts';
import { type MountPoint, makePoints } from '../../store/disk/mount-stubs.ts';
import type { Tree } from '../../tree/node.ts';
import { encodeText } from '../../tree/path.ts';
import { find } from '../../tree/walk.ts';

export { makeStubsIn } from '../../store/disk/mount-stubs.ts';

const standard = ['/proc', '/sys', '/dev'];

/** Whether a mount's point has to be in the root: what is in a directory that every container has mounted has none there. */
export const isStubNeeded = (target: string): boolean => !standard.some(above => target.startsWith(`${above}/`));

/** The mount points that a run needs in its root. */
export function pointsOf(mounts: readonly JobMount[]): readonly MountPoint[] {
  return [
    ...standard.map(target => ({ target, isDirectory: true })),
    ...mounts
      .filter(({ target }) => isStubNeeded(target))
      .map(mount => ({
        target: mount.target,
        isDirectory: mount.kind === 'tmpfs' || (mount.kind === 'bind' && mount.isDirectory),
      })),
  ];
}

/** Makes the mount points that a tree lacks in a directory that is to lie below it, and answers that. */
export function makeStubsOf(tree: Tree, stubs: string, points: readonly MountPoint[]): string {
  makePoints(
    stubs,
    points.filter(({ target }) => find(tree, encodeText(target.slice(1))) === undefined),
  );
  return stubs;
}
