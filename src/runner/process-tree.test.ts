import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../testing/temporary.ts';
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
