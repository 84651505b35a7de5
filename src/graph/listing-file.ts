import { LayerSize } from '../codec/layer-size.ts';
import { VarintReader, VarintWriter } from '../codec/varints.ts';
import { copyOf } from '../engine/bytes.ts';
import { invalid } from '../errors.ts';
import { type DiffID, digestOf, encodedOf } from '../spec/digest.ts';
import { type FileNode, type LayerEntry, type Meta, type Node, noXattrs, type Path } from '../tree/node.ts';
import { each, type Parts, partCost, partLength } from '../tree/parts.ts';
import { byteStringOf, bytesOf, parsePath } from '../tree/path.ts';
import type { LayerListing } from './layer-listing.ts';

/*
 * A listing on disk, to be kept by its layer's diffID. A line with version and diffID; the tar's size and the count of entries; a row an entry: what it is, its
 * path (how much of the one before it begins with, and the rest), mode and owner and extended attributes together, and the time (each a number among those that were
 * there before, with what is new right behind it), then what its kind has; a file's content has its number among the tar's members, as a difference, and its
 * digest where it is known. The sha256 of all that comes last. An entry of a Debian root filesystem takes 23 bytes, with digests 50; reading it takes a tenth of
 * what reading the layer does.
 */

const title = (diffID: DiffID): Uint8Array => bytesOf(`ocikit listing 1 ${diffID}\n`);
const sumLength = 32;

const rowKinds = ['file', 'directory', 'symlink', 'char', 'block', 'fifo', 'hardlink', 'whiteout', 'opaque'] as const;
type RowKind = (typeof rowKinds)[number];

const checksum = (bytes: Uint8Array): Uint8Array => Buffer.from(encodedOf(digestOf(bytes)), 'hex');

const kindOf = (entry: LayerEntry): RowKind =>
  entry.kind === 'node' ? (entry.node.kind === 'device' ? entry.node.type : entry.node.kind) : entry.kind;

/** How much two paths begin with alike. */
function sharedLength(one: Path, other: Path): number {
  let length = 0;
  while (length < one.length && one.charCodeAt(length) === other.charCodeAt(length)) length++;
  return length;
}

/** Rows as they are written. State: what a row is a difference to. */
class RowWriter {
  readonly #out: VarintWriter;
  readonly #digests: LayerListing['digests'];
  readonly #attributes = new Map<string, number>();
  readonly #times = new Map<bigint, number>();
  #path: Path = '';
  #member = 0;

  constructor(out: VarintWriter, digests: LayerListing['digests']) {
    this.#out = out;
    this.#digests = digests;
  }

  add(entry: LayerEntry): void {
    const out = this.#out;
    out.number(rowKinds.indexOf(kindOf(entry)));
    const shared = sharedLength(this.#path, entry.path);
    out.number(shared);
    out.text(entry.path.slice(shared));
    this.#path = entry.path;
    if (entry.kind === 'hardlink') out.text(entry.target);
    if (entry.kind === 'node') this.#addNode(entry.node);
  }

  #addNode(node: Node): void {
    const out = this.#out;
    this.#addMeta(node.meta);
    if (node.kind === 'file') this.#addFile(node);
    else if (node.kind === 'symlink') out.text(node.target);
    else if (node.kind === 'device') {
      out.number(node.major);
      out.number(node.minor);
    }
  }

  #addFile(file: FileNode): void {
    this.#out.number(file.size);
    this.#out.number(file.content.member - this.#member);
    this.#member = file.content.member;
    this.#out.bytes(Buffer.from(this.#digests.get(file) ?? '', 'hex'));
  }

  #addMeta({ mode, uid, gid, mtime, xattrs }: Meta): void {
    const out = this.#out;
    const values = Array.from(xattrs, ([name, value]) => `${name}\0${byteStringOf(value)}`);
    const key = [mode, uid, gid, ...values.map(text => `${text.length} ${text}`)].join(' ');
    if (this.#isNew(this.#attributes, key)) {
      for (const number of [mode, uid, gid, xattrs.size]) out.number(number);
      for (const [name, value] of xattrs) {
        out.text(name);
        out.bytes(value);
      }
    }
    if (this.#isNew(this.#times, mtime)) out.text(`${mtime}`);
  }

  /** Writes the number of a value, and tells whether it has not been there before. */
  #isNew<T>(known: Map<T, number>, value: T): boolean {
    const at = known.get(value) ?? known.size;
    this.#out.number(at);
    if (at < known.size) return false;
    known.set(value, at);
    return true;
  }
}

/** A layer's listing as bytes, in parts. Its files' contents are identified by the layer's diffID. */
export function* encodeListing({ entries, digests, size }: LayerListing, diffID: DiffID): Parts<Uint8Array> {
  const out = new VarintWriter();
  out.number(size);
  out.number(entries.length);
  const rows = new RowWriter(out, digests);
  yield* each(entries, entry => rows.add(entry));
  const said = Buffer.concat([title(diffID), out.written]);
  yield said.length;
  return Buffer.concat([said, checksum(said)]);
}

type Attributes = Omit<Meta, 'mtime'>;

