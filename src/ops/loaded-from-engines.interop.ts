import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  archivedBySkopeo,
  openPodman,
  openSkopeo,
  openUmoci,
  savedByDocker,
  savedByPodman,
  withDocker,
} from '../testing/engines.ts';
import { both, imageID, sampleLayout } from '../testing/saved-variants.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { listTree, ocikit } from '../testing/witness.ts';
import { diff } from './diff.ts';
import { images } from './images.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { validate } from './validate.ts';

test('what docker, podman and skopeo save is loaded: names, image IDs and root filesystems as they were', async t => {
  const skopeo = openSkopeo(t);
  const podman = openPodman(t);
  const umoci = openUmoci(t);
  if (skopeo === undefined || podman === undefined || umoci === undefined) return;
  const { place, img } = sampleLayout(t);
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
