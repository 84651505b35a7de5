import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Paths below a directory, each with what tells whether it has become another. */
export type Stamps = ReadonlyMap<string, string>;

/** What lies in a directory, and when each of it became what it is. A directory's time says that something has been in it, which is no change. */
export function stampsOf(directory: string): Stamps {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return new Map(
    names.map(name => {
      const found = lstatSync(join(directory, name));
      return [name, found.isDirectory() ? 'directory' : `${found.ino} ${found.size} ${found.ctimeMs}`];
    }),
  );
}
