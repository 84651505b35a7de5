import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { Job, JobMount, Program } from './job.ts';
import { whyUnstarted } from './unstarted.ts';

const write = (path: string, content: string | Uint8Array, mode = 0o755): void => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
};

interface Asked {
  readonly user?: number;
  readonly path?: string;
  readonly mounts?: readonly JobMount[];
  readonly directory?: string;
}

/** Asks of a root in two directories, the upper with a mark of what is gone where the test may make one. */
function prepare(t: TestContext): {
  readonly root: string;
  readonly ask: (name: string, asked?: Asked) => string | undefined;
} {
  const root = temporaryDirectory(t);
  chmodSync(root, 0o755);
  for (const name of ['below', 'above', 'upper', 'work']) mkdirSync(join(root, name));
  const lower = [join(root, 'below'), join(root, 'above')];
  const ask = (name: string, { user = 0, path = '/bin:/usr/bin', mounts = [], directory = '/' }: Asked = {}) => {
    const program = {
      arguments: [name],
      environment: [`PATH=${path}`],
      secrets: new Map(),
      directory,
      user: { uid: user, gid: user, additionalGids: [] },
    } as unknown as Program;
    const job: Job = {
      program,
      root: { kind: 'overlay', lower, upper: join(root, 'upper') },
      mounts,
      work: join(root, 'work'),
    };
    const why = whyUnstarted(job);
    return why === undefined ? undefined : `${why.status} ${why.error.message}`;
  };
  return { root, ask };
}

test('a program is found by its name, its path and its links inside the root, in whichever directory of the root it lies', t => {
  const { root, ask } = prepare(t);
  write(join(root, 'below/usr/bin/tool'), 'x');
  symlinkSync('/usr/bin', join(root, 'below/bin'));
  symlinkSync('/bin/../../bin/tool', join(root, 'above/link'));
  write(join(root, 'above/work/own'), 'x');
  for (const name of ['tool', '/bin/tool', '/link', 'usr/bin/tool']) assert.equal(ask(name), undefined, name);
  assert.equal(ask('./own', { directory: '/work' }), undefined);
  assert.equal(
    ask('own', { directory: '/work', path: ':/none' }),
    undefined,
    'an empty place in PATH is where the program runs',
  );
  assert.equal(ask('sh'), '127 sh: expected a program in PATH (/bin:/usr/bin), got none');
  assert.equal(
    ask('/bin/sh'),
    '127 /bin/sh: expected a program in the image, got none',
    'links lead to nothing of the host',
  );
  assert.equal(ask('x'.repeat(5000))?.slice(0, 5), '127 x');
});

test('what is there and cannot be started says why, to whom it is', t => {
  const { root, ask } = prepare(t);
  mkdirSync(join(root, 'below/bin/dir'), { recursive: true });
  write(join(root, 'below/bin/text'), 'x', 0o644);
  write(join(root, 'below/bin/own'), 'x', 0o744);
  write(join(root, 'below/closed/tool'), 'x');
  chmodSync(join(root, 'below/closed'), 0o700);
  write(join(root, 'below/usr/bin/text'), 'x', 0o755);
  assert.equal(ask('dir'), '126 dir: expected a program, got a directory');
  assert.equal(ask('/bin/text'), '126 /bin/text: expected a program, got a file that nobody may execute');
  assert.equal(ask('text'), undefined, 'the next of that name in PATH is taken');
  for (const name of ['/bin/own', '/closed/tool']) {
    assert.equal(ask(name), undefined);
    const user = (process.getuid?.() ?? 0) + 7;
    assert.equal(
      ask(name, { user }),
      `126 ${name}: expected a program, got one that the user ${user}:${user} may not execute`,
    );
  }
});

test('a script or a program needs what starts it', t => {
  const { root, ask } = prepare(t);
  write(join(root, 'below/run'), '#! /bin/bash -e\necho\n');
  write(join(root, 'below/self'), '#!/self\n');
  const elf = Buffer.alloc(256);
  elf.write('\x7fELF\x02\x01\x01', 'latin1');
  elf.writeUInt16LE(process.arch === 'arm64' ? 183 : 62, 18);
  elf.writeBigUInt64LE(64n, 32);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(3, 64);
  elf.writeBigUInt64LE(128n, 72);
  elf.writeBigUInt64LE(12n, 96);
  elf.write('/lib/ld.so.2', 128, 'latin1');
  write(join(root, 'below/made'), elf);
  const gone = (name: string, needed: string): string =>
    `127 ${name}: expected what it is started with in the image, ${needed}, got nothing`;
  assert.equal(ask('/run'), gone('/run', '/bin/bash'));
  assert.equal(ask('/made'), gone('/made', '/lib/ld.so.2'));
  assert.equal(ask('/self'), undefined);
  write(join(root, 'above/bin/bash'), 'x');
  write(join(root, 'above/lib/ld.so.2'), 'x');
  for (const name of ['/run', '/made']) assert.equal(ask(name), undefined);
});

test('what is mounted for the run counts, and of what only the kernel knows nothing is said', t => {
  const { root, ask } = prepare(t);
  write(join(root, 'below/tools/old'), 'x');
  write(join(root, 'host/new'), 'x');
  const bind = {
    kind: 'bind',
    from: [join(root, 'host')],
    path: '/',
    isDirectory: true,
    isReadOnly: true,
    isDiscarded: false,
  } as const;
  const mounts: readonly JobMount[] = [
    { ...bind, target: '/tools' },
    { ...bind, target: '/deep/er', path: '/new', isDirectory: false },
    { kind: 'file', target: '/script', content: new Uint8Array(), mode: 0o755, uid: 0, gid: 0 },
  ];
  for (const name of ['/tools/new', '/deep/er', '/script', '/proc/self/exe', '/dev/pipes/E'])
    assert.equal(ask(name, { mounts }), undefined, name);
  assert.match(ask('/tools/old', { mounts }) ?? '', /^127/);
  assert.match(ask('/deep', { mounts }) ?? '', /a directory$/);
  const covered: readonly JobMount[] = [...mounts, { kind: 'tmpfs', target: '/tools', size: 0, isReadOnly: false }];
  assert.match(ask('/tools/new', { mounts: covered }) ?? '', /^127/);
});
