import { writeChangeset } from '../codec/changeset-writer.ts';
import { compressorWarnings, decompress } from '../codec/compression.ts';
import type { LayerTar } from '../codec/tree-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { layerTar } from '../graph/merged-tree.ts';
import { isDockerImage } from '../image/image-kind.ts';
import { layersOf } from '../image/layers.ts';
import type { Layer } from '../spec/objects.ts';
import { compressionOfFile, fileReader } from '../store/archive/archive.ts';
import { flow } from '../stream/flow.ts';
import { announce, Pace } from '../stream/pace.ts';
import { Draft } from '../tree/draft.ts';
import type { LayerEntry, Path } from '../tree/node.ts';
import { eachInParts } from '../tree/parts.ts';
import { toLayerInParts } from '../tree/to-layer.ts';
import { touched } from '../tree/touched.ts';
import { LayerInspection, type TarFile, tarOrigin } from './append-tar.ts';
import { type OverLayer, sideOver } from './append-tree.ts';
import type { ChangePart } from './change-image.ts';
import { changeCount } from './delta.ts';
import type { AppendOptions } from './options.ts';
import { compressionOf, storeLayerTar } from './store-layer.ts';

/** A tar that is read as a layer, and where its bodies are. */
export interface NormalizedLayer extends OverLayer {
  readonly tar: LayerTar;
}

/** Hardlinks whose targets come later in the tar come last: tar programs make such ones of an archive that was added to. */
function linksLast(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const places = new Map<Path, number>();
  entries.forEach((entry, at) => {
    if (entry.kind === 'node' && entry.node.kind !== 'directory' && !places.has(entry.path)) places.set(entry.path, at);
  });
  const isLate = (entry: LayerEntry, at: number): boolean =>
    entry.kind === 'hardlink' && (places.get(entry.target) ?? at) > at;
  return [...entries.filter((entry, at) => !isLate(entry, at)), ...entries.filter((entry, at) => isLate(entry, at))];
}

async function inspect({ file, subject }: TarFile, options: AppendOptions): Promise<NormalizedLayer> {
  const compression = compressionOfFile(file);
  const bytes = fileReader(file);
  const open = (): Bytes => flow(decompress(flow(bytes(), options), compression, subject), options);
  const inspection = new LayerInspection(subject);
  await inspection.read(open());
  const tar = { ...tarOrigin(subject), signal: options.signal, open };
  return { entries: linksLast(inspection.entries), digests: inspection.digests, tar };
}

/**
 * Makes a layer of what a tar says over an image and the layers put over it, in a form that every engine takes: each path once,
 * no whiteout beside or below what it would hide, no link to what is not in the layer. Throws `invalid` for what image-spec
 * gives no meaning, and `conflict` where the file changes while it is read.
 */
export async function appendNormalized(
  tar: TarFile,
  { source, image, destination }: ChangePart,
  options: AppendOptions & { readonly over: readonly (OverLayer & Partial<NormalizedLayer>)[] },
): Promise<{
  readonly layer: Layer | undefined;
  readonly over: NormalizedLayer;
  readonly changes: number;
  readonly warnings: readonly string[];
}> {
  announce(options, 'reading');
  const read = await inspect(tar, options);
  const before = (await sideOver({ source, layers: layersOf(image) }, options.over)).tree;
  const draft = new Draft(before, tar.subject);
  const pace = new Pace(options.signal);
  draft.beginLayer();
  await pace.run(eachInParts(read.entries, entry => draft.applying(entry)));
  const after = draft.tree();
  const changes = await pace.run(touched(before, after));
  const entries = await pace.run(toLayerInParts(changes, after));
  if (entries.length === 0) return { layer: undefined, over: read, changes: 0, warnings: [] };
  const below = layersOf(image).map(layer => layerTar(source, layer));
  const tars = [...below, ...options.over.flatMap(({ tar }) => tar ?? []), read.tar];
  const written = flow(writeChangeset(entries, tars, { subject: tar.subject, signal: options.signal }), options);
  const compression = compressionOf(options);
  const layer = await storeLayerTar(written, { destination, docker: isDockerImage(image), compression });
  return { layer, over: read, changes: changeCount(changes), warnings: compressorWarnings(compression) };
}
