import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryTar } from '../testing/random-tar.ts';
import { readTar } from '../testing/read-tar.ts';
import { spoiledTar } from '../testing/spoiled-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools } from '../testing/witness.ts';

/** A member in a line: what of it every program can say. */
type Line = string;
/** What a program makes of an archive; undefined where it refuses it. */
type Reading = readonly Line[] | undefined;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Said {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly owner: string;
  readonly seconds: number;
  /** The target of a link, the digest of a file, or nothing. */
  readonly detail: string;
}

const line = ({ path, type, mode, owner, seconds, detail }: Said): Line =>
  // A directory has its slash or not, and a symbolic link a mode or none.
  [path.replace(/\/+$/, ''), type, type === 'symlink' ? '' : mode.toString(8), owner, seconds, detail].join(' ');

function own(bytes: Uint8Array, refusals: string[] = []): Reading {
  const { members, error } = readTar(bytes);
  if (error !== undefined) {
    refusals.push(error.message);
    return undefined;
  }
  return members.map(member =>
    line({
      path: member.path,
      type: member.type,
      mode: member.mode,
      owner: `${member.uid}:${member.gid}`,
      seconds: Math.floor(Number(member.mtime / 1_000_000n) / 1000),
      detail: member.type === 'file' ? sha256(member.body) : /link$/.test(member.type) ? member.link : '',
    }),
  );
}

/** Reads archives with Python's tarfile: a JSON list for each, or null. */
const python = `
import hashlib, json, math, sys, tarfile
types = {b'0': 'file', b'\\0': 'file', b'7': 'file', b'S': 'file', b'1': 'hardlink', b'2': 'symlink', b'3': 'char', b'4': 'block', b'5': 'directory', b'6': 'fifo'}
def text(name):
    return name.encode('utf-8', 'surrogateescape').decode('latin-1')
def reading(path):
    members = []
    with tarfile.open(path, 'r:', encoding='utf-8', errors='surrogateescape') as archive:
        for one in archive:
            body = archive.extractfile(one).read() if one.isreg() else None
            if body is not None and len(body) != one.size: return None
            detail = text(one.linkname) if body is None and (one.islnk() or one.issym()) else '' if body is None else hashlib.sha256(body).hexdigest()
            members.append([text(one.name), types.get(one.type, 'other'), one.mode & 0o7777, one.uid, one.gid, math.floor(one.mtime), detail])
    return members
for path in sys.argv[1:]:
    try: print(json.dumps(reading(path)))
    except Exception: print('null')
`;

type Row = readonly [
  path: string,
  type: string,
  mode: number,
  uid: number,
  gid: number,
  seconds: number,
  detail: string,
];

function pythons(directory: string, paths: readonly string[]): readonly Reading[] {
  const out = execFileSync('python3', ['-c', python, ...paths], { cwd: directory, maxBuffer: 1 << 28 });
  return out
    .toString()
    .trim()
    .split('\n')
    .map(text => {
      const rows = JSON.parse(text) as readonly Row[] | null;
      return rows?.map(([path, type, mode, uid, gid, seconds, detail]) =>
        line({ path, type, mode, owner: `${uid}:${gid}`, seconds, detail }),
      );
    })
    .map(reading => reading ?? undefined);
}

/** Has bsdtar write anew what it reads, as Python reads that. */
function libarchives(directory: string, paths: readonly string[]): readonly Reading[] {
  const refused = new Set<number>();
  for (const [at, path] of paths.entries()) {
    const words = ['-cf', `${path}.bsd`, '--format=pax', `@${path}`];
    if (spawnSync('bsdtar', words, { cwd: directory }).status !== 0) refused.add(at);
  }
  const read = pythons(
    directory,
    paths.map((path, at) => (refused.has(at) ? path : `${path}.bsd`)),
  );
  return read.map((reading, at) => (refused.has(at) ? undefined : reading));
}

const gnuTypes: Readonly<Record<string, string>> = {
  '-': 'file',
  h: 'hardlink',
  l: 'symlink',
  c: 'char',
  b: 'block',
  d: 'directory',
  p: 'fifo',
};

function modeOf(letters: string): number {
  const bits = [0o400, 0o200, 0o100, 0o40, 0o20, 0o10, 4, 2, 1];
  let mode = 0;
  for (const [at, letter] of [...letters].entries()) {
    if (!'-ST'.includes(letter)) mode |= bits[at] as number;
    if ('sStT'.includes(letter)) mode |= [0o4000, 0o2000, 0o1000][Math.floor(at / 3)] as number;
  }
  return mode;
}

