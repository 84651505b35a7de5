import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PackageRow, PackagesResult } from '../ops/package-results.ts';
import type { ImageIndex } from '../spec/objects.ts';
import { fixture } from '../testing/fixtures.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, isRoot, ocikit, run } from '../testing/witness.ts';
import { compareApk } from './versions.ts';

/*
 * apk (3.0 on, whose mkpkg makes packages) as a witness, where it is: Debian has no package of it. It is built from its sources by
 * `meson setup build && ninja -C build`, and found as any program is, or where OCIKIT_APK says.
 */
const apk = process.env['OCIKIT_APK'] ?? 'apk';

interface Made {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly licence: string;
  readonly origin?: string;
  readonly files: readonly string[];
}

const packages: readonly Made[] = [
  { name: 'hello', version: '1.2.3-r4', arch: 'x86_64', licence: 'MIT AND GPL-2.0-or-later', files: ['usr/bin/hello'] },
  { name: 'lib-a+b', version: '20240101_git20240102-r0', arch: 'x86_64', licence: 'MIT', files: ['usr/lib/liba.so.1'] },
  { name: 'py3-deep-doc', version: '2_rc1-r0', arch: 'noarch', licence: 'custom', origin: 'py3-deep', files: [] },
  { name: 'older', version: '1_p1', arch: 'noarch', licence: 'MIT BSD GPL2+', files: ['etc/older'] },
  { name: 'small', version: '1~0af', arch: 'x86_64', licence: '(MIT or Zlib) and ISC', files: ['etc/small'] },
  {
    name: 'odd.names',
    version: '0.1a-r10',
    arch: 'noarch',
    licence: '(MIT OR Apache-2.0) AND BSD-3-Clause',
    origin: 'odd',
    files: ['opt/a b/käse', 'opt/$(x)', 'opt/-dash', "opt/quo'te", 'opt/a:b', 'one', 'opt/R:F'],
  },
];

/** What apk calls virtual packages: names for others, which are no packages here. */
const virtual = ['.virtual', 'build-deps'];

/** Has apk make the packages and install them into a root filesystem, beside virtual ones. */
function installed(place: string): string {
  const rootfs = join(place, 'rootfs');
  for (const { name, version, arch, licence, origin, files } of packages) {
    const content = join(place, name);
    mkdirSync(content);
    for (const file of files) {
      mkdirSync(dirname(join(content, file)), { recursive: true });
      writeFileSync(join(content, file), `${file}\n`);
    }
    if (name === 'hello') {
      symlinkSync('hello', join(content, 'usr/bin/link'));
      linkSync(join(content, 'usr/bin/hello'), join(content, 'usr/bin/other'));
    }
    const infos = { name, version, arch, license: licence, ...(origin === undefined ? {} : { origin }) };
    const words = Object.entries(infos).flatMap(([field, value]) => ['--info', `${field}:${value}`]);
    run(place, apk, 'mkpkg', ...words, '-F', content, '-o', `${name}.apk`);
  }
  const options = ['--root', rootfs, '--no-network', '--quiet'];
  mkdirSync(rootfs);
  const made = packages.map(({ name }) => `${name}.apk`);
  run(place, apk, ...options, '--initdb', '--allow-untrusted', '--arch', 'x86_64', 'add', ...made);
  for (const name of virtual) run(place, apk, ...options, 'add', '-t', name, 'hello');
  return rootfs;
}

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');

const rowsOf = (place: string, of: string): PackagesResult['packages'] =>
  (JSON.parse(ocikit(place, 'packages', of, '--json', '--quiet')) as PackagesResult).packages;

/** As `apk list` says a package. */
const asApkSays = ({ name, version, architecture, source, licence }: PackageRow): string =>
  `${name}-${version} ${architecture} {${source?.name ?? name}} (${licence ?? ''}) [installed]`;

/** A line of `apk list` whose licences have `AND` between them where there are only blanks, as they have here. */
const withOperators = (line: string): string =>
  line.replace(/(?<=\()[^()]+(?=\) \[installed\]$)/, words =>
    / (?:AND|OR|WITH) /i.test(words) ? words : words.trim().split(/\s+/).join(' AND '),
  );

