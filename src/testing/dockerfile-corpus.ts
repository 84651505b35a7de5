import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fixture } from './fixtures.ts';

/** What BuildKit's own parser, converter and linter said of a Dockerfile: the fixtures' README explains the fields. */
export interface ExpectedDockerfile {
  readonly parseError?: string;
  readonly instructionError?: string;
  readonly buildError?: string;
  readonly syntax?: string;
  readonly escape?: string;
  readonly ast?: readonly Record<string, unknown>[];
  readonly globalArgs?: readonly (readonly string[])[];
  readonly stages?: readonly {
    readonly base: string;
    readonly name?: string;
    readonly platform?: string;
    readonly doc?: string;
    readonly lines: readonly [number, number];
    readonly instructions: readonly Record<string, unknown>[];
  }[];
  readonly plan?: readonly Record<string, unknown>[];
  readonly image?: { readonly config: Record<string, unknown>; readonly history: readonly Record<string, unknown>[] };
  readonly lint?: readonly { readonly rule: string; readonly message: string; readonly line: number }[];
}

export interface CorpusCase {
  readonly id: string;
  readonly text: string;
  readonly expected: ExpectedDockerfile;
}

const folders = ['buildah-bud', 'buildah-conformance', 'kaniko', 'projects'];
const texts = ['buildkit-tests', 'moby-tests'];

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Every Dockerfile of the shared corpus with what is expected of it; undefined after the test has been skipped. */
export function dockerfileCorpus(t: TestContext): readonly CorpusCase[] | undefined {
  const root = fixture(t, 'dockerfiles');
  if (root === undefined) return undefined;
  const filed = (name: string, folder: string, tail: string): CorpusCase[] =>
    Object.entries(json(join(root, name)) as Record<string, ExpectedDockerfile>).map(([path, expected]) => ({
      id: `${folder}/${path}`,
      text: readFileSync(join(root, folder, path === folder.split('/').at(-1) ? '' : path, tail), 'utf8'),
      expected,
    }));
  return [
    ...folders.flatMap(folder => filed(`${folder}.expected.json`, folder, '')),
    ...texts.flatMap(name => json(join(root, 'texts', `${name}.json`)) as CorpusCase[]),
    ...['testfiles', 'testfiles-negative', 'testfile-line'].flatMap(folder =>
      filed(`parser/${folder}.json`, `parser/${folder}`, 'Dockerfile'),
    ),
  ];
}

/** The rows of one of its tables; undefined after the test has been skipped. */
export function dockerfileTable<Row>(t: TestContext, name: string): readonly Row[] | undefined {
  const file = fixture(t, `dockerfiles/tables/${name}.json`);
  return file === undefined ? undefined : (json(file) as Row[]);
}

const isShort = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'sha256' in value && 'length' in value;

/** A value whose long texts are shortened where those of the expected one are. */
export function shortenedAs(expected: unknown, value: unknown): unknown {
  if (typeof value === 'string' && isShort(expected))
    return { length: Buffer.byteLength(value), sha256: createHash('sha256').update(value).digest('hex') };
  if (value === null || typeof value !== 'object' || expected === null || typeof expected !== 'object') return value;
  if (Array.isArray(value)) return value.map((item, at) => shortenedAs((expected as unknown[])[at], item));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, shortenedAs((expected as Record<string, unknown>)[key], item)]),
  );
}

/** How many failures are told in full. */
const told = 30;

/** Runs a check over all cases, tells how many hold and names those that do not. */
export function forAll<Case>(t: TestContext, cases: readonly Case[], check: (one: Case) => void): void {
  const failures: string[] = [];
  for (const one of cases) {
    try {
      check(one);
    } catch (error) {
      failures.push(`${JSON.stringify((one as { id?: string }).id ?? one).slice(0, 300)}: ${String(error)}`);
    }
  }
  t.diagnostic(`${cases.length - failures.length} of ${cases.length}`);
  assert.equal(failures.length, 0, `${failures.length} of ${cases.length}\n${failures.slice(0, told).join('\n')}`);
}
