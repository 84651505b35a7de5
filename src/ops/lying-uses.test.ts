import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { OciError } from '../errors.ts';
import { diffIDOf } from '../spec/digest.ts';
import { blobFile, type MadeDescriptor, makeLayout, putImage, putIndex, putName } from '../testing/layout-files.ts';
import { type OperandKind, type Operands, preparedTars, preparePlace } from '../testing/prepared-place.ts';
import { snapshotOf } from '../testing/snapshot.ts';
import { tarOf } from '../testing/tar-of.ts';
import { images as imageKinds, type VerbUse } from '../testing/verb-use.ts';
import { verbUses } from '../testing/verbs.ts';
import { save } from './save.ts';
import { squash } from './squash.ts';
import { validate } from './validate.ts';

/** Places whose image lies about one layer each, the lowest first; the fourth is true. */
const directory = mkdtempSync(join(tmpdir(), 'ocikit-lying-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const positions = preparedTars.map((_, at) => at);

const placeOf = (at: number): string => join(directory, `${at}`);
const falsehood = diffIDOf('0'.repeat(64));
const layersThatLieAt = (at: number) =>
  preparedTars.map((tar, position) => ({ tar, ...(position === at ? { diffID: falsehood } : {}) }));

/** The docker-archive of an image, its layers compressed as they lie. */
async function dockerArchive(layout: string, { digest }: MadeDescriptor, file: string): Promise<void> {
  type Named = { readonly digest: string };
  const { config, layers } = JSON.parse(readFileSync(blobFile(layout, digest), 'utf8')) as {
    readonly config: Named;
    readonly layers: readonly Named[];
  };
  const bytes = (blob: Named): Uint8Array => readFileSync(blobFile(layout, blob.digest));
  const names = layers.map((_, at) => `${at}.tar`);
  await tarOf(file, {
    'config.json': bytes(config),
    ...Object.fromEntries(layers.map((layer, at) => [`${at}.tar`, bytes(layer)])),
    'manifest.json': JSON.stringify([{ Config: 'config.json', RepoTags: ['app:v1'], Layers: names }]),
  });
}

async function lyingPlace(at: number): Promise<void> {
  const layout = makeLayout(join(placeOf(at), 'img'));
  const layers = layersThatLieAt(at);
  const [amd64, arm64] = ['amd64', 'arm64'].map(architecture => putImage(layout, { layers, architecture }));
  assert.ok(amd64 !== undefined && arm64 !== undefined);
  putName(layout, 'app', amd64);
  putName(layout, 'multi', putIndex(layout, [amd64, arm64]));
  await save([`${layout}:app`], join(placeOf(at), 'oci.tar'));
  await dockerArchive(layout, amd64, join(placeOf(at), 'docker.tar'));
}

const sourceOf = (place: string, kind: OperandKind): string =>
  ({
    image: join(place, 'img:app'),
    multi: join(place, 'img:multi'),
    layout: join(place, 'img'),
    'oci-archive': join(place, 'oci.tar'),
    'docker-archive': join(place, 'docker.tar'),
  })[kind as string] ?? '';

let truth: (kind: OperandKind) => Operands;
before(async () => {
  const place = await preparePlace(join(directory, 'true'));
  truth = kind => place.operands(kind);
  for (const at of positions) await lyingPlace(at);
});

const out = join(directory, 'out');
const isRefusal = (error: unknown): boolean => error instanceof OciError && error.code === 'invalid';

/** Refused, and nothing is there that was not before. */
async function isRefused(use: VerbUse, operands: Operands, what: string): Promise<void> {
  const sources = snapshotOf(directory);
  const answer = use.call({ ...operands, out });
  if (use.verb === 'validate') assert.ok(JSON.stringify(await answer).includes(falsehood), what);
  else await assert.rejects(answer, isRefusal, what);
  assert.deepEqual(snapshotOf(directory), sources, what);
}

/** Goes through, and whatever it makes says no more than was said: `validate` finds the same lie in it. */
async function isPassedOn(use: VerbUse, operands: Operands, what: string): Promise<void> {
  await use.call({ ...operands, out });
  if (!existsSync(out)) return;
  const { findings } = await validate(out);
  assert.ok(
    findings.some(({ message }) => message.includes(falsehood)),
    `${what}: ${JSON.stringify(findings)}`,
  );
  rmSync(out, { recursive: true });
}

for (const use of verbUses.filter(({ writes }) => writes !== 'source')) {
  const kinds = use.takes.filter(kind => imageKinds.includes(kind));
  if (kinds.length === 0) continue;
  test(`${use.use}: a layer that lies, whichever it is, is ${use.layers === 'reads' ? 'refused' : 'passed on as a lie, unless docker says it'}`, async () => {
    for (const kind of kinds)
      for (const at of positions) {
        const operands = { ...truth('image'), source: sourceOf(placeOf(at), kind) };
        const isMade = use.layers === 'passes' && kind === 'docker-archive';
        const check = use.layers === 'reads' || isMade ? isRefused : isPassedOn;
        await check(use, operands, `${kind}, layer ${at + 1}`);
      }
  });
}

for (const use of verbUses.filter(
  ({ takes, layers }) => layers === 'reads' && takes.some(kind => kind === 'rootfs' || kind === 'tar'),
)) {
  const [kind] = use.takes.filter(taken => taken === 'rootfs' || taken === 'tar');
  const usesBase = use.words({ source: 'source', base: 'base', out: 'out' }).includes('base');
  if (kind === undefined || !usesBase) continue;
  test(`${use.use}: a base that lies about a layer, whichever it is, is refused`, async () => {
    for (const at of positions)
      await isRefused(use, { ...truth(kind), base: sourceOf(placeOf(at), 'image') }, `layer ${at + 1}`);
  });
}

test('squash of the lower layers: a layer that lies, below the range, in it or above it, is refused', async () => {
  for (const layers of ['1..2', '2..3'])
    for (const at of positions) {
      const call = squash(sourceOf(placeOf(at), 'image'), { output: `${out}:new`, layers });
      await assert.rejects(call, isRefusal, `${layers}, layer ${at + 1}`);
      assert.ok(!existsSync(out));
    }
});
