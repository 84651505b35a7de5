import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isValid, refusal } from '../../testing/answers.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { packages } from '../packages.ts';
import { squash } from '../squash.ts';
import type { BuildOptions } from './options.ts';

const status = `Package: hello
Status: install ok installed
Version: 1.0
Architecture: all
`;
const dockerfile = 'ARG V=1\nFROM base AS made\nARG V\nCOPY status /var/lib/dpkg/status\nLABEL v=$V\n';

interface Place {
  readonly layout: string;
  readonly context: string;
  readonly run: (options?: BuildOptions, name?: string) => ReturnType<typeof build>;
  readonly json: (digest: string) => Json;
}

// biome-ignore lint/suspicious/noExplicitAny: documents as they lie there.
type Json = any;

async function place(t: TestContext): Promise<Place> {
  const directory = temporaryDirectory(t);
  const [context, layout] = [join(directory, 'context'), join(directory, 'layout')];
  mkdirSync(context);
  writeFileSync(join(context, 'status'), status);
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  const platforms = ['linux/amd64'];
  await build(context, [`${layout}:base`], { platforms, dockerfile: 'FROM scratch\nCOPY Dockerfile /etc/\n' });
  return {
    layout,
    context,
    run: (options = {}, name = 'x') =>
      build(context, [`${layout}:${name}`], { platforms, contexts: [`base=oci:${layout}:base`], ...options }),
    json: digest => JSON.parse(readFileSync(join(layout, 'blobs', digest.replace(':', '/')), 'utf8')),
  };
}

/** The index of a build, and the statements that it lists. */
function statementsOf({ json }: Place, digest: string): { readonly index: Json; readonly statements: readonly Json[] } {
  const index = json(digest);
  const entry = index.manifests.at(-1);
  return { index, statements: json(entry.digest).layers.map((layer: Json) => json(layer.digest)) };
}

test('provenance and bill of materials are stored beside the image as BuildKit stores them, and name it by its digest', async t => {
  const here = await place(t);
  const plain = await here.run();
  const { manifest, images } = await here.run({ provenance: 'min', sbom: true }, 'y');
  assert.equal(images[0]?.manifest, plain.manifest, 'the image itself is what it is without');
  const { index, statements } = statementsOf(here, manifest);
  const [image, entry] = index.manifests;
  assert.equal(image.digest, plain.manifest);
  assert.deepEqual(entry.platform, { architecture: 'unknown', os: 'unknown' });
  assert.deepEqual(entry.annotations, {
    'vnd.docker.reference.digest': plain.manifest,
    'vnd.docker.reference.type': 'attestation-manifest',
  });
  const attested = here.json(entry.digest);
  const diffIDs = attested.layers.map((layer: Json) => layer.digest);
  assert.deepEqual(here.json(attested.config.digest).rootfs.diff_ids, diffIDs);
  const types = ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v1'];
  assert.deepEqual(
    attested.layers.map((layer: Json) => [layer.mediaType, layer.annotations['in-toto.io/predicate-type']]),
    types.map(type => ['application/vnd.in-toto+json', type]),
  );
  for (const [at, { predicateType, subject }] of statements.entries()) {
    assert.equal(predicateType, types[at]);
    assert.deepEqual(subject, [{ name: '_', digest: { sha256: plain.manifest.slice('sha256:'.length) } }]);
  }
  assert.ok(JSON.stringify(statements[0].predicate.packages).includes('hello'));
  await isValid(here.layout);
  assert.equal((await packages(`${here.layout}:y`)).packages.length, 1, 'the index is read as its image');
});

