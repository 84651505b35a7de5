import { writeTree } from '../codec/tree-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { writeFileAtomic } from '../store/file-target.ts';
import { layersOf } from '../store/image-reader.ts';
import { openImage } from '../store/locate.ts';
import { layerTars, readMergedTree } from '../store/merged-tree.ts';
import type { ExportOptions } from './options.ts';
import type { ExportResult } from './results.ts';
import { watchSource } from './watch.ts';

/** docker's mode for what it exports. */
const archiveMode = 0o600;

/**
 * An image's merged root filesystem as one tar (whiteouts applied, hardlinks across layers kept), the same bytes each time.
 * The layers are read twice: everything is checked before the stream begins, then bodies are passed on. Throws `not-found`,
 * `invalid` and `unsupported` as `unpack` does.
 */
export async function exportStream(
  image: string,
  options: ExportOptions = {},
): Promise<ExportResult & { readonly bytes: Bytes }> {
  const opened = await openImage(image, options);
  const layers = layersOf(opened.image);
  const source = watchSource(opened.source, options.progress);
  const tree = await readMergedTree(source, layers);
  return { manifest: opened.descriptor.digest, bytes: writeTree(tree, layerTars(source, layers), image) };
}

/** The same into a file (mode 0600), which is there whole or not at all. */
export async function exportImage(image: string, file: string, options: ExportOptions = {}): Promise<ExportResult> {
  const { bytes, ...result } = await exportStream(image, options);
  if (options.dryRun === true) for await (const chunk of bytes) void chunk;
  else await writeFileAtomic(file, bytes, archiveMode);
  return result;
}
