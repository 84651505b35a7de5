import type { Directories } from '../../runner/job.ts';
import type { Layer } from '../../spec/objects.ts';
import type { Workspace } from '../../store/disk/workspace.ts';
import type { KeptStages } from '../../store/kept-stages.ts';
import { isPlain, type LaidPart, layOut, standAlone } from '../../store/rootfs/lay-out.ts';
import { Pace } from '../../stream/pace.ts';
import { bytesOfEntries, emptyTree, type FileNode, type LayerEntry, type Meta, type Tree } from '../../tree/node.ts';
import { toLayerInParts } from '../../tree/to-layer.ts';
import { compareSides } from '../compare.ts';
import type { StageFiles } from './files.ts';
import type { Building } from './steps.ts';

/** So many directories lie on one another at most: more are laid out as one again. */
const deepest = 60;
/** So many layers on a base are each kept by itself, and what lies under them as one. */
const mostLayers = 4;

/** The files that others lie on, the lowest first. */
type Chain = readonly StageFiles[];

type StoredLayer = Extract<LaidPart, { kind: 'layer' }>;

/** What stays for other builds: what images are, or several of their layers, and by its diffID what one layer is that means the same on anything. */
export interface Kept {
  readonly stages: KeptStages;
  readonly layers: KeptStages;
}

/** What is on the disk, and what lies on it and is not. */
interface Standing {
  readonly under: Directories;
  readonly above: Chain;
}

/**
 * Files of stages as directories on a disk, the lowest first: laid out when they are first asked for, and what lies on others that are there already
 * in a directory of its own. What only stored layers make, a base and the steps that a cache had, stays for the next build, and so does what a step copied. State: what has
 * been laid out.
 */
export class StageDirectories {
  readonly #workspace: Workspace;
  readonly #kept: Kept | undefined;
  readonly #known = new Map<StageFiles, Promise<Directories>>();

  constructor(workspace: Workspace, kept: Kept | undefined) {
    this.#workspace = workspace;
    this.#kept = kept;
  }

  /** Files that are on the disk already, whose uppermost layer is this one. */
  know(files: StageFiles, { diffID }: Layer, directories: Directories): void {
    this.#known.set(files, Promise.resolve(directories));
    this.#kept?.layers.keep(directories.at(-1) as string, diffID);
  }

  of(files: StageFiles, building: Building): Promise<Directories> {
    const known = this.#known.get(files) ?? this.#layOut(files, building);
    this.#known.set(files, known);
    return known;
  }

