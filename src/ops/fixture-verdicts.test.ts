import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import { findingCodes } from '../image/finding-codes.ts';
import { type DocumentKind, validateDocument } from '../schema/validate.ts';
import { parseJson } from '../spec/document.ts';
import { fixture, fixtureCases, fixturesRoot } from '../testing/fixtures.ts';
import { validate } from './validate.ts';

/** What is wrong with each shared fixture, by the codes of errors and warnings; `!` and an error's code where a place cannot be read at all. `UPDATE=1` writes it anew. */
const file = join(import.meta.dirname, 'fixture-verdicts.json');
type Verdicts = Readonly<Record<string, string>>;
const known: Verdicts = JSON.parse(readFileSync(file, 'utf8'));
const isUpdate = process.env['UPDATE'] === '1';
const seen: Record<string, string> = isUpdate ? { ...known } : {};

/** Holds verdicts to the table; fixtures that it has not are passed over. */
function hold(found: Verdicts): void {
  for (const [name, verdict] of Object.entries(found)) {
    for (const code of verdict.split(' '))
      assert.ok(verdict === '' || verdict.startsWith('!') || Object.hasOwn(findingCodes, code), code);
    if (isUpdate) seen[name] = verdict;
    else if (Object.hasOwn(known, name)) assert.equal(verdict, known[name], name);
  }
  if (isUpdate) writeFileSync(file, `${JSON.stringify(seen, null, 2)}\n`);
}

const codesOf = (findings: readonly { readonly code: string }[]): string =>
  [...new Set(findings.map(({ code }) => code))].sort().join(' ');

/** What is found; where something cannot be read at all, the error's code. */
async function verdictOf(find: () => Promise<readonly { readonly code: string }[]>): Promise<string> {
  try {
    return codesOf(await find());
  } catch (error) {
    if (error instanceof OciError) return `! ${error.code}`;
    throw error;
  }
}

const placeVerdict = (path: string): Promise<string> => verdictOf(async () => (await validate({ path })).findings);

test("image-spec's own documents have the codes of the table, and those that it calls valid none", async t => {
  const cases = fixtureCases<{ id: string; kind: string; text: string; valid: boolean }>(
    t,
    'cases/image-spec-documents.json',
  );
  const found: Record<string, string> = {};
  for (const { id, kind, text, valid } of cases ?? []) {
    const documentKind = kind.replace(/-docker.*/, '') as DocumentKind;
    const verdict = await verdictOf(() => validateDocument(documentKind, parseJson(Buffer.from(text), id)));
    assert.equal(verdict === '', valid, id);
    found[`document ${id}`] = verdict;
  }
  hold(found);
});

test('hostile fixtures have the codes of the table', async t => {
  const cases = fixtureCases<{ name: string; kind: string; path: string }>(t, 'hostile/manifest.json') ?? [];
  const found: Record<string, string> = {};
  for (const { name, kind, path } of cases) {
    const place = join(fixturesRoot, 'hostile', path);
    if (/layout|archive/.test(kind) && existsSync(place)) found[`hostile ${name}`] = await placeVerdict(place);
  }
  hold(found);
});

test('images of other projects have the codes of the table, which are few', async t => {
  const root = fixture(t, 'images');
  if (root === undefined) return;
  const found: Record<string, string> = {};
  for (const project of readdirSync(root).sort()) {
    for (const folder of ['layouts', 'files']) {
      const directory = join(root, project, folder);
      for (const name of existsSync(directory) ? readdirSync(directory).sort() : [])
        if (statSync(join(directory, name)).size < 1 << 22)
          found[`image ${project} ${name}`] = await placeVerdict(join(directory, name));
    }
  }
  hold(found);
});
