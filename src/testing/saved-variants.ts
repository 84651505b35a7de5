import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { copy } from '../ops/copy.ts';
import { inspect } from '../ops/inspect.ts';
import { save } from '../ops/save.ts';
import { temporaryDirectory } from './temporary.ts';
import { ocikit, run } from './witness.ts';

const platform = 'linux/amd64';

/** What reads archives, and as what. */
export type Engine = 'docker' | 'podman' | 'skopeo oci-archive' | 'skopeo docker-archive' | 'buildah' | 'ctr';

/** One way to write an archive. */
export interface Variant {
  readonly name: string;
  /** Writes the archive into `place` and answers its path. */
  readonly make: (img: string, place: string) => Promise<string>;
  /** Names of the images in it. */
  readonly tags: readonly string[];
  /** Which engines do not take it, as they are in Debian 12. */
  readonly refusedBy: readonly Engine[];
}

async function saved(
  place: string,
  images: readonly string[],
  format: 'universal' | 'oci' | 'docker',
): Promise<string> {
  await save(images, join(place, 'saved.tar'), { format });
  return join(place, 'saved.tar');
}

async function recompressed(img: string, place: string, compression: 'none' | 'zstd'): Promise<string> {
  await copy(`${img}:base`, `${join(place, 'img')}:base`, { compression });
  return saved(place, [`${join(place, 'img')}:base`], 'universal');
}

/** The names of two images of `sampleLayout`. */
export const both: readonly string[] = ['base', 'next'];

/** The load matrix: what `save` and `copy` write, and who takes it. */
export const variants: readonly Variant[] = [
  {
    name: 'universal',
    make: (img, place) => saved(place, [`${img}:base`], 'universal'),
    tags: ['base'],
    refusedBy: [],
  },
  {
    name: 'universal, plain layers',
    make: (img, place) => recompressed(img, place, 'none'),
    tags: ['base'],
    refusedBy: [],
  },
  {
    name: 'universal, zstd layers',
    make: (img, place) => recompressed(img, place, 'zstd'),
    tags: ['base'],
    refusedBy: ['docker'],
  },
  {
    name: 'universal, two images',
    make: (img, place) =>
      saved(
        place,
        both.map(tag => `${img}:${tag}`),
        'universal',
      ),
    tags: both,
    refusedBy: [],
  },
  {
    name: 'universal, two platforms',
    make: (img, place) => saved(place, [`${img}:multi`], 'universal'),
    tags: ['multi'],
    refusedBy: [],
  },
  {
    name: 'oci',
    make: (img, place) => saved(place, [`${img}:base`], 'oci'),
    tags: ['base'],
    refusedBy: ['docker', 'skopeo docker-archive'],
  },
  {
    name: 'docker',
    make: (img, place) => saved(place, [`${img}:base`], 'docker'),
    tags: ['base'],
    refusedBy: ['skopeo oci-archive'],
  },
  {
    name: 'docker, two images',
    make: (img, place) =>
      saved(
        place,
        both.map(tag => `${img}:${tag}`),
        'docker',
      ),
    tags: both,
    refusedBy: ['skopeo oci-archive'],
  },
];

/** `img` with `base`, `next` over it, and the index `multi` of two platforms; the layout's own name makes the repository. */
export function sampleLayout(t: TestContext): { readonly place: string; readonly img: string } {
  const place = temporaryDirectory(t);
  const rootfs = join(place, 'rootfs');
  mkdirSync(join(rootfs, 'etc'), { recursive: true });
  writeFileSync(join(rootfs, 'etc/motd'), 'hello\n');
  run(place, 'ln', 'rootfs/etc/motd', 'rootfs/etc/again');
  run(place, 'ln', '-s', 'motd', 'rootfs/etc/link');
  ocikit(place, 'commit', 'rootfs', 'img:base', '-c', 'CMD ["/bin/sh"]', '--platform', platform);
  ocikit(place, 'commit', 'rootfs', 'img:arm', '--platform', 'linux/arm64');
  writeFileSync(join(rootfs, 'etc/new'), 'new\n');
  ocikit(place, 'commit', 'rootfs', 'img:next', '--base', 'img:base', '--platform', platform);
  const manifest = (name: string): object => {
    const { digest, size, mediaType } = descriptorOf(join(place, 'img'), name);
    return { mediaType, digest, size, platform: { os: 'linux', architecture: name === 'arm' ? 'arm64' : 'amd64' } };
  };
  const index = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":${JSON.stringify([manifest('base'), manifest('arm')])}}`;
  writeFileSync(join(place, 'index'), index);
  const digest = run(place, 'sha256sum', 'index').slice(0, 64);
  run(place, 'cp', 'index', `img/blobs/sha256/${digest}`);
  const file = join(place, 'img/index.json');
  const layout = JSON.parse(readFileSync(file, 'utf8')) as { manifests: object[] };
  layout.manifests.push({
    mediaType: 'application/vnd.oci.image.index.v1+json',
    digest: `sha256:${digest}`,
    size: index.length,
    annotations: { 'org.opencontainers.image.ref.name': 'multi' },
  });
  writeFileSync(file, JSON.stringify(layout));
  return { place, img: join(place, 'img') };
}

interface Listed {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

function descriptorOf(layout: string, name: string): Listed {
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Listed[] };
  const found = manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === name);
  assert.ok(found, name);
  return found;
}

/** The ID that docker shows. */
export async function imageID(image: string): Promise<string> {
  return ((await inspect([image], { platform }))[0] as { Id: string }).Id;
}
