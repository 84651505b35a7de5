import { DeflatedBlocks } from '../engine/deflated-blocks.ts';
import type { Bytes } from '../engine/engine.ts';
import type { Taken } from '../engine/taken.ts';
import { OciError } from '../errors.ts';
import { Pace } from '../stream/pace.ts';
import { contentKey, type FileNode, type LayerEntry, type Meta, type Path } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { entryHeader } from './entry-header.ts';
import { throughLayer } from './layer-reader.ts';
import { Outgoing } from './outgoing.ts';
import { blockSize, paddingAfter } from './tar-header.ts';
import type { TarMember } from './tar-member.ts';
import type { LayerTar } from './tree-writer.ts';

type NodeEntry = LayerEntry & { readonly kind: 'node' };

/** A file of the new layer that waits for its body, and its further names. */
interface Waiting {
  readonly entry: NodeEntry;
  readonly links: LayerEntry[];
}

/** Bodies from this size on (bytes) are worth marking: of a smaller one no block lies 32 KiB behind its beginning and before its end. */
const worthTaking = 1 << 16;

const endOfArchive = Buffer.alloc(2 * blockSize);
const hasBody = (entry: LayerEntry): entry is NodeEntry & { readonly node: FileNode } =>
  entry.kind === 'node' && entry.node.kind === 'file' && entry.node.size > 0;

interface Written {
  /** Names what is read in messages. */
  readonly subject: string;
  /** Is told which bodies are as their layers have them. */
  readonly taken?: Taken | undefined;
  /** Ends the work where nothing is written for long. */
  readonly signal?: AbortSignal | undefined;
}

/** A layer in the making whose bodies come by as other layers are read. */
class Changeset {
  readonly #subject: string;
  readonly #out = new Outgoing();
  readonly #written = new Map<Path, Meta>();
  /** By what the bodies are identified by. A layer that is there several times serves one of its files each time. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** The file whose body is coming by. */
  #file: FileNode | undefined;
  #links: readonly LayerEntry[] = [];
  readonly #taken: Taken | undefined;
  /** The layer that is being read. */
  #blocks: DeflatedBlocks | undefined;
  /** Where the body of the member that comes next is in its layer; undefined where it is not as it stands. */
  #body: number | undefined;
  /** Bytes of the new layer so far. */
  #length = 0;

  constructor({ subject, taken }: Written) {
    this.#subject = subject;
    this.#taken = taken;
  }

  /** Begins a layer, whose blocks are to be told where they may be taken over. */
  beginLayer(): DeflatedBlocks | undefined {
    this.#blocks = this.#taken && new DeflatedBlocks();
    return this.#blocks;
  }

  /** Writes all that needs no body, in order: whiteouts, directories, links, devices, empty files. */
  async *begin(entries: Iterable<LayerEntry>, pace: Pace): Bytes {
    const waiting = new Map<Path, Waiting>();
    for (const entry of entries) {
      const file = entry.kind === 'hardlink' ? waiting.get(entry.target) : undefined;
      if (file !== undefined) file.links.push(entry);
      else if (hasBody(entry)) waiting.set(entry.path, this.#await(entry));
      else this.#write(entry);
      yield* this.#out.take();
      const turn = pace.spend(entryCost);
      if (turn !== undefined) await turn;
    }
    this.#out.flush();
    yield* this.#out.take();
  }

  #await(entry: NodeEntry & { readonly node: FileNode }): Waiting {
    const file = { entry, links: [] };
    const same = this.#waiting.get(contentKey(entry.node));
    if (same === undefined) this.#waiting.set(contentKey(entry.node), [file]);
    else same.push(file);
    return file;
  }

  member({ offset, isSparse }: TarMember): void {
    this.#body = isSparse ? undefined : offset + blockSize;
  }

  entry(brought: LayerEntry): undefined {
    if (!hasBody(brought)) return;
    const key = contentKey(brought.node);
    const files = this.#waiting.get(key);
    const file = files?.shift();
    if (files === undefined || file === undefined) return;
    if (files.length === 0) this.#waiting.delete(key);
    this.#write(file.entry);
    this.#mark(brought.node.size);
    this.#file = brought.node;
    this.#links = file.links;
  }

  #mark(length: number): void {
    const [blocks, from] = [this.#blocks, this.#body];
    if (blocks === undefined || from === undefined || length < worthTaking) return;
    this.#taken?.mark({ at: this.#length, length, from, blocks });
  }

  data(chunk: Uint8Array): void {
    if (this.#file !== undefined) this.#add(chunk);
  }

  end(): void {
    if (this.#file === undefined) return;
    this.#add(paddingAfter(this.#file.size));
    for (const link of this.#links) this.#write(link);
    this.#file = undefined;
    this.#links = [];
  }

  take(): Iterable<Uint8Array> {
    return this.#out.take();
  }

  *finish(): Generator<Uint8Array> {
    const [missing] = this.#waiting.values();
    const lost = missing?.[0]?.entry.path;
    if (lost !== undefined) {
      const message = `expected '${shortTextOf(lost)}' in its layer, got nothing: it changed while it was read`;
      throw new OciError('conflict', this.#subject, message);
    }
    this.#add(endOfArchive);
    this.#out.flush();
    yield* this.take();
  }

  #write(entry: LayerEntry): void {
    this.#add(entryHeader(entry, this.#written, 'exact'));
  }

  #add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    this.#out.add(bytes);
  }
}

/** Going over an entry that waits for its body, of which nothing is written yet. */
const entryCost = 1 << 10;

/** The layers that bodies of these entries are in. */
function sourcesOf(entries: Iterable<LayerEntry>): ReadonlySet<string> {
  const sources = new Set<string>();
  for (const entry of entries) if (hasBody(entry)) sources.add(entry.node.content.source);
  return sources;
}

/**
 * A new layer's uncompressed tar whose bodies are those of other layers, `layers`, bottom first, of which only those are read that
 * have any. First all that has no body, in the order of the entries, whiteouts before their siblings and directories before what is
 * in them; then files as their layers bring them, each with its further names. Times are kept to the nanosecond. The same
 * entries and layers give the same bytes. A chunk is valid until the next is asked for. Throws `conflict` where a layer lacks a body.
 */
export async function* writeChangeset(
  entries: readonly LayerEntry[],
  layers: readonly LayerTar[],
  written: Written,
): Bytes {
  const changeset = new Changeset(written);
  yield* changeset.begin(entries, new Pace(written.signal));
  const sources = sourcesOf(entries);
  for (const layer of layers) {
    if (sources.has(layer.identity))
      yield* throughLayer(layer.open(changeset.beginLayer()), layer, { sink: changeset, take: () => changeset.take() });
  }
  yield* changeset.finish();
}