test('what was built of is said by name and digest; arguments, steps and the Dockerfile by max alone, and never what a secret is', async t => {
  const here = await place(t);
  const base = (await here.run()).images[0];
  const secrets = [{ id: 'token', value: 'hidden-value' }];
  const asked = { buildArguments: ['V=2'], labels: ['a=b'], target: 'made', secrets };
  const predicates: Json[] = [];
  for (const provenance of ['min', 'max'] as const) {
    const { manifest } = await here.run({ ...asked, provenance });
    predicates.push(statementsOf(here, manifest).statements[0].predicate);
  }
  const [min, max] = predicates;
  const baseDigest = here.json(base?.manifest ?? '').annotations['org.opencontainers.image.base.digest'];
  for (const { buildDefinition } of [min, max])
    assert.deepEqual(buildDefinition.resolvedDependencies, [
      { uri: 'pkg:docker/base@latest?platform=linux%2Famd64', digest: { sha256: baseDigest.slice('sha256:'.length) } },
    ]);
  assert.deepEqual(min.buildDefinition.externalParameters.request, {
    frontend: 'dockerfile.v0',
    locals: [{ name: 'context' }, { name: 'dockerfile' }],
  });
  const { args, secrets: named } = max.buildDefinition.externalParameters.request;
  assert.deepEqual(args, { 'build-arg:V': '2', 'label:a': 'b', target: 'made' });
  assert.deepEqual(named, [{ id: 'token', optional: true }]);
  assert.equal(max.buildDefinition.internalParameters.buildConfig.steps[0].line, 4);
  const [source] = max.runDetails.metadata.buildkit_metadata.source.infos;
  assert.equal(Buffer.from(source.data, 'base64').toString(), dockerfile);
  for (const one of [min, max]) {
    assert.ok(!JSON.stringify(one).includes('hidden-value'));
    assert.ok(!JSON.stringify(one).includes(here.context), 'no path of this machine');
  }
});

test('the same build says the same, found in a cache or not; each of several platforms has its own', async t => {
  const here = await place(t);
  const options = { provenance: 'max', sbom: true, created: '2024-01-01T00:00:00Z' } as const;
  const first = await here.run(options);
  assert.equal((await here.run(options)).manifest, first.manifest);
  assert.equal((await here.run({ ...options, noCache: true })).manifest, first.manifest);
  const text = 'FROM scratch\nCOPY status /\n';
  const both = await here.run({ provenance: 'min', dockerfile: text, platforms: ['linux/amd64', 'linux/arm64'] });
  const { manifests } = here.json(both.manifest);
  assert.deepEqual(
    manifests.slice(2).map((entry: Json) => entry.annotations['vnd.docker.reference.digest']),
    manifests.slice(0, 2).map((entry: Json) => entry.digest),
  );
});

test('a change of the image changes what attestations are about', async t => {
  const here = await place(t);
  await here.run({ provenance: 'min' });
  const { manifest } = (await squash(`${here.layout}:x`, {
    tag: 'squashed',
    hostPlatform: { os: 'linux', architecture: 'amd64' },
  })) as Json;
  assert.match(manifest ?? '', /^sha256:/);
  await isValid(here.layout);
});

test('annotations go to the manifest, to the index, or to how either is listed, for all platforms or one', async t => {
  const here = await place(t);
  const annotations = [
    'plain=1',
    'manifest:one=1',
    'index,manifest-descriptor:both=1',
    'manifest[linux/arm64]:arm=1',
    'index-descriptor:top=1',
  ];
  const dockerfileText = 'FROM scratch\nCOPY status /\n';
  const two = { dockerfile: dockerfileText, platforms: ['linux/amd64', 'linux/arm64'] };
  const { manifest } = await here.run({ ...two, annotations });
  const index = here.json(manifest);
  assert.deepEqual(index.annotations, { both: '1' });
  assert.deepEqual(
    index.manifests.map((entry: Json) => [entry.annotations, here.json(entry.digest).annotations]),
    [
      [{ both: '1' }, { plain: '1', one: '1' }],
      [{ both: '1' }, { plain: '1', one: '1', arm: '1' }],
    ],
  );
  const listed = JSON.parse(readFileSync(join(here.layout, 'index.json'), 'utf8')).manifests;
  assert.equal(listed.find((entry: Json) => entry.digest === manifest).annotations.top, '1');
  await assert.rejects(here.run({ annotations: ['index:a=b'] }), refusal(/one image, got 'index:a=b'/));
  const single = await here.run({ annotations: ['manifest-descriptor:a=b', 'index.html=c'] }, 'z');
  assert.deepEqual(here.json(single.manifest).annotations['index.html'], 'c');
});

test('a dry run refuses a bill of materials: nothing is there to look into', async t => {
  const here = await place(t);
  await assert.rejects(here.run({ sbom: true, dryRun: true }), refusal(/in a dry run/));
});
