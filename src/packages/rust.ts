import { inflateWhole } from '../engine/inflate-whole.ts';
import { packageFileLimit } from '../limits.ts';
import type { Path } from '../tree/node.ts';
import { type Package, packageOf, wordOf } from './package.ts';
import { looseJson, objectOf } from './text.ts';

/** The crates that cargo-auditable wrote into a `.dep-v0` section, without those that only built it. Throws `invalid`. */
export function rustPackages(section: Uint8Array, path: Path, subject: string): readonly Package[] {
  const json = looseJson(inflateWhole(section, { form: 'zlib', limit: packageFileLimit, subject }), subject);
  const rows: unknown = objectOf(json)['packages'];
  return (Array.isArray(rows) ? rows : []).flatMap(row => {
    const { name, version, kind, root } = objectOf(row);
    const [named, said] = [wordOf(name), wordOf(version)];
    if (named === undefined || said === undefined || kind === 'build') return [];
    return [packageOf(path, { type: 'cargo', name: named, version: said, files: root === true ? [path] : [] })];
  });
}
