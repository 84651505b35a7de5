import type { PackageRow, PackagesResult } from '../ops/package-results.ts';
import { escapeLine } from './escape.ts';
import { tableText } from './table.ts';
import { humanSize } from './units.ts';

const versionText = ({ epoch, version }: PackageRow): string => (epoch === null ? version : `${epoch}:${version}`);

/** What `packages` prints: a line a package. */
export function packagesText({ packages }: PackagesResult): string {
  const rows = packages.map(row => [
    row.type,
    escapeLine(row.name),
    escapeLine(versionText(row)),
    escapeLine(row.architecture ?? ''),
    row.layer === null ? '' : `#${row.layer}`,
    humanSize(row.size),
    escapeLine(row.licence ?? ''),
  ]);
  return tableText([['TYPE', 'NAME', 'VERSION', 'ARCH', 'LAYER', 'SIZE', 'LICENCE'], ...rows]);
}
