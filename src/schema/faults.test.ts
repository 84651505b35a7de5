import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { checkDocument } from './check-document.ts';
import { faultsOf } from './faults.ts';
import { schemas } from './schemas.ts';

const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
for (const schema of Object.values(schemas)) ajv.addSchema(schema);

const digest = `sha256:${'a'.repeat(64)}`;
const platform = { architecture: 'arm64', os: 'linux', 'os.features': ['x'], variant: 'v8' };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 1, urls: ['https://a/b'] };
const configDescriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2, data: 'e30=' };
const manifest = {
  schemaVersion: 2,
  config: configDescriptor,
  layers: [layer],
  annotations: { a: 'b' },
  subject: layer,
};
const documents: Readonly<Record<string, object>> = {
  'content-descriptor': { ...layer, platform, annotations: { a: 'b' }, artifactType: 'a/b' },
  'image-manifest': manifest,
  'image-index': { schemaVersion: 2, manifests: [{ ...layer, platform }], annotations: {}, artifactType: 'a/b' },
  'image-layout': { imageLayoutVersion: '1.0.0' },
  rules: {
    version: 1,
    rules: [
      { id: 'size', severity: 'error', maxSize: '200MB', maxWasted: 5, minEfficiency: 0.9, noSetuid: true },
      { forbid: ['**/*.key'], except: ['etc/ssl/**'], layers: 'any', labels: { a: '*' } },
    ],
  },
  'image-config': {
    created: '2026-01-01T00:00:00Z',
    ...platform,
    config: {
      User: 'me',
      ExposedPorts: { '80/tcp': {} },
      Env: ['A=b'],
      Entrypoint: ['sh'],
      Volumes: { '/v': {} },
      Labels: { a: 'b' },
      Healthcheck: { Test: ['NONE'], Interval: 1, Retries: 3 },
    },
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created: '2026-01-01T00:00:00Z', empty_layer: true }],
  },
};

/** The same document with one value in it, at the end of a random path, replaced by another or taken out. */
function mutated(value: unknown, path: readonly number[], replacement: { value: unknown } | undefined): unknown {
  const [step, ...rest] = path;
  if (step === undefined || value === null || typeof value !== 'object') return replacement?.value;
  const names = [...Object.keys(value), 'more'];
  const name = names[step % names.length] as string;
  const inner = mutated((value as Record<string, unknown>)[name], rest, replacement);
  if (Array.isArray(value))
    return Object.assign([...value], { [name === 'more' ? value.length : name]: inner ?? null });
  const { [name]: _, ...others } = value as Record<string, unknown>;
  return inner === undefined ? others : { ...others, [name]: inner };
}

const words = [
  '',
  'layers',
  digest,
  'sha256:abc',
  'sha512:00',
  'blake3:00',
  'a/b',
  'A=b',
  'NOVALUE',
  '80/tcp',
  '2026-01-01',
];
const types = ['application/vnd.oci.image.index.v1+json', 'application/vnd.oci.empty.v1+json'];

test('the quick check and ajv give every document the same verdict', () => {
  const values = fc.oneof(
    fc.constantFrom<unknown>(...words, ...types, null, -1, 1.5, 2, 2 ** 60, true, [], {}),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(documents)),
      fc.array(fc.tuple(fc.array(fc.nat(20), { maxLength: 4 }), fc.option(values, { nil: undefined })), {
        maxLength: 2,
      }),
      (name, edits) => {
        const made = edits.reduce<unknown>(
          (value, [path, to]) => mutated(value, path, to === undefined ? undefined : { value: to }) ?? null,
          documents[name],
        );
        const document: unknown = JSON.parse(JSON.stringify(made));
        const isValid = ajv.validate(`urn:ocikit:schema:${name}`, document);
        assert.equal([...faultsOf(name, document)].length === 0, isValid, JSON.stringify(document));
      },
    ),
    { numRuns: 3000 },
  );
});

test('a fault is said with the place where it is', () => {
  const bad = { ...documents['image-config'], created: 'yesterday' };
  assert.throws(
    () => checkDocument('config', bad, { subject: 'img: new config' }),
    /^OciError: img: new config \/created: expected .*, got 'yesterday'/,
  );
  assert.deepEqual(checkDocument('config', documents['image-config'], { subject: 'img' }), []);
});

test('what was wrong before is kept and said, wherever in its list it stands; what is new is refused', () => {
  const config = (Env: readonly string[], more = {}): object => ({
    ...documents['image-config'],
    config: { Env },
    ...more,
  });
  const check = (value: object, before: object): readonly string[] =>
    checkDocument('config', value, { subject: 'img', before: () => before });
  const odd = config(['B', 'A=1'], { os: '' });
  for (const made of [odd, config(['A=2', 'C=3', 'B'], { os: '' })]) {
    const said = check(made, odd);
    assert.equal(said.length, 2);
    assert.ok(
      said.some(sentence => /^img \/config\/Env\/\d: expected .*, got 'B', as in what it is made of$/.test(sentence)),
    );
  }
  for (const made of [config(['B', 'D'], { os: '' }), { ...odd, created: 'yesterday' }, { ...odd, architecture: '' }])
    assert.throws(() => check(made, odd), { code: 'invalid' });
  assert.throws(() => check(odd, config(['A=1'])), { code: 'invalid' });
  assert.equal(check(config(Array(1000).fill('B')), odd).length, 20);
});
