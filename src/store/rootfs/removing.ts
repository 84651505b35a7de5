import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { fileCost } from '../../stream/pace.ts';
import type { ByteString, Path } from '../../tree/node.ts';
import type { Parts } from '../../tree/parts.ts';
import { joinPath, nameOf, parentOf } from '../../tree/path.ts';
import type { Descent } from '../disk/descent.ts';

/** What an action on a path gives; the operating system's errors name the path. */
export type OnPath = <T>(path: Path, action: () => T) => T;

/** Where a path is, once the way to it has been gone. */
function at(descent: Descent, path: Path): string | Buffer {
  descent.enter(parentOf(path));
  return descent.place(nameOf(path));
}

/** Removes a file; of a directory it gives the names. */
function unlinked(descent: Descent, path: Path): readonly ByteString[] | undefined {
  const place = at(descent, path);
  if (lstatSync(place).isDirectory()) {
    descent.enter(path);
    return descent.names();
  }
  unlinkSync(place);
  return undefined;
}

/** Removes a name, or a directory with all that is in it, in parts; follows no symlink, and goes out of no directory that it has not gone into. */
export function* removing(descent: Descent, path: Path, onPath: OnPath): Parts<void> {
  descent.leave(path);
  const directories: Path[] = [];
  const left = [path];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const current = next;
    const names = onPath(current, () => unlinked(descent, current));
    yield fileCost;
    if (names === undefined) continue;
    directories.push(current);
    for (const name of names) left.push(joinPath(current, name));
  }
  for (const directory of directories.reverse()) {
    onPath(directory, () => rmdirSync(at(descent, directory)));
    yield fileCost;
  }
}
