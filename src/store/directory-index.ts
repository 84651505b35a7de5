import { lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, encodedOf } from '../spec/digest.ts';
import { jsonText } from '../spec/document.ts';
import { memoized } from '../stream/memoized.ts';
import { Pace } from '../stream/pace.ts';
import type { Selection } from '../tree/selection.ts';
import { isAsIndexed } from './bundle/as-indexed.ts';
import {
  readColumns,
  restoreStatIndex,
  type StatIndex,
  type WrittenTree,
  writingStatIndex,
} from './bundle/stat-index.ts';
import { loadNative } from './disk/native.ts';
import { makeOwnDirectory } from './disk/own-directory.ts';
import { hasClockOf } from './disk/remote.ts';
import { makeTemporaryDirectory } from './disk/temporary.ts';
import { forgiving, isOwnFile, keepOwnFile } from './own-cache.ts';
import { hasSidecar } from './rootfs/sidecar.ts';

/** What of a directory has been read before, by whom it is asked for. State: when it was opened. */
interface DirectoryIndex {
  /** What it was, where that is known; made when it is asked for. */
  readonly before: () => Promise<StatIndex | undefined>;
  /** Whether all of it is as it was, by every name and stat. */
  readonly isAsBefore: () => Promise<boolean>;
  /** What was said of it then, by what was asked. */
  readonly said: Readonly<Record<string, string>>;
  /** Keeps what the directory's tree is now, and what files of it are compared by; what has changed since it was opened is read again the next time. */
  keep(read: Pick<WrittenTree, 'tree' | 'digests' | 'statOf' | 'said'>): Promise<void>;
}

interface Remembered {
  /** A directory of the user's own for such indexes; it is made. */
  readonly cache: string;
  /** What of the directory is looked at, as a text. */
  readonly part: string;
  readonly selection: Selection | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What is remembered of a directory; undefined where nothing can be trusted or kept: the cache is somebody else's, stat(2) may be late, or a sidecar says
 * more than the disk shows.
 */
export async function openDirectoryIndex(
  directory: string,
  { cache, part, selection, signal }: Remembered,
): Promise<DirectoryIndex | undefined> {
  return forgiving(async () => {
    makeOwnDirectory(cache);
    const root = realpathSync(directory);
    if (!hasClockOf(root, cache) || hasSidecar(root)) return undefined;
    const of = digestOf(new TextEncoder().encode(jsonText([root, part])));
    const name = encodedOf(of);
    const file = join(cache, name);
    const since = clockOf(cache);
    const pace = new Pace(signal);
    const columns = isOwnFile(file) ? await pace.run(readColumns(file, of)) : undefined;
    const native = loadNative();
    return {
      before: async () => columns && pace.run(restoreStatIndex(columns, file)),
      // Who walks it without native calls says what is missing.
      isAsBefore: memoized(async () =>
        columns === undefined || native === undefined
          ? false
          : pace.run(isAsIndexed(root, columns, { selection, native })),
      ),
      said: columns?.said ?? {},
      keep: read =>
        forgiving(() =>
          keepOwnFile(cache, name, staged =>
            new Pace(signal).run(writingStatIndex(staged, { ...read, root, of, since })),
          ),
        ),
    };
  });
}

/** Now (nanoseconds), by the clock that files get their times from. */
function clockOf(directory: string): bigint {
  const probe = makeTemporaryDirectory(directory);
  try {
    return lstatSync(probe.path, { bigint: true }).mtimeNs;
  } finally {
    probe.removeNow();
  }
}
