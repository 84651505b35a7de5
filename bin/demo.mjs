// The main job on an embedded sample: commit, change, diff, commit, tag, history. `npm run demo` runs it.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./ocikit.cjs', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'ocikit-demo-'));
const environment = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };

function say(text) {
  process.stdout.write(`\n# ${text}\n`);
}

function ocikit(...words) {
  const shown = words.map(word => (/[^\w@%+=:,./-]/.test(word) ? `'${word}'` : word)).join(' ');
  process.stdout.write(`$ ocikit ${shown}\n`);
  const run = spawnSync(process.execPath, [program, ...words], { cwd: place, env: environment, encoding: 'utf8' });
  process.stdout.write(run.stdout + run.stderr);
  if (run.status !== 0) throw new Error(`ocikit ${shown}: exit ${run.status}`);
}

function write(path, text) {
  const file = join(place, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

try {
  write('rootfs/bin/hello', '#!/bin/sh\necho "${GREETING:-hello}, world"\n');
  chmodSync(join(place, 'rootfs/bin/hello'), 0o755);
  write('rootfs/etc/motd', 'a sample root filesystem\n');
  write('rootfs/usr/share/doc/hello/README', 'says hello\n');
  symlinkSync('hello', join(place, 'rootfs/bin/hi'));

  say('A directory becomes an image: one layer, in a layout that any OCI tool reads.');
  ocikit(
    'commit',
    'rootfs',
    'img:base',
    '--author',
    'Ann <a@example.org>',
    '-m',
    'a sample',
    '--platform',
    'linux/amd64',
  );

  say('Unpack it, change it with anything at all, and see exactly what changed.');
  ocikit('unpack', 'img:base', 'work', '--bundle');
  write('work/rootfs/etc/motd', 'a changed root filesystem\n');
  write('work/rootfs/usr/bin/figlet', '#!/bin/sh\necho FIGLET "$@"\n');
  rmSync(join(place, 'work/rootfs/usr/share/doc'), { recursive: true });
  ocikit('diff', 'work', '--reasons');

  say('Commit only that as a new layer, with instructions as a Dockerfile has them.');
  ocikit(
    'commit',
    'work',
    'img:figlet',
    '-a',
    'Ann',
    '-m',
    'add figlet',
    '-c',
    'CMD ["figlet","hello"]',
    '-c',
    'ENV GREETING="hi there"',
  );
  ocikit('diff', 'img:base', 'img:figlet');
  ocikit('tag', 'img:figlet', 'latest', 'docker.io/library/figlet:1.0');

  say('Read it.');
  ocikit('images', 'img');
  ocikit('history', 'img:figlet');
  ocikit('inspect', 'img:figlet', '--format', '{{json .RootFS.Layers}} {{.Config.Cmd}} {{.Config.Env}}');
  ocikit('validate', 'img');
} finally {
  rmSync(place, { recursive: true, force: true });
}
