import { diffPackageLists, type SizedPackage } from '../packages/compare.ts';
import { ownershipOf } from '../packages/ownership.ts';
import type { Operand } from '../store/parse-operand.ts';
import { Pace } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import type { DiffedPackage, PackageDiffResult } from './diff-results.ts';
import { lookInto } from './look.ts';
import type { ReadOptions } from './options.ts';
import { keepingPackages, type PlacedPackage, scanPackages } from './package-scan.ts';

interface SideOfPackages {
  readonly packages: readonly (PlacedPackage & SizedPackage)[];
  readonly warnings: readonly string[];
}

async function sideOf(rootfs: Operand, options: ReadOptions): Promise<SideOfPackages> {
  const look = await lookInto(rootfs, options, keepingPackages);
  const { packages, warnings } = await scanPackages(look, options);
  const found = packages.map(one => one.found);
  const { sizes } = await new Pace(options.signal).run(ownershipOf(look.tree, found));
  return {
    packages: packages.map(one => ({ ...one, size: sizes.get(one.found) ?? 0 })),
    warnings: [...look.warnings, ...warnings],
  };
}

function viewOf(one: (PlacedPackage & SizedPackage) | undefined): DiffedPackage | null {
  if (one === undefined) return null;
  const { found, size, layer } = one;
  return { version: found.epoch === undefined ? found.version : `${found.epoch}:${found.version}`, size, layer };
}

/**
 * Which packages differ between two root filesystems, whatever holds them: added, deleted, in another version by their own kind's order of versions, or of another
 * size. What is the same is left out.
 */
export async function diffPackages(
  before: Operand,
  after: Operand,
  options: ReadOptions = {},
): Promise<PackageDiffResult> {
  checkCall('diffPackages', { before: ['operand', before], after: ['operand', after] }, options);
  const lower = await sideOf(before, options);
  const upper = await sideOf(after, options);
  const rows = diffPackageLists(lower.packages, upper.packages).map(({ kind, before, after }) => {
    const { found } = (after ?? before) as PlacedPackage;
    const { type, name, architecture } = found;
    return { kind, type, name, architecture: architecture ?? null, before: viewOf(before), after: viewOf(after) };
  });
  return { packages: rows, warnings: [...lower.warnings, ...upper.warnings] };
}
