import type { OsRelease } from './os-release.ts';
import type { Package } from './package.ts';

/** The parts of a package URL (purl-spec). */
export interface Purl {
  readonly type: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
  readonly subpath?: string | undefined;
}

/** A part with all but letters, digits and `-._~:` percent-encoded. */
const encoded = (text: string): string =>
  encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))
    .replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');

const segments = (text: string): readonly string[] => text.split('/').filter(part => part !== '');

const lowerNames = new Set(['apk', 'composer', 'deb', 'pypi', 'golang', 'github', 'bitbucket', 'alpm', 'oci']);
const lowerNamespaces = new Set([...lowerNames, 'rpm', 'npm']);

/** A package URL in its canonical form. */
export function printPurl({ type, namespace = '', name, version, qualifiers = {}, subpath = '' }: Purl): string {
  const kind = type.toLowerCase();
  const space = lowerNamespaces.has(kind) ? namespace.toLowerCase() : namespace;
  const lower = lowerNames.has(kind) ? name.toLowerCase() : name;
  const last = kind === 'pypi' ? lower.replaceAll('_', '-') : lower;
  const path = [...segments(space), last].map(encoded).join('/');
  const pairs = Object.entries(qualifiers)
    .flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key.toLowerCase(), value] as const]))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encoded(value)}`);
  const inner = segments(subpath).filter(part => part !== '.' && part !== '..');
  return [
    `pkg:${kind}/${path}`,
    version === undefined || version === '' ? '' : `@${encoded(version)}`,
    pairs.length === 0 ? '' : `?${pairs.join('&')}`,
    inner.length === 0 ? '' : `#${inner.map(encoded).join('/')}`,
  ].join('');
}

/** Names that vendors of packages have, where os-release has another. */
const vendors: ReadonlyMap<string, string> = new Map([
  ['rhel', 'redhat'],
  ['opensuse-leap', 'opensuse'],
  ['opensuse-tumbleweed', 'opensuse'],
]);
const usual = { apk: 'alpine', deb: 'debian', rpm: undefined } as const;

function ofDistribution(
  { type, name, version, source, ...found }: Package,
  system: OsRelease,
  kind: keyof typeof usual,
): string {
  const [id, release] = [system.get('ID')?.toLowerCase(), system.get('VERSION_ID')];
  const upstream =
    source === undefined || source.name === name
      ? undefined
      : source.version === version
        ? source.name
        : `${source.name}@${source.version}`;
  return printPurl({
    type,
    namespace: id === undefined ? usual[kind] : (vendors.get(id) ?? id),
    name,
    version,
    qualifiers: {
      arch: found.architecture,
      distro: id === undefined ? undefined : release === undefined ? id : `${id}-${release}`,
      upstream,
      epoch: found.epoch?.toString(),
      ...found.qualifiers,
    },
  });
}

/** Everything before the last `separator`, and what is after it. */
function split(text: string, separator: string): readonly [before: string | undefined, after: string] {
  const at = text.lastIndexOf(separator);
  return at < 0 ? [undefined, text] : [text.slice(0, at), text.slice(at + 1)];
}

/** The package URL of a package in a root filesystem of this distribution. */
export function purlOf(found: Package, system: OsRelease): string {
  const { type, name, version, qualifiers } = found;
  switch (type) {
    case 'deb':
    case 'apk':
    case 'rpm':
      return ofDistribution(found, system, type);
    case 'golang': {
      const [namespace, last] = split(name, '/');
      const said = name === 'stdlib' ? version.replace(/^go/, '') : version;
      return printPurl({ type, namespace, name: last, version: said === '(devel)' ? undefined : said, qualifiers });
    }
    default: {
      const [namespace, last] = split(name, type === 'maven' ? ':' : '/');
      return printPurl({ type, namespace, name: last, version, qualifiers });
    }
  }
}
