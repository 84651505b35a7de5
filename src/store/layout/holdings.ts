import { join } from 'node:path';
import type { Holdings } from '../../graph/source.ts';
import { algorithmOf, type Digest, encodedOf } from '../../spec/digest.ts';
import { digestNamed, isLinked, namesIn, standingAt } from './blob-files.ts';
import { dockerListed } from './docker-list.ts';

/** What the files below `blobs/` are by their paths there (`sha256/…`), each with its size in bytes. Sorted as given. */
export function holdingsIn(
  files: Iterable<{ readonly path: string; readonly size: number }>,
): Pick<Holdings, 'blobs' | 'strangers'> {
  const blobs: { digest: Digest; size: number }[] = [];
  const strangers: string[] = [];
  for (const { path, size } of files) {
    const [algorithm = '', name = '', ...deeper] = path.split('/');
    const digest = deeper.length === 0 ? digestNamed(algorithm, name) : undefined;
    // What is spelt otherwise than the digest is no blob of it.
    if (digest === undefined || `${algorithmOf(digest)}/${encodedOf(digest)}` !== path) strangers.push(path);
    else blobs.push({ digest, size });
  }
  return { blobs, strangers };
}

/** What lies among a layout's blobs; undefined where they may be another layout's as well. */
export function holdingsOf(layout: string): Holdings | undefined {
  const directory = join(layout, 'blobs');
  if (isLinked(directory)) return undefined;
  const inside = namesIn(directory);
  if (inside.some(name => isLinked(join(directory, name)))) return undefined;
  const files = inside.flatMap(algorithm => {
    const standing = standingAt(join(directory, algorithm));
    if (standing?.isDirectory !== true) return [{ path: algorithm, size: standing?.size ?? 0 }];
    return namesIn(join(directory, algorithm)).map(name => ({
      path: `${algorithm}/${name}`,
      size: standingAt(join(directory, algorithm, name))?.size ?? 0,
    }));
  });
  return { ...holdingsIn(files), named: dockerListed(layout) };
}
