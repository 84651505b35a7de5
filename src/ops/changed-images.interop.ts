import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  openBuildah,
  openPodman,
  openSkopeo,
  openUmoci,
  type Tool,
  withDocker,
  withRegistry,
} from '../testing/engines.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, isRoot, listTree, ocikit, run } from '../testing/witness.ts';
import { save } from './save.ts';
import { unpack } from './unpack.ts';

const platform = 'linux/amd64';

type Engine = 'umoci' | 'skopeo' | 'podman' | 'buildah' | 'dockerd' | 'containerd';

interface Made {
  /** What makes `img:NAME` of `img:app` (three layers), `img:base` (its first) and `img:multi` (it, and one of arm64). */
  readonly words: readonly string[];
  /** Where it is, if not at `img:NAME`: the subject of an artifact, or an archive. */
  readonly at?: string;
  /** Which engines do not take it, as Debian 12 has them. */
  readonly refusedBy?: readonly Engine[];
}

/** The load matrix of what changes an image. */
const made: Readonly<Record<string, Made>> = {
  config: { words: ['config', 'img:app', '-c', 'ENV A=b', '--annotation', 'a=b', '-t', 'config'] },
  append: {
    words: ['append', 'img:app', '--add', 'new:/etc/', '--add', 'new:/link', '--delete', '/var', '-t', 'append'],
  },
  tar: { words: ['append', 'img:app', '--tar', 'new.tar', '-t', 'tar'] },
  normalized: { words: ['append', 'img:app', '--tar', 'twice.tar', '--normalize', '-t', 'normalized'] },
  squash: { words: ['squash', 'img:app', '-t', 'squash'] },
  range: { words: ['squash', 'img:app', '--layers', '2..3', '-t', 'range'] },
  above: { words: ['squash', 'img:app', '--from-base', 'img:base', '-t', 'above'] },
  drop: { words: ['drop', 'img:app', '--layers', '2', '-t', 'drop'] },
  strip: { words: ['strip', 'img:app', '/etc/motd', '/lib/one', '-t', 'strip'] },
  rebase: { words: ['rebase', 'img:app', '--old-base', 'img:base', '--new-base', 'img:newbase', '-t', 'rebase'] },
  none: { words: ['convert', 'img:app', '--compression', 'none', '-t', 'none'] },
  zstd: { words: ['convert', 'img:app', '--compression', 'zstd', '-t', 'zstd'], refusedBy: ['umoci'] },
  chunked: {
    words: ['convert', 'img:app', '--compression', 'zstd:chunked', '-t', 'chunked'],
    refusedBy: ['umoci'],
  },
  estargz: { words: ['convert', 'img:app', '--compression', 'estargz', '-t', 'estargz'] },
  docker: {
    words: ['convert', 'img:app', '--format', 'docker', '-o', 'docker-archive:old.tar:example.org/x:t'],
    at: 'old.tar',
    refusedBy: ['umoci'],
  },
  index: { words: ['index', 'create', 'img:index', 'img:squash', 'img:arm'], refusedBy: ['umoci'] },
  nested: {
    words: ['index', 'create', 'img:nested', 'img:index', 'img:arm', '--nest'],
    refusedBy: ['umoci', 'skopeo', 'podman', 'buildah'],
  },
  attach: { words: ['attach', 'img:config', 'new', '--artifact-type', 'a/b'], at: 'img:config' },
};

interface Place {
  readonly place: string;
  /** An image as skopeo, podman and buildah call it. */
  readonly reference: (name: string) => string;
}

/** All of them, in a layout and an archive each, and what ocikit itself unpacks. */
async function makeAll(t: TestContext): Promise<Place> {
  const place = temporaryDirectory(t);
  await preparePlace(place);
  writeFileSync(join(place, 'new'), 'new\n');
  run(place, 'tar', '--owner=7', '--group=8', '--mtime=@1', '-cf', 'new.tar', 'new');
  // One path twice, which engines take in ways of their own.
  run(place, 'tar', '--owner=7', '--group=8', '--mtime=@1', '-cf', 'twice.tar', 'new', 'new');
  ocikit(place, 'append', 'img:base', '--add', 'new:/etc/of-the-new-base', '-t', 'newbase');
  ocikit(place, 'copy', 'img:multi', 'img:arm', '--platform', 'linux/arm64');
  for (const [name, { words, at = `img:${name}` }] of Object.entries(made)) {
    ocikit(place, ...words, '--quiet');
    await unpack(join(place, at), join(place, 'expected', name), { platform });
    // podman names an image by the path of its layout, which may have no capitals.
    if (name !== 'docker') await save([join(place, at)], join(place, `${name}.tar`), { format: 'oci' });
  }
  const reference = (name: string): string =>
    name === 'docker' ? `docker-archive:${join(place, 'old.tar')}` : `oci-archive:${join(place, `${name}.tar`)}`;
  return { place, reference };
}

/** A tree in lines, where a file has a group only if two of its names are there: overlay counts the names that an upper layer hides. */
function treeIn(root: string): readonly string[] {
  const lines = listTree(root).map(
    line => [line.slice(0, line.lastIndexOf(' ')), line.split(' ').at(-1) ?? ''] as const,
  );
  const groups = lines.map(([, group]) => group);
  return lines.map(([line, group]) =>
    group === '' || groups.indexOf(group) === groups.lastIndexOf(group) ? line : `${line} ${group}`,
  );
}

