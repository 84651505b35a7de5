import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotationKeys } from '../spec/annotations.ts';
import { digestOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, Json } from '../spec/objects.ts';
import { rootsOf } from './roots.ts';

const entry = (text: string, name?: string): Descriptor => ({
  mediaType: mediaTypes.manifest,
  digest: digestOf(Buffer.from(text)),
  size: 1,
  ...(name === undefined ? {} : { annotations: { [annotationKeys.refName]: name } }),
});
const [named, nameless, signature, countersign, stray] = [
  entry('named', 'v1'),
  entry('nameless'),
  entry('signature'),
  entry('countersign'),
  entry('stray'),
];
/** What each document says that it is about. */
const subjects = new Map([
  [signature.digest, named],
  [countersign.digest, signature],
  [stray.digest, entry('gone')],
]);

function roots(options: {
  readonly untagged?: boolean;
  readonly danglingReferrers?: boolean;
  readonly young?: Descriptor;
}) {
  const manifests = [countersign, named, nameless, signature, stray];
  const index = encodeDocument({ schemaVersion: 2 as const, mediaType: mediaTypes.index, manifests }, mediaTypes.index);
  const documentOf = async (digest: string): Promise<Json> => {
    const subject = subjects.get(digest as Descriptor['digest']);
    return (subject === undefined ? {} : { subject }) as unknown as Json;
  };
  return rootsOf(index, documentOf, {
    ...options,
    isNew: digest => digest === options.young?.digest,
    isHere: digest => manifests.some(one => one.digest === digest),
  });
}

test('all entries are roots, and which of them have no name or no subject is said', async () => {
  const { kept, dropped, untagged, dangling } = await roots({});
  assert.deepEqual(kept, [countersign, named, nameless, signature, stray]);
  assert.deepEqual([dropped, untagged, dangling], [[], [nameless], [stray]]);
});

test('without those that have no name, what is about what stays, and about that in turn, stays', async () => {
  const { kept, dropped, untagged } = await roots({ untagged: true });
  assert.deepEqual([kept, dropped, untagged], [[countersign, named, signature], [nameless, stray], []]);
});

test('without those about nothing that is there, all others stay', async () => {
  const { dropped, dangling } = await roots({ danglingReferrers: true });
  assert.deepEqual([dropped, dangling], [[stray], []]);
});

test('what has just come stays whatever it is', async () => {
  for (const young of [nameless, stray])
    assert.ok((await roots({ untagged: true, danglingReferrers: true, young })).kept.includes(young));
});
