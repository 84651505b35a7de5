import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), '../../bin/ocikit.cjs');

/** Whether these commands are here; where one is not, the test is skipped with a message. */
export function hasTools(t: TestContext, ...names: readonly string[]): boolean {
  const missing = names.filter(name => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  if (missing.length > 0) t.skip(`not installed here: ${missing.join(', ')}`);
  return missing.length === 0;
}

/** Whether the test runs as root; where not, it is skipped with a message. */
export function isRoot(t: TestContext): boolean {
  const root = process.getuid?.() === 0;
  if (!root) t.skip('needs root');
  return root;
}

/** Runs a real program and gives its output; throws with its last words where it fails. */
export function run(cwd: string, command: string, ...words: readonly string[]): string {
  return execFileSync(command, words, { cwd, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Installs a package for a test alone into this checkout's cache, with what it needs `beside` (NAME@VERSION), and gives where its programs are. */
export function installed(name: string, version: string, ...beside: readonly string[]): string {
  const prefix = join(dirname(program), '../node_modules/.cache', `${name}-${version}`);
  const quiet = ['--silent', '--no-save', '--no-audit', '--no-fund'];
  run(dirname(program), 'npm', 'install', ...quiet, '--prefix', prefix, `${name}@${version}`, ...beside);
  return join(prefix, 'node_modules/.bin');
}

/** Runs the built program as a user does. */
export function ocikit(cwd: string, ...words: readonly string[]): string {
  return run(cwd, process.execPath, program, ...words);
}

/** Every path of a directory with all that a layer carries of it, by independent means: one line each, hardlinks as groups. */
export function listTree(root: string): string[] {
  const groups = new Map<string, string>();
  const visit = (directory: string, shown: string): string[] =>
    (readdirSync(Buffer.from(directory, 'latin1'), { encoding: 'buffer' }) as Buffer[])
      .map(name => name.toString('latin1'))
      .sort()
      .flatMap(name => {
        const path = `${directory}/${name}`;
        const place = Buffer.from(path, 'latin1');
        const stat = lstatSync(place, { bigint: true });
        const key = `${stat.dev}:${stat.ino}`;
        const first =
          !stat.isDirectory() && stat.nlink > 1n
            ? (groups.get(key) ?? groups.set(key, `${shown}/${name}`).get(key))
            : '';
        const seconds =
          stat.mtimeNs >= 0n ? stat.mtimeNs / 1_000_000_000n : (stat.mtimeNs - 999_999_999n) / 1_000_000_000n;
        const time = stat.isDirectory() ? '' : `${seconds}`;
        const detail = stat.isFile()
          ? createHash('sha256').update(readFileSync(place)).digest('hex')
          : stat.isSymbolicLink()
            ? readlinkSync(place, 'latin1')
            : stat.isCharacterDevice() || stat.isBlockDevice()
              ? `${stat.rdev}`
              : '';
        const mode = stat.isSymbolicLink() ? 'link' : stat.mode.toString(8);
        const line = `${shown}/${name} ${mode} ${stat.uid}:${stat.gid} ${time} ${detail} ${first}`;
        return stat.isDirectory() ? [line, ...visit(path, `${shown}/${name}`)] : [line];
      });
  return visit(root, '');
}
