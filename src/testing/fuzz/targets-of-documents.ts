import { readImage } from '../../graph/image-reader.ts';
import { referencesIn, subjectIn } from '../../graph/reach.ts';
import { findReferrers } from '../../graph/referrers.ts';
import { walk } from '../../graph/walk.ts';
import { parseCacheRecord } from '../../image/build-cache.ts';
import { checkImage, checkIndex, checkManifest } from '../../image/check.ts';
import { inspectObject } from '../../image/inspect.ts';
import { runtimeConfig } from '../../image/runtime.ts';
import { rulesOf } from '../../ops/rules.ts';
import { checkDocument } from '../../schema/check-document.ts';
import { validateDocument } from '../../schema/validate.ts';
import { digestOf } from '../../spec/digest.ts';
import { editedDocument, encodeDocument, parseJson } from '../../spec/document.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import type { Descriptor, Document } from '../../spec/objects.ts';
import { parseConfig, parseDescriptor, parseIndex, parseLayoutHeader, parseManifest } from '../../spec/parse.ts';
import { imageOf } from '../images.ts';
import { MemoryLayout } from '../memory-layout.ts';
import { fixtureSeeds, textSeeds } from './seed-files.ts';
import type { FuzzTarget } from './target.ts';

const words = [
  '"__proto__"',
  '"constructor"',
  '"schemaVersion":2',
  '"mediaType":',
  '"digest":"sha256:',
  '"size":-1',
  '"size":1e400',
  '"annotations":{}',
  '"data":"',
  '"urls":[]',
  '"platform":{}',
  '"subject":',
  '"layers":[]',
  '"history":[{"empty_layer":true}]',
  '"config":null',
  '"rootfs":{"type":"layers","diff_ids":[]}',
  '"Env":["A"]',
  '\\ud800',
  '\\u0000',
  '[[[[',
  '{"":',
  'null',
  'true',
  '[]',
  '{}',
];

function documentOf<T>(bytes: Uint8Array, value: T, mediaType: string): Document<T> {
  return { value, bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

async function manifest(bytes: Uint8Array): Promise<void> {
  const json = parseJson(bytes, 'fuzz');
  await validateDocument('manifest', json);
  const value = parseManifest(json, 'fuzz');
  const document = documentOf(bytes, value, mediaTypes.manifest);
  checkManifest(document);
  editedDocument(document, { ...value, annotations: { a: 'b' } });
  parseCacheRecord(value, 'sha256:key', 'fuzz');
}

async function index(bytes: Uint8Array): Promise<void> {
  const json = parseJson(bytes, 'fuzz');
  await validateDocument('index', json);
  const value = parseIndex(json, 'fuzz');
  checkIndex(documentOf(bytes, value, mediaTypes.index));
  const layout = new MemoryLayout();
  await layout.updateIndex(() => value);
  await walk(layout, value.manifests, { subjects: true });
  await findReferrers(layout);
}

async function config(bytes: Uint8Array): Promise<void> {
  const json = parseJson(bytes, 'fuzz');
  await validateDocument('config', json);
  const value = parseConfig(json, 'fuzz');
  const image = { ...imageOf(), config: documentOf(bytes, value, mediaTypes.config) };
  checkImage(image);
  inspectObject(image, { repoTags: [], repoDigests: [] } as never);
  runtimeConfig(value, { passwd: '', group: '' });
}

/** A layout in which a manifest, a config or an index is these bytes, and whatever reads images then. */
async function layout(bytes: Uint8Array): Promise<void> {
  const memory = new MemoryLayout();
  const entries: Descriptor[] = [mediaTypes.manifest, mediaTypes.index].map(type => memory.add(bytes, type));
  const about = encodeDocument(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: memory.add(bytes, mediaTypes.config),
      layers: [],
      subject: entries[0],
    },
    mediaTypes.manifest,
  );
  entries.push(memory.add(about.bytes, mediaTypes.manifest));
  await memory.updateIndex(value => ({ ...value, manifests: entries }));
  await walk(memory, entries, { subjects: true });
  await findReferrers(memory);
  for (const entry of entries) await readImage(memory, entry);
}

function json(bytes: Uint8Array): void {
  const value = parseJson(bytes, 'fuzz');
  referencesIn(value);
  subjectIn(value);
  parseDescriptor(value, 'fuzz');
}

const seedImage = imageOf({
  config: { config: { Env: ['A=b'], Cmd: ['sh'], ExposedPorts: { '80/tcp': {} } }, history: [{ created_by: 'x' }] },
});
const descriptor = JSON.stringify({
  ...seedImage.manifest.descriptor,
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
  annotations: { 'org.opencontainers.image.ref.name': 'a' },
});
const isJson = (path: string): boolean => path.endsWith('.json');
const indexText = `{"schemaVersion":2,"manifests":[${descriptor}]}`;

export const documentTargets: readonly FuzzTarget[] = [
  { name: 'json', run: json, words, seeds: () => textSeeds('{"a":[1,-2.5e3,"\\u00e9",true,null]}', descriptor) },
  {
    name: 'manifest',
    run: manifest,
    words,
    seeds: () => [seedImage.manifest.bytes, ...fixtureSeeds('cases/manifest-fixtures', isJson)],
  },
  { name: 'index', run: index, words, seeds: () => textSeeds(indexText) },
  { name: 'config', run: config, words, seeds: () => [seedImage.config.bytes] },
  {
    name: 'layout',
    run: layout,
    words,
    seeds: () => [seedImage.manifest.bytes, seedImage.config.bytes, ...textSeeds(indexText)],
  },
  {
    name: 'layout-header',
    run: bytes => parseLayoutHeader(parseJson(bytes, 'fuzz'), 'fuzz'),
    words,
    seeds: () => textSeeds('{"imageLayoutVersion":"1.0.0"}'),
  },
  {
    name: 'schema',
    run: bytes => checkDocument('config', parseJson(bytes, 'fuzz'), { subject: 'fuzz' }),
    words,
    seeds: () => [seedImage.config.bytes],
  },
  {
    name: 'rules',
    run: bytes => {
      const value = parseJson(bytes, 'fuzz');
      checkDocument('rules', value, { subject: 'fuzz' });
      rulesOf({ rules: value as never });
    },
    words: [...words, '"maxSize":"1GB"', '"forbid":["*"]', '"maxWasted":"5%"'],
    seeds: () => textSeeds('{"rules":[{"maxSize":"1GB"},{"forbid":["etc/shadow"]}]}'),
  },
];
