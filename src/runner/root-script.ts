import type { Job } from './job.ts';
import { lowerLinks, overlayOptions } from './prepared-mounts.ts';
import { line, quoted } from './shell.ts';

/** Where a run finds the programs of the host that it needs. */
export const hostPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';

/**
 * What every script begins with. Its errors go to the report (4), the program's to where they are to go (5).
 * `point` makes a mount point in what has been mounted for the run; a symbolic link on the way would lead out of the root.
 */
const prelude = `set -eu
exec 5>&2 2>&4
umask 022
point() {
  at=$root
  rest=\${2#/}
  while [ -n "$rest" ]; do
    case $rest in */*) name=\${rest%%/*} rest=\${rest#*/} ;; *) name=$rest rest= ;; esac
    at=$at/$name
    if [ -h "$at" ]; then echo "a symbolic link at $2" >&2; exit 1; fi
    if [ -n "$rest" ] || [ "$1" = -d ]; then [ -d "$at" ] || mkdir "$at"; else [ -e "$at" ] || : > "$at"; fi
  done
}`;

/** Says that the program begins, and leaves nothing of the script to it. */
export const begin = 'printf ready >&4; exec 2>/dev/null';
/** What a program gets: its own standard streams. */
export const streams = '2>&5 3<&- 4>&- 5>&-';

/** Lines that begin a script: its directory is the job's work, and `files` in it a tmpfs, so that what is in it never comes to a disk. */
export const openLines = (work: string): readonly string[] => [
  prelude,
  line('cd', work),
  `root=${quoted(`${work}/root`)}`,
  'mkdir root files',
  'mount -n -t tmpfs -o mode=700 tmpfs files',
];

/** Lines that mount the root at `$root`. No device that is made in it can be opened. */
export function rootLines({ root, work }: Pick<Job, 'root' | 'work'>, isInNamespace: boolean): readonly string[] {
  if (root.kind === 'directory' && root.stubs === undefined)
    return [line('mount', '-n', '-o', 'rbind,nodev', root.path, 'root')];
  const upper = root.kind === 'overlay' ? root.upper : root.path;
  const lower = root.kind === 'overlay' ? root.lower : [root.stubs as string];
  const { lines, list } = lowerLinks(lower, { name: 'lower', work });
  const options = `nodev,${overlayOptions(isInNamespace)}lowerdir=${list},upperdir=files/upper`;
  const mount = (...rest: readonly string[]): string =>
    line('mount', '-n', '-t', 'overlay', '-o', [options, ...rest].join(','), 'overlay', 'root');
  const plain = mount('workdir=overlay');
  return [
    'mkdir overlay overlay-volatile',
    ...lines,
    line('ln', '-s', '--', upper, 'files/upper'),
    // What a step changed goes with the build: nothing waits for the disk, neither a program that asks for it nor the unmount. Linux before 5.10 does not know the word.
    ...(root.kind === 'overlay'
      ? [`why=$(${mount('workdir=overlay-volatile', 'volatile')} 2>&1) || ${plain} || { echo "$why" >&2; exit 1; }`]
      : [plain]),
  ];
}

/** Lines that give a new network namespace the loopback that every machine has. */
export const loopbackLines: readonly string[] = ['ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || :'];
