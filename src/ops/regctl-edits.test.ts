import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { openNamed } from '../store/open-operand.ts';
import { copyWritable, fixture, fixtureCases } from '../testing/fixtures.ts';
import { rawTar } from '../testing/raw-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { append } from './append.ts';
import { config } from './config.ts';
import { convert } from './convert.ts';
import { drop } from './drop.ts';
import type { ConfigOptions } from './options.ts';
import { rebase } from './rebase.ts';
import { strip } from './strip.ts';

interface RegctlCase {
  readonly name: string;
  readonly image: string;
  readonly edits: readonly string[];
  readonly expect: 'same digest' | 'changed' | 'error';
}

const digestOf = async (image: string): Promise<string> => (await openNamed(image)).named.digest;

/** One edit of an image: the same image again is to be left as it is. */
type Edit = (image: string) => Promise<unknown>;

const unquoted = (text: string): readonly string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inside = '']) => inside);

/** What `config` is told. */
function fieldsOf(call: string, given: string): ConfigOptions | undefined {
  const [first = '', second = ''] = unquoted(given);
  const [, platforms = '*', name = ''] = /^(?:\[(.*)\])?([\s\S]*)$/.exec(first) ?? [];
  const place: ConfigOptions =
    platforms === '*' ? { allPlatforms: true } : { platform: platforms.split(',')[0] as string };
  // Without platforms it is the index that regctl annotates, with a star all there is.
  const isOfIndex = !first.startsWith('[') || platforms === '*';
  const isOfImage = first.startsWith('[');
  const annotation = `${name}=${second}`;
  const texts: Readonly<Record<string, ConfigOptions>> = {
    Annotation:
      second === ''
        ? {
            unset: [...(isOfImage ? [`annotation:${name}`] : []), ...(isOfIndex ? [`index-annotation:${name}`] : [])],
          }
        : {
            ...(isOfImage ? { annotations: [annotation] } : {}),
            ...(isOfIndex ? { indexAnnotations: [annotation] } : {}),
          },
    Label: second === '' ? { unset: [`label:${name}`] } : { set: [`label:${name}=${second}`] },
    Env: second === '' ? { unset: [`env:${name}`] } : { set: [`env:${name}=${second}`] },
    ConfigAuthor: { author: name },
    ExposeAdd: { set: [`port:${name}`] },
    ExposeRm: { unset: [`port:${name}`] },
    ConfigUser: { set: [`user=${name}`] },
    ConfigWorkdir: { set: [`workdir=${name}`] },
    VolumeAdd: { set: [`volume:${name}`] },
    VolumeRm: { unset: [`volume:${name}`] },
    ConfigCmd: { set: [`cmd=[${given.replace(/^.*\{(.*)\}.*$/, '$1')}]`] },
    ConfigEntrypoint: { set: [`entrypoint=[${given.replace(/^.*\{(.*)\}.*$/, '$1')}]`] },
    ConfigPlatform: { set: ['architecture=riscv64'] },
    BuildArgRm: { redact: [second.replace('[a-z]*', 'label')] },
  };
  const said = texts[call];
  return said === undefined ? undefined : { ...said, ...place };
}

const all = { allPlatforms: true } as const;

/** The layout that an image is in. */
const layoutOf = (image: string): string => image.slice(0, image.lastIndexOf(':'));

const compressionOf = (given: string): 'zstd' | 'gzip' | 'none' =>
  given.includes('Zstd') ? 'zstd' : given.includes('Gzip') ? 'gzip' : 'none';

/** What other verbs are told. */
function verbOf(t: TestContext, call: string, given: string): Edit | undefined {
  const tar = (): string => {
    const file = join(temporaryDirectory(t), 'new.tar');
    writeFileSync(file, rawTar([['added', 'new']]));
    return file;
  };
  const bases = /rb(\d), rb(\d)/.exec(given);
  const rebased: Edit = image =>
    rebase(image, {
      ...(bases === null ? {} : { oldBase: `${layoutOf(image)}:b${bases[1]}` }),
      newBase: `${layoutOf(image)}:b${bases === null ? 3 : bases[2]}`,
      ...all,
    });
  const [text = ''] = unquoted(given);
  const verbs: Readonly<Record<string, Edit>> = {
    ManifestToOCI: image => convert(image, { format: 'oci', ...all }),
    ManifestToDocker: image => convert(image, { format: 'docker', ...all }),
    LayerAddTar: image => append(image, [{ tar: tar() }], all),
    LayerCompression: image => convert(image, { compression: compressionOf(given), ...all }),
    LayerStripFile: image => strip(image, [text.replace(/^\/?/, '/') === '/' ? '/layer2' : text], all),
    LayerRmCreatedBy: image => drop(image, { createdBy: `${text.replace(/^\^/, '')}*`, ...all }),
    LayerRmIndex: image => drop(image.replace(/ .*/, ''), { layers: `${Number(given) + 1}`, ...platformOf(image) }),
    Rebase: rebased,
    RebaseRefs: rebased,
    // A time on no condition.
    ...(/^OptTime\{ *Set: *\w+ *\}$/.test(given)
      ? { ConfigTimestamp: image => config(image, { created: '2000-01-01T00:00:00Z', ...all }) }
      : {}),
  };
  return verbs[call];
}

