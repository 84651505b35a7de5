import type { Keeping } from '../graph/kept-bodies.ts';
import type { OsRelease } from '../packages/os-release.ts';
import type { Package } from '../packages/package.ts';
import { PackageScan } from '../packages/scan.ts';
import { glanceAt } from '../packages/search.ts';
import { announce, Pace, type Work } from '../stream/pace.ts';
import type { FileNode, Path } from '../tree/node.ts';
import { wholeBodies } from './file-bodies.ts';
import { eachIn, type Look, layerNumber } from './look.ts';
import { PackageLayers } from './package-layers.ts';

/** A package and the layer that brought it, from 1; null where there are no layers. */
export interface PlacedPackage {
  readonly found: Package;
  readonly layer: number | null;
}

/** The packages of a root filesystem. */
export interface FoundPackages {
  readonly packages: readonly PlacedPackage[];
  readonly system: OsRelease;
  readonly warnings: readonly string[];
}

const total = (files: ReadonlyMap<FileNode, Path>): number => {
  let bytes = 0;
  for (const { size } of files.keys()) bytes += size;
  return bytes;
};

const orderOf = ({ found: { type, name, version, path } }: PlacedPackage): readonly string[] => [
  type,
  name,
  version,
  path,
];

function inOrder(one: PlacedPackage, other: PlacedPackage): number {
  const [a, b] = [orderOf(one), orderOf(other)];
  const at = a.findIndex((text, index) => text !== b[index]);
  return at < 0 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}

/** The contents of an image that say packages: `lookInto` keeps them, so that its layers are read once. */
export const keepingPackages: Keeping = glanceAt;

/** Finds the packages of what is looked into, in the order of type, name, version and path; a layer is read once more for what was not kept of it. */
export async function scanPackages(look: Look, work: Work): Promise<FoundPackages> {
  const warnings: string[] = [];
  const pace = new Pace(work.signal);
  const scan = new PackageScan(look.tree, { subject: look.subject, warn: sentence => void warnings.push(sentence) });
  const layerAt = new Map<Path, number | null>();
  await pace.run(
    eachIn(look, (path, node, layer) => {
      if (node.kind !== 'file') return;
      const before = scan.places.length;
      scan.visit(path, node);
      if (scan.places.length > before) layerAt.set(path, layer);
    }),
  );
  const layers = new PackageLayers(look.stack, scan.places, look.subject);
  const isIdle = (node: FileNode): boolean => look.kept?.isIdle(node) === true && scan.isAlone(node);
  const wanted = new Map([...layers.wanted, ...[...scan.wanted].filter(([node]) => !isIdle(node))]);
  announce(work, 'packages', total(wanted));
  for await (const [node, bytes] of wholeBodies(look, wanted)) {
    await pace.run(layers.take(node, bytes));
    await pace.run(scan.take(node, bytes));
  }
  const { packages, system } = await pace.run(scan.finish());
  const placed = packages.map(found => {
    const at = layers.layerOf(found);
    return { found, layer: at === undefined ? (layerAt.get(found.path) ?? null) : layerNumber(look, at) };
  });
  return { packages: placed.sort(inOrder), system, warnings };
}
