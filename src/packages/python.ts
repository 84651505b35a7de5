import { OciError } from '../errors.ts';
import { packageFileLimit } from '../limits.ts';
import type { Path } from '../tree/node.ts';
import { byteStringOf, joinPath, nameOf, parentOf } from '../tree/path.ts';
import { type Package, type PackageContext, type PackageReader, packageOf, type WholeFile, wordOf } from './package.ts';
import { type Fields, fieldOf, stanzasOf } from './stanza.ts';
import { linesOf, looseJson, objectOf, utf8Of } from './text.ts';
import { memberOf, zipMembers } from './zip.ts';

const manifest = /(?:[./])(?:dist-info\/METADATA|egg-info\/PKG-INFO)$|\.egg-info$|\/EGG-INFO\/PKG-INFO$/i;
const zippedEgg = /\.egg$/i;
const beside = /(?:[./])(?:dist-info|egg-info|EGG-INFO)\/(?:RECORD|installed-files\.txt|direct_url\.json)$/i;

function licencesOf(fields: Fields): readonly string[] {
  const said = fieldOf(fields, 'license-expression') ?? fieldOf(fields, 'license')?.split('\n')[0]?.trim();
  if (said !== undefined && said.toUpperCase() !== 'UNKNOWN' && said.length <= 200) return [said];
  const classes = (fields.get('classifier') ?? []).filter(value => value.startsWith('License ::'));
  return classes.map(value => value.slice(value.lastIndexOf('::') + 2).trim()).filter(name => name !== 'OSI Approved');
}

/** The first column of a row of comma-separated values; undefined where its quotes do not end. */
const firstColumn = (row: string): string | undefined =>
  row.startsWith('"') ? /^"((?:[^"]|"")*)"(?:,|$)/.exec(row)?.[1]?.replaceAll('""', '"') : row.split(',', 1)[0];

/** A path that a list has, relative to a directory of the root filesystem; undefined where it leads out of it. */
function reached(directory: Path, relative: string): Path | undefined {
  const names = relative.startsWith('/') || directory === '' ? [] : directory.split('/');
  for (const name of relative.split('/')) {
    if (name === '..' && names.pop() === undefined) return undefined;
    if (name !== '' && name !== '.' && name !== '..') names.push(name);
  }
  return names.join('/');
}

function* listed(home: Path, file: PackageContext['file']): Generator<Path | undefined> {
  const record = file(joinPath(home, 'RECORD'));
  const installed = file(joinPath(home, 'installed-files.txt'));
  if (record !== undefined)
    for (const row of linesOf(byteStringOf(record))) {
      const path = firstColumn(row);
      if (path !== undefined && path.trim() !== '' && row.includes(',')) yield reached(parentOf(home), path);
    }
  else if (installed !== undefined)
    for (const row of linesOf(byteStringOf(installed))) if (row !== '') yield reached(home, row);
}

/** The object of JSON that a file beside holds; an empty one where there is none, or it is damaged, which is said. */
function objectBeside(path: Path, { file, warn }: PackageContext): ReturnType<typeof objectOf> {
  const bytes = file(path);
  if (bytes === undefined) return {};
  try {
    return objectOf(looseJson(bytes, nameOf(path)));
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    warn(error.message);
    return {};
  }
}

/** What `pip install` of a repository left beside: where it came from (PEP 610). */
function vcsUrlOf(home: Path, context: PackageContext): Readonly<Record<string, string>> {
  const said = objectBeside(joinPath(home, 'direct_url.json'), context);
  const vcs = objectOf(said['vcs_info']);
  const [url, kind, commit] = [wordOf(said['url']), wordOf(vcs['vcs']), wordOf(vcs['commit_id'])];
  if (url === undefined || kind === undefined) return {};
  return { vcs_url: `${kind}+${url}${commit === undefined ? '' : `@${commit}`}` };
}

/** Who made it, on one line. */
const supplierOf = (fields: Fields): string | undefined =>
  (fieldOf(fields, 'author') ?? fieldOf(fields, 'author-email') ?? fieldOf(fields, 'maintainer'))?.replace(
    /\n\s+/g,
    ' ',
  );

function packageIn(text: string, path: Path, context: PackageContext): readonly Package[] {
  const [fields] = stanzasOf(text);
  const name = fields === undefined ? undefined : fieldOf(fields, 'name');
  if (fields === undefined || name === undefined || name === 'Python') return [];
  const home = /\.(?:egg-info|egg)$/i.test(nameOf(path)) ? undefined : parentOf(path);
  const files = home === undefined ? [] : [...listed(home, context.file)].filter(file => file !== undefined);
  const found = packageOf(path, {
    type: 'pypi',
    name,
    version: fieldOf(fields, 'version') ?? '',
    licences: licencesOf(fields),
    supplier: supplierOf(fields),
    files: files.length === 0 ? [path] : files,
    qualifiers: home === undefined ? {} : vcsUrlOf(home, context),
  });
  return [found];
}

/** The text of the manifest in an egg that is a zip archive; undefined where it has none. */
function manifestIn(egg: Uint8Array, subject: string): string | undefined {
  for (const member of zipMembers(egg, subject))
    if (member.name.toUpperCase() === 'EGG-INFO/PKG-INFO')
      return utf8Of(memberOf(egg, member, { limit: packageFileLimit, subject }));
  return undefined;
}

/** An installed Python distribution: `METADATA` of a dist-info, `PKG-INFO` of an egg-info or an egg. */
export const python: PackageReader = {
  kind: 'manifest',
  isPlace: path => manifest.test(path) || zippedEgg.test(path),
  isBeside: path => beside.test(path),
  limit: packageFileLimit,
  *read({ path, bytes }: WholeFile, context) {
    yield bytes.length;
    const text = zippedEgg.test(path) ? manifestIn(bytes, context.subject) : utf8Of(bytes);
    return text === undefined ? [] : packageIn(text, path, context);
  },
};
