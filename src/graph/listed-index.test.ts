import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotationKeys } from '../spec/annotations.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { foldListed } from './listed-index.ts';

const layout = new MemoryLayout();

function entry(text: string, architecture?: string, name?: string): Descriptor {
  return {
    ...layout.add(Buffer.from(text), mediaTypes.manifest),
    ...(architecture === undefined ? {} : { platform: { os: 'linux', architecture } }),
    ...(name === undefined ? {} : { annotations: { [annotationKeys.refName]: name } }),
  };
}

const indexOf = (...manifests: readonly Descriptor[]): Document<ImageIndex> =>
  encodeDocument({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }, mediaTypes.index);
const digests = (entries: readonly Descriptor[]): readonly string[] => entries.map(({ digest }) => digest);

function attesting(about: Descriptor): Descriptor {
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': about.digest,
  };
  return { ...entry('attestation'), platform: { os: 'unknown', architecture: 'unknown' }, annotations };
}

test('entries of one name for several platforms are one index of that name, in the first one’s place, with what attests them', async () => {
  const [one, other] = [entry('1', 'amd64', 'v1'), entry('2', 'arm64', 'v1')];
  const [single, nameless] = [entry('3', 'amd64', 'v2'), entry('4', 'amd64')];
  const statement = attesting(one);
  const { source, entries } = foldListed(layout, indexOf(single, one, nameless, other, statement));
  const [first, folded, last, ...more] = entries;
  assert.deepEqual([first, last, more], [single, nameless, []]);
  assert.equal(folded?.annotations?.[annotationKeys.refName], 'v1');
  const made = JSON.parse(Buffer.from(await source.read(folded as Descriptor)).toString()) as ImageIndex;
  assert.deepEqual(digests(made.manifests), digests([one, other, statement]));
  assert.ok(made.manifests.every(({ annotations }) => annotations?.[annotationKeys.refName] === undefined));
});

test('entries of one name that are not for different platforms stay as they are', () => {
  for (const listed of [
    [entry('1', 'amd64', 'v1'), entry('2', 'amd64', 'v1')],
    [entry('1', 'amd64', 'v1'), entry('2', undefined, 'v1')],
    [entry('1', 'amd64', 'v1')],
    [entry('1', 'amd64'), entry('2', 'arm64')],
  ])
    assert.deepEqual(foldListed(layout, indexOf(...listed)).entries, listed);
});
