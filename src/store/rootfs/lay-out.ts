import { type BodySource, smallBody } from '../../codec/body-source.ts';
import { readLayer } from '../../codec/layer-reader.ts';
import type { LayerListener } from '../../codec/layer-writer.ts';
import { layerTar } from '../../graph/merged-tree.ts';
import type { ImageSource } from '../../graph/source.ts';
import type { Layer } from '../../spec/objects.ts';
import { fileCost, Pace } from '../../stream/pace.ts';
import { Draft } from '../../tree/draft.ts';
import { emptyTree, type FileNode, type LayerEntry, type Path } from '../../tree/node.ts';
import type { Operation } from '../../tree/operation.ts';
import { each } from '../../tree/parts.ts';
import { parentOf } from '../../tree/path.ts';
import { loadNative } from '../disk/native.ts';
import { isForThread, type MakingThread, openMakingThread } from './making-thread.ts';
import { makingOfProcess } from './powers.ts';
import { RootfsWriter } from './writer.ts';

/** Something that lies on what was before it: stored layers, or one that is only entries and bodies so far. */
export type LaidPart =
  | { readonly kind: 'layer'; readonly source: ImageSource; readonly layer: Layer }
  | {
      readonly kind: 'entries';
      readonly entries: readonly LayerEntry[];
      readonly bodies: BodySource;
      readonly beside: string;
    };

/** Whether entries hide nothing of what they lie on. */
export const isPlain = (entries: readonly LayerEntry[]): boolean =>
  entries.every(({ kind }) => kind !== 'whiteout' && kind !== 'opaque');

/** Whether entries of whatever origin mean the same in a directory of their own: they hide nothing, link to nothing below, and imply no directory. */
export function standAlone(entries: readonly LayerEntry[]): boolean {
  const [directories, others] = [new Set<Path>(['']), new Set<Path>()];
  for (const entry of entries) {
    const { kind, path } = entry;
    if (kind === 'whiteout' || kind === 'opaque' || !directories.has(parentOf(path))) return false;
    if (kind === 'hardlink' && !others.has(entry.target)) return false;
    if (kind === 'node' && entry.node.kind === 'directory') directories.add(path);
    else others.add(path);
  }
  return true;
}

/** Lays parts over one another in an empty directory. Without root, owners and devices are not as they say. Throws with the directory in any state. */
export async function layOut(
  parts: readonly LaidPart[],
  directory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await playing(directory, signal, async ({ draft, writer }) => {
    for (const part of parts) {
      draft.beginLayer();
      if (part.kind === 'layer') await playLayer(part, { draft, writer });
      else await playEntries(part, { draft, writer, signal });
    }
  });
}

/**
 * Lays a layer's entries out in an empty directory while `write` writes them elsewhere, and gives what that comes to: many of them in a thread of its own.
 * They hide nothing: of such entries none takes long. Throws with the directory in any state.
 */
export async function layOutBeside<T>(
  directory: string,
  { entries, signal, most }: Beside,
  write: (listener: LayerListener) => Promise<T>,
): Promise<T> {
  return playing(directory, signal, async ({ draft, writer }) => {
    const open = isForThread(entries, most) ? openMakingThread(directory, meta => writer.stepsOf(meta)) : undefined;
    if (open !== undefined) return withThread(open, { draft, writer, signal }, write);
    return write({
      entry: entry => void writer.playing(draft.apply(entry)),
      data: chunk => writer.write(chunk),
      end: () => writer.end(),
    });
  });
}

interface Beside {
  /** All that `write` will tell of. */
  readonly entries: readonly LayerEntry[];
  readonly signal?: AbortSignal | undefined;
  /** From so many entries on there is a thread. */
  readonly most?: number;
}

/** The same with a thread for directories and files. What leads to files, or needs more calls than they, comes after them. */
async function withThread<T>(
  thread: MakingThread,
  { draft, writer, signal }: Playing & { readonly signal: AbortSignal | undefined },
  write: (listener: LayerListener) => Promise<T>,
): Promise<T> {
  const others: Operation[] = [];
  const play = (operation: Operation): void => {
    writer.checkLength(operation.path);
    const node = operation.kind === 'create' ? operation.node : undefined;
    if (node?.kind === 'directory') thread.directory(operation.path);
    else if (node?.kind === 'file') thread.file(operation.path, node);
    else others.push(operation);
  };
  try {
    const result = await write({
      entry: entry => draft.apply(entry).forEach(play),
      data: chunk => thread.write(chunk),
      end: () => thread.end(),
      ready: () => thread.ready(),
    });
    await thread.finish();
    await new Pace(signal).run(each(others, operation => void writer.playing([operation])));
    return result;
  } finally {
    await thread.close();
  }
}

async function playing<T>(
  directory: string,
  signal: AbortSignal | undefined,
  play: (playing: Playing) => Promise<T>,
): Promise<T> {
  const writer = new RootfsWriter(directory, { ...makingOfProcess(), native: loadNative() });
  const draft = new Draft(emptyTree(), directory);
  try {
    const result = await play({ draft, writer });
    await new Pace(signal).run(writer.finishing(draft.tree()));
    return result;
  } finally {
    writer.close();
  }
}

interface Playing {
  readonly draft: Draft;
  readonly writer: RootfsWriter;
}

async function playLayer(
  { source, layer }: Extract<LaidPart, { kind: 'layer' }>,
  { draft, writer }: Playing,
): Promise<void> {
  const tar = layerTar(source, layer);
  await readLayer(tar.open(), tar, {
    entry: entry => writer.playing(draft.apply(entry)),
    data: chunk => writer.write(chunk),
    end: () => writer.end(),
  });
}

async function playEntries(
  { entries, bodies, beside }: Extract<LaidPart, { kind: 'entries' }>,
  { draft, writer, signal }: Playing & { readonly signal: AbortSignal | undefined },
): Promise<void> {
  const files = entries.flatMap(entry => (entry.kind === 'node' && entry.node.kind === 'file' ? [entry.node] : []));
  const close = await bodies.prepare?.(files, beside);
  const pace = new Pace(signal);
  const room = Buffer.allocUnsafe(smallBody);
  try {
    for (const entry of entries) {
      const parts = writer.playing(draft.apply(entry));
      if (parts !== undefined) await pace.run(parts);
      if (entry.kind === 'node' && entry.node.kind === 'file')
        await writeBody(bodyOf(entry.path, entry.node, { bodies, room }), { writer, pace });
      const turn = pace.spend(fileCost);
      if (turn !== undefined) await turn;
    }
  } finally {
    close?.();
  }
}

/** A body: a small one in one piece, where that is to be had. */
function bodyOf(
  path: Path,
  node: FileNode,
  { bodies, room }: { readonly bodies: BodySource; readonly room: Uint8Array },
): Iterable<Uint8Array> {
  const whole = room.subarray(0, node.size);
  return node.size < smallBody && bodies.fill?.(path, node, whole) === true ? [whole] : bodies.body(path, node);
}

async function writeBody(
  body: Iterable<Uint8Array>,
  { writer, pace }: { readonly writer: RootfsWriter; readonly pace: Pace },
): Promise<void> {
  for (const chunk of body) {
    writer.write(chunk);
    const turn = pace.spend(chunk.length);
    if (turn !== undefined) await turn;
  }
  writer.end();
}