/** Holds packages to what apk says of its database in a root filesystem; gives how many apk has. */
function holdsTo(place: string, rootfs: string, found: readonly PackageRow[]): number {
  const ask = (...words: readonly string[]): string[] =>
    lines(run(place, apk, '--root', rootfs, '--no-network', ...words));
  const said = ask('list', '--installed').filter(line => !virtual.some(name => line.startsWith(`${name}-`)));
  assert.deepEqual(found.map(asApkSays).sort(), said.map(withOperators).sort());
  for (const { name, files } of found)
    assert.deepEqual(files.map(path => path.slice(1)).sort(), ask('info', '-L', name).slice(1).sort(), name);
  return said.length;
}

test('packages of apk are what apk says in the same tree', t => {
  if (!isRoot(t) || !hasTools(t, apk)) return;
  const place = temporaryDirectory(t);
  const rootfs = installed(place);
  ocikit(place, 'commit', 'rootfs/', 'img:app', '-q');
  const found = rowsOf(place, 'img:app');
  assert.equal(holdsTo(place, rootfs, found), packages.length);
  for (const { name, size, files } of found) {
    const said = lines(run(place, apk, '--root', rootfs, '--no-network', 'info', '-s', name))[1];
    // mkpkg says that a package without files takes a byte.
    if (files.length > 0) assert.equal(`${size} B`, said, name);
  }
});

test('packages of databases that others have tests for are what apk says of each', t => {
  const databases = ['apk-trivy', 'apk-no-origin', 'apk-syft-single'].map(id =>
    fixture(t, `insight/packages/files/${id}/lib/apk/db/installed`),
  );
  if (!hasTools(t, apk)) return;
  const place = temporaryDirectory(t);
  let count = 0;
  for (const [at, block] of databases
    .flatMap(file => (file === undefined ? [] : readFileSync(file, 'latin1').split(/\n\n+/)))
    .map(text => text.trim())
    // apk 3 reads no block without the checksum of its package, nor one without a version.
    .filter(text => /^C:/m.test(text) && /^V:/m.test(text))
    .entries()) {
    const rootfs = join(place, `${at}/`);
    for (const directory of ['etc/apk', 'lib/apk/db']) mkdirSync(join(rootfs, directory), { recursive: true });
    writeFileSync(join(rootfs, 'etc/apk/world'), '');
    writeFileSync(join(rootfs, 'lib/apk/db/installed'), `${block}\n\n`, 'latin1');
    count += holdsTo(place, rootfs, rowsOf(place, rootfs));
  }
  t.diagnostic(`${count} packages`);
  if (databases.every(file => file !== undefined)) assert.equal(count, 16);
});

test('packages of an image that apko made are what apk says in its root filesystem', t => {
  const layout = fixture(t, 'images/chainguard-dev_apko/layouts/internal_cli_testdata_golden');
  if (layout === undefined || !isRoot(t) || !hasTools(t, apk)) return;
  const place = temporaryDirectory(t);
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as ImageIndex;
  assert.equal(manifests.length, 2);
  for (const [at, { digest }] of manifests.entries()) {
    const rootfs = join(place, `${at}`);
    const image: string = `${layout}@${digest}`;
    ocikit(place, 'unpack', image, rootfs, '-q');
    assert.equal(holdsTo(place, rootfs, rowsOf(place, image)), 2, image);
  }
});

const version = fc
  .tuple(
    fc
      .array(fc.constantFrom('0', '1', '2', '9', '10', '00', '01', '012', '0120', '010', '20240101'), {
        minLength: 1,
        maxLength: 4,
      })
      .map(numbers => numbers.join('.')),
    fc.constantFrom('', '', 'a', 'b'),
    fc.array(fc.constantFrom('_alpha', '_beta2', '_pre', '_rc01', '_rc1', '_cvs', '_git2', '_hg', '_p', '_p10'), {
      maxLength: 2,
    }),
    fc.constantFrom('', '', '~0af', '~12'),
    fc.constantFrom('', '-r0', '-r1', '-r10'),
  )
  .map(parts => parts.flat().join(''));

test("apk's own comparison of many versions is the same", t => {
  if (!hasTools(t, apk)) return;
  const compared = ([one, other]: readonly [string, string]): void => {
    const { stdout } = spawnSync(apk, ['version', '-t', one, other], { encoding: 'utf8' });
    assert.equal('<=>'[Math.sign(compareApk(one, other)) + 1], stdout.trim(), `${one} ${other}`);
  };
  fc.assert(fc.property(fc.tuple(version, version), compared), { numRuns: 300 });
});
