import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { copyWritable, fixture, fixtureCases } from '../testing/fixtures.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { attach } from './attach.ts';
import type { AttachResult } from './attach-results.ts';
import { copy } from './copy.ts';
import { gc } from './gc.ts';
import { referrers } from './referrers.ts';
import { untag } from './untag.ts';

const spdx = 'application/spdx+json';
const documentOf = (layout: string, digest: string) =>
  JSON.parse(readFileSync(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)), 'utf8'));
const indexOf = (layout: string) => JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));

async function placeOf(t: Parameters<typeof temporaryDirectory>[0]) {
  const { layout, directory } = await preparePlace(temporaryDirectory(t));
  const sbom = join(directory, 'sbom.json');
  writeFileSync(sbom, '{"spdxVersion":"SPDX-2.3"}');
  return { layout, directory, sbom, app: `${layout}:app` };
}

test('an artifact is what oras writes: subject, empty config, titles; the image stays as it is, and twice is once', async t => {
  const { layout, sbom, app } = await placeOf(t);
  const { subject: digest } = await referrers(app);
  const made = await attach(app, [{ file: sbom }], { created: '2024-01-01T00:00:00Z', annotations: ['a=b'] });
  const manifest = documentOf(layout, made.manifest);
  assert.deepEqual(manifest, {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: spdx,
    config: {
      mediaType: 'application/vnd.oci.empty.v1+json',
      digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      size: 2,
      data: 'e30=',
    },
    layers: [
      {
        mediaType: spdx,
        digest: made.files[0]?.digest,
        size: 26,
        annotations: { 'org.opencontainers.image.title': 'sbom.json' },
      },
    ],
    subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: manifest.subject.size },
    annotations: { a: 'b', 'org.opencontainers.image.created': '2024-01-01T00:00:00Z' },
  });
  const entry = indexOf(layout).manifests.at(-1);
  assert.deepEqual([entry.digest, entry.artifactType], [made.manifest, spdx]);
  assert.equal(entry.annotations['io.containerd.manifest.subject'], digest);
  const before = snapshotOf(layout);
  const again = await attach(app, [{ file: sbom }], { created: '2024-01-01T00:00:00Z', annotations: ['a=b'] });
  assert.deepEqual(again, made);
  isSame(snapshotOf(layout), before, 'the layout');
  const { referrers: found } = await referrers(app, { artifactType: spdx });
  assert.deepEqual(found, [
    {
      digest: made.manifest,
      mediaType: manifest.mediaType,
      size: entry.size,
      artifactType: spdx,
      annotations: manifest.annotations,
      subject: digest,
      via: ['subject', 'annotation'],
      isListed: true,
    },
  ]);
  assert.deepEqual((await referrers(app, { artifactType: 'other/type' })).referrers, []);
  await isValid(layout);
});

test('files are known by their names and by how they begin', async t => {
  const { directory, app } = await placeOf(t);
  const cases: readonly (readonly [string, string, string])[] = [
    ['a.spdx.json', '', spdx],
    ['a.cdx.json', '', 'application/vnd.cyclonedx+json'],
    ['a.sarif', '', 'application/sarif+json'],
    ['a.json', '{ "bomFormat" : "CycloneDX" }', 'application/vnd.cyclonedx+json'],
    ['b.json', '{"_type":"https://in-toto.io/Statement/v1"}', 'application/vnd.in-toto+json'],
    ['c.json', '{"payloadType":"x"}', 'application/vnd.dsse.envelope.v1+json'],
    [
      'd.json',
      '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
      'application/vnd.dev.sigstore.bundle.v0.3+json',
    ],
  ];
  for (const [name, text, mediaType] of cases) {
    writeFileSync(join(directory, name), text);
    const made = await attach(app, [{ file: join(directory, name) }]);
    assert.deepEqual([made.files[0]?.mediaType, made.artifactType], [mediaType, mediaType], name);
  }
  writeFileSync(join(directory, 'plain'), 'spdxVersion');
  await assert.rejects(
    attach(app, [{ file: join(directory, 'plain') }]),
    refusal(/expected what the artifact is/, 'usage'),
  );
  const both = [{ file: join(directory, 'plain') }, { file: join(directory, 'a.sarif'), mediaType: 'text/x' }];
  const made = await attach(app, both, { artifactType: 'application/example' });
  assert.deepEqual(
    made.files.map(({ mediaType }) => mediaType),
    ['application/octet-stream', 'text/x'],
  );
  const none = await attach(app, [], { artifactType: 'application/example', tag: 'note' });
  assert.equal(
    (await referrers(app)).referrers.some(({ digest }) => digest === none.manifest),
    true,
  );
});

