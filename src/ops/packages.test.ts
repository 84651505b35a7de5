import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { runCommand } from '../testing/command-line.ts';
import { fixture } from '../testing/fixtures.ts';
import { layeredImage } from '../testing/layered-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { packages } from './packages.ts';
import { sbom } from './sbom.ts';
import { unpack } from './unpack.ts';

const stanza = (name: string, version: string, more = ''): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n${more}\n`;

const release = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n';

/** Three layers: two packages; one upgraded and one more; a language's packages. */
const layers = [
  {
    'etc/os-release': release,
    'usr/lib/libone.so': 'one',
    'usr/share/doc/one/copyright': 'License: GPL-2+\n',
    'var/lib/dpkg/info/one.list': '/.\n/lib\n/lib/libone.so\n/usr/share/doc/one/copyright\n',
    'var/lib/dpkg/status': stanza('one', '1:1.0-1', 'Source: uno (1.0-1)\n') + stanza('two', '2.0'),
    lib: '-> usr/lib',
  },
  {
    'usr/bin/three': '3'.repeat(100),
    'var/lib/dpkg/info/three.md5sums': `${'0'.repeat(32)}  usr/bin/three\n`,
    'var/lib/dpkg/status':
      stanza('one', '1:1.0-1', 'Source: uno (1.0-1)\n') + stanza('three', '3') + stanza('two', '2.1'),
  },
  {
    'app/node_modules/@a/b/package.json': '{"name":"@a/b","version":"1.2.3","license":"(MIT OR Apache-2.0)"}',
    'app/node_modules/@a/b/fixtures/package.json': '{"name":"no","version":"1"}',
    'usr/lib/python3/dist-packages/Some_Thing-1.dist-info/METADATA': 'Name: Some_Thing\nVersion: 1\nLicense: odd one\n',
    'usr/share/doc/one/copyright': 'License: GPL-2+\n\nand more\n',
  },
];

async function imageOf(t: TestContext): Promise<string> {
  return layeredImage(join(temporaryDirectory(t), 'img'), layers);
}

test('packages have the layer from which on they are there, whatever a later layer wrote into the database', async t => {
  const result = await packages(await imageOf(t), { hostPlatform });
  const rows = result.packages.map(({ type, name, version, layer, licence }) => [type, name, version, layer, licence]);
  assert.deepEqual(rows, [
    ['deb', 'one', '1:1.0-1', 1, 'GPL-2+'],
    ['deb', 'three', '3', 2, null],
    ['deb', 'two', '2.1', 2, null],
    ['npm', '@a/b', '1.2.3', 3, '(MIT OR Apache-2.0)'],
    ['pypi', 'Some_Thing', '1', 3, 'odd one'],
  ]);
  const [one, three] = result.packages;
  assert.equal(one?.purl, 'pkg:deb/debian/one@1:1.0-1?arch=amd64&distro=debian-12&upstream=uno%401.0-1');
  assert.deepEqual(one?.source, { name: 'uno', version: '1.0-1' });
  assert.deepEqual(one?.files, ['/lib/libone.so', '/usr/share/doc/one/copyright']);
  assert.equal(one?.size, 'one'.length + 'License: GPL-2+\n\nand more\n'.length);
  assert.deepEqual(three?.files, ['/usr/bin/three']);
  assert.equal(three?.size, 100);
  assert.deepEqual(result.distribution, { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)' });
  assert.deepEqual(result.warnings, []);
});

test('a directory has the same packages as the image that it was unpacked from, without layers', async t => {
  const image = await imageOf(t);
  const rootfs = join(temporaryDirectory(t), 'rootfs');
  await unpack(image, rootfs, { hostPlatform });
  const [ofImage, ofDirectory] = [await packages(image, { hostPlatform }), await packages(rootfs)];
  assert.deepEqual(
    ofDirectory.packages,
    ofImage.packages.map(row => ({ ...row, layer: null })),
  );
});

test('what an rpm write-ahead log holds is found, and a layer that brings only the log brings the package', async t => {
  const folder = fixture(t, 'insight/packages/files/rpm-sqlite-wal/var/lib/rpm');
  if (folder === undefined) return;
  const [database, log] = ['rpmdb.sqlite', 'rpmdb.sqlite-wal'].map(file =>
    gunzipSync(readFileSync(join(folder, `${file}.gz`))),
  ) as unknown as readonly [Uint8Array, Uint8Array];
  const places = { 'usr/lib/sysimage/rpm/rpmdb.sqlite': database, 'var/lib/rpm': '-> ../../usr/lib/sysimage/rpm' };
  const image = layeredImage(join(temporaryDirectory(t), 'img'), [
    places,
    { 'usr/lib/sysimage/rpm/rpmdb.sqlite-wal': log },
  ]);
  const rows = (await packages(image, { hostPlatform })).packages;
  assert.deepEqual(
    rows
      .map(({ name, epoch, version, layer }) => [name, epoch, version, layer])
      .sort((a, b) => Number(a[3]) - Number(b[3])),
    [
      ['hi', 2, '1.0-1', 1],
      ['hej', null, '1.1-1', 2],
    ],
  );
});

test('a database that cannot be read is a warning that names it', async t => {
  const image = layeredImage(join(temporaryDirectory(t), 'img'), [
    { 'var/lib/rpm/rpmdb.sqlite': 'no database', 'app/x.jar': 'no archive' },
  ]);
  const { packages: rows, warnings } = await packages(image, { hostPlatform });
  assert.deepEqual(rows, []);
  assert.match(
    warnings.join('\n'),
    /: \/app\/x\.jar: expected .*\n.*: \/var\/lib\/rpm\/rpmdb\.sqlite: expected a SQLite database/,
  );
});

test('a bill of materials in SPDX has the form of its public schema, and the same bytes each time', async t => {
  const schema = fixture(t, 'insight/schemas/spdx-2.3.schema.json');
  if (schema === undefined) return;
  const image = await imageOf(t);
  const { text, packages: count } = await sbom(image, { hostPlatform });
  assert.equal(text, (await sbom(image, { hostPlatform })).text);
  assert.equal(count, 5);
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(readFileSync(schema, 'utf8')));
  assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors));
  const document = JSON.parse(text);
  const ids = document.packages.map((one: { SPDXID: string }) => one.SPDXID);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^SPDXRef-[A-Za-z0-9.-]+$/);
  const declared = document.packages.map((one: { licenseDeclared: string }) => one.licenseDeclared);
  assert.ok(declared.includes('GPL-2.0-or-later') && declared.includes('LicenseRef-odd-one'), declared.join());
  assert.equal(document.creationInfo.created, '1970-01-01T00:00:00Z');
  assert.match(document.documentNamespace, /^https:\/\/[^#]+$/);
});

test('a bill of materials in CycloneDX names each part once, and its time is the one that is said', async t => {
  const image = await imageOf(t);
  const { text } = await sbom(image, { hostPlatform, format: 'cyclonedx', created: '2024-05-06T07:08:09.5Z' });
  const document = JSON.parse(text);
  assert.equal(document.metadata.timestamp, '2024-05-06T07:08:09Z');
  assert.match(document.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const refs = document.components.map((one: Record<string, string>) => one['bom-ref']);
  assert.equal(new Set(refs).size, refs.length);
  assert.deepEqual(document.dependencies, [{ ref: 'image', dependsOn: refs }]);
  const licences = document.components.flatMap((one: { licenses?: unknown[] }) => one.licenses ?? []);
  assert.deepEqual(licences, [
    { license: { id: 'GPL-2.0-or-later' } },
    { expression: '(MIT OR Apache-2.0)' },
    { license: { name: 'odd one' } },
  ]);
});

test('the command line lists a line a package, and prints the document itself', async t => {
  const image = await imageOf(t);
  const { out } = await runCommand(['packages', image]);
  assert.match(out, /^TYPE +NAME +VERSION +ARCH +LAYER +SIZE +LICENCE\ndeb +one +1:1\.0-1 +amd64 +#1 +29B +GPL-2\+\n/);
  const printed = await runCommand(['packages', image, '--sbom', 'cyclonedx']);
  assert.equal(JSON.parse(printed.out).specVersion, '1.6');
  assert.match(printed.out, /"timestamp": "2023-11-14T22:13:20Z"/);
});

/** A program whose Go build information lies in its second half, in a segment that is written to or not. */
function goProgram(flags: number): Uint8Array {
  const bytes = Buffer.alloc(20_000, 0x90);
  const sectionTable = 19_000;
  const said = 'path\ta\nmod\tgithub.com/a/b\tv1.2.3\n';
  bytes.fill(0, 0, 256);
  bytes.fill(0, sectionTable);
  bytes.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeBigUInt64LE(BigInt(sectionTable), 40);
  for (const [at, value] of Object.entries({ 54: 56, 56: 1, 58: 64, 60: 3, 62: 2 }))
    bytes.writeUInt16LE(value, Number(at));
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(flags, 68);
  bytes.writeBigUInt64LE(18_000n, 96);
  const info = Buffer.concat([
    Buffer.from('\xff Go buildinf:\x08\x02', 'latin1'),
    Buffer.alloc(16),
    Buffer.from(`\x08go1.22.0${String.fromCharCode(said.length)}${said}`),
  ]);
  info.copy(bytes, 10_000);
  const section = (index: number, name: number, [offset, size]: readonly [number, number]): void => {
    const at = sectionTable + 64 * index;
    bytes.writeUInt32LE(name, at);
    bytes.writeBigUInt64LE(BigInt(offset), at + 24);
    bytes.writeBigUInt64LE(BigInt(size), at + 32);
  };
  section(1, 1, [10_000, info.length]);
  section(2, 0, [18_500, 64]);
  bytes.write('\0.go.buildinfo\0', 18_500, 'latin1');
  return bytes;
}

test('what a program is made of is found wherever in it that stands', async t => {
  for (const [name, flags] of [
    ['data', 6],
    ['constants', 4],
    ['code', 5],
  ] as const) {
    const image = layeredImage(join(temporaryDirectory(t), name), [{ '755|bin/a': goProgram(flags) }]);
    const found = (await packages(image, { hostPlatform })).packages.map(({ name, version }) => `${name} ${version}`);
    assert.deepEqual(found, ['github.com/a/b v1.2.3', 'stdlib go1.22.0'], name);
  }
});
