import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { machinePlatform } from '../spec/platform.ts';
import { isValid } from '../testing/answers.ts';
import { bundledScript } from '../testing/bundled-script.ts';
import { type Answer, runCommand } from '../testing/command-line.ts';
import { prepareNewcomer, wordsOf } from '../testing/newcomer.ts';
import { type Stamps, stampsOf } from '../testing/stamps.ts';
import { ownDirectory } from '../testing/temporary.ts';
import { makePrograms, type Programs, typed } from '../testing/typed.ts';
import { commands } from './commands.ts';
import { habits } from './manual/coming-from.ts';

/** What cannot be typed here, by what a line has in it. */
const skipped: readonly (readonly [part: RegExp, reason: string])[] = [
  [/^ocikit run /, 'needs a runner, and programs in the image'],
  [/^npm /, 'needs a checkout of its own'],
  [/^skopeo /, 'needs a registry'],
];

/** What a verb is to make is not there when its examples are typed; everything else that a line names is. */
const absent: Readonly<Record<string, readonly string[]>> = { init: ['img'], unpack: ['work'] };

/** Verbs that say nothing where all is well, at least in some of their examples. */
const silent = new Set(['init', 'tag', 'untag', 'cp', 'report', 'unpack', 'export', 'save', 'completion']);

/** Verbs that may say something else when the same is typed again, and why. */
const movesOn: Readonly<Record<string, string>> = {
  commit: 'a bundle has moved on to the image that was made of it',
  gc: 'what has gone is not there any more',
};

/** Any image will do where a line begins a digest: those of the manual are of nobody's. */
const withDigest = (line: string): string => line.replace(/(@(?:sha256:)?)4413[0-9a-f]*/, `$1${digest.slice(7, 19)}`);

const back = process.cwd();
const place = ownDirectory();
const pristine = join(place.path, 'pristine');
let programs: Programs | undefined;
let digest = '';
let count = 0;

before(async () => {
  mkdirSync(pristine);
  ({ digest } = await prepareNewcomer(pristine));
});
after(() => {
  process.chdir(back);
  place.remove();
});

/** The directory as it was before anything was typed. */
function prepared(): string {
  const directory = join(place.path, `typed-${count++}`);
  execFileSync('cp', ['-a', pristine, directory]);
  return directory;
}

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The programs, made when the first line is typed; undefined where there is no bash. */
async function programsFor(t: TestContext): Promise<Programs | undefined> {
  if (spawnSync('bash', ['-c', 'true']).status !== 0) {
    t.skip('not installed here: bash');
    return undefined;
  }
  if (programs === undefined) {
    const program = `import { main } from '${at('./main.ts')}'; import { runProcess } from '${at('./process.ts')}'; void runProcess(main);`;
    const script = join(place.path, 'ocikit.mjs');
    copyFileSync(await bundledScript(t, program), script);
    programs = makePrograms(place.path, script);
  }
  return programs;
}

const isTemporary = (name: string): boolean => /(^|\/)\.ocikit-|\.lock$|\.old-/.test(name);

const shown = (line: string, { status, out, err }: Answer): string => `${line}\n[${status}] ${out}${err}`;

/** Holds that nothing is left behind, and that every layout in which something has changed is whole, but the one that was broken before. */
async function isTidy(directory: string, line: string, was: Stamps): Promise<Stamps> {
  const now = stampsOf(directory);
  assert.deepEqual([...now.keys()].filter(isTemporary), [], line);
  assert.deepEqual(
    readdirSync(programs?.temporary ?? directory).filter(() => programs !== undefined),
    [],
    line,
  );
  const changed = [...new Set([...now.keys(), ...was.keys()])].filter(name => now.get(name) !== was.get(name));
  const layouts = [...now.keys()].filter(name => name.endsWith('/oci-layout')).map(name => dirname(name));
  for (const layout of layouts)
    if (layout !== 'broken' && changed.some(name => name.startsWith(`${layout}/`)))
      await isValid(join(directory, layout));
  return now;
}

/** Ages of images depend on when they are looked at. */
const ageless = (out: string): string => out.replace(/\d+ \w+ ago/g, 'ago');

