import { packageDatabaseLimit } from '../limits.ts';
import type { Path } from '../tree/node.ts';
import { type Parts, partCost, partLength } from '../tree/parts.ts';
import { byteStringOf } from '../tree/path.ts';
import { copyrightLicences } from './copyright.ts';
import { type Package, type PackageContext, type PackageReader, packageOf, type WholeFile } from './package.ts';
import { type Fields, fieldOf, stanzasOf } from './stanza.ts';
import { linesOf, utf8Of } from './text.ts';

const statusFile = /^(?:var|usr)\/lib\/dpkg\/status$/;
const besideIt = /\.(?:md5sums|list|conffiles|config|templates|triggers|shlibs|symbols|(?:pre|post)(?:inst|rm))$/;
const statusDirectory = /^(?:var|usr)\/lib\/dpkg\/status\.d\/[^/]+$/;
const beside =
  /^(?:(?:var|usr)\/lib\/dpkg\/(?:info\/[^/]+\.(?:list|md5sums)|status\.d\/[^/]+\.md5sums)|usr\/share\/doc\/[^/]+\/copyright)$/;

/** States in which a package works or nearly so (dpkg(1)): what is only unpacked or was removed does not. */
const present = new Set(['installed', 'triggers-pending', 'triggers-awaited', 'half-configured']);

/** In a `status.d` no stanza has a state. */
function isPresent(fields: Fields, path: Path): boolean {
  const state = fieldOf(fields, 'status')?.split(/\s+/)[2];
  return state === undefined ? !statusFile.test(path) : present.has(state);
}

function* listed(list: Uint8Array): Generator<Path> {
  for (const line of linesOf(byteStringOf(list))) if (line.length > 1 && line !== '/.') yield line.replace(/^\/+/, '');
}

function* summed(sums: Uint8Array): Generator<Path> {
  for (const line of linesOf(byteStringOf(sums))) {
    const path = /^[0-9a-f]{32} [ *]?(.+)$/.exec(line)?.[1];
    if (path !== undefined) yield path.replace(/^\.?\/+/, '');
  }
}

function conffilesOf(fields: Fields): readonly Path[] {
  const lines = fieldOf(fields, 'conffiles')?.split('\n') ?? [];
  return lines.flatMap(line => /^\s*\/(\S+)\s+[0-9a-f]{32}(?!.*obsolete)/.exec(line)?.[1] ?? []);
}

/** The files of a package: its list, else what it has sums of, beside the configuration that is dpkg's own. */
function filesOf(fields: Fields, names: readonly string[], { path, context }: Place): readonly Path[] {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const inDatabase = statusFile.test(path);
  const find = (form: string): Uint8Array | undefined => {
    if (!inDatabase) return form === 'md5sums' ? context.file(`${path}.md5sums`) : undefined;
    for (const name of names) {
      const found = context.file(`${directory}/info/${name}.${form}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const list = find('list');
  if (list !== undefined) return [...listed(list)];
  const sums = find('md5sums');
  return [...new Set([...conffilesOf(fields), ...(sums === undefined ? [] : summed(sums))])];
}

function sourceOf(fields: Fields, name: string, version: string): Package['source'] {
  const [, source = name, other = version] = /^(\S+)(?:\s+\((.*)\))?$/.exec(fieldOf(fields, 'source') ?? '') ?? [];
  return { name: source, version: other };
}

interface Place {
  readonly path: Path;
  readonly context: PackageContext;
}

function packageIn(fields: Fields, place: Place): Package | undefined {
  const [name, version] = [fieldOf(fields, 'package'), fieldOf(fields, 'version')];
  if (!isPresent(fields, place.path)) return undefined;
  if (name === undefined || version === undefined) {
    if (name !== undefined || statusFile.test(place.path))
      place.context.warn(`${name ?? 'a stanza'} without a ${name === undefined ? 'name' : 'version'} is left out`);
    return undefined;
  }
  const architecture = fieldOf(fields, 'architecture');
  const copyright = place.context.file(`usr/share/doc/${name}/copyright`);
  return packageOf(place.path, {
    type: 'deb',
    name,
    version,
    architecture,
    source: sourceOf(fields, name, version),
    licences: copyright === undefined ? [] : copyrightLicences(utf8Of(copyright)),
    supplier: fieldOf(fields, 'maintainer'),
    files: filesOf(fields, [`${name}:${architecture ?? ''}`, name], place),
  });
}

function* read({ path, bytes }: WholeFile, context: PackageContext): Parts<readonly Package[]> {
  const packages: Package[] = [];
  let count = 0;
  for (const fields of stanzasOf(utf8Of(bytes))) {
    const found = packageIn(fields, { path, context });
    if (found !== undefined) packages.push(found);
    if (++count % partLength === 0) yield partCost;
  }
  return packages;
}

const isBeside = (path: Path): boolean => beside.test(path);

/** dpkg's database: `status` (deb822) with the lists in `info/`. Only what is on disk counts, whatever is wanted of it. */
export const dpkg: PackageReader = {
  kind: 'database',
  isPlace: path => statusFile.test(path),
  isBeside,
  limit: packageDatabaseLimit,
  read,
};

/** The same without dpkg, as in distroless images: a file for each package in `status.d`, with no state. */
export const dpkgStatusD: PackageReader = {
  kind: 'manifest',
  isPlace: path => statusDirectory.test(path) && !besideIt.test(path),
  isBeside,
  limit: packageDatabaseLimit,
  read,
};
