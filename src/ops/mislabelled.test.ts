import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Compression, compress } from '../codec/compression.ts';
import { digestOf } from '../spec/digest.ts';
import { once } from '../stream/once.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { directory } from '../testing/scripts.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { save } from './save.ts';
import { unpack } from './unpack.ts';
import { validate } from './validate.ts';

const mediaTypes: Readonly<Record<Compression, string>> = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
};
const compressions = Object.keys(mediaTypes) as Compression[];
const tar = layerTar([{ kind: 'node', path: 'd', node: directory() }]);

async function stored(compression: Compression): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of compress(once(tar), { compression })) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** A layout with the image `right`, and `wrong`, whose layer is stored in one way and labelled in another. */
async function layoutWith(place: string, found: Compression, said: Compression): Promise<string> {
  const layout = makeLayout(join(place, `${found}-as-${said}`));
  const blob = { tar: await stored(found), compression: 'none', diffID: digestOf(tar) } as const;
  putName(layout, 'right', putImage(layout, { layers: [{ ...blob, mediaType: mediaTypes[found] }] }));
  putName(layout, 'wrong', putImage(layout, { layers: [{ ...blob, mediaType: mediaTypes[said] }] }));
  return layout;
}

/** Every verb that reads layers or passes them on, and answers warnings. */
const uses: Readonly<
  Record<string, (image: string, out: string) => Promise<{ readonly warnings: readonly string[] }>>
> = {
  unpack: (image, out) => unpack(image, out),
  'unpack a bundle': (image, out) => unpack(image, out, { bundle: true }),
  export: (image, out) => exportImage(image, out),
  diff: image => diff(image.replace(':wrong', ':right'), image),
  commit: async (image, out) => {
    await unpack(image, out);
    return commit(out, `${out}-layout:new`, { base: image });
  },
  'commit over a bundle': async (image, out) => {
    await unpack(image, out, { bundle: true });
    return commit(out, `${out}-layout:new`);
  },
  save: (image, out) => save([image], out),
  'save for old dockers': (image, out) => save([image], out, { format: 'docker' }),
  copy: (image, out) => copy(image, `${out}:new`),
  'copy as gzip': (image, out) => copy(image, `${out}:new`, { compression: 'gzip' }),
  'copy as zstd': (image, out) => copy(image, `${out}:new`, { compression: 'zstd' }),
  'copy as plain tars': (image, out) => copy(image, `${out}:new`, { compression: 'none' }),
};

const wrongPairs = compressions.flatMap(found =>
  compressions.filter(said => said !== found).map(said => [found, said] as const),
);

for (const [found, said] of wrongPairs) {
  test(`a layer that is ${found} and says ${said} is read by its bytes, with one warning, by every verb`, async t => {
    const place = temporaryDirectory(t);
    const layout = await layoutWith(place, found, said);
    for (const [name, use] of Object.entries(uses)) {
      const out = join(place, name.replaceAll(' ', '-'));
      const { warnings } = await use(`${layout}:wrong`, out);
      const labels = warnings.filter(text => /its media type says .*, its bytes are .*; the bytes count$/.test(text));
      assert.equal(labels.length, 1, `${name}: ${warnings.join()}`);
    }
    for (const form of ['gzip', 'zstd', 'plain-tars']) {
      const { findings } = await validate(join(place, `copy-as-${form}`));
      assert.deepEqual(findings, [], form);
    }
    assert.deepEqual((await diff(`${layout}:right`, `${layout}:wrong`)).changes, []);
  });

  test(`validate warns of a layer that is ${found} and says ${said}, fast or not`, async t => {
    const layout = await layoutWith(temporaryDirectory(t), found, said);
    for (const fast of [false, true]) {
      const { findings } = await validate(`${layout}:wrong`, { fast });
      assert.deepEqual(
        findings.map(({ severity, code }) => [severity, code]),
        [['warning', 'layer-mislabelled']],
      );
    }
  });
}

test('what is labelled rightly is not warned of, and what is damaged is said to be damaged', async t => {
  const place = temporaryDirectory(t);
  for (const compression of compressions) {
    const layout = await layoutWith(place, compression, compression);
    assert.deepEqual((await unpack(`${layout}:right`, join(place, compression), { rootless: true })).warnings, []);
  }
  const layout = makeLayout(join(place, 'damaged'));
  const blob = { compression: 'none', diffID: digestOf(tar), mediaType: mediaTypes.gzip } as const;
  putName(layout, 'a', putImage(layout, { layers: [{ ...blob, tar: Buffer.from('no gzip at all') }] }));
  await assert.rejects(unpack(`${layout}:a`, join(place, 'never')), /expected a gzip stream, got damaged bytes/);
});

test('the warning of several such layers is one, and names how many there are', async t => {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'L'));
  const tars = ['a', 'b', 'c'].map(path => layerTar([{ kind: 'node', path, node: directory() }]));
  const layers = tars.map(plain => ({ tar: plain, compression: 'none', mediaType: mediaTypes.gzip }) as const);
  putName(layout, 'wrong', putImage(layout, { layers }));
  const { warnings } = await unpack(`${layout}:wrong`, join(place, 'out'), { rootless: true });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /as are 2 more/);
  assert.ok(readFileSync(join(layout, 'index.json')).length > 0);
});
