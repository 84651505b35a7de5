import { OciError } from '../errors.ts';
import { packageDatabaseLimit } from '../limits.ts';
import type { Path } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import type { Package, PackageContext, PackageReader, WholeFile } from './package.ts';
import { headerPackage } from './rpm-header.ts';
import { berkeleyHeaders, ndbHeaders, sqliteHeaders } from './rpm-stores.ts';

const place = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\/(rpmdb\.sqlite|Packages\.db|Packages)$/;
const log = /\/rpmdb\.sqlite-wal$/;
/** The newest form first: what an update left behind is not read. */
const forms = ['rpmdb.sqlite', 'Packages.db', 'Packages'];

function headersOf({ path, bytes }: WholeFile, { file, subject }: PackageContext): Iterable<Uint8Array> {
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  const form = path.slice(directory.length);
  if (forms.slice(0, forms.indexOf(form)).some(newer => file(`${directory}${newer}`) !== undefined)) return [];
  switch (form) {
    case 'rpmdb.sqlite':
      return sqliteHeaders(bytes, file(`${path}-wal`), subject);
    case 'Packages.db':
      return ndbHeaders(bytes, subject);
    default:
      return berkeleyHeaders(bytes, subject);
  }
}

function packageIn(header: Uint8Array, path: Path, context: PackageContext): Package | undefined {
  try {
    return headerPackage(header, path, context.subject);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    context.warn(error.message);
    return undefined;
  }
}

function* read(file: WholeFile, context: PackageContext): Parts<readonly Package[]> {
  const packages: Package[] = [];
  for (const header of headersOf(file, context)) {
    const found = packageIn(header, file.path, context);
    if (found !== undefined) packages.push(found);
    yield header.length;
  }
  return packages;
}

/** rpm's database in its three forms: SQLite with its write-ahead log, rpm's own, Berkeley DB. */
export const rpm: PackageReader = {
  kind: 'database',
  isPlace: path => place.test(path),
  isBeside: path => log.test(path) || place.test(path),
  journalOf: path => `${path}-wal`,
  limit: packageDatabaseLimit,
  read,
};
