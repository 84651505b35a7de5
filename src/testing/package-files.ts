import { PackageScan, type ScannedPackages } from '../packages/scan.ts';
import { type FileNode, impliedMeta, type Node } from '../tree/node.ts';
import { atOnce } from '../tree/parts.ts';
import { find } from '../tree/walk.ts';
import { treeOf } from './trees.ts';

/** What lies at a path: contents, or where a symbolic link leads. */
export type Content = Uint8Array | { readonly link: string };

/** Finds the packages of a root filesystem of these files, all of which anybody may run. */
export function scanFiles(
  files: Readonly<Record<string, Content>>,
): ScannedPackages & { readonly warnings: readonly string[] } {
  const bodies = new Map<Node, Uint8Array>();
  const nodes = Object.entries(files).map(([path, content], member) => {
    if (!(content instanceof Uint8Array))
      return [path, { kind: 'symlink', meta: impliedMeta, target: content.link } satisfies Node] as const;
    const node: FileNode = {
      kind: 'file',
      meta: impliedMeta,
      size: content.length,
      content: { source: 'test', member },
    };
    bodies.set(node, content);
    return [path, node] as const;
  });
  const tree = treeOf(nodes);
  const warnings: string[] = [];
  const scan = new PackageScan(tree, { subject: 'test', warn: sentence => void warnings.push(sentence) });
  for (const [path] of nodes) {
    const node = find(tree, path);
    if (node?.kind === 'file') scan.visit(path, node);
  }
  for (const node of scan.wanted.keys()) atOnce(scan.take(node, bodies.get(node) ?? new Uint8Array(0)));
  return { ...atOnce(scan.finish()), warnings };
}
