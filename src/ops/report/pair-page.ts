import { diffConfigs } from '../../image/config-diff.ts';
import { diffLayerLists } from '../../image/layers-diff.ts';
import { diffPackageLists, versionOf } from '../../packages/compare.ts';
import { changeColumns } from '../../report/change-columns.ts';
import type { FieldChange, LayerChange, PackageChange, PairPage } from '../../report/page-data.ts';
import { jsonText } from '../../spec/document.ts';
import type { ImageConfig } from '../../spec/objects.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import { type Analysis, analysisOf } from '../analysis.ts';
import { compareSides, type Side } from '../compare.ts';
import { layerViews } from '../layer-views.ts';
import type { Look } from '../look.ts';
import type { LayerView } from '../look-results.ts';
import type { PlacedPackage } from '../package-scan.ts';
import { headOf } from './head.ts';
import { textChanges } from './text-changes.ts';

/** An image that is looked into. */
export interface ImageLook extends Look {
  readonly ofImage: NonNullable<Look['ofImage']>;
}

type Sized = PlacedPackage & { readonly size: number };

const sized = ({ found, ownership }: Analysis): readonly Sized[] =>
  found.packages.map(one => ({ ...one, size: ownership.sizes.get(one.found) ?? 0 }));

function packageChanges(before: Analysis, after: Analysis): readonly PackageChange[] {
  return diffPackageLists(sized(before), sized(after)).map(({ kind, before: was, after: is }) => {
    const { found } = (is ?? was) as Sized;
    const versions = [was, is].map(side => (side === undefined ? null : versionOf(side.found))) as [
      string | null,
      string | null,
    ];
    return [kind, found.type, found.name, ...versions, (is?.size ?? 0) - (was?.size ?? 0)];
  });
}

const layerOf = (view: LayerView | undefined): LayerChange['before'] =>
  view === undefined ? null : { layer: view.layer, diffID: view.diffID, stored: view.size };

function layerChanges(before: ImageLook, after: ImageLook): readonly LayerChange[] {
  const pairs = diffLayerLists(layerViews(before.ofImage.image), layerViews(after.ofImage.image));
  return pairs.map(({ kind, before: was, after: is }) => {
    return { kind, createdBy: (is ?? was)?.createdBy ?? '', before: layerOf(was), after: layerOf(is) };
  });
}

const fieldText = (value: unknown): string | null =>
  value === undefined ? null : typeof value === 'string' ? value : jsonText(value);

/** Layers and history have a table of their own. */
const isElsewhere = /^\/(rootfs|history)(\/|$)/;

function fieldChanges(before: ImageConfig, after: ImageConfig): readonly FieldChange[] {
  return diffConfigs(before, after)
    .filter(({ field }) => !isElsewhere.test(field))
    .map(({ field, before, after }) => [field, fieldText(before), fieldText(after)]);
}

const sideOf = ({ tree, ofImage }: ImageLook): Side => ({ tree, digests: ofImage.stack.digests });

/** All that a page says of what differs between two images, as they are looked into. */
export async function pairPage(before: ImageLook, after: ImageLook, work: Work): Promise<PairPage> {
  const pace = new Pace(work.signal);
  const was = await analysisOf(before, before.ofImage, work);
  const is = await analysisOf(after, after.ofImage, work);
  const changes = await compareSides(sideOf(before), sideOf(after), { signal: work.signal });
  const { columns, rows } = await pace.run(changeColumns([before.tree, after.tree], changes));
  const [older, newer] = [before.ofImage.image, after.ofImage.image];
  return {
    kind: 'pair',
    before: headOf(before, older, was),
    after: headOf(after, newer, is),
    layers: layerChanges(before, after),
    changes: columns,
    packages: packageChanges(was, is),
    config: fieldChanges(older.config.value, newer.config.value),
    ...(await textChanges([before, after], { rows, changes }, work)),
    warnings: [...before.warnings, ...after.warnings, ...was.found.warnings, ...is.found.warnings],
  };
}
