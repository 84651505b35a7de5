import type { BodySource } from '../codec/body-source.ts';
import { openImageRootfs } from '../graph/rootfs-image.ts';
import type { ImageSource } from '../graph/source.ts';
import type { Layer } from '../spec/objects.ts';
import { type OpenedBrought, openBrought } from '../store/rootfs/brought.ts';
import { Pace } from '../stream/pace.ts';
import type { Change } from '../tree/change.ts';
import { Draft } from '../tree/draft.ts';
import { contentKey, type FileNode, type LayerEntry, type Tree } from '../tree/node.ts';
import { eachInParts } from '../tree/parts.ts';
import { encodeText, parsePath } from '../tree/path.ts';
import { type Attributes, put, removed, targetPath } from '../tree/put.ts';
import type { Selection } from '../tree/selection.ts';
import { compareSides, type Side } from './compare.ts';
import { ContentFiles } from './content-files.ts';
import type { AppendStep, Work } from './options.ts';
import { withoutOwn } from './own-paths.ts';

/** A step that changes the tree file by file. */
export type EditStep = Exclude<AppendStep, { readonly tar: unknown }>;

/** What comes from the disk. State: what has been opened. */
class BroughtFiles extends ContentFiles {
  readonly #opened = new Set<OpenedBrought['rootfs']>();
  readonly #said: string[] = [];

  /** `said` is what there is to say of it already. */
  async add({ rootfs }: OpenedBrought, work: Work, said: readonly string[]): Promise<void> {
    this.#opened.add(rootfs);
    for (const one of said) this.#said.push(one);
    await this.addRootfs(rootfs, await rootfs.tree(), work);
  }

  get warnings(): readonly string[] {
    return [...this.#said, ...[...this.#opened].flatMap(({ warnings }) => warnings)];
  }

  close(): void {
    for (const rootfs of this.#opened) rootfs.close();
  }
}

/** A layer that was put over the image as it is. */
export interface OverLayer {
  readonly entries: readonly LayerEntry[];
  readonly digests: ReadonlyMap<FileNode, string>;
}

/** An image's root filesystem with whole layers put over it. */
export async function sideOver(
  image: { readonly source: ImageSource; readonly layers: readonly Layer[] },
  over: readonly OverLayer[],
): Promise<Side> {
  const rootfs = openImageRootfs(image.source, image.layers);
  const draft = new Draft(await rootfs.tree(), image.source.subject);
  const pace = new Pace(image.source.work?.signal);
  for (const { entries } of over) {
    draft.beginLayer();
    await pace.run(eachInParts(entries, entry => draft.applying(entry)));
  }
  const known = new Map(
    over.flatMap(({ digests }) => [...digests].map(([file, digest]) => [contentKey(file), digest] as const)),
  );
  return {
    tree: draft.tree(),
    async digests(files) {
      const own = [...files].filter(file => !known.has(contentKey(file)));
      const read = await rootfs.digests(new Set(own));
      return new Map([...files].map(file => [file, known.get(contentKey(file)) ?? read.get(file) ?? ''] as const));
    },
  };
}

/** What steps make of a root filesystem: what differs then, and where new bodies are read until `close`. */
interface Edited {
  readonly after: Tree;
  readonly changes: readonly Change[];
  readonly bodies: BodySource;
  readonly warnings: readonly string[];
  readonly close: () => void;
}

interface EditOptions extends Work {
  readonly attributes: Attributes;
  readonly selection: Selection | undefined;
  /** What is written meanwhile, and so no part of a directory that is added. */
  readonly written: readonly string[];
}

async function editedTree(
  before: Tree,
  steps: readonly EditStep[],
  { brought, ...options }: EditOptions & { readonly brought: BroughtFiles },
): Promise<Tree> {
  const pace = new Pace(options.signal);
  let tree = before;
  for (const step of steps) {
    if ('delete' in step) {
      tree = removed(tree, parsePath(encodeText(step.delete), step.delete));
      continue;
    }
    const { selection, warnings } = withoutOwn(step.add, { ...options, what: `directory ${step.add}` });
    const opened = await openBrought(step.add, { ...options, selection });
    await brought.add(opened, options, warnings);
    const { node } = opened;
    const target = targetPath(tree, encodeText(step.to), opened);
    tree = await pace.run(put(tree, target, { node, attributes: options.attributes }));
  }
  return tree;
}

/** Does the steps one after the other and compares the result: what is there already, bytes and attributes, is no change. */
export async function editTree(before: Side, steps: readonly EditStep[], options: EditOptions): Promise<Edited> {
  const brought = new BroughtFiles();
  try {
    const after = await editedTree(before.tree, steps, { ...options, brought });
    const side: Side = {
      tree: after,
      async digests(files) {
        const own = new Set([...files].filter(file => brought.has(file)));
        const others = new Set([...files].filter(file => !own.has(file)));
        return new Map([...(await before.digests(others)), ...(await brought.digests(own))]);
      },
    };
    const changes = await compareSides(before, side, { signal: options.signal });
    return { after, changes, bodies: brought, warnings: brought.warnings, close: () => brought.close() };
  } catch (error) {
    brought.close();
    throw error;
  }
}
