import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { fixture } from '../testing/fixtures.ts';
import { scanFiles } from '../testing/package-files.ts';
import { goBuildOf, goPackages } from './go.ts';
import { spdxIdOf } from './licences.ts';
import type { Package } from './package.ts';
import { purlOf } from './purl.ts';
import { headerPackage } from './rpm-header.ts';
import { rustPackages } from './rust.ts';

interface Expected {
  readonly name: string;
  readonly version?: string;
  readonly release?: string;
  readonly epoch?: number | string;
  readonly arch?: string;
  readonly purl?: string;
  readonly source?: string;
  readonly sourceVersion?: string;
  readonly sourceRpm?: string;
  readonly licence?: string;
  readonly licences?: readonly string[];
  readonly maintainer?: string;
  readonly author?: string;
  readonly vendor?: string;
  readonly files?: readonly string[] | number;
  readonly paths?: readonly string[];
  readonly replacedBy?: { readonly name: string; readonly version: string };
}

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly files: readonly { readonly image: string; readonly file: string; readonly gzip?: boolean }[];
  readonly expected: readonly Expected[];
}

const folder = 'insight/packages';

function casesOf(t: TestContext): readonly Case[] {
  const table = fixture(t, join(folder, 'cases.json'));
  return table === undefined ? [] : (JSON.parse(readFileSync(table, 'utf8')) as Case[]);
}

function filesOf(t: TestContext, { files }: Case): Readonly<Record<string, Uint8Array>> {
  return Object.fromEntries(
    files.map(({ image, file, gzip }) => {
      const bytes = readFileSync(fixture(t, join(folder, file)) as string);
      return [image, gzip === true ? gunzipSync(bytes) : bytes];
    }),
  );
}

/** What others make of names that say no version. */
const guesses: ReadonlyMap<string, string> = new Map([
  ['GPL', 'GPL-2.0-or-later'],
  ['BSD', 'BSD-3-Clause'],
]);
const listName = (licence: string): string => guesses.get(licence) ?? spdxIdOf(licence) ?? licence;

/** The name that pip and others look a package up by. */
const looseName = (name: string): string => name.toLowerCase().replaceAll('_', '-');

function versionOf({ version = '', release, epoch }: Expected, type: string): string {
  const whole = release === undefined ? version : `${version}-${release}`;
  return type === 'deb' && epoch !== undefined ? `${epoch}:${whole}` : whole;
}

function holdsTo(expected: Expected, found: Package, context: string): void {
  const { name, version } = expected.replacedBy ?? expected;
  assert.equal(looseName(found.name), looseName(name), context);
  assert.equal(found.version, expected.replacedBy === undefined ? versionOf(expected, found.type) : version, context);
  if (expected.arch !== undefined) assert.equal(found.architecture, expected.arch, context);
  if (found.type === 'rpm') assert.equal(found.epoch, expected.epoch, context);
  if (expected.source !== undefined) assert.equal(found.source?.name, expected.source, context);
  // Of a source trivy states the version alone, without epoch and revision.
  const isWhole = found.type !== 'deb' || !context.startsWith('dpkg-trivy');
  const said = isWhole ? found.source?.version : found.source?.version.replace(/^\d+:|-[^-]*$/g, '');
  if (expected.sourceVersion !== undefined) assert.equal(said, expected.sourceVersion, context);
  if (expected.sourceRpm !== undefined) assert.equal(found.qualifiers['upstream'], expected.sourceRpm, context);
  if (expected.licence !== undefined) assert.deepEqual(found.licences, [expected.licence], context);
  // What others make of no licence at all, or of a file beside, is theirs.
  const licences = expected.licences?.filter(licence => licence !== 'UNKNOWN' && !licence.startsWith('file:'));
  if (licences !== undefined && licences.length > 0)
    for (const licence of licences) assert.ok(found.licences.map(listName).includes(listName(licence)), context);
  const supplier = expected.maintainer ?? expected.vendor ?? expected.author;
  if (supplier !== undefined) assert.equal(found.supplier, supplier, context);
  if (expected.paths !== undefined)
    assert.deepEqual(found.files.map(path => `/${path}`).sort(), expected.paths, context);
  if (found.type === 'deb' || found.type === 'apk') {
    const listed = found.files.map(path => `/${path}`).sort();
    if (Array.isArray(expected.files)) assert.deepEqual(listed, [...expected.files].sort(), context);
  } else if (Array.isArray(expected.files)) {
    // A path that leads out of a package's directory is the end of one in the image.
    const ends = expected.files.map(file => file.replace(/^(?:\.\.\/)*/, ''));
    const missing = ends.filter(end => !found.files.some(path => path.endsWith(end)));
    assert.deepEqual(missing, [], context);
  }
  // rpm counts its ghosts, which are on no disk.
  if (typeof expected.files === 'number') assert.ok(found.files.length <= expected.files, context);
}

/** What a case expects and its files state: only a database of Maven's knows a group that stands in none. */
const statedIn = ({ id, expected }: Case): readonly Expected[] =>
  id !== 'jar-heuristic'
    ? expected
    : expected.map(({ name, version = '' }) => ({ name: name.replace(/^.*:/, ''), version }));

