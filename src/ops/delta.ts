import type { BodySource } from '../codec/body-source.ts';
import { Pace } from '../stream/pace.ts';
import type { Change } from '../tree/change.ts';
import type { FileNode, LayerEntry } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import { toLayerInParts } from '../tree/to-layer.ts';
import { clampEntries } from './commit-edits.ts';
import type { CommitInput } from './commit-input.ts';
import { compareSides } from './compare.ts';
import type { CommitOptions } from './options.ts';

/** What differs between what a commit compares: the entries of the new layer as they are written, and bodies by the files that they were made from. */
interface Delta {
  readonly changes: readonly Change[];
  readonly entries: readonly LayerEntry[];
  readonly bodies: BodySource;
}

function* layerOf(
  changes: readonly Change[],
  { after, bodies }: Pick<CommitInput, 'after' | 'bodies'>,
  clampMtime: number | undefined,
): Parts<Pick<Delta, 'entries' | 'bodies'>> {
  const entries = yield* toLayerInParts(changes, after.tree);
  if (clampMtime === undefined) return { entries, bodies };
  const clamped = yield* clampEntries(entries, clampMtime);
  const originOf = (node: FileNode): FileNode => clamped.origins.get(node) ?? node;
  return { entries: clamped.entries, bodies: { body: (path, node) => bodies.body(path, originOf(node)) } };
}

/** Compares what a commit has opened. */
export async function deltaOf(
  input: Pick<CommitInput, 'before' | 'after' | 'bodies'>,
  { signal, trustMtime = false, clampMtime }: Pick<CommitOptions, 'signal' | 'trustMtime' | 'clampMtime'>,
): Promise<Delta> {
  const changes = await compareSides(input.before, input.after, { trustMtime, signal });
  return { changes, ...(await new Pace(signal).run(layerOf(changes, input, clampMtime))) };
}

/** How many paths a layer adds, changes or deletes: directories on the way to them do not count. */
export const changeCount = (changes: readonly Change[]): number =>
  changes.filter(change => change.kind !== 'modify' || change.reasons.length > 0).length;
