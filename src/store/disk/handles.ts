import { existsSync } from 'node:fs';

/** Where Linux shows open files as links that lead to them, whatever has become of their names. */
export const handles = '/proc/self/fd';

/** Where an open file is, or what a name that is held open is, as long as there is /proc. */
export const handleOf = (descriptor: number): string => `${handles}/${descriptor}`;

/** The same where that is to be seen, else the path that it was opened by. */
export function heldAs(descriptor: number, path: string): string {
  const handle = handleOf(descriptor);
  return existsSync(handle) ? handle : path;
}

/** Linux's O_PATH: names a file, and takes no right to it. */
export const nameOnly: number = process.platform === 'linux' ? 0o10000000 : 0;
