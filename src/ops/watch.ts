import type { Bytes } from '../engine/engine.ts';
import type { ImageSource } from '../graph/source.ts';
import type { Progress } from './options.ts';

/** The same bytes, counted into `progress` as they pass. */
export async function* watchBytes(bytes: Bytes | Iterable<Uint8Array>, progress: Progress | undefined): Bytes {
  for await (const chunk of bytes) {
    if (progress !== undefined) progress.bytes += chunk.length;
    yield chunk;
  }
}

/** The same source, with what is streamed from its blobs counted into `progress`. */
export function watchSource(source: ImageSource, progress: Progress | undefined): ImageSource {
  if (progress === undefined) return source;
  return {
    subject: source.subject,
    index: () => source.index(),
    has: descriptor => source.has(descriptor),
    read: (descriptor, limit) => source.read(descriptor, limit),
    fileOf: descriptor => source.fileOf(descriptor),
    open: descriptor => watchBytes(source.open(descriptor), progress),
  };
}
