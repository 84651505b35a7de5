import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collected } from '../testing/drained.ts';
import { fixture } from '../testing/fixtures.ts';
import { layeredImage } from '../testing/layered-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { analyze } from './analyze.ts';
import { blame } from './blame.ts';
import { catStream } from './cat.ts';
import { convert } from './convert.ts';
import { copy } from './copy.ts';
import { exportImage } from './export-image.ts';
import { files } from './files.ts';
import { packages } from './packages.ts';
import { reportStream } from './report.ts';
import { unpack } from './unpack.ts';

/** What nobody's compressor makes small, so that it comes in many pieces however it is stored: letters that are the same each time. */
function noise(length: number): string {
  let state = length;
  const letter = (): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(97 + ((state >>> 16) % 26));
  };
  return Array.from({ length }, letter).join('');
}

const stanza = (at: number): string =>
  `Package: some${at}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${at}\nDescription: ${noise(900 + at)}\n\n`;

const status = (count: number): string => Array.from({ length: count }, (_, at) => stanza(at)).join('');

/** Databases that come in many pieces, each the last of the contents that its layer has; what is hidden, deleted, linked. */
const layers = [
  {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
    'etc/passwd': 'root:x:0:0::/:/bin/sh\n',
    'usr/lib/one.so': noise(100_000),
    'usr/lib/two.so': '=> usr/lib/one.so',
    'var/lib/dpkg/info/some1.list': `/.\n/usr/lib/one.so\n${Array.from({ length: 3000 }, (_, at) => `/gone/${at}\n`).join('')}`,
    'var/lib/dpkg/status': status(150),
  },
  {
    'etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
    'usr/lib/.wh.two.so': '',
    'app/node_modules/a/package.json': `{"name":"a","version":"1.2.3","license":"MIT","description":"${noise(90_000)}"}`,
    'var/lib/dpkg/status': status(210),
  },
];

/** The same image in every form that a place may have. */
async function formsOf(t: TestContext): Promise<readonly string[]> {
  const place = temporaryDirectory(t);
  const layout = join(place, 'img');
  const image = layeredImage(layout, layers);
  const made: string[] = [image];
  for (const compression of ['gzip', 'zstd', 'none', 'zstd:chunked'] as const) {
    await convert(image, { compression, tag: compression.replace(':', '-'), hostPlatform });
    made.push(`${layout}:${compression.replace(':', '-')}`);
  }
  for (const form of ['gzip', 'zstd', 'none']) {
    const archive = `oci-archive:${join(place, `${form}.oci.tar`)}:app`;
    await copy(`${layout}:${form}`, archive);
    made.push(archive);
  }
  const saved = `docker-archive:${join(place, 'saved.tar')}:app:latest`;
  await copy(image, saved);
  return [...made, saved];
}

/** What is of a form, and not of the image: digests and sizes of what is stored, and what the image is called there. */
function withoutForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutForm);
  if (typeof value !== 'object' || value === null) return value;
  const isLayer = 'diffID' in value;
  const isHead = 'platform' in value;
  const kept = Object.entries(value).filter(
    ([key]) => !['digest', 'stored'].includes(key) && !(isLayer && key === 'size') && !(isHead && key === 'name'),
  );
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutForm(part)]));
}

async function pageOf(image: string): Promise<unknown> {
  const { bytes } = await reportStream(image, { hostPlatform });
  const [, data = ''] = /id="data">(.*)<\/script>/.exec(`${await collected(bytes)}`) ?? [];
  const page = JSON.parse(data) as { readonly dockerfile: string };
  return { ...page, dockerfile: page.dockerfile.replace(/^# \S+,/, '#').replaceAll(/\(\d+ bytes\)/g, '') };
}

/** All that is said of an image, by verb. */
async function answersOf(image: string): Promise<Readonly<Record<string, unknown>>> {
  const options = { hostPlatform };
  return {
    files: withoutForm(await files(image, [], { ...options, recursive: true })),
    blame: withoutForm(await blame(image, '/var/lib/dpkg/status', options)),
    analyze: withoutForm(await analyze(image, options)),
    packages: withoutForm(await packages(image, options)),
    report: withoutForm(await pageOf(image)),
  };
}

test('an image says the same of itself in whatever form it is stored', async t => {
  const [first = '', ...others] = await formsOf(t);
  const expected = await answersOf(first);
  const { packages: rows } = await packages(first, { hostPlatform });
  assert.equal(rows.filter(({ type }) => type === 'deb').length, 210);
  assert.deepEqual(
    rows.filter(({ type }) => type === 'npm').map(({ name }) => name),
    ['a'],
  );
  for (const other of others)
    for (const [verb, answer] of Object.entries(await answersOf(other)))
      assert.deepEqual(answer, expected[verb], `${verb} of ${other}`);
});

test('a root filesystem has the packages and the contents of the image that it is of, unpacked or as a tar', async t => {
  const place = temporaryDirectory(t);
  const image = layeredImage(join(place, 'img'), layers);
  await unpack(image, join(place, 'rootfs'), { hostPlatform });
  await exportImage(image, join(place, 'rootfs.tar'), { hostPlatform });
  const expected = (await packages(image, { hostPlatform })).packages.map(row => ({ ...row, layer: null }));
  const paths = ['/etc/passwd', '/usr/lib/one.so', '/var/lib/dpkg/status'];
  const contentsOf = async (rootfs: string): Promise<Buffer> =>
    collected((await catStream(rootfs, paths, { hostPlatform })).bytes);
  for (const rootfs of ['rootfs', 'rootfs.tar'].map(name => join(place, name))) {
    assert.deepEqual((await packages(rootfs)).packages, expected, rootfs);
    assert.ok((await contentsOf(rootfs)).equals(await contentsOf(image)), rootfs);
  }
});

test("another tool's image says the same of itself in its three forms", async t => {
  const directory = fixture(t, 'images/wagoodman_dive/files');
  if (directory === undefined) return;
  const [first, ...others] = ['gzip', 'zstd', 'uncompressed'].map(form =>
    join(directory, `.data_test-oci-${form}-image.tar`),
  );
  const answers = async (image = ''): Promise<unknown> => [
    withoutForm(await files(image, [], { hostPlatform, recursive: true })),
    withoutForm(await analyze(image, { hostPlatform })),
    withoutForm(await pageOf(image)),
  ];
  const expected = await answers(first);
  for (const other of others) assert.deepEqual(await answers(other), expected, other);
});
