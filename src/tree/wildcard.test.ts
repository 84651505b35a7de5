import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usage } from '../errors.ts';
import { dockerfileTable, forAll } from '../testing/dockerfile-corpus.ts';
import { parseWildcard } from './wildcard.ts';

const match = (pattern: string, name: string): boolean =>
  parseWildcard(pattern, message => usage('pattern', message))(name);

test('stars and question marks stop at a slash, sets have ranges, and a backslash takes what follows as it is', () => {
  for (const [pattern, name, does] of [
    ['*', 'abc', true],
    ['*', 'a/b', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a?c', 'a/c', false],
    ['[a-c]?', 'bz', true],
    ['[^a-c]', 'b', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['*/*', 'a/b', true],
    ['é?', 'é\u{1f600}', true],
    ['', '', true],
  ] as const)
    assert.equal(match(pattern, name), does, `${pattern} ${name}`);
});

test('what is no pattern is refused', () => {
  for (const pattern of ['[', '[a', '[]', '[a-', '\\', '[-a]', '[a-]'])
    assert.throws(() => match(pattern, 'a'), { code: 'usage' }, pattern);
});

test('names match as by Go', t => {
  interface Row {
    readonly pattern: string;
    readonly name: string;
    readonly match?: boolean;
    readonly error?: string;
  }
  forAll(t, dockerfileTable<Row>(t, 'wildcards') ?? [], ({ pattern, name, match: does, error }) => {
    // Go finds a fault only where it comes to it; here the pattern is read first.
    if (error !== undefined) assert.throws(() => match(pattern, name));
    else if (isPattern(pattern)) assert.equal(match(pattern, name), does);
    else assert.equal(does, false);
  });
});

function isPattern(pattern: string): boolean {
  try {
    match(pattern, '');
    return true;
  } catch {
    return false;
  }
}
