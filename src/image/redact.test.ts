import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { imageOf } from '../testing/images.ts';
import { hasText, linesNaming, redactHistory } from './redact.ts';

const configWith = (...lines: readonly string[]) =>
  imageOf({ config: { history: lines.map(created_by => ({ created_by, comment: created_by, author: 'Ann' })) } }).config
    .value;

test('what a line of history says is gone from all of it, and what says nothing of it stays as it is', () => {
  const before = configWith('RUN |1 TOKEN=hunter2 /bin/sh -c make', 'COPY a b');
  const after = redactHistory(before, ['hunter', 'hunter2']);
  assert.deepEqual(after.history, [
    { created_by: 'RUN |1 TOKEN=*** /bin/sh -c make', comment: 'RUN |1 TOKEN=*** /bin/sh -c make', author: 'Ann' },
    before.history?.[1],
  ]);
  assert.equal(redactHistory(before, ['none']), before);
  assert.equal(redactHistory(after, ['hunter2']), after);
});

test('no text of several is left, whichever is in which', () => {
  const text = fc.string({ minLength: 1, maxLength: 6 }).filter(one => !one.includes('*'));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), fc.array(text, { maxLength: 3 }), (texts, others) => {
      const config = configWith([...texts, ...others].join(' '));
      const { history } = redactHistory(config, texts);
      for (const gone of texts) assert.equal(hasText(history?.[0]?.created_by, gone), false, gone);
    }),
  );
});

test('a text is found in whatever a document says', () => {
  assert.equal(hasText({ a: [{ b: 'x secret' }] }, 'secret'), true);
  assert.equal(hasText({ secret: null }, 'secret'), true);
  assert.equal(hasText({ a: 1, b: [null, 'sec'] }, 'secret'), false);
});

test('lines that name a file are told by its name as a word', () => {
  const lines = configWith(
    'COPY id_rsa /root/.ssh/ # buildkit',
    'RUN rm /root/.ssh/id_rsa',
    'COPY my_id_rsa.pub /',
    'x',
  );
  assert.deepEqual(linesNaming(lines, 'root/.ssh/id_rsa'), [1, 2]);
  assert.deepEqual(linesNaming(configWith('RUN a (b'), '(b'), [1]);
  assert.deepEqual(linesNaming(imageOf().config.value, 'a'), []);
});
