import assert from 'node:assert/strict';
import { test } from 'node:test';
import packaged from '@balena/dockerignore';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { workOf } from '../testing/work.ts';
import { matcher } from './glob.ts';
import { ignoreSelection } from './ignore.ts';
import { ancestorsOf, encodeText } from './path.ts';
import { leadsTo } from './selection.ts';
import { parseWildcard } from './wildcard.ts';

const isIgnored = (pattern: string, path: string): boolean => !ignoreSelection(pattern).has(encodeText(path));
const isGlob = (glob: string, path: string): boolean => matcher([glob])(encodeText(path));
const isWild = (pattern: string, text: string): boolean => parseWildcard(pattern, message => new Error(message))(text);

const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), minLength: 1, maxLength: 3 });
const isName = (text: string): boolean => text !== '.' && text !== '..';
const path = fc.array(name.filter(isName), { minLength: 1, maxLength: 5 }).map(names => names.join('/'));
const part = (pieces: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 }).map(parts => parts.join(''));
/** Names with stars in them, and two stars that are a name. */
const patternOf = (pieces: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: part(pieces) }, { weight: 1, arbitrary: fc.constant('**') }), {
      minLength: 1,
      maxLength: 4,
    })
    .map(names => names.join('/'))
    .filter(pattern => pattern.split('/').every(isName));

test('law: an ignore file leaves out what the package of the docker tools for JavaScript leaves out', () => {
  fc.assert(
    fc.property(patternOf(['a', 'b', '*', '?', '.', '[ab]', '[^a]', '\\a']), path, (pattern, text) => {
      // A star beside two stars means nothing that anybody relies on.
      fc.pre(!pattern.includes('***') && !/[^/]\*\*|\*\*[^/]/.test(pattern));
      // A set of what is not `a` may be a slash, as in docker, where a directory above has fewer names than the pattern then.
      fc.pre(!(pattern.includes('[^a]') && text.includes('/')));
      const theirs = packaged.default({ ignorecase: false }).add([pattern]).ignores(text);
      assert.equal(isIgnored(pattern, text), theirs);
    }),
    { numRuns: 2000 },
  );
});

test('braces in a set are members of it', () => {
  for (const glob of ['[{a,b}]', 'x{[}],y}', '[{],a}]', '{[{],[}]}', '[/a{b,c}/]{d,e}'])
    for (const text of ['{', 'a', '}', 'x}', 'xy', 'd']) isGlob(glob, text);
  assert.ok(isGlob('[{]', '{') && isGlob('x{[}],y}', 'x}') && isGlob('x{[}],y}', 'xy'));
  assert.ok(!isGlob('x{[}],y}', 'x]'));
});

test('law: globs mean what they mean to picomatch', () => {
  fc.assert(
    fc.property(
      patternOf(['a', 'b', '*', '?', '.', '[ab]', '[^a]', '[a-b]', '{a,b}', '{a,*b}', '-']),
      path,
      (glob, text) => {
        fc.pre(!/\*\*\*|[^/]\*\*|\*\*[^/]/.test(glob));
        // Its short ways for patterns such as `*.*` want a character after the dot, which its own long way and shells do not.
        const theirs = picomatch(glob, { dot: true, regex: false, fastpaths: false });
        assert.equal(
          isGlob(glob, text),
          [...ancestorsOf(text), text].some(one => one !== '' && theirs(one)),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

test('globs have braces in braces, sets, and characters that are themselves after a backslash', () => {
  for (const [glob, text, does] of [
    ['{a,b/{c,d}}/e', 'b/d/e', true],
    ['{a,b/{c,d}}/e', 'b/e', false],
    ['{a}', '{a}', true],
    ['{a', '{a', true],
    ['a}', 'a}', true],
    ['a,b', 'a,b', true],
    ['{a,}b', 'b', true],
    ['{a/**,c}', 'a/b/c', true],
    ['{**/a,c}', 'x/y/a', true],
    ['[a', '[a', true],
    ['[]a]', ']', true],
    ['[^a-c]x', 'dx', true],
    ['[a-', '[a-', true],
    ['[!a]', 'b', true],
    ['[!a]', 'a', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['\\{a,b\\}', '{a,b}', true],
    ['é?', 'é\u{1f600}', true],
    ['a(b|c)', 'ab', false],
    ['a(b|c)', 'a(b|c)', true],
    ['*.*', 'a.', true],
    ['**/*.*', 'b/a.', true],
    ['!a', 'b', true],
    ['!a', 'a', false],
    ['!a', 'a/b', true],
    ['!**', 'a/b', false],
  ] as const)
    assert.equal(isGlob(glob, text), does, `${glob} ${text}`);
});

const many = 12;
const deep = (length: number): string => 'a/'.repeat(length);
const cases: Readonly<Record<string, (length: number) => boolean>> = {
  'two stars in an ignore file': length => isIgnored(`${'**/a/'.repeat(many)}b`, `${deep(length)}c`),
  'two stars in a glob': length => isGlob(`${'**/a/'.repeat(many)}b`, `${deep(length)}c`),
  'stars in an ignore file': length => isIgnored(`${'*a'.repeat(many)}*b`, 'a'.repeat(length)),
  'stars in a glob': length => isGlob(`${'*a'.repeat(many)}*b`, 'a'.repeat(length)),
  'stars in a name that may lead on': length => leadsTo([`${'*a'.repeat(many)}*b/c`])('a'.repeat(length)),
  'stars in a source of COPY': length => isWild(`${'*a'.repeat(many)}*b`, 'a'.repeat(length)),
  'braces in braces': length => isGlob(`${'{a,'.repeat(many)}a${'}a'.repeat(many)}*b`, 'a'.repeat(length)),
  'question marks and stars, of which a machine has 2^n states': length =>
    isGlob(`*a${'?'.repeat(14)}b`, Array.from({ length }, (_, at) => ((at * at) % 7 < 3 ? 'a' : 'c')).join('')),
};

for (const [what, match] of Object.entries(cases))
  test(`${what}: the work grows with the length of what is matched, not with the ways in which it could match`, async () => {
    assert.equal(match(10), false);
    const [once, fourfold] = [await workOf(() => match(1000)), await workOf(() => match(4000))];
    assert.ok(fourfold <= 5 * once, `${once} blocks, then ${fourfold}`);
    assert.ok(fourfold < 10_000_000, `${fourfold} blocks`);
  });
