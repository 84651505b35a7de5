import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools } from '../testing/witness.ts';
import { diff } from './diff.ts';

type Files = ReadonlyMap<string, string>;

/** A text of numbered lines that no other one has, so that what is alike is alike because one came of the other. */
const textOf = (number: number, lines: number): readonly string[] =>
  Array.from({ length: lines }, (_, at) => `line ${at} of the text with number ${number * 7919}\n`);

/** What became of a file: where it is now, and how many of its lines are others, so that they stand far from the half that counts. */
interface Fate {
  readonly lines: number;
  readonly to: 'stays' | 'moves' | 'goes' | 'moves with its directory';
  readonly edited: number;
}

const arbitraryFate: fc.Arbitrary<Fate> = fc.record({
  lines: fc.integer({ min: 4, max: 40 }),
  to: fc.constantFrom('stays', 'moves', 'goes', 'moves with its directory'),
  edited: fc.constantFrom(0, 0, 0.1, 0.3, 0.8),
});

function sidesOf(fates: readonly Fate[]): readonly [Files, Files] {
  const [before, after] = [new Map<string, string>(), new Map<string, string>()];
  for (const [number, { lines, to, edited }] of fates.entries()) {
    const text = textOf(number, lines);
    const [directory, name] = [`lib/python3.${number % 3}`, `file-${number}`];
    before.set(`${directory}/${name}`, text.join(''));
    const from = Math.round(lines * (1 - edited));
    const now = text.map((line, at) => (at < from ? line : `${number} ${at} is another line by now\n`)).join('');
    if (to === 'stays') after.set(`${directory}/${name}`, now);
    if (to === 'moves') after.set(`opt/other-${number * 31}`, now);
    if (to === 'moves with its directory') after.set(`usr/${directory}/${name}`, now);
  }
  return [before, after];
}

function put(root: string, files: Files): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Who became what by git, with how much is alike in percent. */
function renamesOfGit(place: string): readonly string[] {
  const words = ['diff', '--no-index', '-M', '--name-status', '-z', 'old', 'new'];
  let out = '';
  try {
    out = execFileSync('git', words, { cwd: place, encoding: 'utf8' });
  } catch (error) {
    out = String((error as { stdout?: unknown }).stdout ?? '');
  }
  const found: string[] = [];
  const parts = out.split('\0');
  for (let at = 0; at < parts.length - 1; at += 2) {
    const [, score] = /^R(\d+)$/.exec(parts[at] ?? '') ?? [];
    if (score === undefined) continue;
    found.push(`${Number(score)} ${parts[at + 1]?.replace(/^old/, '')} ${parts[at + 2]?.replace(/^new/, '')}`);
    at++;
  }
  return found.sort();
}

test('law: what git takes for renamed, whole directories among them, is renamed here, and as much alike', async t => {
  if (!hasTools(t, 'git')) return;
  const place = temporaryDirectory(t);
  const [old, later] = [join(place, 'old'), join(place, 'new')];
  const law = fc.asyncProperty(fc.array(arbitraryFate, { minLength: 1, maxLength: 12 }), async fates => {
    const [before, after] = sidesOf(fates);
    put(old, before);
    put(later, after);
    const { changes } = await diff({ kind: 'rootfs', path: old }, { kind: 'rootfs', path: later }, { renames: true });
    const found = changes.flatMap(row => (row.kind === 'R' ? [`${row.similarity} ${row.from} ${row.path}`] : []));
    assert.deepEqual(found.sort(), renamesOfGit(place));
  });
  await fc.assert(law, { numRuns: 60 });
});
