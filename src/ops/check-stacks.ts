import type { ImageSource } from '../graph/source.ts';
import type { Finding } from '../image/finding.ts';
import type { Layer } from '../spec/objects.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type Tree } from '../tree/node.ts';
import { joinPath, parentOf, shortTextOf } from '../tree/path.ts';
import { find, reachedIn } from '../tree/walk.ts';
import { type CheckedLayer, checkLayer } from './check-layer.ts';
import { type Below, entryFinding, type PlacedLink } from './layer-lint.ts';
import { type ImageUser, UserTexts } from './user-texts.ts';

/** A layer over others, and the layers that images have over it. */
interface Level {
  /** Undefined where nobody can read it. */
  readonly layer: Layer | undefined;
  readonly above: Map<string, Level>;
  /** The images that it is the top of. */
  readonly images: ImageUser[];
}

const keyOf = (layer: Layer | undefined): string =>
  layer === undefined
    ? ''
    : `${layer.descriptor.mediaType} ${layer.descriptor.digest} ${layer.descriptor.size} ${layer.diffID}`;

/** The layers of several images, each once over the same layers below: what images share is read once. */
export class LayerStacks {
  readonly #lowest = new Map<string, Level>();

  /** The layers of an image, bottom first. */
  add(layers: readonly (Layer | undefined)[], image: ImageUser): void {
    let levels = this.#lowest;
    for (const [position, layer] of layers.entries()) {
      const level: Level = levels.get(keyOf(layer)) ?? { layer, above: new Map(), images: [] };
      levels.set(keyOf(layer), level);
      if (position === layers.length - 1) level.images.push(image);
      levels = level.above;
    }
  }

  /** Checks all of them, from the bottom up. */
  async check(source: ImageSource, report: (finding: Finding) => void): Promise<void> {
    const checking = new StackCheck(source, report);
    await checking.above(this.#lowest, { tree: emptyTree(), links: [] });
  }
}

/** What lies below a level: the tree that it comes to, unless something in it could not be read, and the links in it. */
interface Ground {
  readonly tree: Tree | undefined;
  readonly links: readonly PlacedLink[];
  /** A draft of that tree that nothing else has been applied to. */
  readonly draft?: Draft | undefined;
}

class StackCheck {
  readonly #source: ImageSource;
  readonly #report: (finding: Finding) => void;
  readonly #dangled = new Set<string>();
  readonly #users = new UserTexts();

  constructor(source: ImageSource, report: (finding: Finding) => void) {
    this.#source = source;
    this.#report = report;
  }

  async above(levels: ReadonlyMap<string, Level>, { tree, links, draft }: Ground, isLowest = true): Promise<void> {
    let free = draft;
    for (const level of levels.values()) {
      const own = tree === undefined ? undefined : (free ?? new Draft(tree, this.#source.subject));
      free = undefined;
      const below = own === undefined || tree === undefined ? undefined : { tree, draft: own, isLowest };
      const checked = await this.#level(level, below);
      const reached = checked.isApplied ? own?.tree() : undefined;
      const all = links.length === 0 ? checked.links : [...links, ...checked.links];
      if (level.images.length > 0 && reached !== undefined) {
        this.#dangling(reached, all);
        for (const image of level.images) for (const found of this.#users.faults(reached, image)) this.#report(found);
      }
      if (level.above.size > 0) await this.above(level.above, { tree: reached, links: all, draft: own }, false);
    }
  }

  async #level({ layer }: Level, below: Below | undefined): Promise<CheckedLayer> {
    if (layer === undefined) return { links: [], isApplied: false };
    below?.draft.beginLayer();
    return checkLayer(this.#source, layer, { below, users: this.#users, report: this.#report });
  }

  /** Links that lead to nothing in what an image comes to. */
  #dangling(tree: Tree, links: readonly PlacedLink[]): void {
    for (const { path, target, offset, blob } of links) {
      const node = find(tree, path);
      if (node?.kind !== 'symlink' || node.target !== target || leads(tree, path, target)) continue;
      // One layer may be under many images.
      const key = `${blob} ${offset}`;
      if (this.#dangled.has(key)) continue;
      this.#dangled.add(key);
      const message = `a link to '${shortTextOf(target)}', which is not there`;
      this.#report(entryFinding(blob, { code: 'tar-symlink-dangling', name: path, offset, message }));
    }
  }
}

/** Whether a link leads to something. What goes round does not. */
function leads(tree: Tree, path: string, target: string): boolean {
  const reached = reachedIn(tree, target.startsWith('/') ? target : joinPath(parentOf(path), target));
  return reached !== undefined && find(tree, reached) !== undefined;
}
