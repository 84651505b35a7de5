import { invalid, OciError } from '../errors.ts';
import type { FileNode, LayerEntry, Meta, Node, Path } from '../tree/node.ts';
import { noXattrs } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { encodeWhiteout } from '../tree/whiteout.ts';
import type { BodySource } from './body-source.ts';
import { blockSize, paddingOf } from './tar-header.ts';
import { encodeHeader, type HeaderFields } from './tar-writer.ts';

const bufferSize = 1 << 20;
const second = 1_000_000_000n;

/** Whole seconds, rounded down. */
function secondsOf(mtime: bigint): number {
  const seconds = mtime / second;
  return Number(mtime < 0n && seconds * second !== mtime ? seconds - 1n : seconds);
}

/** Fields of a member that is no file, link or device; spelled out, since spreading objects would take half of the writer's time. */
function plainFields(typeflag: HeaderFields['typeflag'], path: Path, meta: Meta): HeaderFields {
  const { mode, uid, gid, xattrs } = meta;
  return {
    typeflag,
    path,
    link: '',
    mode,
    uid,
    gid,
    size: 0,
    mtime: secondsOf(meta.mtime),
    major: 0,
    minor: 0,
    xattrs,
  };
}

function fileFields(path: Path, { meta, size }: FileNode): HeaderFields {
  const { mode, uid, gid, xattrs } = meta;
  return {
    typeflag: '0',
    path,
    link: '',
    mode,
    uid,
    gid,
    size,
    mtime: secondsOf(meta.mtime),
    major: 0,
    minor: 0,
    xattrs,
  };
}

function nodeFields(path: Path, node: Node): HeaderFields {
  switch (node.kind) {
    case 'file':
      return fileFields(path, node);
    case 'directory':
      return plainFields('5', path === '' ? './' : `${path}/`, node.meta);
    case 'symlink':
      return { ...plainFields('2', path, node.meta), link: node.target };
    case 'device':
      return {
        ...plainFields(node.type === 'char' ? '3' : '4', path, node.meta),
        major: node.major,
        minor: node.minor,
      };
    case 'fifo':
      return plainFields('6', path, node.meta);
  }
}

const markerMeta: Meta = { mode: 0, uid: 0, gid: 0, mtime: 0n, xattrs: noXattrs };

/** Header fields by entry; a hardlink repeats the attributes of its file, as GNU tar does. */
function fieldsOf(entry: LayerEntry, files: Map<Path, Meta>): HeaderFields {
  if (entry.kind === 'node') {
    if (entry.node.kind === 'file') files.set(entry.path, entry.node.meta);
    return nodeFields(entry.path, entry.node);
  }
  if (entry.kind === 'hardlink') {
    const meta = files.get(entry.target);
    if (meta === undefined) {
      throw invalid(
        `/${shortTextOf(entry.path)}`,
        'a hardlink to a file earlier in the layer',
        `'${shortTextOf(entry.target)}'`,
      );
    }
    return { ...plainFields('1', entry.path, meta), link: entry.target, xattrs: noXattrs };
  }
  return plainFields('0', encodeWhiteout(entry), markerMeta);
}

/** Bytes gathered into one buffer, so that a hundred thousand small files are a few hundred chunks. */
class Gather {
  readonly #buffer = Buffer.allocUnsafe(bufferSize);
  #filled = 0;

  /** Takes the bytes, or is false where there is no room left for them. */
  add(bytes: Uint8Array): boolean {
    if (this.#filled + bytes.length > bufferSize) return false;
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return true;
  }

  /** What was gathered, valid until the next `add`. */
  *take(): Generator<Uint8Array> {
    const filled = this.#filled;
    this.#filled = 0;
    if (filled > 0) yield this.#buffer.subarray(0, filled);
  }

  /** Adds bytes of any length; what finds no room in an empty buffer passes through. */
  *addAll(bytes: Uint8Array): Generator<Uint8Array> {
    if (this.add(bytes)) return;
    yield* this.take();
    if (bytes.length >= bufferSize) yield bytes;
    else this.add(bytes);
  }
}

const padding = Buffer.alloc(blockSize);

function checkLength(path: Path, { size }: FileNode, written: number, isOver: boolean): void {
  if (isOver ? written === size : written <= size) return;
  throw new OciError(
    'conflict',
    `/${shortTextOf(path)}`,
    `expected ${size} bytes, got ${written}: it changed while it was read`,
  );
}

function* writeBody(gather: Gather, path: Path, node: FileNode, bodies: BodySource): Generator<Uint8Array> {
  let written = 0;
  for (const chunk of bodies.body(path, node)) {
    written += chunk.length;
    checkLength(path, node, written, false);
    if (!gather.add(chunk)) yield* gather.addAll(chunk);
  }
  checkLength(path, node, written, true);
  yield* gather.addAll(padding.subarray(0, paddingOf(node.size)));
}

/**
 * A layer's uncompressed tar in chunks of up to 1 MiB (longer where a body's chunk is), each valid until the next: ustar with
 * PAX only where needed, whole seconds, no user names, two zero blocks at the end (image-spec layer.md). The same entries and
 * bodies give the same bytes. A `conflict` error for a body that has not its node's size; `invalid` or `unsupported` for what
 * a tar cannot say.
 */
export function* writeLayer(entries: Iterable<LayerEntry>, bodies: BodySource): Generator<Uint8Array> {
  const gather = new Gather();
  const files = new Map<Path, Meta>();
  for (const entry of entries) {
    const header = encodeHeader(fieldsOf(entry, files));
    if (!gather.add(header)) yield* gather.addAll(header);
    if (entry.kind === 'node' && entry.node.kind === 'file' && entry.node.size > 0) {
      yield* writeBody(gather, entry.path, entry.node, bodies);
    }
  }
  yield* gather.addAll(Buffer.alloc(2 * blockSize));
  yield* gather.take();
}