test('what is about one platform, or about an artifact, is found there', async t => {
  const { layout, sbom } = await placeOf(t);
  const multi = `${layout}:multi`;
  const whole = await attach(multi, [{ file: sbom }]);
  const one = await attach(multi, [{ file: sbom }], { platform: 'linux/arm64' });
  assert.notEqual(one.subject, whole.subject);
  const signature = await attach(`${layout}@${whole.manifest}`, [], { artifactType: 'application/example.signature' });
  const digests = async (options: Parameters<typeof referrers>[1]) =>
    (await referrers(multi, options)).referrers.map(({ digest }) => digest);
  assert.deepEqual(await digests({}), [whole.manifest]);
  assert.deepEqual(await digests({ platform: 'linux/arm64' }), [one.manifest]);
  assert.deepEqual(await digests({ recursive: true }), [whole.manifest, signature.manifest]);
  await isValid(layout);
});

test('referrers come with a copy, and stay as long as what they are about', async t => {
  const { layout, directory, sbom, app } = await placeOf(t);
  const made = await attach(app, [{ file: sbom }], { fallbackTag: true });
  const out = join(directory, 'out');
  const copied = await copy(app, `${out}:app`, { referrers: true });
  assert.equal(copied.referrers, 1);
  const { referrers: found } = await referrers(`${out}:app`);
  assert.deepEqual(
    found.map(({ digest, via }) => [digest, via]),
    [[made.manifest, ['subject', 'annotation', 'fallback-tag']]],
  );
  await isValid(out);
  await gc(out, { grace: '0' });
  assert.deepEqual((await referrers(`${out}:app`)).referrers, found);
  await copy(app, `oci-archive:${out}.tar:app`, { referrers: true });
  assert.equal((await referrers(`${out}.tar`)).referrers.length, 1);
  await untag([`${layout}:app`]);
  await isValid(layout);
});

test('a fallback tag lists what is attached, and is used where the layout has one', async t => {
  const { layout, sbom, app } = await placeOf(t);
  const first = await attach(app, [{ file: sbom }], { fallbackTag: true });
  const name = first.subject.replace(':', '-');
  assert.equal(first.fallbackTag, name);
  const second = await attach(app, [], { artifactType: 'application/example' });
  assert.equal(second.fallbackTag, name);
  const tags = indexOf(layout).manifests.filter(
    (entry: { annotations?: Record<string, string> }) =>
      entry.annotations?.['org.opencontainers.image.ref.name'] === name,
  );
  assert.equal(tags.length, 1);
  const list = documentOf(layout, tags[0].digest);
  assert.deepEqual(
    list.manifests.map(({ digest, artifactType }: Record<string, string>) => [digest, artifactType]),
    [
      [first.manifest, spdx],
      [second.manifest, 'application/example'],
    ],
  );
  const other = await attach(`${layout}:base`, [{ file: sbom }]);
  assert.notEqual(other.fallbackTag, null);
  assert.equal((await attach(`${layout}:base`, [{ file: sbom }], { fallbackTag: false })).fallbackTag, null);
  await isValid(layout);
});

interface Layout {
  readonly layout: string;
  readonly subjects: readonly {
    readonly subject: string;
    readonly referrers: readonly {
      readonly digest: string;
      readonly artifactType: string;
      readonly in_index: boolean;
      readonly in_fallback_tag: boolean;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
  readonly by_tag?: readonly { readonly digest: string; readonly subject: string }[];
}

test('what oras, notation, regctl and cosign left in layouts is found', async t => {
  for (const { layout, subjects, by_tag: tags = [] } of fixtureCases<Layout>(t, 'change/referrers/referrers.json') ??
    []) {
    const place = fixture(t, layout.startsWith('images/') ? layout : `change/${layout}`);
    if (place === undefined) return;
    for (const { subject, referrers: expected } of subjects) {
      const { referrers: found } = await referrers(`${place}@${subject}`);
      const rows = found.map(({ digest, artifactType, isListed, via, annotations }) => ({
        digest,
        artifactType: artifactType ?? '',
        in_index: isListed,
        in_fallback_tag: via.includes('fallback-tag'),
        annotations,
      }));
      const wanted = expected.map(({ digest, artifactType, in_index, in_fallback_tag, annotations }) => ({
        digest,
        artifactType,
        in_index,
        in_fallback_tag,
        annotations,
      }));
      const byDigest = (one: { digest: string }, other: { digest: string }): number =>
        one.digest < other.digest ? -1 : 1;
      assert.deepEqual(rows.sort(byDigest), wanted.sort(byDigest), `${layout} ${subject}`);
    }
    for (const { digest, subject } of tags) {
      const { referrers: found } = await referrers(`${place}@${subject}`);
      const row = found.find(one => one.digest === digest);
      assert.deepEqual(row?.via, ['cosign'], `${layout} ${digest}`);
    }
  }
});

test('an artifact that nothing in its layout leads to is found by a scan alone, which archives have none of', async t => {
  const { layout, directory, sbom, app } = await placeOf(t);
  const { manifest, subject } = await attach(app, [{ file: sbom }]);
  const index = indexOf(layout);
  const manifests = index.manifests.filter(({ digest }: { digest: string }) => digest !== manifest);
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ ...index, manifests }));
  assert.deepEqual((await referrers(app)).referrers, []);
  const [found, ...others] = (await referrers(app, { scan: true })).referrers;
  assert.deepEqual(
    [found?.digest, found?.subject, found?.via, found?.artifactType, found?.isListed, others.length],
    [manifest, subject, ['scan'], spdx, false, 0],
  );
  const { out } = await runCommand(['referrers', app, '--scan']);
  assert.match(out, / scan\n/);
  const archive = join(directory, 'oci.tar');
  await assert.rejects(referrers(archive, { scan: true }), { code: 'usage', message: /an image layout/ });
});

