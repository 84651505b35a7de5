import type { Bytes } from '../engine/engine.ts';
import { invalid, OciError } from '../errors.ts';
import { Pace } from '../stream/pace.ts';
import type { ContentId, LayerEntry, Meta, Node, Path } from '../tree/node.ts';
import { leadsOut, parsePath, shortTextOf } from '../tree/path.ts';
import { decodeWhiteout } from '../tree/whiteout.ts';
import { imageXattrs } from '../tree/xattrs.ts';
import { LayerSize } from './layer-size.ts';
import type { RawHeader } from './tar-header.ts';
import type { TarMember, TarSink } from './tar-member.ts';
import { TarReader } from './tar-reader.ts';

/** Where a layer's entries go: `entry`, then `data` any number of times for a file, then `end`. A data chunk is valid during the call. */
export interface LayerSink {
  /** What of it takes long may be given back, and is done in parts before anything else comes. */
  entry(entry: LayerEntry): Iterable<number> | undefined;
  data(chunk: Uint8Array): void;
  end(): void;
  /** A header as it stands, and the byte of the tar at which it does. */
  header?(header: RawHeader, offset: number): void;
  /** The member that the next entry is made of. */
  member?(member: TarMember): void;
  /** Takes a member that can be no entry, which is then passed over; without it, it is thrown. */
  refused?(member: TarMember, error: OciError): void;
  /** As a tar's. */
  unread?(bytes: Uint8Array, offset: number): void;
  /** The tar is at its end, and whether its two blocks of zeros are there. */
  over?(isEnded: boolean, offset: number): void;
}

const nothing = (): undefined => undefined;

/** Where nothing is kept: a layer is read for what reading it checks, or for its entries alone. */
export const emptySink: LayerSink = { entry: nothing, data: nothing, end: nothing };

export interface LayerOrigin {
  /** What file contents of this layer are identified by: its diffID. */
  readonly identity: string;
  /** Names the layer in messages. */
  readonly subject: string;
  /** Names that lead out of the root are refused, where they are else kept inside it. */
  readonly contained?: boolean;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

function nodeOf(member: TarMember, content: ContentId): Node {
  const meta: Meta = {
    mode: member.mode,
    uid: member.uid,
    gid: member.gid,
    mtime: member.mtime,
    xattrs: imageXattrs(member.xattrs),
  };
  switch (member.type) {
    case 'directory':
      return { kind: 'directory', meta, children: new Map() };
    case 'symlink':
      return { kind: 'symlink', meta, target: member.link };
    case 'char':
    case 'block':
      return { kind: 'device', meta, type: member.type, major: member.major, minor: member.minor };
    case 'fifo':
      return { kind: 'fifo', meta };
    default:
      return { kind: 'file', meta, size: member.size, content };
  }
}

/** A hardlink's target inside the root. One that leads out of it names nothing: it is refused, never clamped to another file. */
function linkTarget(member: TarMember, subject: string): Path {
  if (leadsOut(member.link)) {
    throw invalid(
      subject,
      `a target inside the root for hardlink '${shortTextOf(member.path)}'`,
      `'${shortTextOf(member.link)}'`,
    );
  }
  return parsePath(member.link, subject);
}

/** A tar member as a layer entry. */
function entryOf(member: TarMember, ordinal: number, origin: LayerOrigin): LayerEntry {
  if (origin.contained === true && leadsOut(member.path))
    throw invalid(origin.subject, 'names inside the root', `'${shortTextOf(member.path)}'`);
  const path = parsePath(member.path, origin.subject);
  const whiteout = decodeWhiteout(path);
  if (whiteout !== undefined) return whiteout;
  if (member.type === 'hardlink') return { kind: 'hardlink', path, target: linkTarget(member, origin.subject) };
  if (path === '' && member.type !== 'directory') {
    throw invalid(
      origin.subject,
      "a directory as the root '.'",
      `${member.type} with the name '${shortTextOf(member.path)}'`,
    );
  }
  return { kind: 'node', path, node: nodeOf(member, { source: origin.identity, member: ordinal }) };
}

function tarSinkOf(origin: LayerOrigin, sink: LayerSink): TarSink {
  const size = new LayerSize(origin.subject);
  let ordinal = 0;
  let isFile = false;
  return {
    member(member) {
      size.add(member);
      sink.member?.(member);
      const entry = entryIn(member, ordinal++, { origin, sink });
      if (entry === undefined) {
        isFile = false;
        return undefined;
      }
      isFile = entry.kind === 'node' && entry.node.kind === 'file';
      return sink.entry(entry);
    },
    data(chunk) {
      if (isFile) sink.data(chunk);
    },
    end() {
      sink.end();
    },
    ...(sink.header === undefined ? {} : { header: sink.header }),
    ...(sink.unread === undefined ? {} : { unread: sink.unread }),
  };
}

/** A member as an entry; undefined where it can be none and the sink takes that. */
function entryIn(
  member: TarMember,
  ordinal: number,
  { origin, sink }: { readonly origin: LayerOrigin; readonly sink: LayerSink },
): LayerEntry | undefined {
  try {
    return entryOf(member, ordinal, origin);
  } catch (error) {
    if (!(error instanceof OciError) || sink.refused === undefined) throw error;
    sink.refused(member, error);
    return undefined;
  }
}

/** Reads a layer's uncompressed tar: entries in the archive's order (image-spec layer.md). Errors are `invalid` and name the layer and the offset. */
export async function readLayer(bytes: Bytes, origin: LayerOrigin, sink: LayerSink): Promise<void> {
  const reader = new TarReader(tarSinkOf(origin, sink), origin.subject);
  const pace = new Pace(origin.signal);
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    await pace.run(reader.advance(chunk));
  }
  const isEnded = reader.finish();
  sink.over?.(isEnded, length);
}

/** The same, as a stream of what `take` has to pass on after each chunk; that may be parts of the chunk. */
export async function* throughLayer(
  bytes: Bytes,
  origin: LayerOrigin,
  options: { readonly sink: LayerSink; readonly take: () => Iterable<Uint8Array> },
): Bytes {
  const reader = new TarReader(tarSinkOf(origin, options.sink), origin.subject);
  const pace = new Pace(origin.signal);
  for await (const chunk of bytes) {
    await pace.run(reader.advance(chunk));
    yield* options.take();
  }
  reader.finish();
  yield* options.take();
}
