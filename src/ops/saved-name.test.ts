import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openArchive } from '../store/archive/archive.ts';
import { readMember } from '../store/archive/oci-archive.ts';
import { refusal } from '../testing/answers.ts';
import { makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { config } from './config.ts';
import { convert } from './convert.ts';
import { copy } from './copy.ts';
import { save } from './save.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const library = 'docker.io/library';

/** How an image is called in a layout, which has this directory's name, and what docker calls it after each way into an archive. */
const cases: readonly {
  readonly directory: string;
  readonly called: ':NAME' | '@DIGEST';
  readonly name: string;
  readonly tags: readonly string[] | null;
  readonly warning?: RegExp;
}[] = [
  { directory: 'img', called: ':NAME', name: 'git', tags: [`${library}/img:git`] },
  { directory: 'img', called: ':NAME', name: 'ghcr.io/o/app:v1', tags: ['ghcr.io/o/app:v1'] },
  { directory: 'img', called: ':NAME', name: 'b+1', tags: null, warning: /img:b\+1: docker has no such name: it is / },
  {
    directory: 'img',
    called: '@DIGEST',
    name: 'git',
    tags: null,
    warning: /img@sha256:[0-9a-f]+: it has no name: docker loads it without one$/,
  },
  {
    directory: '_x',
    called: ':NAME',
    name: 'git',
    tags: [`${library}/git:latest`],
    warning: /_x:git: docker has no such name: it is saved as git:latest$/,
  },
  {
    directory: 'Lay.Up',
    called: ':NAME',
    name: 'git',
    tags: [`${library}/lay.up:git`],
    warning: /Lay\.Up:git: docker has no such name: it is saved as lay\.up:git$/,
  },
  { directory: 'Lay.Up', called: ':NAME', name: 'ghcr.io/o/app:v1', tags: ['ghcr.io/o/app:v1'] },
];

type Said = { readonly name?: string | null; readonly warnings: readonly string[] };

/** Every way that an image takes into an archive which docker reads. */
const ways: readonly (readonly [string, (image: string, file: string) => Promise<Said>])[] = [
  ['save', async (image, file) => named(await save([image], file))],
  ['save --format docker', async (image, file) => named(await save([image], file, { format: 'docker' }))],
  ['copy to a docker-archive', (image, file) => copy(image, `docker-archive:${file}`, { hostPlatform })],
  ['copy, recompressed', (image, file) => copy(image, `docker-archive:${file}`, { hostPlatform, compression: 'zstd' })],
  [
    'convert -o docker-archive:',
    (image, file) => convert(image, { compression: 'none', output: `docker-archive:${file}`, hostPlatform }),
  ],
  ['config -o FILE.tar', (image, file) => config(image, { set: ['user=1'], output: file, hostPlatform })],
];

function named({ images, warnings }: Awaited<ReturnType<typeof save>>): Said {
  return { name: images[0]?.name ?? null, warnings };
}

async function tagsOf(file: string): Promise<unknown> {
  const archive = await openArchive(file, file);
  const [item] = JSON.parse(Buffer.from(await readMember(archive, 'manifest.json', 1 << 20)).toString()) as readonly {
    readonly RepoTags: unknown;
  }[];
  return item?.RepoTags;
}

for (const { directory, called, name, tags, warning } of cases)
  for (const [way, write] of ways)
    test(`${way} of ${directory}${called === '@DIGEST' ? '@DIGEST' : `:${name}`}: docker ${tags === null ? 'has no name' : `calls it ${tags}`}${warning === undefined ? '' : ', and one warning says so'}`, async t => {
      const place = temporaryDirectory(t);
      mkdirSync(join(place, directory));
      const layout = makeLayout(join(place, directory));
      const image = putImage(layout, { layers: [] });
      putName(layout, name, image);
      const file = join(place, 'x.tar');
      const said = await write(called === '@DIGEST' ? `${layout}@${image.digest}` : `${layout}:${name}`, file);
      assert.deepEqual(await tagsOf(file), tags);
      assert.equal(said.warnings.length, warning === undefined ? 0 : 1, said.warnings.join('\n'));
      if (warning !== undefined) assert.match(said.warnings[0] ?? '', warning);
      if (tags !== null) assert.equal(said.name, tags[0]);
      else if (called === '@DIGEST') assert.equal(said.name, null);
    });

test('an oci-archive takes every name as it is, and latest for an image that is asked for by its digest', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'Lay.Up'));
  const image = putImage(layout, { layers: [] });
  putName(layout, 'b+1', image);
  const answer = async (from: string, file: string): Promise<unknown> => {
    const { name, warnings } = await copy(from, `oci-archive:${join(layout, '..', file)}`, { hostPlatform });
    return [name, warnings];
  };
  assert.deepEqual(await answer(`${layout}:b+1`, 'a.tar'), ['b+1', []]);
  assert.deepEqual(await answer(`${layout}@${image.digest}`, 'b.tar'), ['latest', []]);
});

test('a name that is asked of a docker-archive is one that docker can say, or it is refused', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putName(layout, 'v1', putImage(layout, { layers: [] }));
  const file = join(layout, '../x.tar');
  await assert.rejects(
    copy(`${layout}:v1`, `docker-archive:${file}:b+1`, { hostPlatform }),
    refusal(/b\+1/, 'invalid'),
  );
});
