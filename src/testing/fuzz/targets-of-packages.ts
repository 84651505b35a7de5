import assert from 'node:assert/strict';
import { deflateSync, gunzipSync } from 'node:zlib';
import { cyclonedxDocument } from '../../packages/cyclonedx.ts';
import { elfOf } from '../../packages/elf.ts';
import { goBuildOf, goPlaces } from '../../packages/go.ts';
import { spdxExpressionOf } from '../../packages/licences.ts';
import { program } from '../../packages/program.ts';
import { purlOf } from '../../packages/purl.ts';
import { headerPackage } from '../../packages/rpm-header.ts';
import { sqliteHeaders } from '../../packages/rpm-stores.ts';
import { rustPackages } from '../../packages/rust.ts';
import { spdxDocument } from '../../packages/spdx.ts';
import { compareVersions } from '../../packages/versions.ts';
import { zipMembers } from '../../packages/zip.ts';
import { scanFiles } from '../package-files.ts';
import { fixtureSeeds, textSeeds } from './seed-files.ts';
import type { FuzzTarget } from './target.ts';

const release = Buffer.from('ID=debian\nVERSION_ID="12"\n');

/** What lies at this path is these bytes: all that is read of it, and what is said of the packages in it. */
function scanned(path: string, more: Readonly<Record<string, Uint8Array>> = {}): (bytes: Uint8Array) => void {
  return bytes => {
    const { packages, system } = scanFiles({ [path]: bytes, 'etc/os-release': release, ...more });
    for (const found of packages) {
      purlOf(found, system);
      spdxExpressionOf(`${found.name} AND MIT`);
      compareVersions(found.type, found.version, '1:2.3-4');
    }
  };
}

const drain = (parts: Iterable<unknown>): void => {
  for (const _ of parts);
};

/** What a program of Rust says of its crates, where there are no fixtures. */
const crates = JSON.stringify({ packages: [{ name: 'a', version: '1.0.0', source: 'crates.io', root: true }] });

const packageSeeds = (pattern: RegExp) => (): readonly Uint8Array[] =>
  fixtureSeeds('insight/packages/files', path => pattern.test(path));

function versions(text: string): void {
  const [one = '', other = ''] = text.split(' ');
  for (const type of ['deb', 'rpm', 'apk', 'npm', 'pypi', 'golang'] as const) {
    const order = Math.sign(compareVersions(type, one, other));
    if (order !== -Math.sign(compareVersions(type, other, one)))
      throw new Error(`${type}: '${one}' and '${other}' have no order`);
  }
}

const text = (
  name: string,
  path: string,
  given: { readonly pattern: RegExp; readonly seeds: readonly string[]; readonly words: readonly string[] },
): FuzzTarget => ({
  name,
  run: scanned(path),
  words: given.words,
  seeds: () => [...textSeeds(...given.seeds), ...packageSeeds(given.pattern)()],
});

/** What comes by of a program in part says what all of it says, or that it does not know. */
function glanced(bytes: Uint8Array): void {
  const missing = program.glance?.unneeded(bytes.subarray(0, 512), bytes.length) ?? [];
  const part = bytes.slice();
  for (const { start, end } of missing) part.fill(0x5a, start, end);
  const said = program.glance?.says({ bytes: part, missing });
  if (said !== 'unknown') assert.equal(said, program.glance?.says({ bytes, missing: [] }));
}

