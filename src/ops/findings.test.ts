import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findingCodes } from '../image/finding-codes.ts';
import { blobCases, documentCases, schemaCases } from '../testing/document-cases.ts';
import { factCases, putEmptyMember } from '../testing/fact-cases.ts';
import { layerCases } from '../testing/layer-cases.ts';
import { makeLayout } from '../testing/layout-files.ts';
import { annotationCases, relationCases } from '../testing/relation-cases.ts';
import { headerCases, tarCases } from '../testing/tar-cases.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { validate } from './validate.ts';

const cases = {
  ...blobCases,
  ...schemaCases,
  ...documentCases,
  ...annotationCases,
  ...relationCases,
  ...layerCases,
  ...tarCases,
  ...headerCases,
  ...factCases,
};

test('every code of the table has a layout that has it, and no layout is for a code that there is not', () => {
  assert.deepEqual(Object.keys(cases).sort(), Object.keys(findingCodes).sort());
});

for (const [code, { make, also = [], place = (layout: string) => layout }] of Object.entries(cases))
  test(`${code} is found where it is, with its severity, and nothing else is said`, async t => {
    const layout = makeLayout(join(temporaryDirectory(t), 'l'));
    make(layout);
    const { findings, notes } = await validate(place(layout));
    const all = [...findings, ...notes];
    const found = all.filter(one => one.code === code);
    assert.ok(found.length > 0, JSON.stringify(all));
    for (const one of found) assert.equal(one.severity, findingCodes[code as keyof typeof findingCodes].severity);
    const others = all.filter(one => one.code !== code && !also.includes(one.code));
    assert.deepEqual(others, []);
  });

test('an empty member at the end of a gzip stream is no padding of it', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'l'));
  putEmptyMember(layout);
  const { findings, notes } = await validate(layout);
  assert.deepEqual([findings, notes], [[], []]);
});

test('every row says what it means, who says so and what to do, in whole sentences', () => {
  for (const [code, { means, section, remedy }] of Object.entries(findingCodes)) {
    assert.match(code, /^[a-z]+(?:-[a-zA-Z]+)*$/);
    for (const text of [means, remedy]) assert.match(text, /^[A-Za-z`].*[.]$/s, `${code}: ${text}`);
    assert.notEqual(section, '', code);
  }
});
