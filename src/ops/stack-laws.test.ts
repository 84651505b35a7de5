import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAdded } from '../codec/estargz-names.ts';
import { OciError } from '../errors.ts';
import { isWhole } from '../testing/answers.ts';
import { arbitraryLayers, randomLayout } from '../testing/random-layout.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { convert } from './convert.ts';
import { copy } from './copy.ts';
import type { ConvertOptions } from './options.ts';
import { rebase } from './rebase.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const named = (app: string, name: string): string => app.replace(/app$/, name);
const diffIDs = async (operand: string): Promise<readonly string[]> =>
  (await readWholeImage(operand)).image.config.value.rootfs.diff_ids;

const forms: readonly ConvertOptions[] = [
  { compression: 'gzip' },
  { compression: 'zstd' },
  { compression: 'none' },
  { compression: 'zstd:chunked' },
  { compression: 'estargz' },
  { compression: 'gzip', format: 'docker' },
];

/** A table of contents has each name once, and in UTF-8. */
const unsaid = /each name once|names in UTF-8/;

/** Converts; whether the layers can be said in the form. */
async function isSaid(app: string, form: ConvertOptions): Promise<boolean> {
  try {
    await convert(app, { ...form, tag: 'made', hostPlatform });
    return true;
  } catch (error) {
    const isLazy = form.compression === 'estargz' || form.compression === 'zstd:chunked';
    assert.ok(isLazy && error instanceof OciError && unsaid.test(error.message), String((error as Error).stack));
    return false;
  }
}

test('whatever layers hold, the merged tree is the same in every form, and the way back leads to the diffIDs that were', async t => {
  const said = new Map<string | undefined, number>();
  await fc.assert(
    fc.asyncProperty(arbitraryLayers, async layers => {
      const app = randomLayout(temporaryDirectory(t), layers);
      const before = await readWholeImage(app);
      for (const form of forms) {
        if (!(await isSaid(app, form))) continue;
        said.set(form.compression, (said.get(form.compression) ?? 0) + 1);
        const { exact } = await readWholeImage(named(app, 'made'));
        assert.deepEqual(new Map([...exact].filter(([path]) => !isAdded(path))), before.exact, form.compression);
        await convert(named(app, 'made'), { compression: 'none', format: 'oci', tag: 'back', hostPlatform });
        assert.deepEqual(await diffIDs(named(app, 'back')), await diffIDs(app), form.compression);
      }
      await isWhole(named(app, '').slice(0, -1));
    }),
    { numRuns: 20 },
  );
  // A law of what is refused would hold of nothing.
  for (const { compression } of forms) assert.ok(said.has(compression), `${compression} ${[...said]}`);
});

test('whatever layers hold, over the same base they come to the same tree, whatever that is compressed with', async t => {
  await fc.assert(
    fc.asyncProperty(arbitraryLayers, fc.nat(3), async (layers, number) => {
      const app = randomLayout(temporaryDirectory(t), layers, (number % layers.length) + 1);
      const before = await readWholeImage(app);
      const base = named(app, 'base');
      await copy(base, named(app, 'zstd'), { compression: 'zstd' });
      for (const newBase of [base, named(app, 'zstd')]) {
        await rebase(app, { oldBase: base, newBase, tag: 'made', hostPlatform });
        const { exact, image } = await readWholeImage(named(app, 'made'));
        assert.deepEqual(exact, before.exact);
        assert.deepEqual(image.config.value, before.image.config.value);
      }
    }),
    { numRuns: 30 },
  );
});