/** Types a line again: in this process where no shell need read it, since starting one takes most of the time. */
async function typedAgain(line: string, directory: string): Promise<Answer> {
  if (/[|<>;"]/.test(line)) return typed(line, directory, programs as Programs);
  process.chdir(directory);
  return runCommand(wordsOf(line).slice(1), { hostPlatform: machinePlatform });
}

/** Holds that what is typed again says the same, or is refused in one line and changes nothing. */
async function isSteady(
  line: string,
  directory: string,
  { first, verb }: { first: Answer; verb: string },
): Promise<void> {
  const was = stampsOf(directory);
  const again = await typedAgain(line, directory);
  if (again.status === 2) {
    assert.match(again.err, /^ocikit: [^\n]+\n$/, line);
    assert.deepEqual(stampsOf(directory), was, line);
  } else if (verb in movesOn) assert.equal(again.status, first.status, shown(line, again));
  else assert.deepEqual([again.status, ageless(again.out)], [first.status, ageless(first.out)], shown(line, again));
  await isTidy(directory, `${line}, again`, was);
}

/** The statuses that are right, by the words that say what a line does. */
const statusesOf = (what = ''): readonly number[] =>
  /\ba gate\b/.test(what) ? [0, 1] : [0, ...[...(/exit status (\d)/.exec(what)?.slice(1) ?? [])].map(Number)];

for (const { name, examples } of commands)
  test(`the examples of ${name} do what is said of them in a newcomer's directory, one after the other, and typed twice`, async t => {
    const typable = examples.filter(([line]) => !skipped.some(([part]) => part.test(line)));
    for (const [line] of examples)
      for (const [part, reason] of skipped) if (part.test(line)) t.diagnostic(`not typed: ${line}: ${reason}`);
    const programs = typable.length === 0 ? undefined : await programsFor(t);
    if (programs === undefined) return;
    const directory = prepared();
    for (const path of absent[name] ?? []) rmSync(join(directory, path), { recursive: true });
    for (const [written, what] of typable) {
      const line = withDigest(written);
      const was = stampsOf(directory);
      const first = await typed(line, directory, programs);
      assert.ok(statusesOf(what).includes(first.status), shown(line, first));
      assert.ok(first.out !== '' || silent.has(name) || line.includes('>'), shown(line, first));
      await isTidy(directory, line, was);
      await isSteady(line, directory, { first, verb: name });
    }
  });

test('what cannot be typed here is still an example', () => {
  const lines = [...commands.flatMap(({ examples }) => examples.map(([line]) => line)), ...readmeLines()];
  for (const [part] of skipped)
    assert.ok(
      lines.some(line => part.test(line)),
      String(part),
    );
});

const readme = readFileSync(at('../../README.md'), 'utf8');

/** What stands in README in blocks of code, a command line with what it shows; other lines of a block follow the one before them. */
function readmeSessions(): readonly { readonly line: string; readonly shows: readonly string[] }[] {
  const blocks = [...readme.matchAll(/^```\n(.*?)^```/gms)].map(([, text]) => text ?? '');
  return blocks
    .filter(text => text.startsWith('$ '))
    .flatMap(text => text.split(/^\$ /m).slice(1))
    .map(text => {
      const [line = '', ...shows] = text.trim().split('\n');
      return { line, shows };
    });
}

/** Command lines in the README's sentences, but forms with a word in capitals; and lines of its blocks. */
function readmeLines(): readonly string[] {
  const inline = [...readme.matchAll(/`((?:docker export box \| )?(?:ocikit|npm|skopeo)\s[^`]*)`/g)].map(([, line]) =>
    (line ?? '').replace(/\s+/g, ' '),
  );
  const blocks = [...readme.matchAll(/^(?:npm|skopeo) .*$/gm)].map(([line]) => line);
  return [...inline, ...blocks].filter(line => !/\b[A-Z]{3,}\b|…/.test(line));
}

/** What a row of output is like, whatever its digests, sizes and times are. */
function likeRow(row: string): RegExp {
  const like = row
    .replace(/\s+#.*$/, '')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:]+Z/g, '\\S+')
    .replace(/\b[0-9a-f]{12}\b/g, '[0-9a-f]{12}')
    .replace(/\b[0-9a-f]+…/g, '[0-9a-f]+')
    .replace(/\b[\d.\\]+[kM]?B\b/g, '\\S+B')
    .replace(/\b\d+ (seconds|minutes) ago/g, '.* ago')
    .replace(/ +/g, '\\s+');
  return new RegExp(`^${like}\\s*$`, 'm');
}

/** Holds that rows come one right after the other but where README leaves some out. */
function showsRows(out: string, shows: readonly string[], what: string): void {
  let rest = out.split('\n');
  let isAnywhere = false;
  for (const row of shows) {
    const found = row === '…' ? -1 : rest.findIndex(line => likeRow(row).test(line));
    assert.ok(row === '…' || (isAnywhere ? found >= 0 : found === 0), `${row}: ${what}`);
    isAnywhere = row === '…';
    rest = rest.slice(found + 1);
  }
}

test('what README shows is what comes of typing it, from the first line to the last, and after that what its sentences say', async t => {
  const programs = await programsFor(t);
  if (programs === undefined) return;
  const directory = prepared();
  for (const path of ['img', 'work']) rmSync(join(directory, path), { recursive: true });
  execFileSync('cp', ['-a', 'new-rootfs', 'rootfs2'], { cwd: directory });
  const sessions = [...readmeSessions(), ...readmeLines().map(line => ({ line, shows: [] as readonly string[] }))];
  assert.ok(sessions.length > 15);
  for (const { line, shows } of sessions) {
    if (skipped.some(([part]) => part.test(line))) continue;
    const was = stampsOf(directory);
    const answer = await typed(line, directory, programs);
    assert.equal(answer.status, 0, shown(line, answer));
    showsRows(answer.out, shows, shown(line, answer));
    await isTidy(directory, line, was);
  }
});

for (const [tool, rows] of Object.entries(habits))
  test(`what people who know ${tool} are told to type here works`, async () => {
    let directory = '';
    for (const [, written, note] of rows) {
      if (skipped.some(([part]) => part.test(written))) continue;
      if (directory === '') directory = prepared();
      process.chdir(directory);
      const words = wordsOf(withDigest(written)).slice(1);
      // What is to be made is not there yet.
      if (words[0] === 'unpack') rmSync(words[2] ?? '', { recursive: true });
      if (written.includes('docker-archive:a.tar')) rmSync('a.tar');
      const was = stampsOf(directory);
      const answer = await runCommand(words);
      assert.ok(statusesOf(note).includes(answer.status), shown(written, answer));
      const now = await isTidy(directory, written, was);
      if (!isDeepStrictEqual(now, was)) directory = '';
    }
  });
