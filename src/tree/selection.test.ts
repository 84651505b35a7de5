import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryTree } from '../testing/trees.ts';
import { globSelection, matcher } from './glob.ts';
import { ignoreSelection } from './ignore.ts';
import type { Path } from './node.ts';
import { atOnce } from './parts.ts';
import { ancestorsOf } from './path.ts';
import { leadsTo, restrict, type Selection } from './selection.ts';
import { find, walk } from './walk.ts';

const patterns = [
  ...[
    'a',
    'a/b',
    'a/*',
    '*/b',
    '**/c',
    'a/**',
    'a/**/b',
    '?/b',
    '{a,b}/c',
    '{a/b,c}',
    '[ab]/c',
    '!a',
    '!a/**',
    '+(a)/b',
  ],
  ...['/a/b', './a', 'a/', 'b/c/d', '**', '*', 'a/./b', 'x/../a', '\\a/b', 'a*/b', '.hidden'],
];
const arbitraryPatterns = fc.array(fc.constantFrom(...patterns), { minLength: 1, maxLength: 4 });

/** Whether a walk that follows a selection meets everything that is part of it. */
function meets({ has, leads }: Selection, paths: Iterable<Path>): void {
  for (const path of paths)
    if (has(path)) for (const above of ancestorsOf(path)) assert.ok(has(above) || leads(above), `${above} of ${path}`);
}

const isTaken = (globs: readonly string[]): boolean => !globs.some(glob => glob === '\\a/b');

test('law: a walk that goes only where a selection leads meets all that is selected', () => {
  fc.assert(
    fc.property(arbitraryTree, arbitraryPatterns, (tree, globs) => {
      const paths = [...walk(tree)].map(([path]) => path);
      meets(globSelection(globs), paths);
      meets(ignoreSelection(globs.join('\n')), paths);
      meets(ignoreSelection(['*', ...globs.map(glob => (glob.startsWith('!') ? glob : `!${glob}`))].join('\n')), paths);
    }),
    { numRuns: 500 },
  );
});

test('law: what is restricted holds what is selected as it was, and else only directories', () => {
  fc.assert(
    fc.property(arbitraryTree, arbitraryPatterns.filter(isTaken), (tree, globs) => {
      const selection = globSelection(globs);
      const part = atOnce(restrict(tree, selection));
      for (const [path, node] of walk(tree)) if (selection.has(path)) assert.equal(find(part, path), node);
      for (const [path, node] of walk(part)) assert.ok(selection.has(path) || node.kind === 'directory', path);
    }),
  );
});

test('a directory in which no pattern can match leads nowhere', () => {
  const leads = (pattern: string, path: Path): boolean => leadsTo([pattern])(path);
  for (const path of ['proc', 'etcetera', 'etc/x']) assert.equal(leads('etc/*', path), false, path);
  for (const pattern of ['etc/**', 'e*/passwd', '?tc/x', 'etc/a/b', '**/x', '*/x', '{etc,usr}/x'])
    assert.ok(leads(pattern, 'etc'), pattern);
  assert.equal(leads('e*/passwd', 'proc'), false);
  assert.equal(leads('etc', 'etc'), false);
  assert.ok(leads('etc/**', 'etc/deep/er'));
});

test('an excluded directory leads on only to what a later line may take back', () => {
  const { has, leads } = ignoreSelection('proc\nusr\n!usr/share/doc\n!/var/x');
  assert.deepEqual(['proc', 'usr', 'usr/share', 'usr/share/doc'].map(has), [false, false, false, true]);
  assert.deepEqual(['proc', 'usr', 'usr/share', 'usr/bin'].map(leads), [false, true, true, false]);
});

test('brackets and a plus in a glob are no regular expression: what repeats itself would take for ever', () => {
  for (const glob of ['(a+)+b', '(a*)+b', '[a]+[a]+b', '{a,a}+b']) {
    assert.equal(matcher([glob])('a'.repeat(2000)), false, glob);
  }
  assert.ok(matcher(['c++/*'])('c++/x'));
});
