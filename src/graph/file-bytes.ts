import { type LayerOrigin, type LayerSink, throughLayer } from '../codec/layer-reader.ts';
import { Outgoing } from '../codec/outgoing.ts';
import type { Bytes } from '../engine/engine.ts';
import { changed } from '../errors.ts';
import type { Layer } from '../spec/objects.ts';
import { sizeOf } from '../spec/sizes.ts';
import type { FileNode, LayerEntry } from '../tree/node.ts';
import { layerBytes, layerOrigin } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

/** The contents of files one after the other, as they come by in a tar. State: which of them comes next, and how much of it is to come. */
class Wanted implements LayerSink {
  readonly #files: readonly FileNode[];
  readonly #pieces = new Outgoing();
  #next = 0;
  #isIt = false;

  constructor(files: readonly FileNode[]) {
    this.#files = files;
  }

  entry(entry: LayerEntry): undefined {
    const file = this.#files[this.#next];
    const node = entry.kind === 'node' && entry.node.kind === 'file' ? entry.node : undefined;
    this.#isIt = file !== undefined && node?.content.member === file.content.member && node.size === file.size;
  }

  data(chunk: Uint8Array): void {
    if (this.#isIt) this.#pieces.add(chunk);
  }

  end(): void {
    if (this.#isIt) this.#next++;
    this.#isIt = false;
  }

  take(): Iterable<Uint8Array> {
    this.#pieces.flush();
    return this.#pieces.take();
  }
}

/**
 * The contents of files of a tar that was listed before, in the order in which it has them: nothing is read behind the last of them. A
 * chunk is valid until the next. Throws `conflict` where the tar has one of them no more.
 */
export async function* memberBytes(tar: Bytes, origin: LayerOrigin, files: readonly FileNode[]): Bytes {
  const wanted = new Wanted(files.filter(({ size }) => size > 0));
  // What has been read is not yet what has been given: the last file may come in several pieces.
  let left = sizeOf(files);
  if (left === 0) return;
  for await (const piece of throughLayer(tar, origin, { sink: wanted, take: () => wanted.take() })) {
    left -= piece.length;
    yield piece;
    if (left === 0) return;
  }
  throw changed(origin.subject);
}

/** Files in the order in which they are wanted, cut where a tar has to be read anew: where another has the next one, or has it before. */
export function* runsOf(files: readonly FileNode[]): Generator<readonly FileNode[]> {
  let run: FileNode[] = [];
  for (const file of files) {
    const last = run.at(-1)?.content;
    if (last !== undefined && (last.source !== file.content.source || last.member >= file.content.member)) {
      yield run;
      run = [];
    }
    run.push(file);
  }
  if (run.length > 0) yield run;
}

/**
 * The contents of files of these layers, once they have been read and proved, in the order in which they are wanted: layers are read
 * again, each only as far as the last of its files.
 */
export async function* fileBytes(source: ImageSource, layers: readonly Layer[], files: readonly FileNode[]): Bytes {
  for (const run of runsOf(files)) {
    const layer = layers.find(({ diffID }) => diffID === run[0]?.content.source);
    if (layer === undefined) throw changed(source.subject);
    yield* memberBytes(layerBytes(source, layer), layerOrigin(source, layer), run);
  }
}
