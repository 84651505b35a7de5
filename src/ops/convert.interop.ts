import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { layersOf } from '../image/layers.ts';
import { openImage } from '../store/open-operand.ts';
import { openPodman, openSkopeo, openUmoci } from '../testing/engines.ts';
import { blobFile } from '../testing/layout-files.ts';
import { fillDirectory, randomOf } from '../testing/random-directory.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, isRoot, listTree } from '../testing/witness.ts';
import { commit } from './commit.ts';
import { convert } from './convert.ts';
import { unpack } from './unpack.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const forms = ['gzip', 'zstd', 'none', 'estargz', 'zstd:chunked'] as const;
const added = ['/.no.prefetch.landmark', '/stargz.index.json'];
const nameOf = (form: string): string => form.replace(':', '-');
const isAdded = (line: string): boolean => added.some(path => line.startsWith(`${path} `));

/** A layout with an image of a random tree in every form; `zstd` is above what the oldest engines read. */
async function everyForm(t: TestContext): Promise<{ readonly place: string; readonly layout: string }> {
  const place = temporaryDirectory(t);
  const [root, layout] = [join(place, 'root'), join(place, 'img')];
  mkdirSync(root);
  const random = randomOf(7);
  for (let round = 0; round < 4; round++) fillDirectory(root, random);
  // No table of contents holds a name that is not UTF-8.
  await commit(root, `${layout}:base`, { hostPlatform, exclude: ['**/*-latin*'] });
  for (const form of forms) await convert(`${layout}:base`, { compression: form, tag: nameOf(form), hostPlatform });
  await unpack(`${layout}:base`, join(place, 'expected'), { hostPlatform });
  return { place, layout };
}

test('gzip and zstd decode every form to the tar that its diffID says', async t => {
  if (!hasTools(t, 'zstd', 'gzip', 'sha256sum')) return;
  const { layout } = await everyForm(t);
  const tools = {
    gzip: 'gzip -dc',
    zstd: 'zstd -dc',
    none: 'cat',
    estargz: 'gzip -dc',
    'zstd:chunked': 'zstd -dc',
  } as const;
  for (const form of forms) {
    const { image } = await openImage(`${layout}:${nameOf(form)}`, { hostPlatform });
    for (const { descriptor, diffID } of layersOf(image)) {
      const sum = execFileSync('sh', [
        '-c',
        `${tools[form]} < "$1" | sha256sum`,
        '-',
        blobFile(layout, descriptor.digest),
      ]);
      assert.equal(`sha256:${sum.toString().slice(0, 64)}`, diffID, form);
    }
  }
});

test('podman takes every form, and has the same root filesystem of each, but for the two files of eStargz', async t => {
  if (!isRoot(t)) return;
  const { place, layout } = await everyForm(t);
  // Times before 1970 are 1970 to podman, in whatever form.
  let expected: readonly string[] | undefined;
  for (const form of forms) {
    // An image of one config in two forms cannot be in one store of podman 4.3.
    const podman = openPodman(t);
    if (podman === undefined) return;
    const archive = join(place, `${nameOf(form)}.tar`);
    await convert(`${layout}:${nameOf(form)}`, { compression: form, output: archive, hostPlatform });
    const id = podman(['pull', '--quiet', `oci-archive:${archive}`])
      .toString()
      .trim();
    const mounted = podman(['image', 'mount', id]).toString().trim();
    const found = listTree(mounted);
    const own = found.filter(line => !isAdded(line));
    expected ??= own;
    assert.deepEqual(own, expected, form);
    assert.equal(found.filter(isAdded).length, form === 'estargz' ? 2 : 0, form);
    podman(['image', 'unmount', id]);
  }
});

test('skopeo decodes every form to the tar that its diffID says', async t => {
  const skopeo = openSkopeo(t);
  if (skopeo === undefined) return;
  const { place, layout } = await everyForm(t);
  for (const form of forms) {
    const out = join(place, `dir-${nameOf(form)}`);
    skopeo(['copy', '--quiet', '--dest-decompress', `oci:${layout}:${nameOf(form)}`, `dir:${out}`]);
    const { image } = await openImage(`${layout}:${nameOf(form)}`, { hostPlatform });
    for (const { diffID } of layersOf(image)) assert.ok(existsSync(join(out, diffID.slice('sha256:'.length))), form);
  }
});

test('umoci unpacks the lazy form that it has a name for', async t => {
  const umoci = openUmoci(t);
  if (umoci === undefined || !isRoot(t)) return;
  const { place, layout } = await everyForm(t);
  umoci(['raw', 'unpack', '--image', `${layout}:estargz`, join(place, 'umoci')]);
  assert.deepEqual(
    listTree(join(place, 'umoci')).filter(line => !isAdded(line)),
    listTree(join(place, 'expected')),
  );
});
