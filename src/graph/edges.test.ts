import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffIDOf, encodedOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, Image, ImageConfig, ImageIndex, Manifest } from '../spec/objects.ts';
import { refusal } from '../testing/answers.ts';
import { layerTar } from '../testing/layout-files.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { changeGraph, platformOf } from './change-graph.ts';
import { neededBlobs } from './copy-graph.ts';
import { indexEntries } from './index-entries.ts';
import { withDocument } from './listed-index.ts';
import { pickImage } from './pick-image.ts';
import { findReferrers, referrersOf } from './referrers.ts';
import { readTreeStack } from './tree-stack.ts';
import { walk } from './walk.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar';

function addDocument(layout: MemoryLayout, value: object, mediaType: string): Descriptor {
  return layout.add(encodeDocument(value, mediaType).bytes, mediaType);
}

function addManifest(layout: MemoryLayout, parts: Omit<Manifest, 'schemaVersion' | 'mediaType'>): Descriptor {
  return addDocument(layout, { schemaVersion: 2, mediaType: mediaTypes.manifest, ...parts }, mediaTypes.manifest);
}

function addImage(layout: MemoryLayout, architecture: string, user = ''): Descriptor {
  const layer = layout.add(Buffer.from(`layer of ${architecture}`), layerType);
  const config: ImageConfig = {
    architecture,
    os: 'linux',
    config: { User: user },
    rootfs: { type: 'layers', diff_ids: [diffIDOf(encodedOf(layer.digest))] },
  };
  return addManifest(layout, { config: addDocument(layout, config, mediaTypes.config), layers: [layer] });
}

function addArtifact(layout: MemoryLayout, subject?: Descriptor, text = '{}'): Descriptor {
  const config = layout.add(Buffer.from(text), mediaTypes.empty);
  const about = subject === undefined ? {} : { subject };
  return addManifest(layout, { artifactType: 'application/x-thing', config, layers: [], ...about });
}

function addIndex(layout: MemoryLayout, manifests: readonly Descriptor[]): Descriptor {
  const index: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  return addDocument(layout, index, mediaTypes.index);
}

const attesting = (entry: Descriptor, about: Descriptor): Descriptor => ({
  ...entry,
  platform: { architecture: 'unknown', os: 'unknown' },
  annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': about.digest },
});

const list = (layout: MemoryLayout, manifests: readonly Descriptor[]): Promise<unknown> =>
  layout.updateIndex(index => ({ ...index, manifests }));

test('a platform says what a config says that is not empty', () => {
  const imageOf = (config: object): Image => ({ config: { value: config } }) as unknown as Image;
  const bare = { architecture: 'amd64', os: 'linux' };
  const empty = { ...bare, variant: '', 'os.version': '', 'os.features': [] };
  const full = { ...bare, 'os.version': '10', 'os.features': ['a'], variant: 'v8' };
  for (const [config, platform] of [
    [bare, bare],
    [empty, bare],
    [full, full],
  ] as const)
    assert.deepEqual(platformOf(imageOf({ ...config, rootfs: {} })), platform);
});

/** Gives every image another user. */
async function changed(layout: MemoryLayout, root: Descriptor, keepsFiles: boolean) {
  const made = new Map<string, ImageIndex>();
  const result = await changeGraph(layout, root, {
    isChosen: () => true,
    keepsFiles,
    change: async ({ config, manifest }) => {
      const edited = encodeDocument({ ...config.value, config: { User: 'other' } }, config.descriptor.mediaType);
      const value = { ...manifest.value, config: edited.descriptor };
      return { config: edited, manifest: encodeDocument(value, manifest.descriptor.mediaType) } as Image;
    },
    put: async ({ descriptor, value }) => void made.set(descriptor.digest, value as ImageIndex),
  });
  return { ...result, index: made.get(result.descriptor.digest) };
}

test('a change of an index leaves artifacts as they are, and takes attestations along or away', async () => {
  const layout = new MemoryLayout();
  const [image, artifact] = [addImage(layout, 'amd64'), addArtifact(layout)];
  const statement = attesting(addArtifact(layout, undefined, '{ }'), image);
  const root = addIndex(layout, [image, artifact, statement]);
  const kept = await changed(layout, root, true);
  const [first, second, third] = kept.index?.manifests ?? [];
  assert.notEqual(first?.digest, image.digest);
  assert.deepEqual(second, artifact);
  assert.equal(third?.annotations?.['vnd.docker.reference.digest'], first?.digest);
  assert.match(kept.warnings.join(), /attestation sha256:\w+ names the new manifest/);
  const gone = await changed(layout, root, false);
  assert.deepEqual(
    gone.index?.manifests.map(({ digest }) => digest),
    [first?.digest, artifact.digest],
  );
  assert.match(gone.warnings.join(), /memory: attestation sha256:\w+ is left out: it is about files that have changed/);
});

test('of an image only what a change changes is put', async () => {
  const layout = new MemoryLayout();
  const put: string[] = [];
  const made = await changeGraph(layout, addImage(layout, 'amd64'), {
    isChosen: () => true,
    keepsFiles: true,
    change: async ({ config, manifest }) => {
      const value = { ...manifest.value, annotations: { a: 'b' } };
      return { config, manifest: encodeDocument(value, manifest.descriptor.mediaType) };
    },
    put: async ({ descriptor }) => void put.push(descriptor.digest),
  });
  assert.deepEqual(put, [made.descriptor.digest]);
});

