import { packageDatabaseLimit } from '../limits.ts';
import { type Package, type PackageReader, packageOf, wordOf } from './package.ts';
import { looseJson, objectOf } from './text.ts';

const place = /(?:^|\/)vendor\/composer\/installed\.json$/;

/** What Composer installed: a list (Composer 1), or an object with `packages` (2). */
export const composer: PackageReader = {
  kind: 'manifest',
  isPlace: path => place.test(path),
  limit: packageDatabaseLimit,
  *read({ path, bytes }, { subject }) {
    const json = looseJson(bytes, subject);
    const rows: unknown = Array.isArray(json) ? json : objectOf(json)['packages'];
    const packages: Package[] = [];
    for (const row of Array.isArray(rows) ? rows : []) {
      const fields = objectOf(row);
      const [name, version] = [wordOf(fields['name']), wordOf(fields['version'])];
      if (name === undefined || version === undefined) continue;
      const licences = [fields['license']].flat().flatMap(licence => wordOf(licence) ?? []);
      packages.push(packageOf(path, { type: 'composer', name, version, licences }));
      yield 1024;
    }
    return packages;
  },
};
