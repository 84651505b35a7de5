import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { MountNamespace } from './processes.ts';

const start = (): ChildProcess =>
  spawn('unshare', ['--mount', 'sh', '-c', 'echo in; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
const nameOf = (child: ChildProcess): string => readlinkSync(`/proc/${child.pid}/ns/mnt`);

test('who ends what is left of a namespace ends nobody who got a namespace meanwhile', async t => {
  if (process.getuid?.() !== 0 || spawnSync('unshare', ['--mount', 'true']).status !== 0)
    return t.skip('needs root and namespaces');
  const first = start();
  await once(first.stdout as NodeJS.ReadableStream, 'data');
  const name = nameOf(first);
  const namespace = MountNamespace.of(first.pid);
  first.kill('SIGKILL');
  await once(first, 'close');
  const others = Array.from({ length: 8 }, start);
  try {
    await Promise.all(others.map(({ stdout }) => once(stdout as NodeJS.ReadableStream, 'data')));
    assert.equal(
      others.some(other => nameOf(other) === name),
      false,
      'its number is its own as long as it is held',
    );
    namespace?.end();
    assert.deepEqual(
      others.map(({ exitCode, signalCode }) => [exitCode, signalCode]),
      others.map(() => [null, null]),
    );
    const ended = MountNamespace.of(others[0]?.pid);
    ended?.end();
    await once(others[0] as ChildProcess, 'close');
    assert.equal(others[1]?.exitCode, null);
  } finally {
    for (const other of others) other.kill('SIGKILL');
  }
  assert.equal(MountNamespace.of(process.pid), undefined, 'nobody ends their own');
});
