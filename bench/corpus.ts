import { spawnSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Runs a command and throws with its last words where it does not end well. */
export function must(command: string, ...words: readonly string[]): string {
  const run = spawnSync(command, words, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' },
  });
  if (run.status !== 0)
    throw new Error(`${command} ${words.join(' ')}: ${run.error?.message ?? run.stderr.slice(-400)}`);
  return run.stdout;
}

/** A small linear generator: the same corpus on every machine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) / 16777216;
  };
}

function textPool(next: () => number): Buffer {
  const words =
    'the of and to in is layer blob digest manifest config rootfs history const function return struct size map node'.split(
      ' ',
    );
  return Buffer.from(Array.from({ length: 200_000 }, () => words[Math.floor(next() * words.length)] ?? '').join(' '));
}

/** `directories` x 50 small text files of 50 bytes to 20 kB. */
export function makeSmallFiles(root: string, directories: number): void {
  const next = random(12345);
  const pool = textPool(next);
  for (let index = 0; index < directories; index++) {
    const directory = join(root, `d${Math.floor(index / 20)}`, `s${index % 20}`);
    mkdirSync(directory, { recursive: true });
    for (let file = 0; file < 50; file++) {
      const size = Math.min(20_000, Math.floor(Math.exp(next() * 5 + 4)));
      const from = Math.floor(next() * (pool.length - size));
      writeFileSync(join(directory, `file-${file}.txt`), pool.subarray(from, from + size));
    }
  }
}

/** One file of `mebibytes`, every second of them incompressible. */
export function makeBigFile(file: string, mebibytes: number): void {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
  const pool = textPool(random(7));
  const zeros = Buffer.alloc(1 << 20);
  const fd = openSync(file, 'w');
  for (let index = 0; index < mebibytes; index++) {
    writeSync(
      fd,
      index % 2 === 1 ? cipher.update(zeros) : pool.subarray((index * 997) % 4096, ((index * 997) % 4096) + (1 << 20)),
    );
  }
  closeSync(fd);
}

/** A hole of so many gibibytes with 4 KiB at its end: what a large user ID makes of /var/log/lastlog. */
function makeHole(file: string, gibibytes: number): void {
  writeFileSync(file, '');
  truncateSync(file, gibibytes * 2 ** 30);
  writeFileSync(file, 'x'.repeat(4096), { flag: 'a' });
}

/** Makes `path` once: work goes on beside it and is renamed when whole. */
function once(path: string, make: (partial: string) => void): string {
  if (!existsSync(path)) {
    const partial = `${path}.partial`;
    must('rm', '-rf', partial);
    mkdirSync(partial, { recursive: true });
    make(partial);
    renameSync(partial, path);
  }
  return path;
}

const packages =
  'perl,python3,python3-dev,build-essential,git,cmake,gdb,valgrind,ca-certificates,vim,locales,iso-codes,libboost-dev';

/** A build's context: `tree/` in it has 20,000 files. */
export const contextOf = (corpus: string): string =>
  once(join(corpus, 'context'), root => makeSmallFiles(join(root, 'tree'), 400));

/** The benchmark corpus as trees: minbase and a development tree from Debian, and what is made up here. */
export const trees: Readonly<Record<string, (corpus: string) => string>> = {
  quick: corpus => once(join(corpus, 'quick'), root => makeSmallFiles(root, 60)),
  minbase: corpus => once(join(corpus, 'minbase'), root => debian(root, [])),
  dev: corpus => once(join(corpus, 'dev'), root => debian(root, [`--include=${packages}`])),
  small: corpus => once(join(corpus, 'small'), root => makeSmallFiles(root, 2000)),
  big: corpus => once(join(corpus, 'big'), root => makeBigFile(join(root, 'data.bin'), 2048)),
  sparse: corpus => once(join(corpus, 'sparse'), root => makeHole(join(root, 'data.bin'), 9)),
};

/** Puts smaller trees in the place of the large ones of a corpus: what is there is not made anew. */
export function makeSmallTrees(corpus: string): void {
  once(join(corpus, 'dev'), root => debian(root, ['--include=perl,python3,git']));
  once(join(corpus, 'context'), root => makeSmallFiles(join(root, 'tree'), 40));
  once(join(corpus, 'small'), root => makeSmallFiles(root, 200));
  once(join(corpus, 'big'), root => makeBigFile(join(root, 'data.bin'), 256));
  once(join(corpus, 'sparse'), root => makeHole(join(root, 'data.bin'), 1));
}

