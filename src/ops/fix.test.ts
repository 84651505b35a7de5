import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { openImage } from '../store/open-operand.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import {
  blobFile,
  type MadeDescriptor,
  makeLayout,
  putBytes,
  putImage,
  putIndex,
  putJson,
  putName,
} from '../testing/layout-files.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { fix } from './fix.ts';
import type { FixResult } from './layer-results.ts';
import { imageTroubles } from './layer-troubles.ts';
import { validate } from './validate.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const codesOf = ({ mended }: FixResult): readonly string[] => mended.map(({ code }) => code);
const layers = (...all: readonly (readonly RawMember[])[]): readonly { readonly tar: Uint8Array }[] =>
  all.map(members => ({ tar: rawTar(members) }));
const plain: readonly RawMember[] = [['d/'], ['d/x', 'x'], ['e', 'e']];

/** A layout of one image `app`, whose entry says what `lie` makes of the truth. */
function layoutWith(
  t: TestContext,
  image: Parameters<typeof putImage>[1],
  lie: (entry: MadeDescriptor) => object = entry => entry,
): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putName(layout, 'app', lie(putImage(layout, image)) as MadeDescriptor);
  return layout;
}

/** Holds that nothing any engine refuses is left in the layers of an image, and that its documents are right. */
async function isMended(operand: string): Promise<void> {
  const { findings } = await validate(operand);
  assert.deepEqual(
    findings.filter(({ severity }) => severity !== 'note'),
    [],
  );
  const { source, image } = await openImage(operand, { hostPlatform });
  assert.deepEqual(
    (await imageTroubles(source, image)).layers.flatMap(({ troubles }) => troubles),
    [],
  );
}

const name = fc.constantFrom('a', 'b', 'd', 'd/', 'd/x', 'd/y', 'd/s/', 'd/s/z', '700|d/', 'l', 'l/x', './a', '/b');
const member: fc.Arbitrary<RawMember> = fc.oneof(
  fc.tuple(name, fc.constantFrom('one', 'two', '-> d', '-> ../b', '=> a', '=> d/x', '=> b')),
  fc.constantFrom<RawMember>(['.wh.a'], ['.wh.d'], ['d/.wh.x'], ['d/.wh..wh..opq'], ['.wh.l'], ['d/s/.wh.z']),
);
const someLayers = fc.array(fc.array(member, { minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 3 });

test('whatever layers hold, their image is mended into one of the same tree, of layers that every engine takes, and has nothing to mend then', async t => {
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(someLayers, async scripts => {
      const layout = layoutWith(t, { layers: layers(...scripts) });
      const before = await readWholeImage(`${layout}:app`).catch(() => undefined);
      fc.pre(before !== undefined);
      tried++;
      const made = await fix(`${layout}:app`, { tag: 'fixed', hostPlatform });
      const after = await readWholeImage(`${layout}:fixed`);
      assert.deepEqual(after.exact, before?.exact);
      await isMended(`${layout}:fixed`);
      const engines = ['docker', 'podman', 'containerd', 'buildah', 'umoci', 'skopeo', 'kaniko', 'crane'];
      for (const { engine, verdict, reasons } of (await validate(`${layout}:fixed`, { engines })).engines ?? [])
        assert.notEqual(verdict, 'refuses', `${engine}: ${JSON.stringify(reasons)}`);
      const numbers = made.images[0]?.rewritten ?? [];
      const digests = (image = after): readonly string[] =>
        image.image.manifest.value.layers.map(({ digest }) => digest);
      if (before !== undefined && digests(before).length === digests().length)
        for (const [at, digest] of digests(before).entries())
          assert.equal(digest === digests()[at] || numbers.includes(at + 1), true, `layer ${at + 1} keeps its bytes`);
      const again = await fix(`${layout}:fixed`, { hostPlatform });
      assert.deepEqual([again.isChanged, again.mended], [false, []]);
    }),
    { numRuns: 40, examples: [[[[['d/s/', 'one'] as const, ['d/', '-> ../b'] as const]]]] },
  );
  assert.ok(tried >= 12, `only ${tried} of the layers can be read`);
});

test('an image with nothing wrong stays as it is, whoever asks', async t => {
  const layout = layoutWith(t, { layers: layers(plain, [['d/.wh.x']]) });
  const before = readFileSync(join(layout, 'index.json'), 'utf8');
  const { isChanged, mended, warnings } = await fix(`${layout}:app`, { hostPlatform, now: '2026-01-01T00:00:00Z' });
  assert.deepEqual([isChanged, mended, warnings], [false, [], []]);
  assert.equal(readFileSync(join(layout, 'index.json'), 'utf8'), before);
});

