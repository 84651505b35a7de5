import { packageFileLimit } from '../limits.ts';
import { type Package, type PackageReader, packageOf, wordOf } from './package.ts';
import { looseJson, objectOf } from './text.ts';

const place = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/;

/** `license` as text or as `{type}`, and the old `licenses`, a list of either. */
function licencesOf(manifest: Readonly<Record<string, unknown>>): readonly string[] {
  const all = [manifest['license'], manifest['licenses']].flat();
  return all.flatMap(licence => wordOf(licence) ?? wordOf(objectOf(licence)['type']) ?? []);
}

const supplierOf = (author: unknown): string | undefined => wordOf(author) ?? wordOf(objectOf(author)['name']);

/** The manifest of an installed npm package: at the root of a package in some `node_modules`. One without name or version is none. */
export const npm: PackageReader = {
  kind: 'manifest',
  isPlace: path => place.test(path),
  limit: packageFileLimit,
  *read({ path, bytes }, { subject }) {
    yield bytes.length;
    const manifest = objectOf(looseJson(bytes, subject));
    const [name, version] = [wordOf(manifest['name']), wordOf(manifest['version'])];
    if (name === undefined || version === undefined) return [];
    const found: Package = packageOf(path, {
      type: 'npm',
      name,
      version,
      licences: licencesOf(manifest),
      supplier: supplierOf(manifest['author']),
      files: [path],
    });
    return [found];
  },
};