  /** Where somebody else lays out these entries, which lie on files: on theirs an empty one, the last. Undefined where too many lie on one another. */
  async on(below: StageFiles, entries: readonly LayerEntry[], building: Building): Promise<Directories | undefined> {
    const under = await this.of(below, building);
    if (under.length >= deepest) return undefined;
    const kept = standAlone(entries) ? await this.#kept?.layers.open(bytesOfEntries(entries)) : undefined;
    return [...under, kept ?? this.#workspace.make('files')];
  }

  /** All of it in one directory that nobody else has: it may be changed. */
  async own(files: StageFiles, building: Building): Promise<string> {
    return this.#write(await partsOf(chainOf(files), building), building);
  }

  /** Lays a directory of files out in an empty one of the caller's. */
  async fill(to: string, tree: Tree, building: Building): Promise<void> {
    await layOut([await wholePart(tree, building, meta => meta)], to, building.options.signal);
  }

  async #layOut(files: StageFiles, building: Building): Promise<Directories> {
    const chain = chainOf(files);
    const { under, above } = (await this.#standing(chain)) ?? (await this.#keeping(chain, building)) ?? {};
    const parts = await partsOf(above ?? [], building);
    // What hides something means nothing in a directory of its own.
    const arePlain = parts.every(part => part.kind === 'entries' && isPlain(part.entries));
    if (under !== undefined && arePlain && under.length < deepest) {
      if (parts.every(part => part.kind === 'entries' && part.entries.length === 0)) return under;
      return [...under, await this.#write(parts, building)];
    }
    return [await this.own(files, building)];
  }

  /** What of a chain is on the disk already, and what lies on it. */
  async #standing(chain: Chain): Promise<Standing | undefined> {
    for (let count = chain.length - 1; count > 0; count--) {
      const under = await this.#known.get(chain[count - 1] as StageFiles);
      if (under !== undefined) return { under, above: chain.slice(count) };
    }
    return undefined;
  }

  /** What stored layers alone make of a chain, kept for other builds: a base, and by themselves the layers that steps have put on it, where they mean the same alone. */
  async #keeping(chain: Chain, building: Building): Promise<Standing | undefined> {
    const stored = await storedOf(chain);
    const first = stored.findIndex(({ layers }) => layers.length > 0);
    const base = stored[first];
    if (this.#kept === undefined || base === undefined) return undefined;
    const [bottom, top] = [await base.files.identity?.(), await stored.at(-1)?.files.identity?.()];
    if (bottom === undefined || top === undefined) return undefined;
    const { stages, layers } = this.#kept;
    const lay = (parts: readonly StoredLayer[]) => (to: string) => layOut(parts, to, building.options.signal);
    const whole = (directory: string | undefined): Standing | undefined =>
      directory === undefined ? undefined : { under: [directory], above: chain.slice(stored.length) };
    const more = stored.slice(first + 1).filter(one => one.layers.length > 0);
    const added = more.flatMap(one => one.layers);
    if (!(await doStandAlone(added, building))) return whole(await stages.of(top, lay([...base.layers, ...added])));
    const standing = whole(await stages.of(bottom, lay(base.layers)));
    if (standing === undefined) return undefined;
    const under = [...standing.under];
    const lower = more.length > mostLayers ? more.slice(0, -mostLayers) : [];
    const parts = lower.flatMap(one => one.layers);
    const name = await lower.at(-1)?.files.identity?.();
    if (lower.length > 0 && name === undefined) return undefined;
    if (name !== undefined)
      under.push((await stages.of(`${name} on ${bottom}`, lay(parts))) ?? (await this.#write(parts, building)));
    for (const part of added.slice(parts.length))
      under.push((await layers.of(part.layer.diffID, lay([part]))) ?? (await this.#write([part], building)));
    return { ...standing, under };
  }

  async #write(parts: readonly LaidPart[], { options }: Building): Promise<string> {
    const directory = this.#workspace.make('files');
    await layOut(parts, directory, options.signal);
    return directory;
  }
}

/** All that files lie on, and they. */
function chainOf(files: StageFiles): Chain {
  const chain = [files];
  for (let at = files.parts?.below; at !== undefined; at = at.parts?.below) chain.unshift(at);
  return chain;
}

/** Those at the bottom of a chain that only stored layers make, with these. */
async function storedOf(
  chain: Chain,
): Promise<readonly { readonly files: StageFiles; readonly layers: readonly StoredLayer[] }[]> {
  const stored: { files: StageFiles; layers: readonly StoredLayer[] }[] = [];
  for (const files of chain) {
    const layers = await files.parts?.layers();
    if (layers?.every(isStored) !== true) break;
    stored.push({ files, layers });
  }
  return stored;
}

const isStored = (part: LaidPart): part is StoredLayer => part.kind === 'layer';

async function doStandAlone(layers: readonly StoredLayer[], { listings }: Building): Promise<boolean> {
  for (const { source, layer } of layers)
    if (!standAlone((await listings.list(source, layer, 'none')).entries)) return false;
  return true;
}

/** What files are made of, the lowest first; those of a context of its tree. */
async function partsOf(chain: Chain, building: Building): Promise<readonly LaidPart[]> {
  const all = chain.map(async ({ parts, tree }) =>
    parts === undefined ? [await wholePart(await tree(), building, ofRoot)] : parts.layers(),
  );
  return (await Promise.all(all)).flat();
}

/** A tree as what lies on nothing. */
async function wholePart(
  tree: Tree,
  { files: bodies, layout, options }: Building,
  owned: (meta: Meta) => Meta,
): Promise<LaidPart> {
  const none = async (): Promise<ReadonlyMap<FileNode, string>> => new Map();
  const before = { tree: emptyTree(), digests: none };
  const changes = await compareSides(before, { tree, digests: none }, { signal: options.signal });
  const entries = await new Pace(options.signal).run(toLayerInParts(changes, tree));
  const made = entries.map(entry =>
    entry.kind === 'node' ? { ...entry, node: { ...entry.node, meta: owned(entry.node.meta) } } : entry,
  );
  return { kind: 'entries', entries: made, bodies, beside: layout };
}

/** What comes of a context belongs to root. */
const ofRoot = (meta: Meta): Meta => ({ ...meta, uid: 0, gid: 0 });