export const packageTargets: readonly FuzzTarget[] = [
  text('dpkg', 'var/lib/dpkg/status', {
    pattern: /dpkg\/status/,
    seeds: ['Package: a\nStatus: install ok installed\nVersion: 1:2-3\nSource: b (4)\nDescription: c\n d\n'],
    words: [
      'Package: ',
      'Status: install ok installed\n',
      'Version: ',
      '\n\n',
      '\n ',
      'Architecture: ',
      'Conffiles:\n',
    ],
  }),
  text('apk', 'lib/apk/db/installed', {
    pattern: /apk\/db/,
    seeds: ['P:a\nV:1-r0\nF:usr\nR:b\nZ:Q1\no:c\nL:MIT\n\n'],
    words: ['\nP:', '\nV:', '\nF:', '\nR:', '\n\n', '\nr:'],
  }),
  text('npm', 'app/node_modules/a/package.json', {
    pattern: /package\.json/,
    seeds: ['{"name":"a","version":"1"}'],
    words: ['"license":[{"type":', '"author":{', 'null', '[]', '"name":'],
  }),
  text('python', 'usr/lib/python3/a.dist-info/METADATA', {
    pattern: /METADATA|PKG-INFO|egg-info/,
    seeds: ['Name: a\nVersion: 1\n\nbody'],
    words: ['Name: ', 'Version: ', 'License: ', '\n '],
  }),
  text('gem', 'usr/lib/ruby/gems/3/specifications/a.gemspec', {
    pattern: /gemspec/,
    seeds: ['s.name = "a"\ns.version = "1"\n'],
    words: ['s.name = ', '.freeze', 's.licenses = [', '"', '%q'],
  }),
  text('composer', 'app/vendor/composer/installed.json', {
    pattern: /composer/,
    seeds: ['{"packages":[{"name":"a/b","version":"1"}]}'],
    words: ['"packages":', '[', '{', 'null', '"license":'],
  }),
  text('copyright', 'usr/share/doc/a/copyright', {
    pattern: /copyright/,
    seeds: ['License: MIT\n'],
    words: ['License: ', 'Files: *\n', '\n\n'],
  }),
  {
    name: 'jar',
    run: scanned('app/a.jar'),
    seeds: packageSeeds(/\.jar$/),
    words: ['PK\x01\x02', 'PK\x03\x04', 'PK\x05\x06', 'META-INF/MANIFEST.MF', 'pom.properties'],
  },
  {
    name: 'zip',
    run: bytes => drain(zipMembers(bytes, 'fuzz')),
    seeds: packageSeeds(/\.jar$/),
    words: ['PK\x01\x02', 'PK\x05\x06', 'PK\x06\x06', 'PK\x06\x07'],
  },
  {
    name: 'rpm-header',
    run: bytes => headerPackage(bytes, 'p', 'fuzz'),
    seeds: packageSeeds(/package\.header$/),
    // The lead, how many entries and bytes there are, and the entries of a name and a version.
    words: [
      '\x8e\xad\xe8\x01\0\0\0\0',
      '\0\0\0\x02\0\0\0\x04',
      '\0\0\x03\xe8\0\0\0\x06\0\0\0\0\0\0\0\x01',
      '\0\0\x03\xe9\0\0\0\x06\0\0\0\x02\0\0\0\x01',
      'a\x001\0',
    ],
  },
  {
    name: 'rpm-stores',
    run: bytes => {
      for (const path of ['rpmdb.sqlite', 'Packages.db', 'Packages']) {
        scanned(`var/lib/rpm/${path}`)(bytes);
        scanned(`var/lib/rpm/${path}`, { 'var/lib/rpm/rpmdb.sqlite-wal': bytes })(bytes);
      }
      drain(sqliteHeaders(bytes, bytes, 'fuzz'));
    },
    seeds: () =>
      fixtureSeeds('insight/packages/files', path => /rpm.*\.gz$|rpmdb\.sqlite$/.test(path)).map(bytes =>
        bytes[0] === 0x1f ? gunzipSync(bytes).subarray(0, 1 << 16) : bytes,
      ),
    words: ['SQLite format 3\0', 'RpmP', 'Slot', 'a\x15\x06\0', '7\x7f\x06\x82'],
  },
  {
    name: 'elf',
    run: bytes => {
      const elf = elfOf({ bytes, missing: [] }, 'fuzz');
      if (elf !== undefined) for (const place of goPlaces(elf)) goBuildOf(place, elf, 'fuzz');
      glanced(bytes);
      scanned('usr/bin/a')(bytes);
    },
    seeds: ownElf,
    words: ['\x7fELF', '\xff Go buildinf:', 'path\ta\nmod\ta\tv1\n', '.dep-v0\0'],
  },
  {
    name: 'go-buildinfo',
    run: bytes => goBuildOf(bytes, undefined, 'fuzz'),
    seeds: packageSeeds(/buildinfo/),
    words: ['\xff Go buildinf:', '\nmod\t', '\ndep\t', '\n=>\t'],
  },
  {
    name: 'rust',
    run: bytes => rustPackages(bytes, 'p', 'fuzz'),
    seeds: () => [...packageSeeds(/\.section$/)(), deflateSync(crates)],
  },
  {
    name: 'versions',
    run: bytes => versions(Buffer.from(bytes).toString('utf8')),
    seeds: () => textSeeds('1:2.3~rc1-4 1.0_alpha2-r3', '1.2.3-rc.1 1.2.3'),
    words: ['~', '^', ':', '-', '_p', '.', '0'],
  },
  {
    name: 'sbom',
    run: bytes => {
      const { packages, system } = scanFiles({ 'var/lib/dpkg/status': bytes, 'etc/os-release': bytes });
      const listed = packages.map(found => ({ found, purl: purlOf(found, system) }));
      const about = { name: 'fuzz', digest: undefined, architecture: 'amd64', created: '2026-01-01T00:00:00Z', system };
      for (const write of [cyclonedxDocument, spdxDocument]) write({ ...about, packages: listed as never });
    },
    seeds: () => textSeeds('ID=a\nVERSION_ID=1\nPackage: a\nStatus: install ok installed\nVersion: 1\n'),
    words: ['ID=', "'", '"', '\\', '$'],
  },
];

/** An ELF header of 64 bits with one section table and one program header, and what is there of a Go program. */
function ownElf(): readonly Uint8Array[] {
  const bytes = Buffer.alloc(1024);
  bytes.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeBigUInt64LE(256n, 40);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt16LE(64, 58);
  bytes.writeUInt16LE(2, 60);
  bytes.writeUInt16LE(1, 62);
  bytes.write('\xff Go buildinf:\x08\x02', 512, 'latin1');
  return [bytes, ...packageSeeds(/buildinfo\.section$/)()];
}