test('what another tool has attached, is attached beside, and its layout stays readable', async t => {
  const published = fixture(t, 'images/regclient_regclient/layouts/testdata_testrepo');
  if (published === undefined) return;
  const layout = join(temporaryDirectory(t), 'img');
  copyWritable(published, layout);
  const before = (await referrers(`${layout}:v2`)).referrers.length;
  const made = await attach(`${layout}:v2`, [], { artifactType: 'application/example' });
  assert.match(made.fallbackTag ?? '', /^sha256-dfae8f/);
  assert.equal((await referrers(`${layout}:v2`)).referrers.length, before + 1);
});

test('an archive, a file that is not there and a type that is none are refused, and nothing is changed', async t => {
  const { layout, directory, sbom, app } = await placeOf(t);
  const before = snapshotOf(layout);
  await assert.rejects(attach(join(directory, 'oci.tar'), [{ file: sbom }]), refusal(/archive/, 'unsupported'));
  await assert.rejects(attach(app, [{ file: join(directory, 'none') }]), refusal(/none/, 'not-found'));
  await assert.rejects(attach(app, [{ file: sbom, mediaType: 'spdx' }]), refusal(/files: expected/, 'usage'));
  await assert.rejects(attach(app, [{ file: sbom }], { artifactType: 'spdx' }), refusal(/a media type/, 'usage'));
  await assert.rejects(referrers(app, { artifactType: '' }), refusal(/artifactType: expected/, 'usage'));
  mkdirSync(join(directory, 'dir'));
  await assert.rejects(attach(app, [{ file: join(directory, 'dir') }]), refusal(/expected a file, got a directory/));
  isSame(snapshotOf(layout), before, 'the layout');
});

test('the commands attach a file with its type, and list it', async t => {
  const { sbom, app } = await placeOf(t);
  const made = await runCommand(['attach', app, `${sbom}:text/spdx`, '--artifact-type', spdx]);
  assert.equal(made.status, 0, made.err);
  const { out } = await runCommand(['referrers', app]);
  const [, row = ''] = out.split('\n');
  assert.deepEqual(row.split(/ {2,}/).slice(0, 2), [made.out.trim(), spdx]);
  const { referrers: found } = JSON.parse((await runCommand(['referrers', app, '--json'])).out);
  assert.equal(found.length, 1);
});

test('what packages prints is attached as it comes, by its type and a name of its own', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const image = `${layout}:app`;
  for (const [format, type, title] of [
    ['spdx', 'application/spdx+json', 'sbom.spdx.json'],
    ['cyclonedx', 'application/vnd.cyclonedx+json', 'sbom.cdx.json'],
  ] as const) {
    const document = (await runCommand(['packages', image, '--sbom', format])).out;
    const stdin = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(document);
    };
    for (const word of ['-', `-:${type}`]) {
      const { out, err } = await runCommand(['attach', image, word, '--json'], { stdin });
      const { artifactType, files } = JSON.parse(out === '' ? err : out) as AttachResult;
      assert.deepEqual(
        [artifactType, files.map(({ title, size }) => [title, size])],
        [type, [[title, Buffer.byteLength(document)]]],
      );
    }
    assert.match((await runCommand(['referrers', image])).out, new RegExp(type.replace('+', '\\+')));
  }
  assert.equal((await runCommand(['referrers', image])).out.trim().split('\n').length, 3);
  assert.match((await runCommand(['attach', image, '-', '-'])).err, /standard input once/);
});
