import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dockerfileTable, forAll } from '../testing/dockerfile-corpus.ts';
import { isLinear } from '../testing/work.ts';
import { contextSelection, ignoreSelection } from './ignore.ts';
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

test('the work of many lines over many paths grows with both, and not with their product', () =>
  isLinear(size => {
    const lines = Array.from({ length: size }, (_, index) => `d${index % 7}/x${index}*`);
    const kept = contextSelection(lines.join('\n'));
    const left = ignoreSelection(lines.join('\n'));
    for (let index = 0; index < size; index++) {
      const path = `d${index % 7}/f${index}`;
      assert.ok(kept.has(path) && left.has(path));
    }
    assert.ok(!kept.has('d1/x1y/z') && !left.has('d1/x1y/z'));
  }, 300));

test('law: lines that are asked at once say what they say one by one', () => {
  const name = fc.constantFrom('a', 'b', 'ab', '*', '**', 'a*', '?');
  const line = fc.tuple(fc.boolean(), fc.array(name, { minLength: 1, maxLength: 3 }));
  const path = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), path, (lines, names) => {
      const text = (between: boolean): string =>
        lines
          // A line of the other kind that matches nothing stands between any two.
          .flatMap(([isException, pattern]) => [
            ...(between ? [isException ? 'never' : '!never'] : []),
            `${isException ? '!' : ''}${pattern.join('/')}`,
          ])
          .join('\n');
      for (const select of [ignoreSelection, contextSelection]) {
        const [once, apart] = [select(text(false)), select(text(true))];
        assert.equal(once.has(names.join('/')), apart.has(names.join('/')));
        assert.equal(once.leads(names.join('/')), apart.leads(names.join('/')));
      }
    }),
    { numRuns: 1000 },
  );
});
