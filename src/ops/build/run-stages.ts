import type { Directories } from '../../runner/job.ts';
import type { Workspace } from '../../store/disk/workspace.ts';
import { type LaidPart, layOut } from '../../store/rootfs/lay-out.ts';
import { Pace } from '../../stream/pace.ts';
import { emptyTree, type FileNode, type Meta, type Tree } from '../../tree/node.ts';
import { toLayerInParts } from '../../tree/to-layer.ts';
import { compareSides } from '../compare.ts';
import type { StageFiles, StageParts } from './files.ts';
import type { Building } from './steps.ts';

/** So many directories lie on one another at most: more are laid out as one again. */
const deepest = 60;

/**
 * Files of stages as directories on a disk, the lowest first: laid out when they are first asked for, and what lies on others that are there already
 * in a directory of its own. State: what has been laid out.
 */
export class StageDirectories {
  readonly #workspace: Workspace;
  readonly #known = new Map<StageFiles, Promise<Directories>>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Files that are on the disk already. */
  know(files: StageFiles, directories: Directories): void {
    this.#known.set(files, Promise.resolve(directories));
  }

  of(files: StageFiles, building: Building): Promise<Directories> {
    const known = this.#known.get(files) ?? this.#layOut(files, building);
    this.#known.set(files, known);
    return known;
  }

  /** All of it in one directory that nobody else has: it may be changed. */
  async own(files: StageFiles, building: Building): Promise<string> {
    return this.#write(
      (await chainOf(files, building)).flatMap(({ parts }) => parts),
      building,
    );
  }

  /** Lays a directory of files out in an empty one of the caller's. */
  async fill(to: string, tree: Tree, building: Building): Promise<void> {
    await layOut([await wholePart(tree, building, meta => meta)], to, building.options.signal);
  }

  async #layOut(files: StageFiles, building: Building): Promise<Directories> {
    const below = files.parts?.below;
    const under = below === undefined ? undefined : await this.#known.get(below);
    const parts = (await files.parts?.layers()) ?? [];
    // What hides something means nothing in a directory of its own.
    const isPlain = parts.every(
      part => part.kind === 'entries' && part.entries.every(({ kind }) => kind !== 'whiteout' && kind !== 'opaque'),
    );
    if (under !== undefined && isPlain && under.length < deepest) {
      if (parts.every(part => part.kind === 'entries' && part.entries.length === 0)) return under;
      return [...under, await this.#write(parts, building)];
    }
    return [await this.own(files, building)];
  }

  async #write(parts: readonly LaidPart[], { options }: Building): Promise<string> {
    const directory = this.#workspace.make('files');
    await layOut(parts, directory, options.signal);
    return directory;
  }
}

/** All that files are made of, the lowest first. */
async function chainOf(
  files: StageFiles,
  building: Building,
): Promise<readonly { readonly parts: readonly LaidPart[] }[]> {
  if (files.parts === undefined) return [{ parts: [await wholePart(await files.tree(), building, ofRoot)] }];
  const chain: StageParts[] = [];
  for (let at: StageFiles | undefined = files; at?.parts !== undefined; at = at.parts.below) chain.unshift(at.parts);
  return Promise.all(chain.map(async ({ layers }) => ({ parts: await layers() })));
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
