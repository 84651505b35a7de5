import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { findReferrers } from './referrers.ts';

const addDocument = (layout: MemoryLayout, value: object, mediaType: string): Descriptor =>
  layout.add(encodeDocument(value, mediaType).bytes, mediaType);

function addArtifact(layout: MemoryLayout, artifactType: string, subject?: Descriptor): Descriptor {
  const config = layout.add(Buffer.from('{}'), mediaTypes.empty);
  const value = { schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType, config, layers: [config] };
  return addDocument(layout, subject === undefined ? value : { ...value, subject }, mediaTypes.manifest);
}

function addIndex(layout: MemoryLayout, manifests: readonly Descriptor[]): Descriptor {
  const value: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  return addDocument(layout, value, mediaTypes.index);
}

const named = (entry: Descriptor, name: string): Descriptor => ({
  ...entry,
  annotations: { 'org.opencontainers.image.ref.name': name },
});
const tagOf = ({ digest }: Descriptor): string => digest.replace(':', '-');

/** What is found, once a layout lists these entries. */
async function foundIn(layout: MemoryLayout, manifests: readonly Descriptor[]): Promise<readonly string[][]> {
  await layout.updateIndex(index => ({ ...index, manifests }));
  const { referrers, warnings } = await findReferrers(layout);
  assert.deepEqual(warnings, []);
  return referrers.map(({ subject, descriptor, via }) => [subject, descriptor.digest, via.join()]);
}

test('a document that is listed and not there is about nothing, and what is there is found', async () => {
  const layout = new MemoryLayout();
  const about = addArtifact(layout, 'a/image');
  const [gone, there] = [addArtifact(layout, 'a/gone', about), addArtifact(layout, 'a/there', about)];
  const goneIndex = addIndex(layout, [there]);
  const blobs = addDocument(layout, { subject: about }, 'application/vnd.oci.artifact.manifest.v1+json');
  const goneBlob = addDocument(layout, { subject: about, a: 1 }, 'application/vnd.oci.artifact.manifest.v1+json');
  for (const { digest } of [gone, goneIndex, goneBlob]) layout.blobs.delete(digest);
  assert.deepEqual(await foundIn(layout, [about, gone, goneIndex, goneBlob, there, blobs]), [
    [about.digest, there.digest, 'subject'],
    [about.digest, blobs.digest, 'subject'],
  ]);
});

test('a tag of the fallback schema lists referrers where it names an index, and is none where it names anything else', async () => {
  const layout = new MemoryLayout();
  const about = addArtifact(layout, 'a/image');
  const [listed, plain] = [addArtifact(layout, 'a/listed'), addArtifact(layout, 'a/plain')];
  const list = addIndex(layout, [listed]);
  const other = addIndex(layout, [plain]);
  assert.deepEqual(await foundIn(layout, [about, other, named(list, tagOf(about))]), [
    [about.digest, listed.digest, 'fallback-tag'],
  ]);
  assert.deepEqual(await foundIn(layout, [about, named(plain, tagOf(about))]), []);
  layout.blobs.delete(list.digest);
  assert.deepEqual(await foundIn(layout, [about, named(list, tagOf(about))]), []);
});

test('a signature of cosign under its tag is about the image, and so is one of several platforms', async () => {
  const layout = new MemoryLayout();
  const about = addArtifact(layout, 'a/image');
  const signature = addArtifact(layout, 'a/signature');
  const several = addIndex(layout, [addArtifact(layout, 'a/inner')]);
  for (const entry of [signature, several])
    assert.deepEqual(await foundIn(layout, [about, named(entry, `${tagOf(about)}.sig`)]), [
      [about.digest, entry.digest, 'cosign'],
    ]);
});
