import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostFailure } from './host-program.ts';
import { runTree } from './process-tree.ts';

test('where no pipe with a name can be made, that is said of the directory', async t => {
  const work = join(temporaryDirectory(t), 'gone');
  const streams = { kind: 'take', take: () => undefined } as const;
  const launch = { words: [], script: '', streams, work, signal: undefined, signals: undefined, hasPids: false };
  await assert.rejects(runTree(launch), {
    code: 'unsupported',
    message: `${work}: expected a directory that can have named pipes, got No such file or directory`,
  });
});

test('a program of the system that fails, that says nothing, and that cannot be started', () => {
  assert.equal(hostFailure('true', []), undefined);
  assert.equal(hostFailure('false', []), 'nothing');
  assert.equal(hostFailure('sh', ['-c', 'echo "sh: place: no room" >&2; exit 1']), 'no room');
  assert.equal(hostFailure('sh', ['-c', 'kill -9 $$']), 'nothing');
  assert.throws(() => hostFailure('no-program-of-this-name', []), {
    code: 'not-found',
    message: 'no-program-of-this-name: expected a program that can be started, got nothing (ENOENT)',
  });
});
