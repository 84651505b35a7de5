import { lstatSync, realpathSync } from 'node:fs';
import type { MtreeEntry } from '../../codec/mtree.ts';
import { OciError } from '../../errors.ts';
import { once } from '../../stream/once.ts';
import { Pace, statCost } from '../../stream/pace.ts';
import type { Path } from '../../tree/node.ts';
import type { Parts } from '../../tree/parts.ts';
import { joinPath, nameOf, parentOf } from '../../tree/path.ts';
import { Descent } from '../disk/descent.ts';
import { writeFileAtomic } from '../disk/file-target.ts';
import { systemCode } from '../disk/system-error.ts';
import { encodeSidecar, readSidecarContents, type SidecarContents, sidecarOf } from './sidecar.ts';

/** Which file it is, whatever its name: a number that is used again belongs to a file that was made later. Undefined where the file system does not tell when. */
function identityAt(
  descent: Descent,
  name: string,
): { readonly id: string | undefined; readonly isDirectory: boolean } {
  const stat = descent.reach(() => lstatSync(descent.place(name), { bigint: true }));
  const { dev, ino, birthtimeNs } = stat;
  return { id: birthtimeNs > 0n ? `${dev}:${ino}:${birthtimeNs}` : undefined, isDirectory: stat.isDirectory() };
}

/** Which file is at a path; undefined for none, and for one that cannot be told from others. */
function identityOf(descent: Descent, path: Path): string | undefined {
  try {
    descent.enter(parentOf(path));
    return identityAt(descent, path === '' ? '.' : nameOf(path)).id;
  } catch (error) {
    const isOther = error instanceof OciError && error.code === 'conflict';
    if (!isOther && systemCode(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

function* identitiesOf(root: string, paths: Iterable<Path>): Parts<ReadonlyMap<Path, string>> {
  const descent = new Descent(root);
  const found = new Map<Path, string>();
  try {
    for (const path of paths) {
      const id = identityOf(descent, path);
      if (id !== undefined) found.set(path, id);
      yield statCost;
    }
  } finally {
    descent.close();
  }
  return found;
}

/** Where files are now, of those that are still there. */
function* placesOf(root: string, wanted: ReadonlySet<string>): Parts<ReadonlyMap<string, readonly Path[]>> {
  const descent = new Descent(root);
  const found = new Map<string, Path[]>();
  const left: Path[] = [''];
  try {
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      descent.enter(at);
      for (const name of descent.names()) {
        const { id, isDirectory } = identityAt(descent, name);
        const path = joinPath(at, name);
        if (isDirectory) left.push(path);
        if (id !== undefined && wanted.has(id)) found.set(id, [...(found.get(id) ?? []), path]);
        yield statCost;
      }
    }
  } finally {
    descent.close();
  }
  return found;
}

/** The lines of a sidecar with those of files that have moved where the files are now; undefined where none has. */
function* movedLines(
  root: string,
  { entries }: SidecarContents,
  before: ReadonlyMap<Path, string>,
): Parts<ReadonlyMap<Path, MtreeEntry> | undefined> {
  const after = yield* identitiesOf(root, before.keys());
  const moved = [...before].filter(([path, id]) => after.get(path) !== id);
  if (moved.length === 0) return undefined;
  const places = yield* placesOf(root, new Set(moved.map(([, id]) => id)));
  const lines = new Map(entries);
  // What is at a path now keeps its line: programs put a new file in an old one's place, and mean the same.
  for (const [path, id] of moved) if (places.has(id) && !after.has(path)) lines.delete(path);
  for (const [path, id] of moved)
    for (const place of places.get(id) ?? []) lines.set(place, entries.get(path) as MtreeEntry);
  return lines;
}

/**
 * Looks which files the lines of a directory's sidecar are about, before a program changes the directory; the answer looks again afterwards, and puts the
 * lines of those that have been given another name there. Undefined where there is no sidecar.
 */
export async function followSidecar(directory: string): Promise<(() => Promise<void>) | undefined> {
  const pace = new Pace(undefined);
  const contents = await pace.run(readSidecarContents(directory));
  if (contents === undefined) return undefined;
  const root = realpathSync(directory);
  const before = await pace.run(identitiesOf(root, contents.entries.keys()));
  return async () => {
    const lines = await pace.run(movedLines(root, contents, before));
    if (lines === undefined) return;
    const bytes = await pace.run(encodeSidecar({ ...contents, entries: lines }));
    await writeFileAtomic(sidecarOf(root), once(bytes), { mode: 0o644 });
  };
}
