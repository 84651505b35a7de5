import { OciError } from '../errors.ts';
import { Gather } from '../stream/gather.ts';
import type { FileNode, LayerEntry, Meta, Path } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { type BodySource, smallBody } from './body-source.ts';
import { entryHeader } from './entry-header.ts';
import { blockSize, paddingAfter } from './tar-header.ts';

/** Who is told of a layer's entries while they are written, as `LayerSink` is of one that is read: so that nobody has to read bodies again. */
export interface LayerListener {
  entry(entry: LayerEntry): void;
  data(chunk: Uint8Array): void;
  end(): void;
  /** Answers a promise while it has more than it can take, else nothing. Asked after every chunk of the tar. */
  ready?(): Promise<void> | undefined;
}

/** A file and its path in the layer. */
interface Placed {
  readonly path: Path;
  readonly node: FileNode;
}

/** Where bodies come from, and who else is given them. */
interface Passing {
  readonly bodies: BodySource;
  readonly listener: LayerListener | undefined;
}

function otherSize({ path, node }: Placed, written: number): OciError {
  const message = `expected ${node.size} bytes, got ${written}: it changed while it was read`;
  return new OciError('conflict', `/${shortTextOf(path)}`, message);
}

/** Puts a small body where it goes at once; false where it has to come in chunks. */
function isPut(gather: Gather, { path, node }: Placed, { bodies, listener }: Passing): boolean {
  const room = node.size < smallBody ? gather.room(node.size) : undefined;
  if (room === undefined || bodies.fill?.(path, node, room) !== true) return false;
  gather.taken(node.size);
  listener?.data(room);
  return true;
}

function* writeBody(gather: Gather, file: Placed, { bodies, listener }: Passing): Generator<Uint8Array> {
  const { path, node } = file;
  let written = 0;
  for (const chunk of bodies.body(path, node)) {
    written += chunk.length;
    if (written > node.size) throw otherSize(file, written);
    listener?.data(chunk);
    if (!gather.add(chunk)) yield* gather.addAll(chunk);
  }
  if (written < node.size) throw otherSize(file, written);
}

/**
 * A layer's uncompressed tar in chunks of up to 1 MiB (longer where a body's chunk is), each valid until the next: ustar with
 * PAX only where needed, whole seconds, no user names, two zero blocks at the end (image-spec layer.md). The same entries and
 * bodies give the same bytes. A `conflict` error for a body that has not its node's size; `invalid` or `unsupported` for what
 * a tar cannot say.
 */
export function* writeLayer(
  entries: Iterable<LayerEntry>,
  bodies: BodySource,
  listener?: LayerListener,
): Generator<Uint8Array> {
  const gather = new Gather();
  const files = new Map<Path, Meta>();
  for (const entry of entries) {
    listener?.entry(entry);
    const header = entryHeader(entry, files);
    if (!gather.add(header)) yield* gather.addAll(header);
    if (entry.kind === 'node' && entry.node.kind === 'file' && entry.node.size > 0) {
      const file = { path: entry.path, node: entry.node };
      const passing = { bodies, listener };
      if (!isPut(gather, file, passing)) yield* writeBody(gather, file, passing);
      const padding = paddingAfter(entry.node.size);
      if (!gather.add(padding)) yield* gather.addAll(padding);
    }
    listener?.end();
  }
  yield* gather.addAll(Buffer.alloc(2 * blockSize));
  yield* gather.take();
}
