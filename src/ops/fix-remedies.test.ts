import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import { type FindingCode, findingCodes } from '../image/finding-codes.ts';
import { writtenAnew } from '../image/findings/finding-kind.ts';
import { blobCases, documentCases } from '../testing/document-cases.ts';
import { factCases } from '../testing/fact-cases.ts';
import { layerCases } from '../testing/layer-cases.ts';
import { makeLayout } from '../testing/layout-files.ts';
import { headerCases, tarCases } from '../testing/tar-cases.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { fix } from './fix.ts';
import { validate } from './validate.ts';

const cases = { ...blobCases, ...documentCases, ...layerCases, ...tarCases, ...headerCases, ...factCases };
const hostPlatform = { os: 'linux', architecture: 'amd64' };

/** Whether a remedy says that `fix` mends it, and not what becomes of it by the way. */
const isPromised = (remedy: string): boolean =>
  remedy.includes(writtenAnew) || /`ocikit fix`(?: and `ocikit convert` do| does(?! for)| gives)/.test(remedy);

test('what --explain says that fix mends, it mends, and what stays is said', async t => {
  const wrong: string[] = [];
  let [mended, stayed] = [0, 0];
  for (const [code, one] of Object.entries(cases)) {
    const layout = makeLayout(join(temporaryDirectory(t), 'img'));
    one.make(layout);
    const { remedy } = findingCodes[code as FindingCode];
    const output = `${layout}-mended`;
    try {
      const { warnings } = await fix(layout, { hostPlatform, output });
      const { findings, notes } = await validate(output);
      const isThere = [...findings, ...notes].some(found => found.code === code);
      const isSaid = warnings.some(text => text.includes(`${code} stays`));
      if (isPromised(remedy) && isThere) wrong.push(`${code} is promised and not mended`);
      if (findings.some(found => found.code === code) && !isSaid) wrong.push(`${code} stays and nobody says so`);
      if (isThere) stayed++;
      else mended++;
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      if (isPromised(remedy)) wrong.push(`${code}: ${error.message}`);
    }
  }
  t.diagnostic(`${mended} kinds gone, ${stayed} that stay`);
  assert.deepEqual(wrong, []);
});

test('a layer that nobody can read stays as it is, and is said to', async t => {
  for (const code of ['layer-encrypted', 'layer-type-unknown'] as const) {
    const layout = makeLayout(join(temporaryDirectory(t), 'img'));
    layerCases[code]?.make(layout);
    const { warnings } = await fix(layout, { hostPlatform, output: `${layout}-mended` });
    assert.match(warnings.join('\n'), new RegExp(`${code} stays: media type`));
  }
});
