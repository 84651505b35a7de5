import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canRun } from '../testing/busybox.ts';
import { temporaryDirectory } from '../testing/temporary.ts';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '../..');
const places = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

test('a runner that is not there is said to be missing, with its package, before anything is done; auto takes another', t => {
  if (!canRun(t)) return;
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'context'));
  writeFileSync(join(directory, 'context/Dockerfile'), 'FROM scratch\nCOPY . /all\nRUN ["/nothing"]\n');
  /** Builds where programs are nowhere to be found. */
  const without = (hidden: readonly string[], runner: string): string => {
    const masks = hidden
      .flatMap(name => places.map(place => `${place}/${name}`))
      .filter(existsSync)
      .map(path => `mount --bind /dev/null ${path} || :`);
    const words = [
      '--import',
      'tsx',
      'src/cli/bin.ts',
      'build',
      join(directory, 'context'),
      '-t',
      join(directory, 'img'),
    ];
    const script = [...masks, 'exec "$@"'].join('; ');
    const all = ['--mount', 'sh', '-c', script, 'sh', process.execPath, ...words, '--runner', runner];
    const { status, stderr } = spawnSync('unshare', all, { cwd: checkout, encoding: 'utf8' });
    assert.equal(status, 2, stderr);
    assert.deepEqual(readdirSync(directory), ['context'], stderr);
    return stderr;
  };
  assert.match(
    without(['bwrap'], 'bwrap'),
    /got none that works here \(bwrap: no program bwrap \(package bubblewrap\)\)/,
  );
  assert.match(without(['runc'], 'runc'), /\(runc: no program runc \(package runc\)\)/);
  assert.match(without(['crun'], 'crun'), /\(crun: no program crun \(package crun\)\)/);
  assert.match(without(['setpriv'], 'auto'), /nschroot: no program setpriv \(package util-linux\); bwrap: .*chroot: /);
  assert.match(
    without(['bwrap', 'runc', 'crun'], 'auto'),
    /process "\/nothing" did not complete successfully: exit code: 127/,
  );
});
