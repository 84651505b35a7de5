import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import { failureText } from './failure.ts';

test('what a program said last stands below the sentence, a line each, and a name of several lines stays in one', () => {
  const message = 'exit code: 3:\nout\n\x1b[31merr';
  const shown = failureText(
    new OciError('invalid', 'Dockerfile:2:1', message, { excerpt: '   1 | FROM a\n>> 2 | RUN x' }),
  );
  assert.equal(
    shown,
    'ocikit: Dockerfile:2:1: exit code: 3:\n     | out\n     | \\x1b[31merr\n   1 | FROM a\n>> 2 | RUN x\n',
  );
  assert.equal(failureText(new OciError('invalid', 'a\nb', 'expected x, got y')), 'ocikit: a\\nb: expected x, got y\n');
});