test('what goes wrong in a place and is no error of ours ends a walk', async () => {
  const layout = new MemoryLayout();
  const root = addImage(layout, 'amd64');
  const broken = { ...layout, has: async () => true, read: async () => Promise.reject(new TypeError('broken')) };
  await assert.rejects(walk(broken as unknown as MemoryLayout, [root]), TypeError);
  await assert.rejects(
    pickImage(broken as unknown as MemoryLayout, root, { subject: 'x', platform: 'linux/amd64' }),
    TypeError,
  );
});

test('what an index lists and is not there is missing and not needed; of an image every part is', async () => {
  const layout = new MemoryLayout();
  const [there, absent] = [addImage(layout, 'amd64'), addImage(layout, 'arm64')];
  layout.blobs.delete(absent.digest);
  const root = addIndex(layout, [there, absent]);
  const { blobs, missing } = await neededBlobs(layout, [root]);
  assert.deepEqual(
    missing.map(({ digest }) => digest),
    [absent.digest],
  );
  assert.ok(!blobs.some(({ digest }) => digest === absent.digest));
  assert.equal(blobs.at(-1)?.digest, root.digest);
  const { value } = JSON.parse(`{"value":${Buffer.from(await layout.read(there)).toString()}}`) as { value: Manifest };
  const [layer] = value.layers;
  layout.blobs.delete(layer?.digest ?? '');
  const named = new RegExp(`^memory: blob ${layer?.digest}: expected a blob`);
  await assert.rejects(neededBlobs(layout, [root]), refusal(named, 'not-found'));
  await assert.rejects(neededBlobs(layout, [absent]), refusal(new RegExp(absent.digest), 'not-found'));
});

test('a place with one document more has its own blobs as before', async () => {
  const layout = new MemoryLayout();
  const own = layout.add(Buffer.from('own'), 'a/b');
  const more = encodeDocument({ more: 1 }, 'a/b');
  const source = withDocument(layout, more);
  assert.equal(Buffer.from(await source.read(own)).toString(), 'own');
  assert.deepEqual(await source.read(more.descriptor), more.bytes);
  assert.equal(await source.has({ ...own, digest: `sha256:${'0'.repeat(64)}` }), false);
});

test('a single image has to be for the platform that is asked for', async () => {
  const layout = new MemoryLayout();
  const image = addImage(layout, 'arm64');
  const pick = (platform: string) => pickImage(layout, image, { subject: 'x', platform });
  assert.equal((await pick('linux/arm64')).descriptor.digest, image.digest);
  await assert.rejects(
    pick('linux/amd64'),
    refusal(/expected an image for linux\/amd64, got one for linux\/arm64/, 'not-found'),
  );
});

test('an index counts as what it lists, in that order, those of nested ones in their places', async () => {
  const layout = new MemoryLayout();
  const [one, two, three] = ['amd64', 'arm64', 'riscv64'].map(name => addImage(layout, name)) as [
    Descriptor,
    Descriptor,
    Descriptor,
  ];
  const artifact = addArtifact(layout);
  const nested = addIndex(layout, [two, artifact]);
  const root = addIndex(layout, [one, nested, nested, three]);
  const entries = await indexEntries(layout, root, { platforms: [], isNested: false });
  assert.deepEqual(
    entries.map(({ digest, platform, artifactType }) => [digest, platform?.architecture ?? artifactType]),
    [
      [one.digest, 'amd64'],
      [two.digest, 'arm64'],
      [artifact.digest, 'application/x-thing'],
      [three.digest, 'riscv64'],
    ],
  );
  layout.blobs.delete(nested.digest);
  await assert.rejects(
    indexEntries(layout, root, { platforms: [], isNested: false }),
    refusal(new RegExp(nested.digest), 'not-found'),
  );
});

test('what is about a referrer is found with it, by subject and by the names that cosign gives', async () => {
  const layout = new MemoryLayout();
  const image = addImage(layout, 'amd64');
  const signature = addArtifact(layout, image);
  const about = addArtifact(layout, signature);
  const other = addArtifact(layout, addImage(layout, 'arm64'));
  await list(layout, [image, about, signature, other]);
  const found = await referrersOf(layout, [image.digest]);
  assert.deepEqual(found.manifests.map(({ digest }) => digest).sort(), [signature.digest, about.digest].sort());
  for (const kind of ['sigs', 'atts']) {
    const place = new MemoryLayout();
    const [signed, statement] = [addImage(place, 'amd64'), addArtifact(place)];
    const said = (entry: Descriptor, value: string): Descriptor => ({
      ...entry,
      annotations: { kind: value, 'dev.cosignproject.cosign': 'yes' },
    });
    await list(place, [
      said(signed, 'dev.cosignproject.cosign/image'),
      said(statement, `dev.cosignproject.cosign/${kind}`),
    ]);
    const { referrers } = await findReferrers(place);
    assert.deepEqual(
      referrers.map(({ subject, descriptor, via }) => [subject, descriptor.digest, via]),
      [[signed.digest, statement.digest, ['cosign']]],
      kind,
    );
  }
});

test('a whiteout hides what the layers below brought, in the trees of a stack', async () => {
  const layout = new MemoryLayout();
  const node = { kind: 'fifo', meta: { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() } } as const;
  const tars = [
    layerTar(
      [
        { kind: 'node', path: 'a', node },
        { kind: 'node', path: 'b', node: { ...node } },
      ],
      () => new Uint8Array(0),
    ),
    layerTar([{ kind: 'whiteout', path: 'a' }], () => new Uint8Array(0)),
  ];
  const layers = tars.map(tar => {
    const descriptor = layout.add(tar, layerType);
    return { descriptor, diffID: diffIDOf(encodedOf(descriptor.digest)) };
  });
  const trees = await readTreeStack(layout, layers);
  assert.deepEqual(
    trees.map(tree => [...tree.children.keys()].sort()),
    [[], ['a', 'b'], ['b']],
  );
});
