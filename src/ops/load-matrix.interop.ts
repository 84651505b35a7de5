import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openBuildah, openPodman, openSkopeo, type Tool, withDocker } from '../testing/engines.ts';
import { type Engine, imageID, sampleLayout, type Variant, variants } from '../testing/saved-variants.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { run } from '../testing/witness.ts';

/** Runs every variant against an engine; `check` throws where it does not take the archive. */
async function holds(
  t: TestContext,
  engine: Engine,
  check: (archive: string, variant: Variant, ids: readonly string[]) => Promise<void> | void,
): Promise<void> {
  const { img } = sampleLayout(t);
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
