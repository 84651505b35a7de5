import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { fixture } from '../testing/fixtures.ts';
import type { HostileCase } from '../testing/hostile.ts';
import { makeWritable, removeTree, temporaryDirectory } from '../testing/temporary.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { history } from './history.ts';
import { images } from './images.ts';
import { inspect } from './inspect.ts';
import { unpack } from './unpack.ts';
import { validate } from './validate.ts';

/** Absolute link targets of the cases point here, wherever temporary files are. Runs at one time share it: it is only looked at, and stays. */
const victim = '/tmp/ocikit-sandbox/victim';
const canary = join(victim, 'hello');

/** Verdicts of ours that differ from the table's, each with its reason. */
const deviations: Readonly<Record<string, string>> = {
  'l-no-oci-layout validate': 'docker-library and others publish layouts without it: they are read, and validate warns',
};

type Answer =
  | { readonly accepted: true; readonly text: string }
  | { readonly accepted: false; readonly error: unknown };

const verbs: Readonly<Record<string, (image: string, destination: string, empty: string) => Promise<unknown>>> = {
  unpack: (image, destination) => unpack(image, destination, {}),
  diff: (image, _destination, empty) => diff(image, empty, {}),
  export: (image, destination) => exportImage(image, destination),
  copy: (image, destination) => copy(image, `${destination}:x`),
  inspect: image => inspect([image]),
  history: image => history(image),
  list: image => images([image.slice(0, image.lastIndexOf(':'))]),
  validate: image => validate(image.slice(0, image.lastIndexOf(':'))),
};

async function answerOf(work: Promise<unknown>): Promise<Answer> {
  try {
    const result = await work;
    const findings =
      (result as { findings?: readonly { severity: string; message: string; subject: string }[] }).findings ?? [];
    const errors = findings.filter(finding => finding.severity === 'error');
    if (errors.length === 0) return { accepted: true, text: JSON.stringify(result) };
    return { accepted: false, error: new OciError('invalid', 'findings', JSON.stringify(errors)) };
  } catch (error) {
    return { accepted: false, error };
  }
}

/** Everything in a directory but the destination in it, with what could have been changed of it. */
function listing(directory: string, destination: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(entry => join(directory, entry.name) !== destination)
    .flatMap(entry => {
      const path = join(directory, entry.name);
      const stat = lstatSync(path);
      const line = `${path} ${stat.mode} ${stat.nlink} ${stat.uid} ${stat.isFile() ? readFileSync(path, 'latin1') : ''}`;
      return entry.isDirectory() ? [line, ...listing(path, destination)] : [line];
    })
    .sort();
}

