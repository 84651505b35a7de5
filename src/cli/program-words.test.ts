import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './commands/run.ts';
import { withEnd } from './program-words.ts';

test('behind the image its options end at the first word, and at the first option that is none of theirs', () => {
  const ended = (text: string): string => withEnd(text.split(' '), run.options).join(' ');
  assert.equal(ended('run -e A=1 img sh -c x'), 'run -e A=1 img -- sh -c x');
  assert.equal(ended('run --entrypoint sh img -c x'), 'run --entrypoint sh img -- -c x');
  assert.equal(ended('run img --version'), 'run img -- --version');
  assert.equal(ended('run img -it -e A=1 sh -e'), 'run img -it -e A=1 -- sh -e');
  assert.equal(ended('run img --help'), 'run img --help');
});
