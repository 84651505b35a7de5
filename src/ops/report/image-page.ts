import { historyOf } from '../../image/history.ts';
import { versionOf } from '../../packages/compare.ts';
import type { Package } from '../../packages/package.ts';
import { configRows } from '../../report/config-rows.ts';
import { fileColumns } from '../../report/file-columns.ts';
import type { ImagePage, PackageRow, PageLayer, PageLine, WasteRow } from '../../report/page-data.ts';
import type { Image } from '../../spec/objects.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import { emptyTree } from '../../tree/node.ts';
import type { Parts } from '../../tree/parts.ts';
import type { Stack } from '../../tree/stack.ts';
import { touched } from '../../tree/touched.ts';
import { type Analysis, analysisOf } from '../analysis.ts';
import type { AnalyzedLayer, WastedPath } from '../analyze-results.ts';
import { dockerfileFor } from '../dockerfile-of.ts';
import { eachIn, type Look } from '../look.ts';
import { licenceOf } from '../packages.ts';
import { headOf } from './head.ts';

/** Paths of waste that a page lists: of thousands nobody reads the smallest. */
const mostWaste = 1000;

/** How many paths a layer added, changed and took away, as far as it lasted to its end. */
function* countsOf(stack: Stack): Parts<readonly Pick<PageLayer, 'added' | 'changed' | 'deleted'>[]> {
  const counts = [];
  let below = emptyTree();
  for (const { tree } of stack) {
    const count = { add: 0, modify: 0, delete: 0 };
    for (const { kind } of yield* touched(below, tree)) count[kind]++;
    counts.push({ added: count.add, changed: count.modify, deleted: count.delete });
    below = tree;
  }
  return counts;
}

async function layersOf(layers: readonly AnalyzedLayer[], stack: Stack, pace: Pace): Promise<readonly PageLayer[]> {
  const counts = await pace.run(countsOf(stack));
  return layers.map(({ digest, diffID, size, tar, visible, hidden }, at) => {
    const { added = 0, changed = 0, deleted = 0 } = counts[at] ?? {};
    return { digest, diffID, stored: size, tar, visible, hidden, added, changed, deleted };
  });
}

function linesOf(image: Image): readonly PageLine[] {
  let made = 0;
  return historyOf(image)
    .reverse()
    .map(({ layer, created, createdBy, comment }) => ({
      layer: layer === null ? null : ++made,
      created,
      createdBy,
      comment,
    }));
}

function packageRows({ found, ownership }: Analysis): readonly PackageRow[] {
  return found.packages.map(({ found, layer }) => {
    const size = ownership.sizes.get(found) ?? 0;
    return [found.type, found.name, versionOf(found), licenceOf(found) ?? '', layer ?? 0, size];
  });
}

function wasteOf(paths: readonly WastedPath[]): ImagePage['waste'] {
  const rows = paths
    .slice(0, mostWaste)
    .map(({ path, size, copies, how, layers, by }): WasteRow => [path, size, copies, how, layers, by]);
  const left = paths.slice(mostWaste);
  return { rows, more: left.length, moreBytes: left.reduce((sum, { size }) => sum + size, 0) };
}

function filesOf(look: Look, { found, ownership }: Analysis): ReturnType<typeof fileColumns> {
  const numbers = new Map<Package, number>(found.packages.map((one, at) => [one.found, at + 1]));
  return fileColumns(look.tree, {
    eachFile: visit => eachIn(look, (path, node, layer) => visit(path, node, layer ?? 0)),
    ownerOf(node) {
      const owner = ownership.ownerOf(node);
      return owner === undefined ? 0 : (numbers.get(owner) ?? 0);
    },
  });
}

/** What a page says of an image's documents; of what is no image nothing. */
function documentsOf({ image, name }: Look): Pick<ImagePage, 'history' | 'config' | 'dockerfile'> {
  if (image === undefined) return { history: [], config: [], dockerfile: '' };
  return {
    history: linesOf(image),
    config: configRows(image.config.value.config, image.manifest.value.annotations),
    dockerfile: dockerfileFor(image, name),
  };
}

/** All that a page says of what is looked into. */
export async function imagePage(look: Look, work: Work): Promise<ImagePage> {
  const pace = new Pace(work.signal);
  const analysis = await analysisOf(look, work);
  return {
    kind: 'image',
    head: headOf(look, analysis),
    efficiency: analysis.dive.efficiency,
    layers: await layersOf(analysis.layers, look.stack, pace),
    files: await pace.run(filesOf(look, analysis)),
    packages: packageRows(analysis),
    waste: wasteOf(analysis.waste),
    ...documentsOf(look),
    warnings: [...look.warnings, ...analysis.found.warnings],
  };
}
