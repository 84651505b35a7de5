import type { LayerListener } from '../../codec/layer-writer.ts';
import type { Step } from '../../dockerfile/plan/plan.ts';
import type { Layer } from '../../spec/objects.ts';
import { isPlain, layOutBeside } from '../../store/rootfs/lay-out.ts';
import { memoized } from '../../stream/memoized.ts';
import { Pace } from '../../stream/pace.ts';
import { applyInParts } from '../../tree/apply.ts';
import { emptyTree, type LayerEntry, type Tree } from '../../tree/node.ts';
import { isUntouched } from '../../tree/stack.ts';
import { wholeSeconds } from '../../tree/time.ts';
import { toLayerInParts } from '../../tree/to-layer.ts';
import { find } from '../../tree/walk.ts';
import { compareSides, type Side } from '../compare.ts';
import { storeLayer, writtenFiles } from '../store-layer.ts';
import { changedTree } from './copy.ts';
import type { Building, Doing, Made } from './steps.ts';

type Changing = Exclude<Step, { kind: 'run' }>;

/** What a step changes, as the entries of a layer, and the tree that it leaves, which is made when somebody asks for it. */
export async function changesOf(
  step: Changing,
  doing: Doing,
): Promise<{ readonly entries: readonly LayerEntry[]; readonly tree: () => Promise<Tree> }> {
  const { building } = doing;
  const { files, options, plan } = building;
  const below = await doing.below.tree();
  const isLink = step.kind === 'copy' && step.link;
  const before = isLink ? emptyTree() : below;
  const after = await changedTree(step, before, doing);
  const found = await entriesOf({ tree: before, digests: all => files.digests(all) }, after, building);
  const entries = found.some(isFiner) ? found.map(inWholeSeconds) : found;
  const isAsIs = !isLink && plan.epoch === undefined && entries === found;
  const tree = memoized(async () => (isAsIs ? after : new Pace(options.signal).run(applyInParts(below, entries))));
  return { entries, tree };
}

const isFiner = (entry: LayerEntry): boolean =>
  entry.kind === 'node' && wholeSeconds(entry.node.meta.mtime) !== entry.node.meta.mtime;

/** Directories on the way come from programs, whose times are finer than a layer's. */
const inWholeSeconds = (entry: LayerEntry): LayerEntry =>
  entry.kind === 'node'
    ? { ...entry, node: { ...entry.node, meta: { ...entry.node.meta, mtime: wholeSeconds(entry.node.meta.mtime) } } }
    : entry;

/** What makes the one tree of the other. */
async function entriesOf(
  before: Side,
  after: Tree,
  { files, options: { signal }, plan: { epoch } }: Building,
): Promise<readonly LayerEntry[]> {
  const changes = await compareSides(before, { tree: after, digests: all => files.digests(all) }, { signal });
  const written = await new Pace(signal).run(toLayerInParts(changes, after));
  return epoch === undefined ? written : clamped(written, before.tree, epoch);
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

async function stored(
  entries: readonly LayerEntry[],
  { files, options, layout, store, isDocker }: Building,
  listener?: LayerListener,
): Promise<Layer> {
  const close = await files.prepare(writtenFiles(entries), layout);
  return storeLayer(entries, files, { destination: store, docker: isDocker, options, listener }).finally(close);
}

/** Stores what a program changed, between what was there and what is now. */
export async function storedChanges(before: Side, after: Tree, { building }: Doing): Promise<Made> {
  const { options, store } = building;
  const entries = await entriesOf(before, after, building);
  const tree = memoized(() => new Pace(options.signal).run(applyInParts(before.tree, entries)));
  const layer = await stored(entries, building);
  return { layer, tree, parts: [{ kind: 'layer', source: store, layer }] };
}

/** The layer of a step that only copies. Its files are laid out for a run above it while they are read for the layer. */
export async function copiedLayer(step: Changing, doing: Doing): Promise<Made> {
  const { building } = doing;
  const { files, layout } = building;
  const { entries, tree } = await changesOf(step, doing);
  const parts = [{ kind: 'entries', entries, bodies: files, beside: layout }] as const;
  const isLaid = doing.isUnderRun && entries.length > 0 && isPlain(entries);
  const laid = isLaid ? await building.runs.on(doing.below, entries, building) : undefined;
  const layer = laid === undefined ? undefined : await laidLayer(laid.at(-1) as string, entries, doing);
  return layer === undefined ? { layer: await stored(entries, building), tree, parts } : { layer, tree, parts, laid };
}

/** The layer, whose files are laid out meanwhile. Undefined where they were to be kept for other builds, and the disk that they are kept on takes no more: nobody needs that. */
async function laidLayer(to: string, entries: readonly LayerEntry[], { building }: Doing): Promise<Layer | undefined> {
  const { options, runs } = building;
  try {
    return await layOutBeside(to, { entries, signal: options.signal }, listener => stored(entries, building, listener));
  } catch (error) {
    options.signal?.throwIfAborted();
    // Where it is something else, it comes again.
    if (await runs.doWithout(to)) return undefined;
    throw error;
  }
}
