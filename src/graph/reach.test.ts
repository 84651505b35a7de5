import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../spec/digest.ts';
import type { Json } from '../spec/objects.ts';
import { objectIn, reach, reachReferrers, referencesIn, subjectIn } from './reach.ts';

const digest = (name: string): string => digestOf(Buffer.from(name));
const entry = (name: string): { readonly digest: string; readonly mediaType: string } => ({
  digest: digest(name),
  mediaType: 'a/b',
});
const carried = (document: object): string => Buffer.from(JSON.stringify(document)).toString('base64');

/** A place of these documents. */
function documents(place: Readonly<Record<string, Json>>): (of: string) => Promise<Json | undefined> {
  const found = new Map(Object.entries(place).map(([name, document]) => [digest(name), document]));
  return async of => found.get(of);
}

test('every field that names blobs is followed, and what is odd in it names none', () => {
  const document = {
    manifests: [entry('manifest'), null, 'text', [entry('nested')], { mediaType: 'a/b' }, { digest: 'odd' }],
    config: { digest: digest('config'), mediaType: 1 },
    layers: [{ ...entry('layer'), data: 'YQ==' }],
    blobs: [entry('blob')],
    fsLayers: [{ blobSum: digest('old') }],
    subject: entry('subject'),
  } as unknown as Json;
  assert.deepEqual(referencesIn(document), [
    entry('manifest'),
    { digest: digest('config'), mediaType: '' },
    { ...entry('layer'), data: 'YQ==' },
    entry('blob'),
    { digest: digest('old'), mediaType: '' },
    entry('subject'),
  ]);
  assert.equal(subjectIn(document), digest('subject'));
  for (const none of [null, 'text', 1, [entry('a')], {}] as readonly Json[]) {
    assert.deepEqual(referencesIn(none), []);
    assert.equal(subjectIn(none), undefined);
  }
});

test('only an object is a document', () => {
  for (const text of ['[]', 'null', '"a"', '1', '{', '']) assert.equal(objectIn(Buffer.from(text)), undefined, text);
  assert.deepEqual(objectIn(Buffer.from('{"a":1}')), { a: 1 });
});

test('all that a root leads to is met, round in a circle and through data that an entry carries where the place lacks it', async () => {
  const place = documents({
    root: { manifests: [entry('a'), { ...entry('b'), data: carried({ config: entry('of carried b') }) }] },
    a: { subject: entry('root'), layers: [{ ...entry('c'), data: carried({ config: entry('of carried c') }) }] },
    c: { config: entry('of stored c') },
  });
  const met = await reach([entry('root')], place);
  const names = ['root', 'a', 'b', 'c', 'of carried b', 'of stored c'];
  assert.deepEqual([...met].sort(), names.map(digest).sort());
});

test('what is about something that is met is met in turn, with all that it leads to, and nothing else', async () => {
  const place = documents({ signature: { layers: [entry('signed')] }, other: { layers: [entry('elsewhere')] } });
  const subjects = new Map([
    [digest('signature of it'), digest('signature')],
    [digest('signature'), digest('image')],
    [digest('other'), digest('gone')],
  ]);
  const met = new Set([digest('image')]);
  await reachReferrers(subjects, place, met);
  assert.deepEqual([...met].sort(), ['image', 'signature', 'signature of it', 'signed'].map(digest).sort());
});