/** Puts a tree of a few files in the place of every tree of a corpus, with what the jobs edit: what is there is not made anew. */
export function makeTinyTrees(corpus: string): void {
  makeSmallFiles(join(corpus, 'context/tree'), 1);
  for (const name of Object.keys(trees)) {
    const root = join(corpus, name);
    makeSmallFiles(root, 1);
    for (const file of [
      'etc/debian_version',
      'etc/passwd',
      'usr/share/doc/git/README',
      'usr/lib/library',
      'data.bin',
    ]) {
      mkdirSync(join(root, file, '..'), { recursive: true });
      writeFileSync(join(root, file), `${name} ${file}\n`);
    }
  }
  putBusybox(join(corpus, 'minbase/bin'));
}

/** What jobs with RUN call, as links to Debian's busybox-static. */
function putBusybox(directory: string): void {
  mkdirSync(directory);
  copyFileSync('/bin/busybox', join(directory, 'busybox'));
  for (const name of ['sh', 'mkdir', 'find', 'head', 'xargs', 'cat', 'rm'])
    symlinkSync('busybox', join(directory, name));
}

function debian(root: string, options: readonly string[]): void {
  must('mmdebstrap', '--quiet', '--variant=minbase', ...options, 'bookworm', root);
  must('rm', '-rf', join(root, 'dev'));
  mkdirSync(join(root, 'dev'));
}

/** The tar of a tree, made once. */
export function tarOf(corpus: string, name: string): string {
  const tar = join(corpus, `${name}.tar`);
  if (existsSync(tar)) return tar;
  const words = ['--numeric-owner', '--sort=name', '--format=pax', '--pax-option=delete=atime,delete=ctime'];
  must('tar', '-C', trees[name]?.(corpus) ?? '', ...words, '-cf', `${tar}.partial`, '.');
  renameSync(`${tar}.partial`, tar);
  return tar;
}

/** A layout with one layer holding `tree`, named `base`, made by umoci so that the peer reads its own. */
export function peerLayout(corpus: string, name: string): string {
  const layout = join(corpus, `${name}.oci`);
  if (existsSync(layout)) return layout;
  const partial = `${layout}.partial`;
  must('rm', '-rf', partial);
  must('umoci', 'init', '--layout', partial);
  must('umoci', 'new', '--image', `${partial}:base`);
  must('umoci', 'raw', 'add-layer', '--image', `${partial}:base`, tarOf(corpus, name));
  must('umoci', 'gc', '--layout', partial);
  renameSync(partial, layout);
  return layout;
}

/** minbase and 99 small layers over it: adds, overwrites and whiteouts. */
export function layers100(corpus: string): string {
  const layout = join(corpus, 'layers100.oci');
  if (existsSync(layout)) return layout;
  const partial = `${layout}.partial`;
  must('rm', '-rf', partial, `${partial}.d`);
  must('cp', '-a', peerLayout(corpus, 'minbase'), partial);
  for (let layer = 1; layer < 100; layer++) {
    const root = `${partial}.d`;
    const directory = join(root, `srv/app/d${layer % 10}`);
    mkdirSync(directory, { recursive: true });
    for (let file = 1; file <= 8; file++)
      writeFileSync(join(directory, `f-${layer}-${file}`), `${layer} ${file}\n`.repeat(layer * file));
    if (layer > 12) writeFileSync(join(directory, `.wh.f-${layer - 10}-3`), '');
    must('tar', '-C', root, '--numeric-owner', '-cf', `${partial}.tar`, 'srv');
    must('umoci', 'raw', 'add-layer', '--image', `${partial}:base`, `${partial}.tar`);
    must('rm', '-rf', root, `${partial}.tar`);
  }
  must('umoci', 'gc', '--layout', partial);
  renameSync(partial, layout);
  return layout;
}

/** A few files more, some changed, some gone. */
export const smallEdit =
  'mkdir -p opt/app && echo hello > opt/app/x && echo more >> etc/debian_version && rm -rf usr/share/doc/git';

/** Two images of the development tree that share their base. */
export function twoImages(directory: string): string {
  const layout = join(directory, 'two.oci');
  if (existsSync(layout)) return layout;
  const partial = `${layout}.partial`;
  must('rm', '-rf', partial, `${partial}.d`);
  must('cp', '-a', peerLayout(directory, 'dev'), partial);
  must('umoci', 'unpack', '--image', `${partial}:base`, `${partial}.d`);
  must('sh', '-c', `cd ${partial}.d/rootfs && ${smallEdit}`);
  must('umoci', 'repack', '--image', `${partial}:changed`, `${partial}.d`);
  must('mv', partial, layout);
  must('rm', '-rf', `${partial}.d`);
  return layout;
}