/** What GNU tar lists, without contents; undefined for a name that cannot be told from what stands about it. */
function gnuReading(directory: string, path: string): Reading {
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
  const words = ['-tvf', path, '--numeric-owner', '--full-time', '--quoting-style=literal'];
  const { status, stdout } = spawnSync('tar', words, { cwd: directory, env, encoding: 'latin1', maxBuffer: 1 << 28 });
  if (status !== 0) return undefined;
  return stdout
    .split('\n')
    .filter(text => text !== '')
    .map(text => {
      const [, kind = '', letters = '', owner = '', time = '', rest = ''] =
        /^(.)(\S{9}) (\S+) +\S+ (\S+ \S+) +(.*)$/s.exec(text) ?? [];
      const type = gnuTypes[kind] ?? 'other';
      const [name = '', detail = ''] =
        type === 'symlink' ? rest.split(' -> ') : type === 'hardlink' ? rest.split(' link to ') : [rest];
      const seconds = Math.floor(Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`) / 1000);
      return line({ path: name, type, mode: modeOf(letters), owner: owner.replace('/', ':'), seconds, detail });
    });
}

/** The same without what GNU tar's list does not say of files. */
const listed = (reading: Reading): Reading => reading?.map(text => text.replace(/ [0-9a-f]{64}$/, ' '));

interface Peers {
  readonly python: Reading;
  readonly libarchive: Reading;
  readonly gnu: Reading;
}

/** What each program makes of each of some archives. */
function peersOf(directory: string, archives: readonly Uint8Array[]): readonly Peers[] {
  const paths = archives.map((bytes, at) => {
    writeFileSync(join(directory, `${at}.tar`), bytes);
    return `${at}.tar`;
  });
  const [python, libarchive] = [pythons(directory, paths), libarchives(directory, paths)];
  return paths.map((path, at) => ({
    python: python[at],
    libarchive: libarchive[at],
    gnu: gnuReading(directory, path),
  }));
}

/** What ocikit refuses and those three read: Go's archive/tar, with which engines unpack, refuses it as well. */
const asGo: Readonly<Record<string, RegExp>> = {
  'a block of zeros before something else: they stop there': /a second block of zeros/,
  'an end within the second block of zeros: they look at one': /the archive is truncated$/,
  'a number with a sign, in octal': /expected a number as \w+ in the tar header, got '-/,
};

/** What ocikit reads otherwise than those three, as Go's archive/tar does. */
function isAsGo(bytes: Uint8Array, { python }: Peers): boolean {
  const isCutInPadding = bytes.length % 512 !== 0 && python === undefined;
  // A long name of no bytes is none: the one in the header counts.
  const isNameless = python?.some(text => /^ |link .* $/.test(text)) ?? false;
  return isCutInPadding || isNameless;
}

/** More of them where somebody has the time, and others. */
const numRuns = Number(process.env['OCIKIT_RUNS'] ?? 40);
const seed = Number(process.env['OCIKIT_SEED'] ?? 1);

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

test('what nothing is wrong with is read as GNU tar, bsdtar and Python read it', t => {
  if (!hasTools(t, 'python3', 'bsdtar', 'tar')) return;
  const archives = fc.sample(arbitraryTar, { numRuns, seed });
  for (const [at, { python, libarchive, gnu }] of peersOf(temporaryDirectory(t), archives).entries()) {
    const ours = own(archives[at] as Uint8Array);
    assert.ok(ours !== undefined, `archive ${at} is refused`);
    assert.deepEqual(ours, python, `archive ${at}, Python`);
    assert.deepEqual(ours, libarchive, `archive ${at}, bsdtar`);
    assert.deepEqual(listed(ours), gnu, `archive ${at}, GNU tar`);
  }
});

test('what something has happened to is read as all of them read it, or is refused; what none of them reads is refused', t => {
  if (!hasTools(t, 'python3', 'bsdtar', 'tar')) return;
  const archives = fc.sample(spoiledTar, { numRuns, seed });
  let [read, refused] = [0, 0];
  const alone = new Map<string, number>();
  const wrong: unknown[] = [];
  for (const [at, peers] of peersOf(temporaryDirectory(t), archives).entries()) {
    const { python, libarchive, gnu } = peers;
    const said: string[] = [];
    const ours = own(archives[at] as Uint8Array, said);
    const agree = python !== undefined && isSame(python, libarchive) && isSame(listed(python), gnu);
    if (ours === undefined) {
      refused++;
      if (!agree) continue;
      const reason = Object.keys(asGo).find(why => asGo[why]?.test(said.join()));
      if (reason === undefined) wrong.push({ at, said, ...peers });
      else alone.set(reason, (alone.get(reason) ?? 0) + 1);
    } else {
      read++;
      const isNobodys = python === undefined && libarchive === undefined && gnu === undefined;
      const isOther = isNobodys || (agree && !isSame(ours, python));
      if (isOther && !isAsGo(archives[at] as Uint8Array, peers)) wrong.push({ at, ours, ...peers });
    }
  }
  t.diagnostic(`${read} read, ${refused} refused`);
  for (const [reason, count] of alone) t.diagnostic(`${count} refused that the others read alike: ${reason}`);
  assert.deepEqual(wrong, []);
});