test('sizes that no blob has are made true: of an entry, a config and a layer', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const { digest } = putImage(layout, { layers: layers(plain) });
  const value = JSON.parse(readFileSync(blobFile(layout, digest), 'utf8')) as {
    readonly config: MadeDescriptor;
    readonly layers: readonly MadeDescriptor[];
  };
  const [layer] = value.layers;
  const lying = { ...value, config: { ...value.config, size: 1 }, layers: [{ ...layer, size: 10 ** 6 }] };
  const entry = putJson(layout, 'application/vnd.oci.image.manifest.v1+json', lying);
  putName(layout, 'app', { ...entry, size: entry.size + 1 });
  assert.notDeepEqual((await validate(layout)).findings, []);
  const made = await fix(`${layout}:app`, { hostPlatform });
  assert.deepEqual(codesOf(made), ['size-mismatch', 'size-mismatch', 'size-mismatch']);
  assert.equal(made.isChanged, true);
  await isMended(`${layout}:app`);
  assert.equal(made.manifest, digest, 'the manifest is the one that was right');
});

test('an entry of another size alone is another entry of the same manifest', async t => {
  const layout = layoutWith(t, { layers: layers(plain) }, entry => ({ ...entry, size: 7 }));
  const made = await fix(`${layout}:app`, { hostPlatform });
  assert.deepEqual([made.isChanged, codesOf(made)], [true, ['size-mismatch']]);
  await isMended(`${layout}:app`);
});

test('platforms, media types, embedded data and labels follow what is there', async t => {
  const stored = {
    layers: layers(plain).map(layer => ({ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar' })),
  };
  const layout = layoutWith(t, stored, entry => ({
    ...entry,
    data: 'bm90aGluZw==',
    platform: { os: 'linux', architecture: 's390x' },
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  }));
  const made = await fix(`${layout}:app`, { hostPlatform });
  assert.deepEqual([...codesOf(made)].sort(), [
    'data-mismatch',
    'layer-mislabelled',
    'media-type-mismatch',
    'platform-mismatch',
  ]);
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    readonly manifests: readonly MadeDescriptor[];
  };
  const entry = manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === 'app');
  assert.deepEqual(entry?.platform, { architecture: 'amd64', os: 'linux' });
  await isMended(`${layout}:app`);
});

test('entries of an index that lead nowhere go, the others are mended, and what is about a mended image names it', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const twice: readonly RawMember[] = [
    ['a', 'first'],
    ['a', 'last'],
  ];
  const good = putImage(layout, { layers: layers(plain) });
  const wrong = putImage(layout, { layers: layers(twice), architecture: 'arm64' });
  const gone = putBytes(layout, good.mediaType, Buffer.from('{}'));
  rmSync(blobFile(layout, gone.digest));
  const about = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': wrong.digest };
  const attestation = {
    ...putImage(layout, { layers: [] }),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: about,
  };
  putName(layout, 'multi', putIndex(layout, [good, wrong, gone, attestation]));
  const made = await fix(`${layout}:multi`, { hostPlatform });
  assert.deepEqual([...codesOf(made)].sort(), ['blob-missing', 'tar-duplicate-path']);
  assert.deepEqual(
    made.images.map(({ rewritten }) => rewritten),
    [[], [1]],
  );
  const index = JSON.parse(readFileSync(blobFile(layout, made.manifest), 'utf8')) as {
    readonly manifests: readonly MadeDescriptor[];
  };
  assert.equal(index.manifests.length, 3);
  assert.deepEqual(index.manifests[0], good, 'what has nothing wrong keeps its bytes');
  assert.equal(index.manifests[2]?.annotations?.['vnd.docker.reference.digest'], index.manifests[1]?.digest);
  await isValid(`${layout}:multi`);
});

test('a history out of step: lines that are missing are empty ones, and one of too many is left out', async t => {
  const rows = (count: number): object => ({
    history: Array.from({ length: count }, (_, at) => ({ created_by: `line ${at}` })),
  });
  const short = layoutWith(t, { layers: layers(plain, [['f', 'f']]), config: rows(1) });
  assert.deepEqual(codesOf(await fix(`${short}:app`, { hostPlatform })), ['history-count']);
  const { image } = await openImage(`${short}:app`, { hostPlatform });
  assert.deepEqual(image.config.value.history, [{ created_by: 'line 0' }, {}]);
  await isMended(`${short}:app`);
  const long = layoutWith(t, { layers: layers(plain), config: rows(3) });
  const made = await fix(`${long}:app`, { hostPlatform });
  assert.match(made.mended[0]?.message ?? '', /the history is left out: it has more lines than there are layers/);
  await isMended(`${long}:app`);
});

test('times that are none are left out, since no engine takes an image for them', async t => {
  const config = { created: 'yesterday', history: [{ created: 'x', created_by: 'a' }, { created_by: 'b' }] };
  const layout = layoutWith(t, { layers: layers(plain, [['f', 'f']]), config });
  assert.deepEqual(codesOf(await fix(`${layout}:app`, { hostPlatform })), ['schema-pattern', 'schema-pattern']);
  const { created, history } = (await openImage(`${layout}:app`, { hostPlatform })).image.config.value;
  assert.deepEqual([created, history], [undefined, [{ created_by: 'a' }, { created_by: 'b' }]]);
  await isMended(`${layout}:app`);
});

