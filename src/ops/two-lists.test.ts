import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import type { Annotations } from '../spec/objects.ts';
import { type MadeDescriptor, makeLayout, putImage, putIndex } from '../testing/layout-files.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { load } from './load.ts';

interface Lists {
  /** What `index.json` lists: an image, by its number or as an index of several, and its annotations. */
  readonly index: readonly (readonly [image: number | readonly number[], annotations?: Annotations])[];
  /** What `manifest.json` lists. */
  readonly docker: readonly (readonly [image: number, ...names: string[]])[];
}

/** An archive with two images, of which each of its lists says something. */
async function archiveOf(place: string, { index, docker }: Lists): Promise<string> {
  const layout = makeLayout(join(place, 'L'));
  const images = [0, 1].map(number => putImage(layout, { layers: [], config: { author: `${number}` } }));
  const configOf = ({ digest }: MadeDescriptor): string => {
    const manifest = JSON.parse(readFileSync(join(layout, 'blobs', digest.replace(':', '/')), 'utf8'));
    return `blobs/${manifest.config.digest.replace(':', '/')}`;
  };
  const image = (number: number): MadeDescriptor => images[number] as MadeDescriptor;
  const manifests = index.map(([of, annotations]) => ({
    ...(typeof of === 'number' ? image(of) : putIndex(layout, of.map(image))),
    ...(annotations && { annotations }),
  }));
  const items = docker.map(([of, ...RepoTags]) => ({ Config: configOf(image(of)), RepoTags, Layers: [] }));
  const blobs = readdirSync(join(layout, 'blobs/sha256')).map(name => `blobs/sha256/${name}`);
  return tarOf(join(place, 'both.tar'), {
    'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
    'index.json': JSON.stringify({ schemaVersion: 2, manifests }),
    'manifest.json': JSON.stringify(items),
    ...Object.fromEntries(blobs.map(name => [name, readFileSync(join(layout, name))])),
  });
}

const refName = 'org.opencontainers.image.ref.name';
const full = (name: string): Annotations => ({
  'io.containerd.image.name': name,
  [refName]: name.slice(name.lastIndexOf(':') + 1),
});

const cases: readonly (readonly [what: string, lists: Lists, names: readonly (string | null)[]])[] = [
  ['a name of an image without one', { index: [[0]], docker: [[0, 'app:v1']] }, ['app:v1']],
  [
    'another name of an image',
    { index: [[0, full('docker.io/library/app:v1')]], docker: [[0, 'app:v1', 'app:v2']] },
    ['app:v1', 'app:v2'],
  ],
  ['a tag alone beside the full name', { index: [[0, { [refName]: 'v1' }]], docker: [[0, 'app:v1']] }, ['v1']],
  ['the same name, spelled shortly', { index: [[0, { [refName]: 'app:v1' }]], docker: [[0, 'app:v1']] }, ['app:v1']],
  ['a name without its tag', { index: [[0, { [refName]: 'app' }]], docker: [[0, 'app:latest']] }, ['app']],
  [
    'a tag alone that another image has',
    { index: [[0, { [refName]: 'v1' }], [1]], docker: [[1, 'app:v1']] },
    ['v1', 'app:v1'],
  ],
  [
    'the name of an index over the image',
    { index: [[[0, 1], full('docker.io/library/app:v1')]], docker: [[0, 'app:v1']] },
    ['app:v1'],
  ],
  ['what has no name in either', { index: [[0]], docker: [[0]] }, [null]],
];

for (const [what, lists, names] of cases)
  test(`what an archive's two lists say of an image is one image under all names: ${what}`, async t => {
    const place = temporaryDirectory(t);
    const { images } = await load(await archiveOf(place, lists), join(place, 'M'));
    assert.deepEqual(
      images.map(({ name }) => name),
      names,
    );
  });

test('a name that the two lists of an archive give to two images is a conflict, and nothing is loaded', async t => {
  for (const annotations of [full('docker.io/library/app:v1'), { [refName]: 'app:v1' }]) {
    const place = temporaryDirectory(t);
    const archive = await archiveOf(place, { index: [[0, annotations], [1]], docker: [[1, 'app:v1']] });
    const refused = (error: unknown): boolean => error instanceof OciError && error.code === 'conflict';
    await assert.rejects(load(archive, join(place, 'M')), refused);
    assert.ok(!readdirSync(place).includes('M'));
  }
});
