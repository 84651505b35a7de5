import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseJson } from '../spec/document.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import { patternWords } from './pattern-words.ts';
import { schemas } from './schemas.ts';
import { type DocumentKind, validateDocument } from './validate.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 1 };
const manifest = {
  schemaVersion: 2,
  config: { ...descriptor, mediaType: 'application/vnd.oci.image.config.v1+json' },
  layers: [descriptor],
};
const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digest] } };

async function codes(kind: DocumentKind, value: unknown): Promise<string[]> {
  return (await validateDocument(kind, value)).map(
    ({ code, pointer }) => `${code}${pointer === '' ? '' : ` ${pointer}`}`,
  );
}

test('the schemas that are built in are those of schemas/', () => {
  const files = readdirSync('schemas').sort();
  assert.deepEqual(Object.keys(schemas), files);
  for (const file of files) assert.deepEqual(schemas[file], JSON.parse(readFileSync(`schemas/${file}`, 'utf8')));
});

test('whole documents have no findings', async () => {
  assert.deepEqual(await codes('manifest', manifest), []);
  assert.deepEqual(await codes('config', config), []);
  assert.deepEqual(
    await codes('index', {
      schemaVersion: 2,
      manifests: [{ ...descriptor, platform: { os: 'linux', architecture: 'arm64' } }],
    }),
    [],
  );
  assert.deepEqual(await codes('layout', { imageLayoutVersion: '1.0.0', more: true }), []);
});

test('what the prose forbids is found where upstream schemas are silent', async () => {
  const bad: readonly [DocumentKind, unknown][] = [
    ['descriptor', { ...descriptor, digest: `sha256:${'A'.repeat(64)}` }],
    ['descriptor', { ...descriptor, digest: 'sha256:abc' }],
    ['descriptor', { ...descriptor, digest: 'blake3:abc' }],
    ['descriptor', { ...descriptor, size: -1 }],
    ['descriptor', { ...descriptor, data: 'not base64!' }],
    ['descriptor', { ...descriptor, platform: { os: '', architecture: 'amd64' } }],
    ['descriptor', { ...descriptor, annotations: { '': 'x' } }],
    ['descriptor', { ...descriptor, annotations: { a: 1 } }],
    ['descriptor', { ...descriptor, urls: ['no uri'] }],
    ['manifest', { ...manifest, mediaType: 'application/vnd.oci.image.index.v1+json' }],
    ['manifest', { ...manifest, manifests: [] }],
    ['manifest', { ...manifest, config: { ...descriptor, mediaType: 'application/vnd.oci.empty.v1+json' } }],
    ['index', { schemaVersion: 2, manifests: [], layers: [] }],
    ['config', { ...config, created: '2024-01-01 00:00:00Z' }],
    ['config', { ...config, rootfs: { type: 'layers', diff_ids: ['x'] } }],
    ['config', { ...config, config: { Env: ['NOVALUE'] } }],
    ['config', { ...config, config: { ExposedPorts: { http: {} } } }],
    ['config', { ...config, os: '' }],
  ];
  for (const [kind, value] of bad) assert.notDeepEqual(await codes(kind, value), [], JSON.stringify(value));
});

test('what the prose allows is no finding where upstream schemas refuse it', async () => {
  assert.deepEqual(await codes('manifest', { ...manifest, layers: [], annotations: null }), []);
  const nulls = { ...config, created: null, config: null, history: null, rootfs: { type: 'layers', diff_ids: [] } };
  assert.deepEqual(await codes('config', nulls), []);
  assert.deepEqual(await codes('config', { ...config, config: { Env: null, ExposedPorts: null, Cmd: null } }), []);
});

/** Published verdicts that ours differs from on purpose. */
const deviations: Readonly<Record<string, string>> = {};

test('documents of the specification get the verdict of the reference validator', async t => {
  const cases =
    fixtureCases<{ id: string; kind: string; text: string; valid: boolean }>(t, 'cases/image-spec-documents.json') ??
    [];
  const kinds: Readonly<Record<string, DocumentKind>> = {
    config: 'config',
    manifest: 'manifest',
    index: 'index',
    descriptor: 'descriptor',
    layout: 'layout',
    'image-index': 'index',
    'content-descriptor': 'descriptor',
    'image-layout': 'layout',
    'manifest-docker-media-types': 'manifest',
  };
  const wrong: string[] = [];
  for (const { id, kind, text, valid } of cases) {
    const known = kinds[kind];
    if (known === undefined) {
      wrong.push(`${id}: kind ${kind}`);
      continue;
    }
    let found: unknown[];
    try {
      found = await validateDocument(known, parseJson(Buffer.from(text), id));
    } catch (error) {
      found = [error];
    }
    if ((found.length === 0) !== valid && deviations[id] === undefined)
      wrong.push(`${id}: expected valid=${valid}, got ${JSON.stringify(found)} ${text.slice(0, 300)}`);
  }
  assert.deepEqual(wrong, []);
});

test('every pattern of the schemas has words, and no finding shows a pattern', async () => {
  const patterns = [...JSON.stringify(schemas).matchAll(/"pattern":("(?:[^"\\\\]|\\\\.)*")/g)].map(([, text]) =>
    JSON.parse(text ?? ''),
  );
  assert.ok(patterns.length > 9);
  for (const pattern of patterns) assert.ok(Object.hasOwn(patternWords, String(pattern)), String(pattern));
  const [finding] = await validateDocument('layout', { imageLayoutVersion: 'one' });
  assert.equal(finding?.message, "expected a version of the image layout such as 1.0.0, got 'one'");
});