/** `v3 linux/amd64` is one platform of `v3`. */
function platformOf(image: string): { readonly platform: string } | typeof all {
  const [, platform] = image.split(' ');
  return platform === undefined ? all : { platform };
}

/** Edits that ocikit has no verb for, or that it means otherwise, and why. */
const otherwise: Readonly<Record<string, string>> = {
  ManifestToOCIReferrers: 'attestations stay entries of their index, as BuildKit writes and reads them',
  LabelToAnnotation: 'config --annotation says an annotation: which labels are ones is known to nobody',
  AnnotationPromoteCommon: 'config --index-annotation says what is to stand on the index',
  AnnotationOCIBase: 'rebase names the base; config --annotation says any other',
  ConfigDigestAlgo: 'sha512 is read and never written: most engines refuse it',
  DigestAlgo: 'the same',
  LayerDigestAlgo: 'the same',
  ManifestDigestAlgo: 'the same',
  ConfigTimestamp: 'on a condition: a time in a label, that of a base, or none that is later',
  ConfigTimestampMax: 'SOURCE_DATE_EPOCH says the time of what is made; an image that is there keeps its own',
  ConfigTimestampFromLabel: 'config --created says the time',
  LayerReproducible: 'layers that are there keep their bytes; those that are made have no names of owners',
  LayerTimestamp: 'layers that are there keep their bytes; commit --clamp-mtime caps the times of new ones',
  LayerTimestampMax: 'the same',
  LayerTimestampFromLabel: 'the same',
  FileTarTime: 'a tar within a layer is a file as any other',
  FileTarTimeMax: 'the same',
  Data: 'blobs are not embedded into what leads to them; what is embedded is kept as long as it is right',
  ExternalURLsRm: 'layers that lie elsewhere stay as they are',
  History: 'config writes the line of what it changes',
};

/** Cases that end otherwise here, and why. */
const differs: ReadonlySet<string> = new Set([
  // regctl takes no number for several platforms; here it does where all have as many layers.
  'Layer Remove by index from Index',
  // Bases of the same layers are one base, whatever their labels say.
  'Rebase mismatch',
]);

test("regctl's edits of several platforms change the index, or leave its digest where nothing is new", async t => {
  const cases = fixtureCases<RegctlCase>(t, 'change/config/regctl-mod.json') ?? [];
  const repository = fixture(t, 'images/regclient_regclient/layouts/testdata_testrepo');
  if (repository === undefined) return;
  let known = 0;
  for (const { name, image, edits, expect } of cases) {
    const calls = edits.map(text => /^(\w+)\(([\s\S]*)\)$/.exec(text)?.slice(1) ?? [text, '']);
    const unknown = calls.find(([call = '', given = '']) => !fieldsOf(call, given) && !verbOf(t, call, given));
    if (unknown !== undefined) {
      assert.ok(Object.hasOwn(otherwise, unknown[0] ?? ''), `${name}: ${unknown[0]}: neither done nor said why not`);
      continue;
    }
    if (differs.has(name)) continue;
    known += 1;
    const layout = join(temporaryDirectory(t), 'img');
    copyWritable(repository, layout);
    const place = `${layout}:${image}`;
    const plain = place.replace(/ .*/, '');
    const before = await digestOf(plain);
    const run = async (): Promise<void> => {
      for (const [call = '', given = ''] of calls) {
        const fields = fieldsOf(call, given);
        await (fields === undefined ? verbOf(t, call, given)?.(place) : config(place, fields));
      }
    };
    const isMissing = expect === 'same digest' && /\[(linux\/i386|windows)/.test(edits.join());
    // regctl passes over a platform that there is not, and over what is no image; here nobody is left to wonder.
    const isArtifact = /^a/.test(image);
    if (isMissing || isArtifact || expect === 'error') await assert.rejects(run(), OciError, name);
    else await run();
    const after = await digestOf(plain);
    const isSame = expect === 'same digest' || expect === 'error';
    assert.equal(after === before, isSame, `${name} ${edits.join()}`);
    const fields = fieldsOf(calls.at(-1)?.[0] ?? '', calls.at(-1)?.[1] ?? '');
    if (expect === 'changed' && fields !== undefined)
      assert.equal((await config(place, fields)).isChanged, false, name);
  }
  assert.ok(cases.length === 0 || known >= 45, `${known}`);
});
