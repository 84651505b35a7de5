import type { Directories, Job, JobMount } from './job.ts';
import { line, quoted, writing } from './shell.ts';

/** A mount whose source is there when the script has run so far: a path in the job's work, or of the host. */
export type PreparedMount =
  | {
      readonly kind: 'bind';
      readonly source: string;
      readonly target: string;
      readonly isDirectory: boolean;
      readonly isReadOnly: boolean;
    }
  | Extract<JobMount, { readonly kind: 'tmpfs' }>;

interface Prepared {
  /** Lines of a script whose directory is the job's work. */
  readonly lines: readonly string[];
  readonly mounts: readonly PreparedMount[];
}

/** Where files of the run are: a tmpfs, so that they never come to a disk. */
const files = 'files';
/** What a file has that is written with the umask of every script. */
const usualMode = 0o644;

/** A directory as overlayfs takes it in a list: by its way from the job's work, or by a link where it is elsewhere or has a character that means something. */
function plainWay(path: string, work: string): string | undefined {
  const above = work.slice(0, work.lastIndexOf('/') + 1);
  const rest = path.startsWith(above) ? path.slice(above.length) : undefined;
  return rest !== undefined && /^[\w./-]+$/.test(rest) ? `../${rest}` : undefined;
}

/** Overlayfs's list of lower directories, the uppermost first. */
export function lowerLinks(
  directories: Directories,
  { name, work }: { readonly name: string; readonly work: string },
): { readonly lines: readonly string[]; readonly list: string } {
  const lines: string[] = [];
  const ways = directories.map((path, at) => {
    const link = `${files}/${name}-${at}`;
    const way = plainWay(path, work);
    if (way === undefined) lines.push(line('ln', '-s', '--', path, link));
    return way ?? link;
  });
  return { lines, list: ways.reverse().join(':') };
}

/** The options with which overlayfs does nothing that a layer could not say. */
export const overlayOptions = (isInNamespace: boolean): string =>
  isInNamespace ? 'userxattr,' : 'redirect_dir=off,index=off,metacopy=off,';

/** Makes what mounts come from. */
export function prepareMounts({ mounts, work }: Pick<Job, 'mounts' | 'work'>, isInNamespace: boolean): Prepared {
  const lines: string[] = [];
  const prepared = mounts.map((mount, at): PreparedMount => {
    const name = `${files}/${at}`;
    if (mount.kind === 'tmpfs') return mount;
    if (mount.kind === 'file') {
      const { content, target, uid, gid, mode } = mount;
      for (const one of writing(content, name)) lines.push(one);
      if (uid !== 0 || gid !== 0) lines.push(line('chown', `${uid}:${gid}`, name));
      if (mode !== usualMode) lines.push(line('chmod', mode.toString(8), name));
      return { kind: 'bind', source: `${work}/${name}`, target, isDirectory: false, isReadOnly: true };
    }
    const { target, isDirectory, isReadOnly } = mount;
    return {
      kind: 'bind',
      target,
      isDirectory,
      isReadOnly,
      source: sourceOf(mount, { name, lines, work, isInNamespace }),
    };
  });
  return { lines, mounts: prepared };
}

interface Making {
  readonly name: string;
  readonly lines: string[];
  readonly work: string;
  readonly isInNamespace: boolean;
}

/** A directory of the host as it is; several, or one whose changes are thrown away, on overlayfs. */
function sourceOf(mount: Extract<JobMount, { kind: 'bind' }>, { name, lines, work, isInNamespace }: Making): string {
  const { from, path, isDiscarded } = mount;
  const [only] = from;
  if (from.length === 1 && !isDiscarded) return path === '/' ? (only as string) : `${only}${path}`;
  const { lines: links, list } = lowerLinks(from, { name: name.slice(files.length + 1), work });
  const above = `lowerdir=${list}`;
  // Two directories below are one without an upper; one alone needs another.
  const options = isDiscarded || from.length === 1 ? `${above},upperdir=${name}-up,workdir=${name}-work` : above;
  for (const link of links) lines.push(link);
  lines.push(line('mkdir', name, `${name}-up`, `${name}-work`));
  lines.push(line('mount', '-n', '-t', 'overlay', '-o', `${overlayOptions(isInNamespace)}${options}`, 'overlay', name));
  return path === '/' ? `${work}/${name}` : `${work}/${name}${path}`;
}

/** The options of a mount: no device in it can be opened. */
export function optionsOf(mount: PreparedMount): readonly string[] {
  const mode = mount.isReadOnly ? ['ro'] : [];
  if (mount.kind === 'bind') return [mount.isDirectory ? 'rbind' : 'bind', 'nodev', ...mode];
  return ['nosuid', 'nodev', ...(mount.size === 0 ? [] : [`size=${mount.size}`]), ...mode];
}

/** Lines that mount what has been prepared into `$root`. */
export function bindLines(mounts: readonly PreparedMount[]): readonly string[] {
  return mounts.flatMap(mount => {
    const [target, options] = [`"$root"${quoted(mount.target)}`, optionsOf(mount).join(',')];
    if (mount.kind === 'tmpfs')
      return [`point -d ${quoted(mount.target)}`, `mount -n -t tmpfs -o ${options} tmpfs ${target}`];
    return [
      `point ${mount.isDirectory ? '-d' : '-f'} ${quoted(mount.target)}`,
      `mount -n -o ${options} ${quoted(mount.source)} ${target}`,
    ];
  });
}