test('every database and manifest that others have tests for says here what it says there', t => {
  for (const one of casesOf(t)) {
    // Parts of files, which are no place of packages: each is read by itself below.
    if (/section|modinfo|rpm-header|no_deps/.test(one.id)) continue;
    const { packages, system, warnings } = scanFiles(filesOf(t, one));
    const found = packages.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const expected = statedIn(one).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const names = found.map(({ name, version }) => `${name} ${version}`);
    assert.equal(found.length, expected.length, `${one.id}: ${names.join(', ')}; ${warnings.join('; ')}`);
    for (const [at, item] of expected.entries()) {
      holdsTo(item, found[at] as Package, `${one.id} ${item.name}`);
      // Older tools encode the colon, which purl-spec leaves as it is.
      const purl = item.purl?.replaceAll('%3A', ':');
      if (purl !== undefined) assert.equal(purlOf(found[at] as Package, system), purl, one.id);
    }
    if (/malformed0|jar-empty/.test(one.id)) assert.notEqual(warnings.length, 0, one.id);
  }
});

const caseOf = (t: TestContext, id: string): Case | undefined => casesOf(t).find(one => one.id === id);

function onlyFile(t: TestContext, id: string): Uint8Array | undefined {
  const found = caseOf(t, id);
  return found === undefined ? undefined : Object.values(filesOf(t, found))[0];
}

test("Go's build information names modules under what replaced them, and the standard library", t => {
  const section = onlyFile(t, 'go-buildinfo-section');
  if (section === undefined) return;
  const build = goBuildOf(section, undefined, 'test');
  assert.ok(build !== undefined);
  const expected = caseOf(t, 'go-buildinfo-section')?.expected ?? [];
  const found = goPackages(build, 'usr/bin/x');
  for (const [at, item] of expected.entries()) holdsTo(item, found[at] as Package, item.name);
  assert.equal(found.length, expected.length);
  const text = Buffer.from(onlyFile(t, 'go-modinfo-text') ?? []).toString('utf8');
  assert.deepEqual(goPackages({ version: '', modules: text }, 'usr/bin/x'), found.slice(0, -1));
  const urls = found.map(one => purlOf(one, new Map()));
  assert.equal(urls[0], 'pkg:golang/binary_with_module_replacement');
  assert.equal(urls.at(-1), 'pkg:golang/stdlib@1.22.0');
});

test('the crates of a Rust program are read from its list', t => {
  const section = onlyFile(t, 'rust-auditable-no_deps');
  if (section === undefined) return;
  const [crate] = rustPackages(section, 'usr/bin/x', 'test');
  assert.equal(crate === undefined ? '' : purlOf(crate, new Map()), 'pkg:cargo/no_deps@0.1.0');
});

test('an rpm header is read with and without the eight bytes that begin it in a file', t => {
  const header = onlyFile(t, 'rpm-header');
  if (header === undefined) return;
  const bare = headerPackage(header, 'p', 'test');
  const led = Buffer.concat([Buffer.from('8eade80100000000', 'hex'), header]);
  assert.notEqual(bare?.name, undefined);
  assert.deepEqual(headerPackage(led, 'p', 'test'), bare);
});

test('a database that is cut, garbled or not one at all gives packages or warnings, and no other error', t => {
  const kinds = casesOf(t).filter(({ kind }) => /rpm-|jar|egg|python|apk|dpkg|gem/.test(kind));
  if (kinds.length === 0) return;
  const arbitrary = fc.record({
    at: fc.nat({ max: kinds.length - 1 }),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), { maxLength: 40 }),
  });
  fc.assert(
    fc.property(arbitrary, ({ at, cut, bytes }) => {
      const files = Object.entries(filesOf(t, kinds[at] as Case)).map(([path, whole]) => {
        const damaged = Uint8Array.from(whole.subarray(0, Math.max(1, Math.floor(whole.length * (0.5 + cut)))));
        for (const [place, byte] of bytes) damaged[Math.floor(place * (damaged.length - 1))] = byte;
        return [path, damaged] as const;
      });
      scanFiles(Object.fromEntries(files));
    }),
    { numRuns: 150 },
  );
});

test('an rpm header that lies about where things are is refused', () => {
  const arbitrary = fc.uint8Array({ minLength: 0, maxLength: 200 });
  fc.assert(
    fc.property(arbitrary, fc.nat({ max: 8 }), (bytes, count) => {
      const start = Buffer.alloc(8);
      start.writeUInt32BE(count);
      start.writeUInt32BE(bytes.length, 4);
      try {
        headerPackage(Buffer.concat([start, bytes]), 'p', 'test');
      } catch (error) {
        assert.ok(error instanceof OciError);
      }
    }),
  );
});

test('a damaged file beside a Python package costs what it says, not the package', () => {
  const home = 'usr/lib/python3/site-packages/j.dist-info';
  const { packages, warnings } = scanFiles({
    [`${home}/METADATA`]: Buffer.from('Name: j\nVersion: 1\nAuthor: A\n  B\n'),
    [`${home}/direct_url.json`]: Buffer.from('{bad'),
  });
  assert.deepEqual(
    packages.map(({ name, supplier, qualifiers }) => ({ name, supplier, qualifiers })),
    [{ name: 'j', supplier: 'A B', qualifiers: {} }],
  );
  assert.deepEqual(warnings, [`test: /${home}/METADATA: direct_url.json: expected JSON, got something else`]);
});

test('gemspecs that old RubyGems wrote quote with %q', () => {
  const text =
    'Gem::Specification.new do |s|\n  s.name = %q{rake}\n  s.version = "0.8.7"\n  s.authors = [%q{J W}]\nend\n';
  const { packages } = scanFiles({ 'usr/lib/ruby/gems/1.8/specifications/rake-0.8.7.gemspec': Buffer.from(text) });
  assert.deepEqual(
    packages.map(({ name, version, supplier }) => [name, version, supplier]),
    [['rake', '0.8.7', 'J W']],
  );
});
