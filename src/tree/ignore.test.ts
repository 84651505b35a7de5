import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerfileTable, forAll } from '../testing/dockerfile-corpus.ts';
import { ignoreSelection } from './ignore.ts';
import { encodeText } from './path.ts';

const isIgnored = (patterns: readonly string[], path: string): boolean =>
  !ignoreSelection(patterns.join('\n')).has(encodeText(path.replace(/\/$/, '')));

test('one pattern leaves out what it leaves out of a docker build', t => {
  interface Row {
    readonly patterns: readonly string[];
    readonly path: string;
    readonly ignored?: boolean;
    readonly error?: string;
  }
  forAll(t, dockerfileTable<Row>(t, 'ignore-patterns') ?? [], ({ patterns, path, ignored, error }) => {
    // The root itself is never left out.
    if (path === '/') return;
    if (error !== undefined) assert.throws(() => isIgnored(patterns, path));
    else assert.equal(isIgnored(patterns, path), ignored ?? false);
  });
});

test('the last pattern that matches a path or one above it decides', t => {
  interface Row {
    readonly patterns: readonly string[];
    readonly paths: readonly string[];
    readonly ignored?: readonly boolean[];
    readonly error?: string;
  }
  forAll(t, dockerfileTable<Row>(t, 'ignore-sets') ?? [], ({ patterns, paths, ignored, error }) => {
    if (error !== undefined) {
      assert.throws(() => isIgnored(patterns, 'a'));
      return;
    }
    // In a file a slash at the start of a pattern says nothing, and no path of a context begins with one.
    if (patterns.some(pattern => pattern.startsWith('/'))) return;
    assert.deepEqual(
      paths.map((path, at) => (path.startsWith('/') ? ignored?.[at] : isIgnored(patterns, path))),
      ignored,
    );
  });
});

test('two stars before letters are whatever ends with them, and what lies in a directory that does', () => {
  for (const [pattern, path, does] of [
    ['**.log', 'a.log', true],
    ['**.log', 'a/b.log', true],
    ['**.log', 'a.log/b', true],
    ['**.log', 'a.logs', false],
    ['**.l?g', 'a.log', false],
    ['**.l?g', 'a/.log', true],
    ['**/.log', 'a.log', false],
  ] as const)
    assert.equal(isIgnored([pattern], path), does, `${pattern} ${path}`);
  for (const pattern of ['!', '!/', '! //']) assert.throws(() => isIgnored(['a', pattern], 'a'), { code: 'usage' });
  assert.equal(isIgnored(['a', '!.'], 'a'), true);
});

test('a file of patterns is read as docker reads it: comments, white space, slashes at both ends', t => {
  interface Row {
    readonly text: string;
    readonly patterns: readonly string[];
  }
  forAll(t, dockerfileTable<Row>(t, 'ignore-files') ?? [], ({ text, patterns }) => {
    // A lone `!` is refused, where docker reads the file and refuses what it has read.
    if (patterns.includes('!')) assert.throws(() => ignoreSelection(text));
    const lines = text.split('\n').filter(line => line.trim() !== '!');
    const paths = [...patterns, 'other', 'a/file/other', '# this is a comment', '#only', 'dir name', 'dir'];
    for (const path of paths.map(pattern => pattern.replace(/^!|\\/g, '')))
      assert.equal(
        isIgnored(lines, path),
        isIgnored(
          patterns.filter(pattern => pattern !== '!'),
          path,
        ),
        path,
      );
  });
});
