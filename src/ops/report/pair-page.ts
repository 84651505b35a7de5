import { diffConfigs } from '../../image/config-diff.ts';
import { diffLayerLists } from '../../image/layers-diff.ts';
import { diffPackageLists, versionOf } from '../../packages/compare.ts';
import { changeColumns } from '../../report/change-columns.ts';
import type { FieldChange, LayerChange, PackageChange, PairPage } from '../../report/page-data.ts';
import { jsonText } from '../../spec/document.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import { type Analysis, analysisOf } from '../analysis.ts';
import { compareSides } from '../compare.ts';
import { comparedTrees } from '../diff-sides.ts';
import type { Look } from '../look.ts';
import type { LayerView } from '../look-results.ts';
import type { PlacedPackage } from '../package-scan.ts';
import { headOf } from './head.ts';
import { textChanges } from './text-changes.ts';

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

function layerChanges(before: Look, after: Look): readonly LayerChange[] {
  if (before.image === undefined || after.image === undefined) return [];
  return diffLayerLists(before.layers, after.layers).map(({ kind, before: was, after: is }) => {
    return { kind, createdBy: (is ?? was)?.createdBy ?? '', before: layerOf(was), after: layerOf(is) };
  });
}

const fieldText = (value: unknown): string | null =>
  value === undefined ? null : typeof value === 'string' ? value : jsonText(value);

/** Layers and history have a table of their own. */
const isElsewhere = /^\/(rootfs|history)(\/|$)/;

function fieldChanges({ image: before }: Look, { image: after }: Look): readonly FieldChange[] {
  if (before === undefined || after === undefined) return [];
  return diffConfigs(before.config.value, after.config.value)
    .filter(({ field }) => !isElsewhere.test(field))
    .map(({ field, before, after }) => [field, fieldText(before), fieldText(after)]);
}

/** All that a page says of what differs between two images or root filesystems, as they are looked into. */
export async function pairPage(before: Look, after: Look, work: Work): Promise<PairPage> {
  const pace = new Pace(work.signal);
  const was = await analysisOf(before, work);
  const is = await analysisOf(after, work);
  const trees = await pace.run(comparedTrees(before, after, undefined));
  const sides = [
    { ...before, tree: trees.before },
    { ...after, tree: trees.after },
  ] as const;
  const changes = await compareSides(...sides, { signal: work.signal });
  const { columns, rows } = await pace.run(changeColumns([trees.before, trees.after], changes));
  return {
    kind: 'pair',
    before: headOf(before, was),
    after: headOf(after, is),
    layers: layerChanges(before, after),
    changes: columns,
    packages: packageChanges(was, is),
    config: fieldChanges(before, after),
    ...(await textChanges([before, after], { rows, changes }, work)),
    warnings: [...before.warnings, ...after.warnings, ...trees.warnings, ...was.found.warnings, ...is.found.warnings],
  };
}