function hold(check: readonly string[], destination: string, accepted: boolean): void {
  const [kind, first = '', second = '', third = ''] = check;
  const path = join(destination, first);
  const name = (kind as string).replace('-if-accepted', '');
  if (kind !== name && !accepted) return;
  switch (name) {
    case 'content':
      if (accepted) assert.equal(readFileSync(path, 'utf8'), second, check.join(' '));
      return;
    case 'rootfs-present':
    case 'present':
      if (accepted) assert.ok(lstatSync(path, { throwIfNoEntry: false }), check.join(' '));
      return;
    case 'absent':
      if (accepted) assert.equal(lstatSync(path, { throwIfNoEntry: false }), undefined, check.join(' '));
      return;
    case 'mode':
      if (accepted) assert.equal(lstatSync(path).mode & 0o7777, Number.parseInt(second, 8), check.join(' '));
      return;
    case 'type': {
      if (!accepted) return;
      const stat = lstatSync(path);
      const found = stat.isFile() ? 'file' : stat.isDirectory() ? 'dir' : stat.isSymbolicLink() ? 'symlink' : 'other';
      assert.equal(found, second.replace('directory', 'dir'), check.join(' '));
      return;
    }
    case 'size':
      assert.equal(lstatSync(path).size, Number(second), check.join(' '));
      return;
    case 'readlink':
      if (accepted) assert.equal(readlinkSync(path), second);
      return;
    case 'same-inode':
      if (accepted) assert.equal(lstatSync(path).ino, lstatSync(join(destination, second)).ino, check.join(' '));
      return;
    case 'host-absent':
      assert.ok(!existsSync(first), check.join(' '));
      return;
    case 'no-name-starts-with':
      if (!accepted) return;
      for (const entry of readdirSync(destination, { recursive: true }))
        assert.ok(!String(entry).split('/').pop()?.startsWith(first));
      return;
    case 'not-linked-outside':
      if (!accepted || lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
      if (lstatSync(path).isFile()) assert.ok(!readFileSync(path, 'utf8').includes('canary'), check.join(' '));
      return;
    case 'bytes-name': {
      if (!accepted) return;
      const names = readdirSync(Buffer.from(destination), { encoding: 'buffer' }).map(entry =>
        Buffer.from(entry).toString('hex'),
      );
      assert.ok(names.includes(first), check.join(' '));
      return;
    }
    default:
      assert.ok(
        [
          'outside-unchanged',
          'output-does-not-contain',
          'stdout-no-raw-control-bytes',
          'xattr-hex',
          'roundtrip',
          'diff-id',
          'layer-names-relative',
        ].includes(name),
        `check '${name}' is unknown ${third}`,
      );
  }
}

/** The same, where the user may look: only root looks into directories that nobody may look into. */
function holdAsAllowed(...words: Parameters<typeof hold>): void {
  try {
    hold(...words);
  } catch (error) {
    if (process.getuid?.() === 0 || (error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

async function judge(layout: string, item: HostileCase, verb: string): Promise<void> {
  const place = join(layout, '../place');
  const [empty, destination] = [join(place, 'empty'), join(place, 'dest')];
  removeTree(destination);
  mkdirSync(empty, { recursive: true });
  const outside = (): readonly string[] => [...listing(place, destination), ...listing(victim, destination)];
  const before = outside();
  const work = (verbs[verb] as (typeof verbs)[string])(`${layout}:${item.tag ?? 'latest'}`, destination, empty);
  const answer = await answerOf(work);
  const label = `${item.name} ${verb}`;
  if (!answer.accepted) assert.ok(answer.error instanceof OciError, `${label}: ${(answer.error as Error).stack}`);
  const text = answer.accepted ? answer.text : (answer.error as Error).message;
  assert.deepEqual(outside(), before, `${label}: something outside the destination changed`);
  if (deviations[`${item.name} ${verb}`] === undefined) {
    if (item.expected === 'accept') assert.ok(answer.accepted, `${label}: refused: ${text}`);
    if (item.expected === 'reject') {
      assert.ok(!answer.accepted, `${label}: accepted`);
      const named =
        (item.names ?? []).length === 0 || item.names?.some(name => text.toLowerCase().includes(name.toLowerCase()));
      assert.ok(named, `${label}: '${text}' names none of ${item.names?.join(', ')}`);
    }
  }
  for (const check of item.checks ?? []) {
    if (check[0] === 'output-does-not-contain')
      assert.ok(!text.includes(check[1] as string), `${label}: ${check.join(' ')}`);
    else if (verb === 'unpack') holdAsAllowed(check, destination, answer.accepted);
  }
  if (!answer.accepted) assert.ok(!existsSync(destination), `${label}: what was refused left something behind`);
}

async function hostileCases(t: TestContext, prefix: RegExp): Promise<void> {
  const table = fixture(t, 'hostile/manifest.json');
  if (table === undefined) return;
  const { cases } = JSON.parse(readFileSync(table, 'utf8')) as { cases: readonly HostileCase[] };
  const root = fixture(t, '.') as string;
  const emptyDirectories = readFileSync(join(root, 'empty-dirs.txt'), 'utf8')
    .split('\n')
    .filter(line => line !== '');
  mkdirSync(victim, { recursive: true });
  if (!existsSync(canary)) writeFileSync(canary, 'canary\n');
  const failures: string[] = [];
  const chosen = cases.filter(c => c.kind === 'layout' && prefix.test(c.name));
  t.diagnostic(`${chosen.length} hostile inputs`);
  for (const item of chosen) {
    if (item.needs_root === true && process.getuid?.() !== 0) continue;
    const layout = join(temporaryDirectory(t), 'layout');
    cpSync(join(root, 'hostile', item.path), layout, { recursive: true, verbatimSymlinks: true });
    makeWritable(layout);
    for (const line of emptyDirectories.filter(d => d.startsWith(`hostile/${item.path}/`))) {
      mkdirSync(join(layout, line.slice(`hostile/${item.path}/`.length)), { recursive: true });
    }
    for (const verb of item.classes.filter(name => Object.hasOwn(verbs, name))) {
      await judge(layout, item, verb).catch((error: Error) => failures.push(error.message));
    }
  }
  assert.deepEqual(failures, []);
}

test('paths that try to escape, and hardlinks, touch nothing outside the destination', t => hostileCases(t, /^[uh]-/));
test('whiteouts, names and attributes that are odd or hostile get the right verdict', t => hostileCases(t, /^[wnx]-/));
test('damaged and malicious tar streams and compression get the right verdict', t => hostileCases(t, /^[tz]-/));
test('false digests, sizes and data are refused by name', t => hostileCases(t, /^d-/));
test('malformed documents and layouts get the right verdict', t => hostileCases(t, /^[jle]-/));
