import { Superseded, writeOneLayer, writeTree } from '../codec/tree-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { layerTar, readMergedTree } from '../graph/merged-tree.ts';
import type { ImageSource } from '../graph/source.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import type { Digest } from '../spec/digest.ts';
import type { Layer } from '../spec/objects.ts';
import { sizeOf } from '../spec/sizes.ts';
import { archiveMode, isWrittenWhole, writeFileAtomic } from '../store/disk/file-target.ts';
import { openImage } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { drain } from '../stream/drain.ts';
import { ownChunks } from '../stream/own-chunks.ts';
import { announce } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import type { ExportOptions } from './options.ts';
import type { ExportResult } from './results.ts';

interface Opened {
  readonly source: ImageSource;
  readonly layers: readonly Layer[];
  readonly manifest: Digest;
  readonly subject: string;
}

const storedSize = (layers: readonly Layer[]): number => sizeOf(blobsOf(layers));

async function openExport(image: ImageOperand, options: ExportOptions): Promise<Opened> {
  const { image: opened, descriptor, source, subject } = await openImage(image, options);
  return { source, layers: layersOf(opened), manifest: descriptor.digest, subject };
}

/** What there is to say when the layers have been read. */
async function resultOf({ manifest, source, layers }: Opened): Promise<ExportResult> {
  return { manifest, warnings: await warningsOf(source, blobsOf(layers)) };
}

async function readTwice({ source, layers, subject }: Opened, options: ExportOptions): Promise<Bytes> {
  announce(options, 'exporting', 2 * storedSize(layers));
  const tree = await readMergedTree(source, layers);
  return writeTree(
    tree,
    layers.map(layer => layerTar(source, layer)),
    subject,
  );
}

/**
 * An image's merged root filesystem as one tar (whiteouts applied, hardlinks across layers kept), the same bytes each time.
 * The layers are read twice: everything is checked before the stream begins, then bodies are passed on. Throws `not-found`,
 * `invalid` and `unsupported` as `unpack` does.
 */
export async function exportStream(
  image: ImageOperand,
  options: ExportOptions = {},
): Promise<ExportResult & { readonly bytes: Bytes }> {
  checkCall('exportStream', { image: ['operand', image] }, options);
  const opened = await openExport(image, options);
  const bytes = await readTwice(opened, options);
  return { ...(await resultOf(opened)), bytes: ownChunks(bytes) };
}

async function consume(bytes: Bytes, file: string, options: ExportOptions): Promise<void> {
  if (options.dryRun === true) await drain(bytes);
  else await writeFileAtomic(file, bytes, { mode: archiveMode, signal: options.signal });
}

/** One layer is written as it is read: a file can be begun again where the layer takes something back. */
async function writeOnce({ source, layers }: Opened, file: string, options: ExportOptions): Promise<boolean> {
  const [layer, ...others] = layers;
  if (layer === undefined || others.length > 0 || !isWrittenWhole(file)) return false;
  announce(options, 'exporting', storedSize(layers));
  try {
    await consume(writeOneLayer(layerTar(source, layer)), file, options);
    return true;
  } catch (error) {
    if (error instanceof Superseded) return false;
    throw error;
  }
}

/** The same bytes into a file (mode 0600), which is there whole or not at all; a single layer is then read once. */
export async function exportImage(
  image: ImageOperand,
  file: string,
  options: ExportOptions = {},
): Promise<ExportResult> {
  checkCall('exportImage', { image: ['operand', image], file: ['target', file] }, options);
  const opened = await openExport(image, options);
  if (!(await writeOnce(opened, file, options))) await consume(await readTwice(opened, options), file, options);
  return resultOf(opened);
}