/** What skopeo brings to a registry: what it refuses gets to no daemon. */
const isBrought = ([, { refusedBy = [] }]: readonly [string, Made]): boolean => !refusedBy.includes('skopeo');

/** Shows every image to an engine; `rootOf` gives the directory of what it made of one, and throws where it does not take it. */
function holds(engine: Engine, place: string, rootOf: (name: string) => readonly [string, (() => void)?]): void {
  const wrong: string[] = [];
  const isDaemon = engine === 'dockerd' || engine === 'containerd';
  const shown = Object.entries(made);
  for (const [name, { refusedBy = [] }] of isDaemon ? shown.filter(isBrought) : shown) {
    const expected = treeIn(join(place, 'expected', name));
    try {
      const [root, done] = rootOf(name);
      const found = treeIn(root);
      done?.();
      if (refusedBy.includes(engine)) wrong.push(`${name}: accepted`);
      const differs = [...found, ...expected].filter(line => found.includes(line) !== expected.includes(line));
      if (differs.length > 0) wrong.push(`${name}: ${differs.join('\n  ')}`);
    } catch (error) {
      if (!refusedBy.includes(engine)) wrong.push(`${name}: ${(error as Error).message}`);
    }
  }
  assert.deepEqual(wrong, [], engine);
}

const lineOf = (answer: Uint8Array): string => answer.toString().trim();

/** Daemonless engines. Each image has a store of its own: one of one config in two forms cannot be in one store of podman 4.3. */
const daemonless: Readonly<Record<string, (t: TestContext, all: Place) => void>> = {
  umoci(t, { place }) {
    const umoci = openUmoci(t);
    if (umoci === undefined) return;
    holds('umoci', place, name => {
      const { at = `img:${name}` } = made[name] as Made;
      umoci(['unpack', '--image', join(place, at), join(place, 'umoci', name)]);
      return [join(place, 'umoci', name, 'rootfs')];
    });
  },
  skopeo(t, { place, reference }) {
    const skopeo = openSkopeo(t);
    if (skopeo === undefined) return;
    holds('skopeo', place, name => {
      skopeo(['copy', '--override-arch', 'amd64', '--quiet', reference(name), `oci:${place}/copied:${name}`]);
      ocikit(place, 'unpack', `copied:${name}`, `skopeo/${name}`);
      return [join(place, 'skopeo', name)];
    });
  },
  podman(t, { place, reference }) {
    if (openPodman(t) === undefined) return;
    holds('podman', place, name => {
      const podman = openPodman(t) as Tool;
      const id = lineOf(podman(['pull', '--quiet', '--arch', 'amd64', reference(name)]));
      return [lineOf(podman(['image', 'mount', id])), () => podman(['image', 'unmount', id])];
    });
  },
  buildah(t, { place, reference }) {
    if (openBuildah(t) === undefined) return;
    holds('buildah', place, name => {
      const buildah = openBuildah(t) as Tool;
      const container = lineOf(buildah(['from', '--arch', 'amd64', reference(name)]));
      return [lineOf(buildah(['mount', container])), () => buildah(['umount', container])];
    });
  },
};

/** Where docker's driver vfs has the root filesystem of an image: under the chainID of its layers (image-spec config.md). */
function dockersRoot(docker: Tool, data: string, image: string): string {
  const layers = JSON.parse(
    docker(['image', 'inspect', '--format', '{{json .RootFS.Layers}}', image]).toString(),
  ) as readonly string[];
  const chain = layers.reduce(
    (parent, layer) =>
      parent === '' ? layer : `sha256:${createHash('sha256').update(`${parent} ${layer}`).digest('hex')}`,
    '',
  );
  const known = join(data, 'image/vfs/layerdb', chain.replace(':', '/'), 'cache-id');
  return join(data, 'vfs/dir', readFileSync(known, 'utf8').trim());
}

/** dockerd pulls from a registry, as does containerd, which mounts what it pulls on overlay. */
async function daemons(t: TestContext, { place, reference }: Place): Promise<void> {
  const skopeo = openSkopeo(t);
  if (skopeo === undefined) return;
  await withRegistry(t, async address => {
    const options = ['--all', '--preserve-digests', '--dest-tls-verify=false', '--quiet'];
    for (const [name] of Object.entries(made).filter(isBrought))
      skopeo(['copy', ...options, reference(name), `docker://${address}/x:${name}`]);
    await withDocker(t, async ({ docker, ctr, data }) => {
      holds('dockerd', place, name => {
        docker(['pull', '--quiet', `${address}/x:${name}`]);
        return [dockersRoot(docker, data, `${address}/x:${name}`)];
      });
      const overlay = ['--snapshotter', 'overlayfs', '--platform', platform];
      holds('containerd', place, name => {
        const image = `${address}/x:${name}`;
        const root = join(place, 'mounted', name);
        ctr(['images', 'pull', '--plain-http', ...overlay, image]);
        mkdirSync(root, { recursive: true });
        ctr(['images', 'mount', ...overlay, image, root]);
        return [root, () => run(place, 'umount', root)];
      });
    });
  });
}

test('what every change makes has with every engine the root filesystem that it has here', async t => {
  if (!isRoot(t) || !hasTools(t, 'tar')) return;
  const all = await makeAll(t);
  for (const [name, check] of Object.entries(daemonless)) await t.test(name, t => check(t, all));
  await t.test('dockerd and containerd', t => daemons(t, all));
});