/** Rows as they are read. State: what a row is a difference to. */
class RowReader {
  readonly #in: VarintReader;
  readonly #diffID: DiffID;
  readonly #subject: string;
  readonly #size: LayerSize;
  readonly #attributes: Attributes[] = [];
  readonly #times: bigint[] = [];
  readonly digests = new Map<FileNode, string>();
  #path: Path = '';
  #member = 0;

  constructor(reader: VarintReader, diffID: DiffID, subject: string) {
    this.#in = reader;
    this.#diffID = diffID;
    this.#subject = subject;
    this.#size = new LayerSize(subject);
  }

  next(): LayerEntry {
    const kind = rowKinds[this.#in.number()];
    const shared = this.#in.number();
    if (kind === undefined || shared > this.#path.length)
      throw invalid(this.#subject, 'a row of a listing', 'something else');
    const path = this.#pathOf(this.#path.slice(0, shared) + this.#in.text());
    this.#path = path;
    const entry = this.#entry(kind, path);
    const link = entry.kind === 'hardlink' ? entry.target : entry.kind === 'node' ? targetOf(entry.node) : '';
    this.#size.add({ path, link, xattrs: entry.kind === 'node' ? entry.node.meta.xattrs : noXattrs });
    return entry;
  }

  #pathOf(text: string): Path {
    if (parsePath(text, this.#subject) !== text) throw invalid(this.#subject, 'a path', 'another spelling of one');
    return text;
  }

  #entry(kind: RowKind, path: Path): LayerEntry {
    if (kind === 'whiteout' || kind === 'opaque') return { kind, path };
    if (kind === 'hardlink') return { kind, path, target: this.#pathOf(this.#in.text()) };
    const meta: Meta = { ...this.#known(this.#attributes, () => this.#readAttributes()), mtime: this.#time() };
    return { kind: 'node', path, node: this.#node(kind, meta) };
  }

  #node(kind: Exclude<RowKind, 'whiteout' | 'opaque' | 'hardlink'>, meta: Meta): Node {
    if (kind === 'directory') return { kind, meta, children: new Map() };
    if (kind === 'fifo') return { kind, meta };
    if (kind === 'symlink') return { kind, meta, target: this.#in.text() };
    if (kind !== 'file')
      return { kind: 'device', meta, type: kind, major: this.#in.number(), minor: this.#in.number() };
    const size = this.#in.number();
    this.#member += this.#in.number();
    const node: FileNode = { kind, meta, size, content: { source: this.#diffID, member: this.#member } };
    const digest = this.#in.bytes();
    if (digest.length > 0) this.digests.set(node, Buffer.from(digest).toString('hex'));
    return node;
  }

  #time(): bigint {
    return this.#known(this.#times, () => {
      const text = this.#in.text();
      if (!/^(?:0|-?[1-9]\d{0,30})$/.test(text)) throw invalid(this.#subject, 'a time', 'something else');
      return BigInt(text);
    });
  }

  #readAttributes(): Attributes {
    const [mode, uid, gid, count] = [this.#in.number(), this.#in.number(), this.#in.number(), this.#in.number()];
    if (mode > 0o7777) throw invalid(this.#subject, 'a mode of at most 07777', `0${mode.toString(8)}`);
    const xattrs = new Map<string, Uint8Array>();
    for (let at = 0; at < count; at++) xattrs.set(this.#in.text(), copyOf(this.#in.bytes()));
    return { mode, uid, gid, xattrs: count === 0 ? noXattrs : xattrs };
  }

  /** A value by its number, or the next one. */
  #known<T>(known: T[], read: () => T): T {
    const at = this.#in.number();
    if (at > known.length) throw invalid(this.#subject, `one of ${known.length} values`, `number ${at}`);
    if (at === known.length) known.push(read());
    return known[at] as T;
  }
}

const targetOf = (node: Node): string => (node.kind === 'symlink' ? node.target : '');

/**
 * A layer's listing from the bytes that `encodeListing` made of it, in parts. Throws `invalid` where they are damaged, of another version or of another layer, or
 * say more than a layer may. Bytes prove nothing of the layer: whoever kept them had proved it.
 */
export function* decodeListing(bytes: Uint8Array, diffID: DiffID): Parts<LayerListing> {
  const subject = `listing of ${diffID}`;
  const [head, end] = [title(diffID), Math.max(0, bytes.length - sumLength)];
  const said = bytes.subarray(0, end);
  yield said.length;
  if (Buffer.compare(checksum(said), bytes.subarray(end)) !== 0)
    throw invalid(subject, 'the checksum of its bytes', 'another');
  if (Buffer.compare(said.subarray(0, head.length), head) !== 0)
    throw invalid(subject, 'version 1 of that layer', 'another');
  const reader = new VarintReader(said.subarray(head.length), subject);
  const [size, count] = [reader.number(), reader.number()];
  const rows = new RowReader(reader, diffID, subject);
  const entries: LayerEntry[] = [];
  while (entries.length < count) {
    entries.push(rows.next());
    if (entries.length % partLength === 0) yield partCost;
  }
  if (!reader.isAtEnd) throw invalid(subject, `${count} entries`, 'more');
  return { entries, digests: rows.digests, size };
}
