import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Descriptor } from '../../spec/objects.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import { syncDirectory, writeNewFile } from '../disk/atomic.ts';
import { onDisk } from '../disk/system-error.ts';
import { clearLeftBehind, makeTemporaryDirectory, timeIn } from '../disk/temporary.ts';
import { type Bundle, indexFile, sideBytes, sideFile } from './bundle.ts';
import { type WrittenTree, writingStatIndex } from './stat-index.ts';

const expected = 'a bundle that can be written to';

/** What a bundle is of from now on. */
interface NextBase {
  readonly layout: string;
  readonly manifest: Descriptor;
  /** What was read of its root filesystem, and is in that image; where that is not all of it, contents are compared the next time. */
  readonly read?: Required<Pick<WrittenTree, 'tree' | 'digests' | 'since'>> | undefined;
}

/** A move that is ready: `now` makes it, `end` removes what is left of it. */
interface BundleMove {
  now(): void;
  end(): Promise<void>;
}

/** The time (nanoseconds on its file system's clock) before which all that is in a bundle was as whoever looks at it now sees it. */
export function lookingSince({ directory }: Bundle): bigint {
  return onDisk(directory, expected, () => BigInt(Math.floor(timeIn(directory)))) * 1_000_000n;
}

/** Prepares a bundle's move on to another image, beside its files. Of two that move it at once the last one counts, as the index says of which manifest it is. */
export async function stageMove(bundle: Bundle, next: NextBase, { signal }: Work): Promise<BundleMove> {
  const { directory } = bundle;
  await clearLeftBehind(directory);
  const stage = onDisk(directory, expected, () => makeTemporaryDirectory(directory));
  const [side, index] = [join(stage.inside, sideFile), join(stage.inside, indexFile)];
  try {
    onDisk(directory, expected, () => writeNewFile(side, sideBytes(directory, next)));
    if (next.read !== undefined) {
      const written = { root: bundle.rootfs, of: next.manifest.digest, ...next.read };
      await new Pace(signal).run(writingStatIndex(index, written));
    }
  } catch (error) {
    await stage.remove();
    throw error;
  }
  return {
    now() {
      onDisk(directory, expected, () => {
        if (next.read === undefined) rmSync(join(directory, indexFile), { force: true });
        else renameSync(index, join(directory, indexFile));
        renameSync(side, join(directory, sideFile));
        syncDirectory(directory);
      });
    },
    end: () => stage.remove(),
  };
}
