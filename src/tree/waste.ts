import { emptyTree, type FileNode, type Leaf, type Node, type Path } from './node.ts';
import { each, type Parts } from './parts.ts';
import { type Stack, topOf } from './stack.ts';
import { placeIn } from './story.ts';
import { eachLeaf, find } from './walk.ts';

/** A file's contents in a layer that no path of the result reaches. */
export interface HiddenFile {
  readonly path: Path;
  readonly node: FileNode;
  /** The layer that has it, from 0. */
  readonly layer: number;
  /** The layer that hid it; the same one where a later entry of it did. */
  readonly by: number;
  /** What lies at its path in the layer that hid it; undefined where nothing does. */
  readonly instead: Node | undefined;
}

/** How a layer's bytes are used: of its files', those that paths of the result reach, and those that none does. */
interface LayerUse {
  readonly visible: number;
  readonly hidden: number;
}

/** What is reached of all that layers hold. */
export interface Waste {
  readonly layers: readonly LayerUse[];
  /** In the order of layers and of their entries. */
  readonly hidden: readonly HiddenFile[];
}

/** The first layer from a file's own on that has not this file at its path any more. */
function hiddenBy(stack: Stack, file: Pick<HiddenFile, 'path' | 'node' | 'layer'>): HiddenFile {
  const { path, node, layer } = file;
  for (let at = layer; at < stack.length; at++) {
    const tree = stack[at]?.tree ?? emptyTree();
    const instead = find(tree, placeIn(tree, path));
    if (instead !== node) return { ...file, by: at, instead };
  }
  return { ...file, by: stack.length - 1, instead: undefined };
}

/**
 * Which bytes of layers no path reaches: of files that were replaced, deleted or hidden with a directory above. A file with several names counts once, and as
 * long as one of them is there it is reached.
 */
export function* wasteOf(stack: Stack): Parts<Waste> {
  const reached = new Set<Leaf>();
  yield* eachLeaf(topOf(stack), leaf => void reached.add(leaf));
  const layers: LayerUse[] = [];
  const hidden: HiddenFile[] = [];
  for (const [layer, { entries }] of stack.entries()) {
    const use = { visible: 0, hidden: 0 };
    yield* each(entries, entry => {
      if (entry.kind !== 'node' || entry.node.kind !== 'file') return;
      const { path, node } = entry;
      if (reached.has(node)) use.visible += node.size;
      else {
        use.hidden += node.size;
        hidden.push(hiddenBy(stack, { path, node, layer }));
      }
    });
    layers.push(use);
  }
  return { layers, hidden };
}
