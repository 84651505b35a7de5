import { writeChangeset } from '../codec/changeset-writer.ts';
import { type CompressOptions, compressorWarnings, takenFor } from '../codec/compression.ts';
import { isAdded } from '../codec/estargz-names.ts';
import { saidFormOf } from '../codec/lazy.ts';
import { listWords } from '../errors.ts';
import { layerTar } from '../graph/merged-tree.ts';
import { isDockerImage } from '../image/image-kind.ts';
import { layersOf } from '../image/layers.ts';
import type { Layer } from '../spec/objects.ts';
import { flow } from '../stream/flow.ts';
import { Pace, type Work } from '../stream/pace.ts';
import type { LayerEntry, Node, Tree } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { toLayerInParts } from '../tree/to-layer.ts';
import { touched } from '../tree/touched.ts';
import type { ChangePart } from './change-image.ts';
import { storeLayerTar } from './store-layer.ts';

/** A layer that is written anew of layers of the image: what they, from position `from` on, make of `before`. */
interface Fold {
  readonly before: Tree;
  readonly after: Tree;
  /** Positions of the layers whose files are its own: `from` up to before `to`; from `replaced` on it takes their place. */
  readonly from: number;
  readonly replaced: number;
  readonly to: number;
  readonly compression: CompressOptions;
}

/** A layer that was written anew. */
interface Folded {
  /** Undefined where it would be empty. */
  readonly layer: Layer | undefined;
  /** The files that it brings: what it links to of layers below is among them. */
  readonly files: readonly Node[];
  readonly warnings: readonly string[];
}

/** Says which files of layers below come into the new one, because a name of theirs is in it. */
function copiedWarnings(entries: readonly LayerEntry[], own: ReadonlySet<string>): readonly string[] {
  let bytes = 0;
  const paths: string[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'node' || entry.node.kind !== 'file' || entry.node.size === 0) continue;
    if (own.has(entry.node.content.source)) continue;
    bytes += entry.node.size;
    paths.push(`/${shortTextOf(entry.path)}`);
  }
  if (paths.length === 0) return [];
  const files = listWords(paths, 1);
  return [`${files} of the layers below, ${bytes} bytes, copied into the new layer: it links to what it cannot reach`];
}

/** Tables of contents are of one tar: what is written anew has none, and no file of one. */
function tablesOf(layers: readonly Layer[]): { readonly hasFiles: boolean; readonly warnings: readonly string[] } {
  const forms = new Set(layers.flatMap(({ descriptor }) => saidFormOf(descriptor.annotations) ?? []));
  const warnings = [...forms].map(
    form => `a layer that was ${form} is written anew without a table of contents: convert makes one`,
  );
  return { hasFiles: forms.has('estargz'), warnings };
}

/** Writes the layer that layers of an image come to, over what is below them, into the destination. */
export async function foldLayers({ source, image, destination }: ChangePart, fold: Fold, work: Work): Promise<Folded> {
  const { before, after, from, replaced, to, compression } = fold;
  const pace = new Pace(work.signal);
  const changes = await pace.run(touched(before, after));
  const layers = layersOf(image).slice(0, to);
  const tables = tablesOf(layers.slice(replaced));
  const all = await pace.run(toLayerInParts(changes, after));
  const entries = tables.hasFiles ? all.filter(({ kind, path }) => kind !== 'node' || !isAdded(path)) : all;
  if (entries.length === 0) return { layer: undefined, files: [], warnings: tables.warnings };
  const tars = layers.map(layer => layerTar(source, layer));
  const taken = takenFor(compression);
  const { signal } = work;
  const tar = flow(writeChangeset(entries, tars, { subject: source.subject, taken, signal }), { signal });
  const layer = await storeLayerTar(tar, { destination, docker: isDockerImage(image), compression, taken });
  const own = new Set(layers.slice(from).map(({ diffID }): string => diffID));
  return {
    layer,
    files: entries.flatMap(entry => (entry.kind === 'node' ? [entry.node] : [])),
    warnings: [
      ...tables.warnings,
      ...copiedWarnings(entries, own),
      ...compressorWarnings(compression, { ofLayers: true }),
    ],
  };
}
