import type { LayerEntry, Leaf, Node, Path } from './node.ts';

/** The entry of what is no directory: a hardlink to its first name where it has one already, which `firstNames` keeps. */
export function leafEntry(path: Path, node: Leaf, firstNames: Map<Node, Path>): LayerEntry {
  const target = firstNames.get(node);
  if (target !== undefined) return { kind: 'hardlink', path, target };
  firstNames.set(node, path);
  return { kind: 'node', path, node };
}
