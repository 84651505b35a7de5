import type { OsRelease } from '../packages/os-release.ts';
import { finderIn, isSystem, type Ownership, ownershipOf } from '../packages/ownership.ts';
import type { Package } from '../packages/package.ts';
import { purlOf } from '../packages/purl.ts';
import type { Operand } from '../store/parse-operand.ts';
import { Pace } from '../stream/pace.ts';
import type { Path, Tree } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import { exactTextOf, textOf } from '../tree/path.ts';
import { checkCall } from './check-call.ts';
import { lookInto } from './look.ts';
import type { ReadOptions } from './options.ts';
import type { PackageRow, PackagesResult } from './package-results.ts';
import { keepingPackages, type PlacedPackage, scanPackages } from './package-scan.ts';
import { pathFields } from './view.ts';

/** A list's paths without those that are directories: of the tree, or of the list itself where nothing is there. */
function filesOf({ files }: Package, isDirectory: (path: Path) => boolean): readonly string[] {
  const above = new Set<Path>();
  for (const path of files) {
    const slash = path.lastIndexOf('/');
    if (slash > 0) above.add(path.slice(0, slash));
  }
  const kept = files.filter(path => path !== '' && !above.has(path) && !isDirectory(path));
  return kept.map(path => `/${exactTextOf(path) ?? textOf(path)}`);
}

/** What a package says of its licences, in one line. */
export const licenceOf = ({ licence, licences }: Package): string | null =>
  licence ?? (licences.length === 0 ? null : licences.join(' AND '));

interface Surroundings {
  readonly tree: Tree;
  readonly system: OsRelease;
  readonly ownership: Ownership;
}

function* rowsOf(
  packages: readonly PlacedPackage[],
  { tree, system, ownership }: Surroundings,
): Parts<readonly PackageRow[]> {
  const at = finderIn(tree);
  const rows: PackageRow[] = [];
  for (const { found, layer } of packages) {
    const node = at(found.path);
    const owner = isSystem(found) || node === undefined || node === 'directory' ? undefined : ownership.ownerOf(node);
    rows.push({
      ...{ type: found.type, name: found.name, version: found.version },
      epoch: found.epoch ?? null,
      architecture: found.architecture ?? null,
      purl: purlOf(found, system),
      licence: licenceOf(found),
      licences: found.licences,
      source: found.source ?? null,
      supplier: found.supplier ?? null,
      layer,
      ...pathFields(found.path),
      size: ownership.sizes.get(found) ?? 0,
      ownedBy: owner === undefined || !isSystem(owner) ? null : `${owner.type}/${owner.name}`,
      files: filesOf(found, path => at(path) === 'directory'),
    });
    yield (found.files.length + 1) << 9;
  }
  return rows;
}

function distributionOf(system: OsRelease): PackagesResult['distribution'] {
  const id = system.get('ID');
  if (id === undefined) return null;
  return { id, version: system.get('VERSION_ID') ?? '', name: system.get('PRETTY_NAME') ?? system.get('NAME') ?? id };
}

/**
 * The packages in an image's merged root filesystem, in a bundle, a directory or a tar: of dpkg, apk and rpm by their databases, of npm,
 * Python, Ruby, PHP and Java by their manifests, and what Go's and Rust's programs say they are made of. Rows are in the order of type,
 * name, version and path. A database that cannot be read is a warning.
 */
export async function packages(rootfs: Operand, options: ReadOptions = {}): Promise<PackagesResult> {
  checkCall('packages', { rootfs: ['operand', rootfs] }, options);
  const look = await lookInto(rootfs, options, keepingPackages);
  const { packages, system, warnings } = await scanPackages(look, options);
  const pace = new Pace(options.signal);
  const ownership = await pace.run(
    ownershipOf(
      look.tree,
      packages.map(({ found }) => found),
    ),
  );
  return {
    packages: await pace.run(rowsOf(packages, { tree: look.tree, system, ownership })),
    distribution: distributionOf(system),
    layers: look.layers,
    warnings: [...look.warnings, ...warnings],
  };
}
