import type { Path } from '../../tree/node.ts';
import { listPaths } from '../../tree/path.ts';
import type { Native } from '../disk/native.ts';
import { powersOf } from './powers.ts';

/** What of an image this process cannot make in a directory: it says nothing that it is not there, where no sidecar does. */
export function unmadeKinds(native: Native | undefined): ReadonlySet<'device' | 'fifo'> {
  if (native === undefined) return new Set(['device', 'fifo']);
  return new Set(powersOf().isRoot ? [] : ['device']);
}

/** One sentence for what is not there since nobody here could make it. */
export function unmadeWarnings(paths: readonly Path[]): readonly string[] {
  if (paths.length === 0) return [];
  const [what, stays] = paths.length === 1 ? ['a device', 'it stays as it is'] : ['devices', 'they stay as they are'];
  const who = powersOf().isRoot ? 'only the package koffi' : 'only root';
  return [`${listPaths(paths)}: ${what} that ${who} could have made, not there: ${stays} in the base`];
}
