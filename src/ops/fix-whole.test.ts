import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { engineNames } from '../image/engines/engine-rule.ts';
import { isValid } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { blobFile, type MadeDescriptor, makeLayout, putImage, putJson, putName } from '../testing/layout-files.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { fix } from './fix.ts';
import { images } from './images.ts';
import { validate } from './validate.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const refName = 'org.opencontainers.image.ref.name';

/** More of them where somebody has the time. */
const numRuns = Number(process.env['OCIKIT_RUNS'] ?? 20);

type Entry = MadeDescriptor & Readonly<Record<string, unknown>>;

const entriesOf = (layout: string): readonly Entry[] =>
  (JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { readonly manifests: readonly Entry[] }).manifests;

const manifestOf = (layout: string, { digest }: Entry): Record<string, unknown> =>
  JSON.parse(readFileSync(blobFile(layout, digest), 'utf8')) as Record<string, unknown>;

function list(layout: string, manifests: readonly unknown[]): void {
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

const named = (entry: object, name: string): object => ({ ...entry, annotations: { [refName]: name } });

/** A layout of three images: `good`, `twice`, whose layer has a path twice, and `above`, which has both layers. */
function layoutOfThree(t: TestContext): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const good = { tar: rawTar([['d/'], ['d/x', 'x'], ['e', 'e']]) };
  const twice = { tar: rawTar([['a', 'first'] as RawMember, ['a', 'last'], ['d/'], ['d/.wh.x']]) };
  putName(layout, 'good', putImage(layout, { layers: [good] }));
  putName(layout, 'twice', putImage(layout, { layers: [twice], architecture: 'arm64' }));
  putName(layout, 'above', putImage(layout, { layers: [good, twice] }));
  return layout;
}

/** The images that a layout has, those of its indexes included. */
const imagesOf = (layout: string): readonly Entry[] =>
  entriesOf(layout).flatMap(entry => {
    const { manifests } = manifestOf(layout, entry);
    return manifests === undefined ? [entry] : (manifests as readonly Entry[]);
  });

const namesIn = async (layout: string): Promise<readonly (string | null)[]> =>
  (await images([layout], {})).map(({ tag }) => tag).sort();

test('without a name all of a place is mended, into a layout, an archive or where it is: names and platforms stay, and what has nothing wrong its bytes', async t => {
  const layout = layoutOfThree(t);
  const before = entriesOf(layout);
  const trees = await Promise.all(
    ['good', 'above'].map(async name => (await readWholeImage(`${layout}:${name}`)).exact),
  );
  for (const output of [`${layout}-mended`, `${layout}.tar`, undefined]) {
    const made = await fix(layout, { hostPlatform, ...(output === undefined ? {} : { output }) });
    const place = output ?? layout;
    assert.deepEqual(
      made.images.map(({ rewritten }) => rewritten),
      [[], [1], [2]],
    );
    assert.equal(made.entries[0]?.manifest, before[0]?.digest);
    assert.deepEqual(made.mended.map(({ code }) => code).sort(), ['tar-duplicate-path']);
    assert.deepEqual(
      (await validate(place)).findings.filter(({ severity }) => severity !== 'note'),
      [],
    );
    assert.deepEqual(await namesIn(place), ['above', 'good', 'twice']);
    for (const [at, name] of ['good', 'above'].entries())
      assert.deepEqual((await readWholeImage(`${place}:${name}`)).exact, trees[at], name);
  }
  assert.deepEqual(
    entriesOf(layout).map(({ platform }) => platform?.architecture),
    ['amd64', 'arm64', 'amd64'],
  );
  const again = await fix(layout, { hostPlatform });
  assert.deepEqual([again.isChanged, again.mended], [false, []]);
});

test('entries that lead nowhere or are no descriptors go, and with nothing left the place stays as it is', async t => {
  const layout = layoutOfThree(t);
  const [good, ...others] = entriesOf(layout);
  const gone = { ...good, digest: `sha256:${'0'.repeat(64)}` };
  list(layout, [5, named(gone, 'gone'), good, { mediaType: 'x/y' }, ...others]);
  const made = await fix(layout, { hostPlatform });
  assert.deepEqual(made.mended.map(({ code }) => code).sort(), [
    'blob-missing',
    'damaged',
    'damaged',
    'tar-duplicate-path',
  ]);
  assert.deepEqual(await namesIn(layout), ['above', 'good', 'twice']);
  await isValid(layout);
  list(layout, [named(gone, 'gone')]);
  const before = snapshotOf(layout);
  await assert.rejects(fix(layout, { hostPlatform }), (error: OciError) => error.code === 'not-found');
  isSame(snapshotOf(layout), before, 'the place');
});

