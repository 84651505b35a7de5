import type { FileNode, LayerEntry, Meta, Node, Path, Tree } from '../tree/node.ts';
import { impliedMeta } from '../tree/node.ts';
import { encodeText, nameOf, parentOf, parsePath } from '../tree/path.ts';
import { walk } from '../tree/walk.ts';
import { decodeWhiteout } from '../tree/whiteout.ts';
import { treeOf } from './trees.ts';

/** A step of the shared fixtures' small language: `['mkdir', '/etc/', 493]`. */
export type Step = readonly [string, ...(string | number)[]];

/** A layer's member as the shared fixtures write it. */
export interface Member {
  readonly type: 'file' | 'dir' | 'symlink' | 'hardlink';
  readonly path: string;
  readonly target?: string;
  readonly content?: string;
  readonly mode?: number;
}

export const withMode = (mode: number | undefined): Meta => ({ ...impliedMeta, mode: mode ?? 0o644 });

/** A file whose identity is its text. */
export function textFile(text: string, mode = 0o644): FileNode {
  return { kind: 'file', meta: withMode(mode), size: text.length, content: { source: `text ${text}`, member: 0 } };
}

export const directory = (mode = 0o755): Node => ({ kind: 'directory', meta: withMode(mode), children: new Map() });

export const symlink = (target: string): Node => ({
  kind: 'symlink',
  meta: withMode(0o777),
  target: encodeText(target),
});

/** A member as the layer reader gives it. */
export function entryOf({ type, path: raw, target, content, mode }: Member): LayerEntry {
  const path = parsePath(encodeText(raw), 'layer');
  const whiteout = decodeWhiteout(path);
  if (whiteout !== undefined) return whiteout;
  if (type === 'hardlink') return { kind: 'hardlink', path, target: parsePath(encodeText(target ?? ''), 'layer') };
  if (type === 'dir') return { kind: 'node', path, node: directory(mode) };
  if (type === 'symlink') return { kind: 'node', path, node: symlink(target ?? '') };
  return { kind: 'node', path, node: textFile(content ?? '', mode) };
}

type Nodes = Map<Path, Node>;

function makeDirectories(nodes: Nodes, path: Path): void {
  if (path === '' || nodes.has(path)) return;
  makeDirectories(nodes, parentOf(path));
  nodes.set(path, directory());
}

function replaceNode(nodes: Nodes, old: Node, fresh: Node): void {
  for (const [path, node] of nodes) if (node === old) nodes.set(path, fresh);
}

function removeAll(nodes: Nodes, gone: Path): void {
  for (const path of nodes.keys()) if (path === gone || path.startsWith(`${gone}/`)) nodes.delete(path);
}

const second = 1_000_000_000n;

function runStep(nodes: Nodes, [verb, ...words]: Step): void {
  const pathOf = (word: string | number | undefined): Path => parsePath(`${word}`.replaceAll('\0', ''), verb);
  const [first, last] = [pathOf(words[0]), pathOf(words[1])];
  const old = nodes.get(first);
  if (verb === 'mkdir') {
    makeDirectories(nodes, parentOf(first));
    nodes.set(first, directory(Number(words[1])));
  } else if (verb === 'write') {
    // A write goes through to every name of the file and leaves its mode.
    const fresh = textFile(`${words[1]}`, old?.meta.mode ?? Number(words[2]));
    makeDirectories(nodes, parentOf(first));
    if (old === undefined) nodes.set(first, fresh);
    else replaceNode(nodes, old, fresh);
  } else if (verb === 'symlink') {
    makeDirectories(nodes, parentOf(last));
    nodes.set(last, symlink(`${words[0]}`));
  } else if (verb === 'link' && old !== undefined) nodes.set(last, old);
  else if (verb === 'remove' || verb === 'removeall') removeAll(nodes, first);
  else if (verb === 'rename') {
    const moved = [...nodes].filter(([path]) => path === first || path.startsWith(`${first}/`));
    removeAll(nodes, first);
    for (const [path, node] of moved) nodes.set(last + path.slice(first.length), node);
  } else if (verb === 'chmod' && old !== undefined) {
    replaceNode(nodes, old, { ...old, meta: { ...old.meta, mode: Number(words[1]) } });
  } else if (verb === 'mtime' && old !== undefined) {
    const time = words[1] === 'now' ? 1_700_000_000_000 : Date.parse(`${words[1]}`);
    replaceNode(nodes, old, { ...old, meta: { ...old.meta, mtime: (BigInt(time) / 1000n) * second } });
  } else if (verb !== 'use' && verb !== 'mksocket') throw new Error(`no such step here: ${verb} ${nameOf(first)}`);
}

/** A tree after these steps. A socket is nothing: no tree holds one. */
export function afterSteps(tree: Tree, steps: readonly Step[]): Tree {
  const nodes: Nodes = new Map(walk(tree));
  for (const step of steps) runStep(nodes, step);
  return treeOf([...nodes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
