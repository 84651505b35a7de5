import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../disk/system-error.ts';
import { isUnlocked, leftBehind } from '../disk/temporary.ts';
import { blobDirectories, namesIn, type StandingFile, standingAt } from './blob-files.ts';

/** What tools call what they have not finished: umoci (a directory with a flock), skopeo, regctl. */
const inLayout: readonly RegExp[] = [/^\.umoci-/, /^oci-put-blob/, /^index\.json\.[\w.-]*tmp$/];
/** The same among blobs: regctl, and crane, which puts digits behind a digest. */
const inBlobs: Readonly<Record<string, readonly RegExp[]>> = {
  sha256: [/^[0-9a-f]{64}\.[\w.-]*tmp$/, /^[0-9a-f]{64}\d{1,20}$/],
  sha512: [/^[0-9a-f]{128}\.[\w.-]*tmp$/, /^[0-9a-f]{128}\d{1,20}$/],
  blake3: [],
};
/** Where oras and containerd write what is to become a blob. */
const ingest = 'ingest';

const matches = (forms: readonly RegExp[], name: string): boolean => forms.some(form => form.test(name));

function below(directory: string): readonly StandingFile[] {
  try {
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    return names.flatMap(name => standingAt(join(directory, name)) ?? []);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}

/** A file, or a directory with all that is in it: as young as the youngest of it. */
function wholeAt(path: string): StandingFile | undefined {
  const own = standingAt(path);
  if (own === undefined || !own.isDirectory) return own;
  if (/^\.umoci-/.test(path.slice(path.lastIndexOf('/') + 1)) && !isUnlocked(path)) return undefined;
  const all = [own, ...below(path)];
  return {
    path,
    size: all.slice(1).reduce((total, { size }) => total + size, 0),
    diskSize: all.reduce((total, { diskSize }) => total + diskSize, 0),
    mtime: all.reduce((latest, { mtime }) => Math.max(latest, mtime), 0),
  };
}

/**
 * What tools that are dead, or at work, have not finished in a layout: files and directories whose names say so, those of ocikit
 * only where their maker is dead. `now` is milliseconds since 1970.
 */
export function leftovers(
  layout: string,
  now: number,
): {
  readonly dead: readonly StandingFile[];
  readonly others: readonly StandingFile[];
} {
  const named = namesIn(layout).filter(name => matches(inLayout, name));
  const coming = namesIn(join(layout, ingest)).map(name => join(ingest, name));
  const among = blobDirectories(layout).flatMap(([algorithm, directory]) =>
    namesIn(directory)
      .filter(name => matches(inBlobs[algorithm] ?? [], name))
      .map(name => join('blobs', algorithm, name)),
  );
  const at = (names: readonly string[]): readonly StandingFile[] =>
    names.flatMap(name => wholeAt(join(layout, name)) ?? []);
  return { dead: at(leftBehind(layout, now)), others: at([...named, ...coming, ...among]) };
}