test('one name is of one image: of several the last has it, those of several platforms become one index, and what is listed twice is listed once', async t => {
  const layout = layoutOfThree(t);
  const [good, twice, above] = entriesOf(layout) as [Entry, Entry, Entry];
  list(layout, [named(good, 'v1'), named(above, 'v1')]);
  const { mended } = await fix(layout, { hostPlatform, output: `${layout}-last` });
  assert.deepEqual(
    mended.map(({ code, subject }) => [code, subject.slice(0, 9)]),
    [
      ['tar-duplicate-path', 'layer sha'],
      ['name-duplicate', "name 'v1'"],
    ],
  );
  const listed = entriesOf(`${layout}-last`);
  assert.deepEqual(
    listed.map(({ annotations }) => annotations?.[refName]),
    [undefined, 'v1'],
  );
  assert.deepEqual(
    (await readWholeImage(`${layout}-last:v1`)).exact,
    (await readWholeImage(`${layout}@${above.digest}`)).exact,
  );

  list(layout, [named(good, 'v1'), named(good, 'v1')]);
  const once = await fix(layout, { hostPlatform, output: `${layout}-once` });
  assert.deepEqual(
    once.mended.map(({ code }) => code),
    ['entry-duplicate'],
  );
  assert.equal(entriesOf(`${layout}-once`).length, 1);

  list(layout, [named(good, 'v1'), named(twice, 'v1')]);
  const both = await fix(layout, { hostPlatform });
  assert.deepEqual(both.mended.map(({ code }) => code).sort(), ['name-duplicate', 'tar-duplicate-path']);
  assert.equal(both.entries.length, 1);
  assert.deepEqual(
    imagesOf(layout).map(({ platform }) => platform?.architecture),
    ['amd64', 'arm64'],
  );
  await isValid(layout);
});

test('one image whose place is damaged otherwise is mended alone', async t => {
  const layout = layoutOfThree(t);
  const [good] = entriesOf(layout);
  writeFileSync(blobFile(layout, good?.digest ?? ''), 'damaged');
  await assert.rejects(fix(layout, { hostPlatform, output: `${layout}-all` }), OciError);
  assert.equal(existsSync(`${layout}-all`), false);
  await fix(`${layout}:twice`, { hostPlatform, output: `${layout}-one:twice` });
  await isValid(`${layout}-one`);
});

test('the command prints the digest of each image that it makes', async t => {
  const layout = layoutOfThree(t);
  const { out, err, status } = await runCommand(['fix', layout, '-o', `${layout}-mended`]);
  assert.equal(status, 0);
  assert.deepEqual(
    out.trim().split('\n'),
    entriesOf(`${layout}-mended`).map(({ digest }) => digest),
  );
  assert.match(err, /ocikit: layer sha256:\S+: written anew: 'a' stands there twice: podman refuses it/);
});

/** What may be wrong with a layout: `dice` picks what of it. */
type Damage = (layout: string, dice: (sides: number) => number) => void;

const changed =
  (change: (entry: Entry, layout: string) => unknown): Damage =>
  (layout, dice) => {
    const entries = entriesOf(layout);
    if (!Array.isArray(entries) || entries.length === 0) return;
    const at = dice(entries.length);
    list(
      layout,
      entries.flatMap((entry, position) => (position === at ? [change(entry, layout)] : [entry]).flat()),
    );
  };

/** The same image with another manifest. */
const remade = (change: (manifest: Record<string, unknown>) => object): Damage =>
  changed((entry, layout) => {
    if (entry.digest === undefined || !existsSync(blobFile(layout, entry.digest))) return entry;
    const made = putJson(layout, entry.mediaType, change(manifestOf(layout, entry)));
    return { ...entry, ...made };
  });

const layersOf = (manifest: Record<string, unknown>): readonly Entry[] => manifest['layers'] as readonly Entry[];

