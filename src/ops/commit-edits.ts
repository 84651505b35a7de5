import { badOption } from '../errors.ts';
import type { ByteString, DirectoryNode, FileNode, LayerEntry, Meta, Node, Tree } from '../tree/node.ts';
import { each, type Parts } from '../tree/parts.ts';

/** `UID:GID` in decimal. */
export function parseOwner(text: string): { readonly uid: number; readonly gid: number } {
  const match = /^(\d{1,10}):(\d{1,10})$/.exec(text);
  const [uid, gid] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || uid > 0xffff_fffe || gid > 0xffff_fffe)
    throw badOption('owner', `expected UID:GID in numbers, got '${text}'`);
  return { uid, gid };
}

/** The same tree with other attributes, hardlinks kept; and which file each new file node was. In parts. */
export function* mapMeta(
  tree: Tree,
  change: (meta: Meta) => Meta,
): Parts<{ readonly tree: Tree; readonly origins: ReadonlyMap<FileNode, FileNode> }> {
  const mapped = new Map<Node, Node>();
  const origins = new Map<FileNode, FileNode>();
  const root = { ...tree, meta: change(tree.meta), children: new Map<ByteString, Node>() };
  const left: (readonly [DirectoryNode, Map<ByteString, Node>])[] = [[tree, root.children]];
  const copy = (node: Node): Node => {
    const known = mapped.get(node);
    if (known !== undefined) return known;
    const meta = change(node.meta);
    if (node.kind === 'directory') {
      const children = new Map<ByteString, Node>();
      left.push([node, children]);
      return { ...node, meta, children };
    }
    const made = { ...node, meta };
    mapped.set(node, made);
    if (node.kind === 'file' && made.kind === 'file') origins.set(made, node);
    return made;
  };
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [directory, children] = next;
    yield* each(directory.children, ([name, node]) => void children.set(name, copy(node)));
  }
  return { tree: root, origins };
}

/** Entries with no time later than `seconds`, and which file each changed file node was. In parts. */
export function* clampEntries(
  entries: readonly LayerEntry[],
  seconds: number,
): Parts<{ readonly entries: readonly LayerEntry[]; readonly origins: ReadonlyMap<FileNode, FileNode> }> {
  const latest = BigInt(seconds) * 1_000_000_000n;
  const origins = new Map<FileNode, FileNode>();
  const clamped: LayerEntry[] = [];
  yield* each(entries, entry => {
    if (entry.kind !== 'node' || entry.node.meta.mtime <= latest) {
      clamped.push(entry);
      return;
    }
    const node = { ...entry.node, meta: { ...entry.node.meta, mtime: latest } };
    if (entry.node.kind === 'file' && node.kind === 'file') origins.set(node, entry.node);
    clamped.push({ ...entry, node });
  });
  return { entries: clamped, origins };
}
