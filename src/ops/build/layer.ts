import type { Step } from '../../dockerfile/plan/plan.ts';
import { Pace } from '../../stream/pace.ts';
import { applyInParts } from '../../tree/apply.ts';
import { emptyTree, type LayerEntry, type Tree } from '../../tree/node.ts';
import { isUntouched } from '../../tree/stack.ts';
import { toLayerInParts } from '../../tree/to-layer.ts';
import { find } from '../../tree/walk.ts';
import { compareSides, type Side } from '../compare.ts';
import type { ContentFiles } from '../content-files.ts';
import { storeLayer, writtenFiles } from '../store-layer.ts';
import { changedTree } from './copy.ts';
import type { Doing, Made } from './steps.ts';

type Changing = Exclude<Step, { kind: 'run' }>;

/** What a step changes, as the entries of a layer, and the tree that it leaves. */
export async function changesOf(
  step: Changing,
  doing: Doing,
): Promise<{ readonly entries: readonly LayerEntry[]; readonly tree: Tree }> {
  const { building } = doing;
  const { files, options, plan } = building;
  const below = await doing.below.tree();
  const isLink = step.kind === 'copy' && step.link;
  const before = isLink ? emptyTree() : below;
  const after = await changedTree(step, before, doing);
  const digests = (wanted: Parameters<ContentFiles['digests']>[0]): ReturnType<ContentFiles['digests']> =>
    files.digests(wanted);
  const changes = await compareSides({ tree: before, digests }, { tree: after, digests }, { signal: options.signal });
  const written = await new Pace(options.signal).run(toLayerInParts(changes, after));
  const entries = plan.epoch === undefined ? written : clamped(written, before, plan.epoch);
  const isAsIs = !isLink && entries === written;
  return { entries, tree: isAsIs ? after : await new Pace(options.signal).run(applyInParts(below, entries)) };
}

/** Entries of which none that is new has a time after `epoch`, in seconds; what was there before stays as it is. */
function clamped(entries: readonly LayerEntry[], before: Tree, epoch: number): readonly LayerEntry[] {
  const latest = BigInt(epoch) * 1_000_000_000n;
  const isLate = (entry: LayerEntry): boolean =>
    entry.kind === 'node' && entry.node.meta.mtime > latest && !isUntouched(find(before, entry.path), entry.node);
  return entries.map(entry =>
    entry.kind === 'node' && isLate(entry)
      ? { ...entry, node: { ...entry.node, meta: { ...entry.node.meta, mtime: latest } } }
      : entry,
  );
}

/** Stores what a program changed, between what was there and what is now. */
export async function storedChanges(before: Side, after: Tree, doing: Doing): Promise<Made> {
  const { files, options, layout, store, isDocker, plan } = doing.building;
  const digests: Side['digests'] = all => files.digests(all);
  const changes = await compareSides(before, { tree: after, digests }, { signal: options.signal });
  const written = await new Pace(options.signal).run(toLayerInParts(changes, after));
  const entries = plan.epoch === undefined ? written : clamped(written, before.tree, plan.epoch);
  const tree = await new Pace(options.signal).run(applyInParts(before.tree, entries));
  const close = await files.prepare(writtenFiles(entries), layout);
  const layer = await storeLayer(entries, files, { destination: store, docker: isDocker, options }).finally(close);
  return { layer, tree: async () => tree, parts: [{ kind: 'layer', source: store, layer }] };
}

/** The layer of a step that only copies. */
export async function copiedLayer(step: Changing, doing: Doing): Promise<Made> {
  const { files, options, layout, store, isDocker } = doing.building;
  const { entries, tree } = await changesOf(step, doing);
  const close = await files.prepare(writtenFiles(entries), layout);
  const layer = await storeLayer(entries, files, { destination: store, docker: isDocker, options }).finally(close);
  return { layer, tree: async () => tree, parts: [{ kind: 'entries', entries, bodies: files, beside: layout }] };
}
