import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  type Dirent,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Numbers from 0 to below `limit`, the same ones for the same seed. */
type Random = (limit: number) => number;

export function randomOf(seed: number): Random {
  let state = seed;
  return limit => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor(((state >>> 8) / 16777216) * limit);
  };
}

const names = [
  'a',
  'b',
  'file.txt',
  'with space',
  '-dash',
  '+plus',
  '.hidden',
  'café',
  'caf\xe9-latin',
  'n'.repeat(200),
  '__proto__',
  'Z',
  '#1',
  "quo'te",
];
const isRoot = process.getuid?.() === 0;

const placeOf = (directory: string, name: string): string | Buffer =>
  name.includes('\xe9-latin')
    ? Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, 'latin1')])
    : join(directory, name);

const times = ['1700000000', '1700000000.5', '0', '-86400', '1', '4000000000'];

function settle(place: string | Buffer, random: Random): void {
  const stat = lstatSync(place);
  if (isRoot) lchownSync(place, random(3) * 1000, random(2) * 70_000);
  const mode = [0o644, 0o755, 0o600, 0o4755, 0o2755, 0o1777][random(6)] as number;
  // Nobody but root goes into a directory that says it may not be gone into.
  if (!stat.isSymbolicLink()) chmodSync(place, stat.isDirectory() && !isRoot ? mode | 0o700 : mode);
  const time = times[random(times.length)] as string;
  lutimesSync(place, time, time);
}

/** In an order that is not the disk's: a seed makes the same directory everywhere. */
const namesOf = (directory: string): Dirent[] =>
  readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));

function makeOne(directory: string, random: Random, depth: number): void {
  const name = names[random(names.length)] as string;
  const place = placeOf(directory, name);
  if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) return;
  const files = namesOf(directory).filter(entry => !entry.isDirectory() && !/[^ -~]/.test(entry.name));
  const plain = typeof place === 'string';
  const kind = random(10);
  if (kind < 3 && depth < 4 && plain) {
    mkdirSync(place);
    fillDirectory(place as string, random, depth + 1);
  } else if (kind === 3) symlinkSync(['a', '/etc/passwd', '../b', '../../..', 'no such'][random(5)] as string, place);
  else if (kind === 4 && files.length > 0) {
    linkSync(join(directory, files[random(files.length)]?.name as string), place);
    return;
  } else if (kind === 5 && plain) execFileSync('mkfifo', ['--', place as string]);
  else if (kind === 6 && plain && isRoot)
    execFileSync('mknod', ['--', place as string, 'c', `${random(300)}`, `${random(300)}`]);
  else writeFileSync(place, Buffer.alloc(random(3) * random(4000), `content ${random(1000)} `));
  settle(place, random);
}

/** Fills a directory with files of every kind: names of every sort, hardlinks of all that may have them, fifos, devices (as root), set-id modes, odd times. */
export function fillDirectory(directory: string, random: Random, depth = 0): void {
  for (let count = 3 + random(7); count > 0; count--) makeOne(directory, random, depth);
}

/** Changes a directory in many ways: adds, removes, rewrites, retypes, chmods. */
export function changeDirectory(directory: string, random: Random): void {
  for (const entry of namesOf(directory)) {
    const place = join(directory, entry.name);
    if (/[^ -~]/.test(entry.name)) continue;
    const what = random(8);
    if (what === 0) rmSync(place, { recursive: true });
    else if (what === 1 && entry.isFile()) writeFileSync(place, `rewritten ${random(100)}`);
    else if (what === 2 && !entry.isSymbolicLink()) settle(place, random);
    else if (what === 3) {
      rmSync(place, { recursive: true });
      if (random(2) === 0) mkdirSync(place);
      else writeFileSync(place, 'another type');
    } else if (entry.isDirectory()) changeDirectory(place, random);
  }
  makeOne(directory, random, 2);
}
