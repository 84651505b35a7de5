import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  archivedBySkopeo,
  openBuildah,
  openPodman,
  openSkopeo,
  openUmoci,
  savedByDocker,
  savedByPodman,
  type Tool,
  withDocker,
} from '../testing/engines.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { listTree, ocikit, run } from '../testing/witness.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { images } from './images.ts';
import { inspect } from './inspect.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { validate } from './validate.ts';

const platform = 'linux/amd64';

type Engine = 'docker' | 'podman' | 'skopeo oci-archive' | 'skopeo docker-archive' | 'buildah' | 'ctr';

interface Variant {
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

const both = ['base', 'next'] as const;

/** The load matrix: what `save` and `copy` write, and who takes it. */
const variants: readonly Variant[] = [
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
function sample(t: TestContext): { readonly place: string; readonly img: string } {
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

async function imageID(image: string): Promise<string> {
  return ((await inspect([image], { platform }))[0] as { Id: string }).Id;
}

/** Runs every variant against an engine; `check` throws where it does not take the archive. */
async function holds(
  t: TestContext,
  engine: Engine,
  check: (archive: string, variant: Variant, ids: readonly string[]) => Promise<void> | void,
): Promise<void> {
  const { img } = sample(t);
  const wrong: string[] = [];
  for (const variant of variants) {
    const archive = await variant.make(img, temporaryDirectory(t));
    const ids: string[] = [];
    for (const tag of variant.tags) ids.push(await imageID(`${img}:${tag}`));
    const isRefused = variant.refusedBy.includes(engine);
    try {
      await check(archive, variant, ids);
      if (isRefused) wrong.push(`${variant.name}: accepted`);
    } catch (error) {
      if (!isRefused) wrong.push(`${variant.name}: ${(error as Error).message}`);
    }
  }
  assert.deepEqual(wrong, [], engine);
}

test('docker 20.10 loads what is saved, under its names, with its image IDs', async t => {
  await withDocker(t, ({ docker }) =>
    holds(t, 'docker', (archive, { tags }, ids) => {
      const out = docker(['load', '-i', archive]).toString();
      for (const [position, tag] of tags.entries()) {
        assert.ok(out.includes(`Loaded image: img:${tag}\n`), out);
        assert.equal(
          docker(['image', 'inspect', '--format', '{{.Id}}', `img:${tag}`])
            .toString()
            .trim(),
          ids[position],
        );
      }
      docker(['image', 'rm', '-f', ...tags.map(tag => `img:${tag}`)]);
    }),
  );
});

test('podman loads what is saved, under its names, with its image IDs', async t => {
  if (openPodman(t) === undefined) return;
  await holds(t, 'podman', (archive, { tags }, ids) => {
    const podman = openPodman(t) as Tool;
    podman(['load', '--quiet', '-i', archive]);
    for (const [position, tag] of tags.entries()) {
      const id = podman(['image', 'inspect', '--format', '{{.Id}}', `docker.io/library/img:${tag}`])
        .toString()
        .trim();
      assert.equal(`sha256:${id}`, ids[position]);
    }
  });
});

test('skopeo and buildah read what is saved, as oci-archive and as docker-archive', async t => {
  const skopeo = openSkopeo(t);
  if (skopeo === undefined) return;
  await holds(t, 'skopeo oci-archive', (archive, { tags }) => {
    for (const tag of tags) {
      const out = join(temporaryDirectory(t), 'out');
      skopeo(['copy', '--quiet', '--override-arch', 'amd64', `oci-archive:${archive}:${tag}`, `dir:${out}`]);
    }
  });
  await holds(t, 'skopeo docker-archive', (archive, { tags }, ids) => {
    for (const [position, tag] of tags.entries()) {
      const config = skopeo(['inspect', '--raw', '--config', `docker-archive:${archive}:docker.io/library/img:${tag}`]);
      assert.equal(
        `sha256:${run('/', 'sh', '-c', `printf %s '${config.toString('base64')}' | base64 -d | sha256sum`).slice(0, 64)}`,
        ids[position],
      );
    }
  });
  if (openBuildah(t) === undefined) return;
  await holds(t, 'buildah', (archive, { tags, name }) => {
    const buildah = openBuildah(t) as Tool;
    const kind = name.startsWith('docker') ? 'docker-archive' : 'oci-archive';
    for (const tag of tags) {
      const reference = kind === 'oci-archive' ? tag : `docker.io/library/img:${tag}`;
      const container = buildah(['from', '--pull-never=false', `${kind}:${archive}:${reference}`])
        .toString()
        .trim();
      const mounted = buildah(['mount', container]).toString().trim();
      assert.ok(readFileSync(join(mounted, 'etc/motd'), 'utf8') === 'hello\n');
      buildah(['umount', container]);
    }
  });
});

test('ctr imports what is saved, under its names, digests as they were', async t => {
  await withDocker(t, async ({ ctr }) => {
    await holds(t, 'ctr', (archive, { tags, name }) => {
      ctr(['images', 'import', '--no-unpack', archive]);
      const listed = ctr(['images', 'ls']).toString();
      for (const tag of tags) assert.match(listed, new RegExp(`docker.io/library/img:${tag} `), name);
      ctr(['images', 'rm', ...tags.map(tag => `docker.io/library/img:${tag}`)]);
    });
  });
});

test('what docker, podman and skopeo save is loaded: names, image IDs and root filesystems as they were', async t => {
  const skopeo = openSkopeo(t);
  const podman = openPodman(t);
  const umoci = openUmoci(t);
  if (skopeo === undefined || podman === undefined || umoci === undefined) return;
  const { place, img } = sample(t);
  const universal = join(place, 'universal.tar');
  await save(
    both.map(tag => `${img}:${tag}`),
    universal,
  );
  podman(['load', '--quiet', '-i', universal]);
  const names = both.map(tag => `docker.io/library/img:${tag}`);
  const archives = new Map<string, readonly string[]>([
    [savedByPodman(podman, join(place, 'podman-docker.tar'), { format: 'docker-archive', names }), both],
    [
      savedByPodman(podman, join(place, 'podman-oci.tar'), { format: 'oci-archive', names: names.slice(0, 1) }),
      ['base'],
    ],
    [
      archivedBySkopeo(skopeo, join(place, 'skopeo-oci.tar'), {
        format: 'oci-archive',
        image: `oci:${img}:base`,
        name: 'img:base',
      }),
      ['base'],
    ],
    [
      archivedBySkopeo(skopeo, join(place, 'skopeo-docker.tar'), {
        format: 'docker-archive',
        image: `oci:${img}:base`,
        name: 'img:base',
      }),
      ['base'],
    ],
  ]);
  await withDocker(t, async ({ docker }) => {
    docker(['load', '-i', universal]);
    archives.set(savedByDocker(docker, join(place, 'docker.tar'), 'img:base', 'img:next'), both);
  });
  assert.equal(archives.size, 5);
  for (const [archive, tags] of archives) {
    const packed = `${archive}.gz`;
    writeFileSync(packed, gzipSync(readFileSync(archive)));
    for (const from of [archive, packed]) {
      const layout = join(temporaryDirectory(t), 'loaded');
      const loaded = await load(from, layout);
      assert.deepEqual(
        loaded.images.map(({ name }) => name).sort(),
        tags.map(tag => `img:${tag}`),
        from,
      );
      assert.deepEqual((await validate(layout)).findings, [], from);
      for (const tag of tags) {
        assert.deepEqual((await diff(`${layout}:img:${tag}`, `${img}:${tag}`)).changes, [], from);
        if (!archive.includes('skopeo-docker'))
          assert.equal(await imageID(`${layout}:img:${tag}`), await imageID(`${img}:${tag}`), from);
      }
      assert.equal((await images([archive])).length, tags.length);
    }
  }
  const loaded = join(temporaryDirectory(t), 'loaded');
  await load(join(place, 'docker.tar'), loaded);
  umoci(['unpack', '--image', `${loaded}:next`, join(place, 'bundle')]);
  ocikit(place, 'unpack', `${img}:next`, 'ours');
  assert.deepEqual(listTree(join(place, 'bundle/rootfs')), listTree(join(place, 'ours')));
});
