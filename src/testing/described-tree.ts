import type { FileNode, Node, Path, Tree } from '../tree/node.ts';
import { find, walk } from '../tree/walk.ts';

/** The digests of the contents of `arbitraryFile`. */
export function digestsOf(...trees: readonly Tree[]): ReadonlyMap<FileNode, string> {
  const files = trees.flatMap(tree => [...walk(tree)]).flatMap(([, node]) => (node.kind === 'file' ? [node] : []));
  return new Map(files.map(file => [file, `content-${file.content.member}`]));
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function describe(node: Node): string {
  const { meta } = node;
  const xattrs = [...meta.xattrs]
    .filter(([name]) => !/^(trusted|user)\.overlay\.|^security\.selinux$|^system\.nfs4_acl$/.test(name))
    .map(([name, value]) => `${name}=${hexOf(value)}`)
    .sort();
  const seconds = Math.floor(Number(meta.mtime / 1_000_000n) / 1000);
  const floor = meta.mtime < 0n ? -Number((-meta.mtime + 999_999_999n) / 1_000_000_000n) : seconds;
  const owner = `${meta.uid}:${meta.gid} ${xattrs.join(',')}`;
  const mode = meta.mode.toString(8);
  if (node.kind === 'directory') return `directory ${mode} ${owner}`;
  if (node.kind === 'symlink') return `symlink ${node.target} ${owner} ${floor}`;
  if (node.kind === 'device') return `${node.type} ${node.major}:${node.minor} ${mode} ${owner} ${floor}`;
  if (node.kind === 'fifo') return `fifo ${mode} ${owner} ${floor}`;
  return `file ${node.size} ${node.size === 0 ? '' : node.content.member} ${mode} ${owner} ${floor}`;
}

/** Everything that counts about a tree, as plain data: a line a path, and which paths are one file. */
export function described(tree: Tree): {
  readonly nodes: ReadonlyMap<Path, string>;
  readonly links: readonly string[];
} {
  const nodes = new Map<Path, string>();
  const names = new Map<Node, Path[]>();
  for (const [path, node] of walk(tree)) {
    nodes.set(path, describe(node));
    if (node.kind !== 'directory') names.set(node, [...(names.get(node) ?? []), path]);
  }
  const links = [...names.values()].filter(paths => paths.length > 1).map(paths => paths.join(' = '));
  return { nodes, links: links.sort() };
}

/** The file at `path`, for tests that know it is there. */
export function fileAt(tree: Tree, path: Path): FileNode {
  const node = find(tree, path);
  if (node?.kind !== 'file') throw new Error(`no file at ${path}`);
  return node;
}
