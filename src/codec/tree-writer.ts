import type { Bytes } from '../engine/engine.ts';
import { OciError } from '../errors.ts';
import type { FileNode, LayerEntry, Meta, Node, Path, Tree } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { walk } from '../tree/walk.ts';
import { withoutHostXattrs } from '../tree/xattrs.ts';
import { entryHeader } from './entry-header.ts';
import { type LayerOrigin, throughLayer } from './layer-reader.ts';
import { blockSize, paddingOf } from './tar-header.ts';

/** A layer to be read once more for its bodies. */
export interface LayerTar extends LayerOrigin {
  readonly open: () => Bytes;
}

/** A file and its names in the order of the tree. */
interface Group {
  readonly file: FileNode;
  readonly paths: [Path, ...Path[]];
}

const bufferSize = 1 << 20;
const padding = Buffer.alloc(2 * blockSize);
/** A piece of a body from this size on is passed on as it is; smaller ones are cheaper copied together. */
const large = 32 * 1024;

const keyOf = ({ content }: FileNode): string => `${content.source} ${content.member}`;

function entryOf(path: Path, node: Node): LayerEntry {
  const meta = withoutHostXattrs(node.meta);
  return { kind: 'node', path, node: meta === node.meta ? node : { ...node, meta } };
}

/** The tar in the making: what is to be passed on, and the files whose bodies have not come by. */
class TreeTar {
  readonly #written = new Map<Path, Meta>();
  readonly #waiting = new Map<string, Group[]>();
  #buffer = Buffer.allocUnsafe(bufferSize);
  #filled = 0;
  #out: Uint8Array[] = [];
  #group: Group | undefined;

  /** Writes what has no body, in the order of the tree; files with one wait for it. */
  *begin(tree: Tree): Generator<Uint8Array> {
    const groups = new Map<FileNode, Group>();
    for (const [path, node] of walk(tree)) {
      if (node.kind === 'file') {
        const known = groups.get(node);
        if (known === undefined) groups.set(node, { file: node, paths: [path] });
        else known.paths.push(path);
      } else {
        this.#add(entryHeader(entryOf(path, node), this.#written));
        yield* this.take();
      }
    }
    for (const group of groups.values()) {
      const same = this.#waiting.get(keyOf(group.file));
      if (same === undefined) this.#waiting.set(keyOf(group.file), [group]);
      else same.push(group);
    }
  }

  /** A file of a layer begins. Where one layer is there several times, each time serves one of the files made of it. */
  entry(entry: LayerEntry): void {
    if (entry.kind !== 'node' || entry.node.kind !== 'file') return;
    const key = keyOf(entry.node);
    const groups = this.#waiting.get(key);
    if (groups === undefined) return;
    this.#group = groups.shift();
    if (groups.length === 0) this.#waiting.delete(key);
    if (this.#group !== undefined)
      this.#add(entryHeader(entryOf(this.#group.paths[0], this.#group.file), this.#written));
  }

  data(chunk: Uint8Array): void {
    if (this.#group !== undefined) this.#add(chunk);
  }

  /** A body is over: its padding, then the file's other names. */
  end(): void {
    if (this.#group === undefined) return;
    const { file, paths } = this.#group;
    this.#group = undefined;
    this.#add(padding.subarray(0, paddingOf(file.size)));
    const [target, ...others] = paths;
    for (const path of others) this.#add(entryHeader({ kind: 'hardlink', path, target }, this.#written));
  }

  /** What is to be passed on before the next chunk of a layer is read. */
  take(): Iterable<Uint8Array> {
    const out = this.#out;
    if (out.length > 0) this.#out = [];
    return out;
  }

  finish(subject: string): Iterable<Uint8Array> {
    const [missing] = this.#waiting.values();
    const path = missing?.[0]?.paths[0];
    if (path !== undefined)
      throw new OciError(
        'conflict',
        subject,
        `expected '${shortTextOf(path)}' in its layer, got nothing: it changed while it was read`,
      );
    this.#add(padding);
    this.#flush();
    return this.take();
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#out.push(this.#buffer.subarray(0, this.#filled));
    this.#buffer = Buffer.allocUnsafe(bufferSize);
    this.#filled = 0;
  }

  #add(bytes: Uint8Array): void {
    if (bytes.length >= large) {
      this.#flush();
      this.#out.push(bytes);
      return;
    }
    if (this.#filled + bytes.length > bufferSize) this.#flush();
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }
}

/**
 * A merged tree as one tar that every extractor takes. First what has no body (directories, links, devices) in the order of
 * paths, parents before children; then files as their bodies stand in the layers, bottom first, each followed by its further
 * names as hardlinks. Every name once; attributes as `writeLayer` writes them. The same tree and layers give the same bytes.
 * Bodies are passed on as they come; a chunk is valid until the next is asked for. Throws `conflict` where a layer lacks a
 * file that the tree has from it.
 */
export async function* writeTree(tree: Tree, layers: readonly LayerTar[], subject: string): Bytes {
  const tar = new TreeTar();
  yield* tar.begin(tree);
  for (const layer of layers) yield* throughLayer(layer.open(), layer, { sink: tar, take: () => tar.take() });
  yield* tar.finish(subject);
}
