import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { OciError } from '../errors.ts';
import { blobFile, layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { type OperandKind, type PreparedPlace, preparePlace } from '../testing/prepared-place.ts';
import { entryOf } from '../testing/scripts.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { VerbUse } from '../testing/verb-use.ts';
import { verbUses } from '../testing/verbs.ts';

interface Located {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** The blobs of the image `app`: its config, and its layers from the lowest. */
function blobsOf({ layout }: PreparedPlace): { readonly config: Located; readonly layers: readonly Located[] } {
  const read = (digest: string): Located => ({ digest, bytes: readFileSync(blobFile(layout, digest)) });
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: { digest: string; annotations: Record<string, string> }[];
  };
  const app = index.manifests.find(entry => entry.annotations['org.opencontainers.image.ref.name'] === 'app');
  const { config, layers } = JSON.parse(read(app?.digest ?? '').bytes.toString()) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  return { config: read(config.digest), layers: layers.map(({ digest }) => read(digest)) };
}

/** Changes bytes wherever they stand in a file. */
function replaceIn(file: string, old: Buffer, fresh: Buffer): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(old);
  assert.ok(at >= 0, file);
  fresh.copy(bytes, at);
  writeFileSync(file, bytes);
}

/** The same bytes with one bit of them turned, near the end. */
function turned(bytes: Buffer): Buffer {
  const fresh = Buffer.from(bytes);
  fresh[fresh.length - 12] = (fresh.at(-12) as number) ^ 1;
  return fresh;
}

/** Damages the middle layer of `app` in the layout and in the archives; docker's holds it as a plain tar. */
function damageLayer({ directory, layout, ...place }: PreparedPlace): void {
  const layer = blobsOf({ directory, layout, ...place }).layers[1];
  assert.ok(layer !== undefined);
  const tar = gunzipSync(layer.bytes);
  for (const file of [blobFile(layout, layer.digest), join(directory, 'oci.tar')])
    replaceIn(file, layer.bytes, turned(layer.bytes));
  replaceIn(join(directory, 'docker.tar'), tar, turned(tar));
}

const imageKinds: readonly OperandKind[] = ['image', 'multi', 'layout', 'oci-archive', 'docker-archive'];

/** Runs every use that takes a place of these kinds; it has to be refused and to leave everything as it is. */
async function isRefused(
  place: PreparedPlace,
  uses: readonly VerbUse[],
  options: { readonly kinds: readonly OperandKind[]; readonly out?: string },
): Promise<void> {
  const before = snapshotOf(place.directory);
  const out = options.out ?? join(place.directory, 'out');
  for (const use of uses) {
    for (const kind of use.takes.filter(taken => options.kinds.includes(taken))) {
      const subject = `${use.use}, ${kind}`;
      await assert.rejects(
        use.call(place.operands(kind, out)),
        error => error instanceof OciError || assert.fail(`${subject}: ${(error as Error).stack}`),
        subject,
      );
      isSame(snapshotOf(place.directory), before, subject);
    }
  }
}

/** `validate` does not refuse damage: it reports it. */
const refusing = verbUses.filter(({ verb }) => verb !== 'validate');
const carrying = refusing.filter(({ layers }) => layers !== 'none');

const made = async (t: TestContext): Promise<PreparedPlace> => preparePlace(temporaryDirectory(t));

test('whatever carries a damaged layer is refused, and every file is as it was', async t => {
  const place = await made(t);
  damageLayer(place);
  await isRefused(place, carrying, { kinds: imageKinds });
  // The base of these is damaged.
  await isRefused(
    place,
    carrying.filter(({ use }) => use === 'commit over a base' || use === 'diff'),
    { kinds: ['rootfs', 'tar'] },
  );
});

test('a layout that is there already has nothing more of an image whose layer is damaged', async t => {
  const place = await made(t);
  damageLayer(place);
  await isRefused(
    place,
    carrying.filter(({ writes }) => writes === 'layout'),
    { kinds: imageKinds, out: makeLayout(join(place.directory, 'there-already')) },
  );
});

test('whatever carries a layer that is not there is refused, and every file is as it was', async t => {
  const place = await made(t);
  rmSync(blobFile(place.layout, blobsOf(place).layers[2]?.digest ?? ''));
  await isRefused(place, carrying, { kinds: ['image', 'multi'] });
});

test('an image without its config is refused by whatever reads it, and every file is as it was', async t => {
  const place = await made(t);
  rmSync(blobFile(place.layout, blobsOf(place).config.digest));
  await isRefused(
    place,
    refusing.filter(({ writes, verb }) => writes !== 'source' && verb !== 'images' && verb !== 'referrers'),
    { kinds: ['image'] },
  );
});

test('a layer that is not what its diffID says is refused by whatever reads it', async t => {
  const place = await made(t);
  const [lie, other] = ['one', 'other'].map(content =>
    layerTar([entryOf({ type: 'file', path: 'f', content })], node =>
      Buffer.from(node.content.source.slice('text '.length)),
    ),
  );
  assert.ok(lie !== undefined && other !== undefined);
  rmSync(join(place.layout, 'index.json'));
  writeFileSync(join(place.layout, 'index.json'), '{"schemaVersion":2,"manifests":[]}');
  const diffID = `sha256:${'0'.repeat(64)}`;
  putName(place.layout, 'app', putImage(place.layout, { layers: [{ tar: other }, { tar: lie, diffID }] }));
  await isRefused(
    place,
    refusing.filter(({ layers }) => layers === 'reads'),
    { kinds: ['image'] },
  );
});

test('a destination below a file is refused, and every file is as it was', async t => {
  const place = await made(t);
  const file = join(place.directory, 'file');
  writeFileSync(file, '');
  for (const out of [join(file, 'out'), join(file, 'deep', 'out')])
    await isRefused(
      place,
      verbUses.filter(({ writes }) => ['layout', 'directory', 'file'].includes(writes)),
      { kinds: [...imageKinds, 'rootfs', 'tar', 'bundle', 'nothing'], out },
    );
});

test('a destination that is something else already is refused, and stays', async t => {
  const place = await made(t);
  const foreign = join(place.directory, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'precious'), 'precious');
  await isRefused(
    place,
    verbUses.filter(({ writes }) => ['layout', 'directory', 'file'].includes(writes)),
    { kinds: [...imageKinds, 'rootfs', 'tar', 'bundle', 'nothing'], out: foreign },
  );
});

test('validate reports what the others refuse, and changes nothing', async t => {
  const place = await made(t);
  damageLayer(place);
  const before = snapshotOf(place.directory);
  for (const use of verbUses.filter(({ verb }) => verb === 'validate'))
    for (const kind of use.takes) {
      const { findings } = (await use.call(place.operands(kind))) as { readonly findings: readonly unknown[] };
      assert.ok(findings.length > 0, kind);
    }
  isSame(snapshotOf(place.directory), before, 'validate');
});
