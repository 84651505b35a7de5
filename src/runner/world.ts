import type { PlacesOf } from '../store/disk/resolve-inside.ts';
import type { Job, JobMount, JobRoot } from './job.ts';

/** What the kernel and the runner fill. */
const filled = ['/proc', '/sys', '/dev'];

const isWithin = (path: string, above: string): boolean =>
  above === '/' || path === above || path.startsWith(`${above}/`);

/** The directories of a root, the uppermost first. */
function directoriesOf(root: JobRoot): readonly string[] {
  if (root.kind === 'overlay') return [root.upper, ...[...root.lower].reverse()];
  return [root.path, ...(root.stubs === undefined ? [] : [root.stubs])];
}

/** The mount that a path lies in: a later one lies on those before. */
function mountOver(path: string, mounts: readonly JobMount[]): JobMount | undefined {
  return mounts.filter(({ target }) => isWithin(path, target)).at(-1);
}

/** Where a path of a run's world lies on the disk before anything of it is mounted; undefined for what is nowhere there. */
export function placesIn({ root, mounts }: Pick<Job, 'root' | 'mounts'>): PlacesOf {
  const directories = directoriesOf(root);
  return path => {
    if (filled.some(above => isWithin(path, above))) return undefined;
    const mount = mountOver(path, mounts);
    // A mount point that the root lacks is made for the run, and what it lies in.
    const made = mounts.some(({ target }) => isWithin(target, path)) ? ['/'] : [];
    if (mount === undefined) return [...directories.map(directory => `${directory}${path}`), ...made];
    if (mount.kind === 'file') return undefined;
    if (mount.kind === 'tmpfs') return made;
    const rest = path.slice(mount.target.length);
    const within = mount.path === '/' ? '' : mount.path;
    return [...[...mount.from].reverse().map(directory => `${directory}${within}${rest}`), ...made];
  };
}
