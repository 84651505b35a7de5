import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from './command-line.ts';

/** Programs that a line names and that do something to the world, or are seldom there: what each does here instead. */
const standIns: Readonly<Record<string, string>> = {
  docker:
    'case $1 in export) cat rootfs.tar;; save) cat saved.tar;; load) cat > /dev/null; echo "Loaded image: img:figlet";; esac',
  ssh: 'shift; exec "$@"',
  chroot: `echo CACHE > "$1/etc/ld.so.cache"; for name in chkfont figlet; do echo "$name" > "$1/usr/bin/$name"; done`,
  runc: 'echo new > mine/rootfs/etc/new',
};

/** Where the programs of typed lines are. */
export interface Programs {
  readonly directory: string;
  /** Where temporary files of theirs, and the user's own, go. */
  readonly temporary: string;
  readonly home: string;
}

/** Makes `ocikit` of a bundled script, and the stand-ins. */
export function makePrograms(directory: string, script: string): Programs {
  const places = {
    directory: join(directory, 'bin'),
    temporary: join(directory, 'tmp'),
    home: join(directory, 'home'),
  };
  for (const place of Object.values(places)) mkdirSync(place);
  mkdirSync(join(places.home, '.config/fish/completions'), { recursive: true });
  const ocikit = `exec '${process.execPath}' -- '${script}' "$@"`;
  for (const [name, text] of Object.entries({ ...standIns, ocikit })) {
    writeFileSync(join(places.directory, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(places.directory, name), 0o755);
  }
  return places;
}

/** Types a line in a directory, into bash: some lines are of bash alone, and a pipe is to end as its first program does. */
export function typed(line: string, cwd: string, { directory, temporary, home }: Programs): Promise<Answer> {
  const env = {
    PATH: `${directory}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    TMPDIR: temporary,
    SOURCE_DATE_EPOCH: '1700000000',
    TZ: 'UTC',
  };
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', line], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', code => resolve({ status: code ?? -1, out, err }));
  });
}