const damages: Readonly<Record<string, Damage>> = {
  'a size': changed(entry => ({ ...entry, size: entry.size + 1 })),
  'a platform': changed(entry => ({ ...entry, platform: { os: 'linux', architecture: 's390x' } })),
  data: changed(entry => ({ ...entry, data: 'e30=' })),
  'a media type': changed(entry => ({
    ...entry,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  })),
  'no digest': changed(({ digest: _, ...entry }) => entry),
  'null annotations': changed(entry => ({ ...entry, annotations: null })),
  'an entry of nothing': changed(entry => [entry, { ...entry, digest: `sha256:${'1'.repeat(64)}` }]),
  'an entry twice': changed(entry => [entry, entry]),
  'a name twice': changed(entry => named(entry, 'good')),
  'no name': changed(({ annotations: _, ...entry }) => entry),
  'a layer of another size': remade(manifest => ({
    ...manifest,
    layers: layersOf(manifest).map(layer => ({ ...layer, size: 7 })),
  })),
  'a layer called otherwise': remade(manifest => ({
    ...manifest,
    layers: layersOf(manifest).map(layer => ({ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar' })),
  })),
  'a layer of docker': remade(manifest => ({
    ...manifest,
    layers: layersOf(manifest).map(layer => ({
      ...layer,
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    })),
  })),
  'a layer less': remade(manifest => ({ ...manifest, layers: layersOf(manifest).slice(1) })),
  'no header': layout => rmSync(join(layout, 'oci-layout'), { force: true }),
  'a blob that is gone': (layout, dice) => {
    const blobs = readdirSync(join(layout, 'blobs/sha256')).sort();
    rmSync(join(layout, 'blobs/sha256', blobs[dice(blobs.length)] ?? ''));
  },
  'a blob of other bytes': (layout, dice) => {
    const blobs = readdirSync(join(layout, 'blobs/sha256')).sort();
    const file = join(layout, 'blobs/sha256', blobs[dice(blobs.length)] ?? '');
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(dice(bytes.length)) ^ 1, dice(bytes.length));
    writeFileSync(file, bytes);
  },
  'no list': layout => list(layout, []),
  'a list that is none': layout => writeFileSync(join(layout, 'index.json'), '{"schemaVersion":2,"manifests":5}'),
};

/** What a place may still be without being damaged: these are nobody's to mend. */
const facts = /^(?:name-missing|name-needed|platforms-several|platform-unknown|tar-time-range)$/;

/** Everything that the images of an undamaged layout come to, as text. */
async function treesOf(layout: string): Promise<ReadonlySet<string>> {
  const trees = new Set<string>();
  for (const { digest } of imagesOf(layout))
    trees.add(JSON.stringify([...(await readWholeImage(`${layout}@${digest}`)).exact]));
  return trees;
}

test('a layout with any damage is mended into one that every engine takes and that holds nothing new, or is refused and nothing is written', async t => {
  const damage = fc.tuple(fc.constantFrom(...Object.keys(damages)), fc.nat());
  const seen = { mended: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async all => {
      const layout = layoutOfThree(t);
      const trees = await treesOf(layout);
      for (const [what, number] of all) damages[what]?.(layout, sides => number % Math.max(1, sides));
      const before = snapshotOf(layout);
      const output = `${layout}-mended`;
      const made = await fix(layout, { hostPlatform, output }).catch((error: unknown) => {
        assert.ok(error instanceof OciError, String(error));
        return undefined;
      });
      isSame(snapshotOf(layout), before, 'the damaged layout');
      if (made === undefined) {
        seen.refused++;
        assert.equal(existsSync(output), false, 'nothing is written');
        return;
      }
      seen.mended++;
      const { findings, engines = [] } = await validate(output, { engines: [...engineNames] });
      const said = made.warnings.join('\n');
      const wrong = findings.filter(({ severity, code }) => severity !== 'note' && !said.includes(`${code} stays`));
      assert.deepEqual(wrong, []);
      for (const { engine, reasons } of engines)
        assert.deepEqual(
          reasons.filter(({ verdict, code }) => verdict === 'refuses' && !facts.test(code) && !said.includes(code)),
          [],
          engine,
        );
      for (const tree of await treesOf(output)) assert.ok(trees.has(tree), 'no other files than there were');
      const again = await fix(output, { hostPlatform });
      assert.deepEqual([again.isChanged, again.mended], [false, []]);
    }),
    { numRuns },
  );
  // Six of ten are mended, four are refused.
  assert.ok(seen.mended >= numRuns / 10 && seen.refused >= numRuns / 20, JSON.stringify(seen));
  t.diagnostic(`${seen.mended} mended, ${seen.refused} refused`);
});
