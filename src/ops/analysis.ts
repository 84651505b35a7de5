import { type Ownership, ownershipOf } from '../packages/ownership.ts';
import { sizeOf } from '../spec/sizes.ts';
import { Pace, type Work } from '../stream/pace.ts';
import { type Efficiency, efficiencyOf } from '../tree/efficiency.ts';
import type { Path } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { type HiddenFile, type Waste, wasteOf } from '../tree/waste.ts';
import type { AnalyzedLayer, AnalyzedPackage, AnalyzeResult, DiveNumbers, WastedPath } from './analyze-results.ts';
import type { Look } from './look.ts';
import { type FoundPackages, type PlacedPackage, scanPackages } from './package-scan.ts';
import { pathFields } from './view.ts';

/** Where the bytes of an image or another root filesystem are: what is measured of it, whoever asks. */
export interface Analysis extends Pick<AnalyzeResult, 'size' | 'dive' | 'layers' | 'packages' | 'unowned' | 'waste'> {
  readonly found: FoundPackages;
  readonly ownership: Ownership;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function diveNumbers({ score, layerSizes, repeated }: Efficiency): DiveNumbers {
  const userSizeBytes = sum(layerSizes.slice(1));
  const wastedBytes = sum(repeated.map(({ size }) => size));
  return {
    efficiency: score,
    sizeBytes: sum(layerSizes),
    userSizeBytes,
    wastedBytes,
    wastedUserPercent: userSizeBytes === 0 ? null : wastedBytes / userSizeBytes,
    inefficient: repeated.map(({ path, count, size }) => ({ count, sizeBytes: size, file: `/${textOf(path)}` })),
  };
}

function layersOf({ layers, tars }: Look, waste: Waste): readonly AnalyzedLayer[] {
  return layers.map((view, at) => {
    const [{ visible, hidden } = { visible: 0, hidden: 0 }, tar = 0] = [waste.layers[at], tars[at]];
    return { ...view, tar, visible, hidden, overhead: tar - visible - hidden };
  });
}

const distinct = (numbers: readonly number[]): readonly number[] => [...new Set(numbers)].sort((a, b) => a - b);

function wastedPath(path: Path, files: readonly HiddenFile[]): WastedPath {
  return {
    ...pathFields(path),
    size: sum(files.map(({ node }) => node.size)),
    copies: files.length,
    how: files.at(-1)?.instead === undefined ? 'deleted' : 'replaced',
    layers: distinct(files.map(({ layer }) => layer + 1)),
    by: distinct(files.map(({ by }) => by + 1)),
  };
}

function wastedPaths({ hidden }: Waste): readonly WastedPath[] {
  const byPath = new Map<Path, HiddenFile[]>();
  for (const file of hidden) {
    const known = byPath.get(file.path);
    if (known === undefined) byPath.set(file.path, [file]);
    else known.push(file);
  }
  const paths = Array.from(byPath, ([path, files]) => wastedPath(path, files));
  return paths
    .filter(({ size }) => size > 0)
    .sort((one, other) => other.size - one.size || (one.path < other.path ? -1 : 1));
}

function packageSizes(packages: readonly PlacedPackage[], { sizes }: Ownership): readonly AnalyzedPackage[] {
  const rows = packages.map(({ found, layer }) => {
    const { type, name, version } = found;
    return { type, name, version, layer, size: sizes.get(found) ?? 0 };
  });
  return rows.sort((one, other) => other.size - one.size);
}

/** Measures what is looked into: by layer and by package, what no path reaches, dive's numbers. Layers whose files say packages are read once more for that. */
export async function analysisOf(look: Look, work: Work): Promise<Analysis> {
  const pace = new Pace(work.signal);
  const { image, stack, tars } = look;
  const waste = await pace.run(wasteOf(stack));
  const dive = diveNumbers(await pace.run(efficiencyOf(stack)));
  const found = await scanPackages(look, work);
  const listed = found.packages.map(one => one.found);
  const ownership = await pace.run(ownershipOf(look.tree, listed));
  const packages = packageSizes(found.packages, ownership);
  const [visible, hidden] = [sum(waste.layers.map(use => use.visible)), sum(waste.layers.map(use => use.hidden))];
  const stored = image === undefined ? null : sizeOf(image.manifest.value.layers);
  const tar = image === undefined ? null : sum(tars);
  return {
    size: { stored, tar, files: visible + hidden, visible, hidden },
    dive,
    layers: layersOf(look, waste),
    packages,
    unowned: visible - sum(packages.map(one => one.size)),
    waste: wastedPaths(waste),
    found,
    ownership,
  };
}
