import { OciError } from '../errors.ts';
import type { FileNode, LayerEntry, Meta, Node, Path } from '../tree/node.ts';
import { noXattrs } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { encodeWhiteout } from '../tree/whiteout.ts';
import type { BodySource } from './body-source.ts';
import { blockSize } from './tar-header.ts';
import { encodeHeader, type HeaderFields } from './tar-writer.ts';

const bufferSize = 1 << 20;
const second = 1_000_000_000n;

/** Whole seconds, rounded down. */
const secondsOf = (mtime: bigint): number => Number((mtime - (((mtime % second) + second) % second)) / second);

const plain = { link: '', size: 0, major: 0, minor: 0 } as const;
const marker: Omit<HeaderFields, 'path'> = {
  ...plain,
  typeflag: '0',
  mode: 0,
  uid: 0,
  gid: 0,
  mtime: 0,
  xattrs: noXattrs,
};

const metaFields = ({
  mode,
  uid,
  gid,
  mtime,
  xattrs,
}: Meta): Pick<HeaderFields, 'mode' | 'uid' | 'gid' | 'mtime' | 'xattrs'> => ({
  mode,
  uid,
  gid,
  mtime: secondsOf(mtime),
  xattrs,
});

function nodeFields(path: Path, node: Node): HeaderFields {
  const fields = { ...plain, path, ...metaFields(node.meta) };
  switch (node.kind) {
    case 'file':
      return { ...fields, typeflag: '0', size: node.size };
    case 'directory':
      return { ...fields, typeflag: '5', path: `${path}/` };
    case 'symlink':
      return { ...fields, typeflag: '2', link: node.target };
    case 'device':
      return { ...fields, typeflag: node.type === 'char' ? '3' : '4', major: node.major, minor: node.minor };
    case 'fifo':
      return { ...fields, typeflag: '6' };
  }
}

/** Header fields by entry; a hardlink repeats the attributes of its file, as GNU tar does. */
function fieldsOf(entry: LayerEntry, files: Map<Path, Meta>): HeaderFields {
  if (entry.kind === 'node') {
    if (entry.node.kind === 'file') files.set(entry.path, entry.node.meta);
    return nodeFields(entry.path, entry.node);
  }
  if (entry.kind === 'hardlink') {
    const meta = files.get(entry.target);
    if (meta === undefined) throw new Error(`hardlink ${textOf(entry.path)}: its target is not earlier in the layer`);
    return { ...plain, ...metaFields(meta), xattrs: noXattrs, typeflag: '1', path: entry.path, link: entry.target };
  }
  return { ...marker, path: encodeWhiteout(entry) };
}

/** Bytes gathered into one buffer, so that a hundred thousand small files are a few hundred chunks. */
class Gather {
  readonly #buffer = Buffer.alloc(bufferSize);
  #filled = 0;

  /** Yields whenever the buffer is full; chunks of its size or more pass through. */
  *add(bytes: Uint8Array): Generator<Uint8Array> {
    if (this.#filled + bytes.length > bufferSize) yield* this.flush();
    if (bytes.length >= bufferSize) {
      yield bytes;
      return;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  *flush(): Generator<Uint8Array> {
    if (this.#filled > 0) yield this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
  }
}

const padding = Buffer.alloc(blockSize);

function* writeBody(gather: Gather, path: Path, node: FileNode, bodies: BodySource): Generator<Uint8Array> {
  let written = 0;
  for (const chunk of bodies.body(path, node)) {
    written += chunk.length;
    yield* gather.add(chunk);
  }
  if (written !== node.size) {
    throw new OciError(
      'conflict',
      `/${textOf(path)}`,
      `expected ${node.size} bytes, got ${written}: it changed while it was read`,
    );
  }
  yield* gather.add(padding.subarray(0, (blockSize - (node.size % blockSize)) % blockSize));
}

/**
 * A layer's uncompressed tar in chunks of up to 1 MiB, each valid until the next: ustar with PAX only where needed, whole
 * seconds, no user names, two zero blocks at the end. The same entries and bodies give the same bytes.
 */
export function* writeLayer(entries: Iterable<LayerEntry>, bodies: BodySource): Generator<Uint8Array> {
  const gather = new Gather();
  const files = new Map<Path, Meta>();
  for (const entry of entries) {
    yield* gather.add(encodeHeader(fieldsOf(entry, files)));
    if (entry.kind === 'node' && entry.node.kind === 'file' && entry.node.size > 0) {
      yield* writeBody(gather, entry.path, entry.node, bodies);
    }
  }
  yield* gather.add(Buffer.alloc(2 * blockSize));
  yield* gather.flush();
}
