import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../../errors.ts';
import { cp } from '../../ops/cp.ts';
import { unpack } from '../../ops/unpack.ts';
import { makeLayout, putImage, putName } from '../../testing/layout-files.ts';
import { type RawMember, rawTar } from '../../testing/raw-tar.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const names = ['a', 'b', 'c'];
/** How often a verb runs while somebody swaps, and how many swaps there have to be for that to say anything. */
const [rounds, leastSwaps] = [12, 5];

/**
 * Another process: for as long as its input is open, it puts a link to the same place outside where each directory below the
 * newest directory of ocikit's is, and then the directory back, over and over. Says in the end how often it did. Where its link was moved
 * with all around it, before it could be taken back, it goes no more: through that link it would itself swap what is outside.
 */
const attacker = `
const fs = require('node:fs');
const [parent, outside] = process.argv.slice(1);
let [swaps, isOver] = [0, false];
const spoilt = new Set();
process.stdin.on('end', () => { isOver = true; }).resume();
const tries = action => { try { action(); return true; } catch { return false; } };
function attack(work, root, path) {
  if (spoilt.has(work)) return;
  const place = root + '/' + path;
  const aside = root + '/aside-' + path.replaceAll('/', '-');
  if (!tries(() => { if (!fs.lstatSync(place).isDirectory()) throw 0; fs.renameSync(place, aside); })) return;
  const isLinked = tries(() => fs.symlinkSync(outside + '/' + path, place));
  if (isLinked) swaps++;
  for (let spin = 0; spin < 200; spin++) tries(() => fs.lstatSync(place));
  if (!tries(() => fs.unlinkSync(place)) && isLinked) spoilt.add(work);
  tries(() => fs.renameSync(aside, place));
}
function round() {
  for (const name of tries(() => fs.readdirSync(parent)) ? fs.readdirSync(parent) : []) {
    if (!name.startsWith('.ocikit-')) continue;
    for (const path of ['a', 'a/b', 'a/b/c', 'b', 'c']) for (const root of ['new', 'new/rootfs', 'new/top']) attack(name, parent + '/' + name + '/' + root, path);
  }
  if (isOver) process.stdout.write(String(swaps)); else setImmediate(round);
}
round();`;

/** Directories in directories with files, links and hardlinks, which a second layer replaces and removes in part. */
function image(place: string): string {
  const layout = makeLayout(join(place, 'img'));
  const paths = names.flatMap(one => [
    one,
    ...names.flatMap(two => [`${one}/${two}`, ...names.map(three => `${one}/${two}/${three}`)]),
  ]);
  const lower: RawMember[] = [];
  const upper: RawMember[] = [];
  for (const path of paths) {
    lower.push([`top/${path}/`], [`${path}/`]);
    for (const file of ['f', 'g', 'kept']) lower.push([`${path}/${file}`, 'inside'], [`top/${path}/${file}`, 'inside']);
    lower.push([`${path}/hard`, `=> ${path}/f`], [`${path}/soft`, '-> f']);
    upper.push([`${path}/f`, 'inside again'], [`${path}/.wh.g`]);
  }
  putName(layout, 'app', putImage(layout, { layers: [{ tar: rawTar(lower) }, { tar: rawTar(upper) }] }));
  return `${layout}:app`;
}

/** The same directories outside, with files of the same names, and what all of it is like. */
function makeOutside(place: string): string {
  const outside = join(place, 'outside');
  const make = (directory: string, depth: number): void => {
    mkdirSync(directory, { mode: 0o751 });
    for (const file of ['f', 'g', 'kept']) writeFileSync(join(directory, file), 'OUTSIDE');
    if (depth > 0) for (const name of names) make(join(directory, name), depth - 1);
  };
  make(outside, 3);
  return outside;
}

function looksLike(path: string): readonly string[] {
  const { mode, uid, mtimeMs, ctimeMs, nlink } = lstatSync(path);
  const isDirectory = lstatSync(path).isDirectory();
  const own = [path, mode, uid, mtimeMs, ctimeMs, nlink, isDirectory ? '' : readFileSync(path, 'utf8')].join(' ');
  return isDirectory
    ? [
        own,
        ...readdirSync(path)
          .sort()
          .flatMap(name => looksLike(join(path, name))),
      ]
    : [own];
}

/** Runs a verb over and over while another process swaps directories for links, and holds that nothing outside is read or changed. */
async function underAttack(t: TestContext, verb: (app: string, target: string) => Promise<unknown>): Promise<void> {
  const place = temporaryDirectory(t);
  const [app, outside, parent] = [image(place), makeOutside(place), join(place, 'made')];
  mkdirSync(parent);
  const before = looksLike(outside);
  const process_ = spawn(process.execPath, ['-e', attacker, parent, outside], { stdio: ['pipe', 'pipe', 'inherit'] });
  let swaps = '';
  process_.stdout.on('data', chunk => {
    swaps += `${chunk}`;
  });
  const ended = new Promise(resolve => process_.on('close', resolve));
  let conflicts = 0;
  const targets = Array.from({ length: rounds }, (_, round) => join(parent, `target-${round}`));
  try {
    for (const target of targets)
      await verb(app, target).catch(error => {
        assert.ok(error instanceof OciError, String((error as Error).stack));
        conflicts++;
      });
  } finally {
    process_.stdin.end();
    await ended;
  }
  for (const target of targets) for (const text of textsIn(target)) assert.doesNotMatch(text, /OUTSIDE/);
  assert.deepEqual(looksLike(outside), before);
  t.diagnostic(`${swaps} swaps, ${conflicts} of ${rounds} rounds ended in an error`);
  assert.ok(Number(swaps) >= leastSwaps, `only ${swaps} swaps`);
}

/** The texts of all files below a directory, no link followed. */
function textsIn(directory: string): readonly string[] {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found?.isFile() === true) return [readFileSync(directory, 'utf8')];
  return found?.isDirectory() === true ? readdirSync(directory).flatMap(name => textsIn(join(directory, name))) : [];
}

test('unpack: whoever swaps directories for links meanwhile gets nothing read or written outside', t =>
  underAttack(t, (app, target) => unpack(app, target, { hostPlatform })));

test('unpack of a bundle: the same', t =>
  underAttack(t, (app, target) => unpack(app, target, { hostPlatform, bundle: true })));

test('cp out of an image: the same', t => underAttack(t, (app, target) => cp(`${app}:/top`, target, { hostPlatform })));
