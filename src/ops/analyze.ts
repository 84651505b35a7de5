import { unsupported } from '../errors.ts';
import { ownershipOf } from '../packages/ownership.ts';
import { sizeOf } from '../spec/sizes.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { Pace } from '../stream/pace.ts';
import { type Efficiency, efficiencyOf } from '../tree/efficiency.ts';
import type { Path } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { usageOf } from '../tree/usage.ts';
import { type HiddenFile, type Waste, wasteOf } from '../tree/waste.ts';
import type { AnalyzeOptions } from './analyze-options.ts';
import type {
  AnalyzedDirectory,
  AnalyzedLayer,
  AnalyzedPackage,
  AnalyzeResult,
  DiveNumbers,
  RuleFinding,
  WastedPath,
} from './analyze-results.ts';
import { checkCall } from './check-call.ts';
import { layerViews } from './layer-views.ts';
import { type Look, lookInto } from './look.ts';
import { type PlacedPackage, scanPackages } from './package-scan.ts';
import { checkRule, type Measured } from './rule-checks.ts';
import { rulesOf } from './rules.ts';
import { pathFields } from './view.ts';

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

function layersOf({ image, stack }: NonNullable<Look['ofImage']>, { layers }: Waste): readonly AnalyzedLayer[] {
  return layerViews(image).map((view, at) => {
    const [{ visible, hidden } = { visible: 0, hidden: 0 }, tar = 0] = [layers[at], stack.sizes[at]];
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

async function packageSizes(
  look: Look,
  packages: readonly PlacedPackage[],
  pace: Pace,
): Promise<readonly AnalyzedPackage[]> {
  const { sizes } = await pace.run(
    ownershipOf(
      look.tree,
      packages.map(({ found }) => found),
    ),
  );
  const rows = packages.map(({ found, layer }) => {
    const { type, name, version } = found;
    return { type, name, version, layer, size: sizes.get(found) ?? 0 };
  });
  return rows.sort((one, other) => other.size - one.size);
}

async function directoriesOf(look: Look, depth: number, pace: Pace): Promise<readonly AnalyzedDirectory[]> {
  const rows = await pace.run(usageOf(look.tree, depth));
  return rows.map(({ path, ...row }) => ({ ...pathFields(path), ...row }));
}

async function findingsOf(measured: Measured, options: AnalyzeOptions, pace: Pace): Promise<readonly RuleFinding[]> {
  const findings: RuleFinding[] = [];
  for (const rule of rulesOf(options)) findings.push(...(await pace.run(checkRule(rule, measured))));
  return findings;
}

/**
 * Where an image's bytes are: by layer, by directory and by package; which of them no path reaches; dive's numbers. What it does not keep to
 * of what the options ask for is a finding. Layers are read and proved; those whose files say packages are read once more for that.
 * Throws `usage` and `invalid` for bounds and rules that are none, `unsupported` for what is no image.
 */
export async function analyze(image: ImageOperand, options: AnalyzeOptions = {}): Promise<AnalyzeResult> {
  checkCall('analyze', { image: ['operand', image] }, options);
  rulesOf(options);
  const look = await lookInto(image, options);
  const { ofImage, subject } = look;
  if (ofImage === undefined) throw unsupported(subject, 'an image, which has layers', 'a root filesystem');
  const pace = new Pace(options.signal);
  const waste = await pace.run(wasteOf(ofImage.stack.stack));
  const dive = diveNumbers(await pace.run(efficiencyOf(ofImage.stack.stack)));
  const found = await scanPackages(look, options);
  const packages = await packageSizes(look, found.packages, pace);
  const [visible, hidden] = [sum(waste.layers.map(use => use.visible)), sum(waste.layers.map(use => use.hidden))];
  const size = {
    stored: sizeOf(ofImage.image.manifest.value.layers),
    tar: sum(ofImage.stack.sizes),
    files: visible + hidden,
    visible,
    hidden,
  };
  const measured = { look, image: ofImage.image, files: size.files, hidden, efficiency: dive.efficiency };
  const findings = await findingsOf({ ...measured, packages: found.packages }, options, pace);
  return {
    size,
    dive,
    layers: layersOf(ofImage, waste),
    directories: await directoriesOf(look, options.depth ?? 2, pace),
    packages,
    unowned: visible - sum(packages.map(one => one.size)),
    waste: wastedPaths(waste),
    findings,
    passed: findings.every(({ severity }) => severity !== 'error'),
    warnings: [...look.warnings, ...found.warnings],
  };
}