test('a place without oci-layout gets it, whatever else there is to mend, and so has another that it is mended into', async t => {
  for (const operand of ['', ':app']) {
    const layout = layoutWith(t, { layers: layers(plain) });
    rmSync(join(layout, 'oci-layout'));
    await fix(`${layout}${operand}`, { hostPlatform, output: `${layout}-mended` });
    await isMended(`${layout}-mended`);
    const dry = await fix(`${layout}${operand}`, { hostPlatform, dryRun: true });
    assert.deepEqual([dry.isChanged, codesOf(dry)], [true, ['layout-header-missing']]);
    assert.equal(existsSync(join(layout, 'oci-layout')), false);
    const made = await fix(`${layout}${operand}`, { hostPlatform });
    assert.deepEqual([made.isChanged, codesOf(made)], [true, ['layout-header-missing']]);
    assert.deepEqual(
      (await validate(layout)).findings.filter(({ severity }) => severity !== 'note'),
      [],
    );
    assert.deepEqual((await fix(`${layout}${operand}`, { hostPlatform })).isChanged, false);
  }
});

test('what is not what its digest or diffID says is no matter of mending', async t => {
  const lying = layers(plain).map(layer => ({ ...layer, diffID: `sha256:${'0'.repeat(64)}` }));
  const layout = layoutWith(t, { layers: lying });
  await assert.rejects(fix(`${layout}:app`, { hostPlatform }), refusal(/expected diffID/, 'invalid'));
  const damaged = layoutWith(t, { layers: layers(plain) });
  const { image } = await openImage(`${damaged}:app`, { hostPlatform });
  const [layer] = image.manifest.value.layers;
  writeFileSync(blobFile(damaged, layer?.digest ?? ''), 'damaged');
  const before = readFileSync(join(damaged, 'index.json'), 'utf8');
  await assert.rejects(fix(`${damaged}:app`, { hostPlatform }), refusal(/expected/, 'invalid'));
  assert.equal(readFileSync(join(damaged, 'index.json'), 'utf8'), before);
});

test('what stays wrong beside the images of a place is said: artifacts, and what entries say of one another', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const image = putImage(layout, { layers: layers(plain) });
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const empty = putJson(layout, 'application/vnd.oci.empty.v1+json', {});
  // An artifact of the empty config has to say what it is (manifest.md, "Guidelines for Artifact Usage").
  const artifact = putJson(layout, type, { schemaVersion: 2, mediaType: type, config: empty, layers: [empty] });
  const about = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': empty.digest };
  const said = { artifactType: 'application/x' };
  putName(layout, 'artifact', { ...artifact, ...said });
  putName(layout, 'app', putIndex(layout, [image, { ...image, annotations: about }]));
  const output = `${layout}-mended`;
  const { warnings } = await fix(layout, { output, hostPlatform });
  const { findings } = await validate(output);
  const codes = new Set(findings.map(({ code }) => code));
  assert.deepEqual([...codes].sort(), [
    'artifact-type-mismatch',
    'artifact-type-missing',
    'attestation-dangling',
    'schema-required',
  ]);
  for (const code of codes) assert.match(warnings.join('\n'), new RegExp(`${code} stays: `));
});

test('what only a person knows stays, and is said', async t => {
  const layout = layoutWith(t, { layers: layers(plain), config: { config: { Env: ['NAMELESS'], WorkingDir: 'rel' } } });
  const { isChanged, warnings } = await fix(`${layout}:app`, { hostPlatform });
  assert.equal(isChanged, false);
  assert.match(warnings.join('\n'), /env-malformed stays: .*\n.*working-directory-relative stays/);
});

test('the command says what it mends, and with --dry-run does it not', async t => {
  const twice: readonly RawMember[] = [
    ['a', 'first'],
    ['a', 'last'],
  ];
  const layout = layoutWith(t, { layers: layers(twice) });
  const before = readFileSync(join(layout, 'index.json'), 'utf8');
  const dry = await runCommand(['fix', `${layout}:app`, '--dry-run']);
  assert.match(
    dry.err,
    /^ocikit: layer sha256:\S+: written anew: 'a' stands there twice: podman refuses it \(tar-duplicate-path\)\n$/,
  );
  assert.equal(readFileSync(join(layout, 'index.json'), 'utf8'), before);
  const done = await runCommand(['fix', `${layout}:app`]);
  assert.deepEqual([done.out, done.err], [dry.out, dry.err]);
  await isMended(`${layout}:app`);
  const again = await runCommand(['fix', `${layout}:app`]);
  assert.deepEqual([again.out, again.err], [done.out, 'ocikit: nothing to change\n']);
});
