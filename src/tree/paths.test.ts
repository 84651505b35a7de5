import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { described } from '../testing/described-tree.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import { directory, symlink, textFile } from '../testing/scripts.ts';
import { arbitraryTree, arbitraryTreePair, treeOf } from '../testing/trees.ts';
import { matcher } from './glob.ts';
import { ignoreSelection } from './ignore.ts';
import { emptyTree, type Node, type Tree } from './node.ts';
import { overlay } from './overlay.ts';
import {
  byteStringOf,
  bytesOf,
  encodeText,
  exactTextOf,
  joinPath,
  nameOf,
  parentOf,
  parsePath,
  shortTextOf,
  textOf,
} from './path.ts';
import { find, resolvePath, walk } from './walk.ts';
import { decodeWhiteout, encodeWhiteout, isReservedName } from './whiteout.ts';

test('byte strings keep every byte, and texts come back from UTF-8', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => assert.deepEqual(new Uint8Array(bytesOf(byteStringOf(bytes))), bytes)),
  );
  const text = fc
    .string({ unit: 'grapheme' })
    .filter(value => !/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(value));
  fc.assert(fc.property(text, value => assert.equal(exactTextOf(encodeText(value)), value)));
});

test('text for people shows what is no UTF-8 and nothing that a terminal obeys', () => {
  assert.equal(textOf('caf\xe9'), 'caf\\xe9');
  assert.equal(textOf('caf\xc3\xa9 \\ ok'), 'café \\\\ ok');
  assert.equal(textOf('a\x1b[31m\n\x7f'), 'a\\x1b[31m\\x0a\\x7f');
  assert.equal(textOf(encodeText('a\u009b\u202eb\u2066')), 'a\\u{9b}\\u{202e}b\\u{2066}');
  assert.equal(textOf(encodeText('\u007f\u0080')), '\\x7f\\u{80}');
  assert.equal(
    textOf('\xff\xfe\x80 \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82'),
    '\\xff\\xfe\\x80 \\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xe2\\x82',
  );
  assert.equal(textOf(encodeText('😀€')), '😀€');
  const wild = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffd]/u;
  fc.assert(
    fc.property(fc.uint8Array(), bytes => assert.ok(bytes.includes(0xbd) || !wild.test(textOf(byteStringOf(bytes))))),
  );
  assert.equal(shortTextOf('n'.repeat(5000)).length, 161);
});

test('names of archives become paths inside the root', () => {
  const parsed = (raw: string): string => parsePath(raw, 'layer');
  const cases = {
    '/abs': 'abs',
    './a//b/./c/': 'a/b/c',
    '../x': 'x',
    'a/../../x': 'x',
    '.': '',
    './': '',
    '': '',
    '...': '...',
    '..a': '..a',
    'ab./': 'ab.',
  };
  for (const [raw, path] of Object.entries(cases)) assert.equal(parsed(raw), path);
  assert.equal(parsed('n'.repeat(255)).length, 255);
  assert.equal(decodeWhiteout(parsed(`.wh.${'n'.repeat(255)}`))?.path.length, 255);
  const refused = (raw: string): void => assert.throws(() => parsed(raw), { code: 'invalid', subject: 'layer' });
  for (const raw of ['a\0b', 'n'.repeat(260), `${'a/'.repeat(32_768)}b`]) refused(raw);
  assert.equal(parsed(`${'a/'.repeat(32_767)}b`).length, 65_535);
  assert.deepEqual(
    [parentOf('a/b/c'), nameOf('a/b/c'), parentOf('a'), nameOf('a'), parentOf(''), nameOf('')],
    ['a/b', 'c', '', 'a', '', ''],
  );
  assert.deepEqual([joinPath('', 'a'), joinPath('a', 'b')], ['a', 'a/b']);
});

test('a name that is a path already is itself, and any other one is cleaned component by component', () => {
  const part = fc.constantFrom('', '.', '..', '...', '.a', 'a.', 'b', 'n'.repeat(200));
  const property = fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), parts => {
    const names: string[] = [];
    for (const name of parts) {
      if (name === '..') names.pop();
      else if (name !== '' && name !== '.') names.push(name);
    }
    assert.equal(parsePath(parts.join('/'), 'layer'), names.join('/'));
  });
  fc.assert(property, { numRuns: 2000 });
});

test('whiteouts are told from names, and the same path comes back', () => {
  const decoded = (path: string): unknown => decodeWhiteout(path);
  assert.deepEqual(decoded('d/.wh.x'), { kind: 'whiteout', path: 'd/x' });
  assert.deepEqual(decoded('.wh..hidden'), { kind: 'whiteout', path: '.hidden' });
  assert.deepEqual(decoded('d/.wh..wh..opq'), { kind: 'opaque', path: 'd' });
  assert.deepEqual(decoded('.wh..wh..opq'), { kind: 'opaque', path: '' });
  for (const path of ['a', 'a/x.wh.b', '.whx']) assert.equal(decoded(path), undefined);
  for (const path of ['.wh..wh.plnk', '.wh..wh.plnk/1.2', '.wh..wh.aufs', '.wh..wh..opq/x']) {
    const entry = decodeWhiteout(path);
    assert.ok(entry?.kind === 'whiteout' && isReservedName(nameOf(entry.path)), path);
  }
  for (const path of ['.wh.', '.wh..', '.wh...', 'etc/.wh...', '.wh.d/x']) {
    assert.throws(() => decodeWhiteout(path), { code: 'invalid', message: /\.wh\./ }, path);
  }
  for (const path of ['x', 'a/b', 'a/.h']) {
    assert.deepEqual(decodeWhiteout(encodeWhiteout({ kind: 'whiteout', path })), { kind: 'whiteout', path });
    assert.deepEqual(decodeWhiteout(encodeWhiteout({ kind: 'opaque', path })), { kind: 'opaque', path });
  }
});

test('a walk gives parents first and names by their bytes', () => {
  const tree = treeOf(['a-b', 'a/x', 'a.b', 'B', '\xff', 'é'].map(path => [encodeText(path), textFile('')]));
  assert.deepEqual(
    Array.from(walk(tree), ([path]) => path),
    ['B', 'a', 'a/x', 'a-b', 'a.b', '\xc3\xa9', '\xc3\xbf'],
  );
  fc.assert(fc.property(arbitraryTree, any => [...walk(any)].every(([path, node]) => find(any, path) === node)));
  assert.equal(find(tree, 'B/x'), undefined);
  assert.equal(find(tree, ''), tree);
});

type Joined = string | { readonly $call: string; readonly args: readonly string[] };
interface JoinCase {
  readonly test: string;
  readonly case: { readonly root: Joined; readonly unsafe: Joined; readonly expected?: Joined };
}

/** What the tests of the table's tables set up; `dir` is the root unless a case says that the root is above it. */
const worlds: Readonly<Record<string, readonly (readonly [string, Node])[]>> = {
  TestSymlink: [
    ['somepath', directory()],
    ['etc', symlink('somepath')],
    ['etclink', symlink('../../../../../../../../../../../../../etc')],
    ['passwd', symlink('/../../../../../../../../../../../../../etc/passwd')],
  ],
  TestNoSymlink: [],
  TestNonLexical: [
    ['cousinparent/cousin', directory()],
    ['subdir/link', symlink('../cousinparent/cousin')],
    ['subdir/link2', symlink('/../cousinparent/cousin')],
    ['subdir/link3', symlink('/../../../../../../../../cousinparent/cousin')],
  ],
  TestSymlinkLoop: [
    ['subdir/link', symlink('../../../../../../../../../../../../../path')],
    ['path', symlink('/subdir/link')],
    ['self', symlink('/../../../../../../../../../../../../../self')],
  ],
  TestEnotdir: [['notdir', textFile('')]],
};

test('paths lead where they lead in a root of their own', t => {
  const words = (joined: Joined): string => (typeof joined === 'string' ? joined : joined.args.join('/'));
  for (const { test: name, case: row } of fixtureCases<JoinCase>(t, 'cases/securejoin.json') ?? []) {
    const world = worlds[name === 'TestSecureJoinVFS' ? 'TestNonLexical' : name];
    // TestUncleanRoot, TestHasDotDot and TestIsNotExist ask about helpers that have no part here.
    if (world === undefined) continue;
    const isAbove = row.root === '$rootOrVol';
    const tree = treeOf(world.map(([path, node]) => [isAbove ? `dir/${path}` : path, node]));
    const path = words(row.unsafe).replace('$dir', 'dir');
    if (name === 'TestSymlinkLoop')
      assert.throws(() => resolvePath(tree, path), { code: 'invalid', message: /40 symbolic links/ });
    else if (row.expected !== undefined)
      assert.equal(resolvePath(tree, path), words(row.expected).replace(/^\$(dir|rootOrVol)\/?/, ''));
    else assert.equal(resolvePath(tree, path), path);
  }
});

test('forty links may be followed, not forty-one, and none that no disk could hold', () => {
  const chain = (count: number): Tree =>
    treeOf(Array.from({ length: count }, (_, index) => [`l${index}`, symlink(`l${index + 1}`)]));
  assert.equal(resolvePath(chain(40), 'l0'), 'l40');
  assert.throws(() => resolvePath(chain(41), 'l0', 'layer'), { code: 'invalid', subject: 'layer' });
  assert.throws(() => resolvePath(treeOf([['l', symlink('a/'.repeat(2049))]]), 'l/x'), { code: 'invalid' });
});

test('globs match paths and what is under them, from the root', () => {
  const matches = (globs: readonly string[], path: string): boolean => matcher(globs)(path);
  for (const glob of ['etc', '/etc', './etc', 'etc/', 'e*', '/etc/*', 'etc/**', '**/passwd', '{etc,var}', '/']) {
    assert.ok(matches([glob], 'etc/passwd'), glob);
  }
  for (const glob of ['passwd', '*', 'tc', 'etc/passwd/x', '/etc/p'])
    assert.equal(matches([glob], 'etc.d/passwd'), glob === '*', glob);
  assert.ok(matches(['*'], '.hidden'));
  assert.ok(matches(['x', 'a/**/c'], 'a/b/.b/c/d'));
  assert.equal(matches([], 'a'), false);
  assert.ok(matches(['caf*'], 'caf\xe9'));
  for (const all of ['/', './', '//', '/.//']) assert.ok(matches([all], 'etc/hosts'), all);
  assert.equal(matcher(['z'])(`${'d/'.repeat(10_000)}f`), false);
});

const ignored: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['node_modules', '*.md'],
    ['.hidden', 'a/1.txt', 'a/b/2.txt', 'a/b/c/3.md', 'keep/k', 'src/main.js', 'src/main.test.js', 'top.txt'],
  ],
  [
    ['**/*.md', 'a/b'],
    ['.hidden', 'a/1.txt', 'keep/k', 'node_modules/x/y', 'src/main.js', 'src/main.test.js', 'top.txt'],
  ],
  [
    ['*', '!src', '!a/b/2.txt'],
    ['a/b/2.txt', 'src/main.js', 'src/main.test.js'],
  ],
  [['*', '!src/*.js', 'src/*.test.js'], ['src/main.js']],
  [
    ['a/b', '!a/b/c/3.md', 'k*', 'n*', 's*', 't*', '.h*', 'R*'],
    ['a/1.txt', 'a/b/c/3.md'],
  ],
  [['**', '!keep/k'], ['keep/k']],
  [
    ['*', 'a/*', '!a/b/'],
    ['a/b/2.txt', 'a/b/c/3.md'],
  ],
  [['*', '!top.txt', 'top.txt'], []],
  [
    ['[ab]', 'k??p', 's*', 'n*', '.*'],
    ['README.md', 'top.txt'],
  ],
];

test('.dockerignore patterns keep what a build keeps', () => {
  const paths = [
    '.hidden',
    'README.md',
    'a/1.txt',
    'a/b/2.txt',
    'a/b/c/3.md',
    'keep/k',
    'node_modules/x/y',
    'src/main.js',
    'src/main.test.js',
    'top.txt',
  ];
  const tree = treeOf(paths.map(path => [path, textFile(path)]));
  for (const [patterns, kept] of ignored) {
    const result = overlay(emptyTree(), tree, path => !ignoreSelection(patterns.join('\n')).has(path));
    const files = [...walk(result)].filter(([, node]) => node.kind === 'file').map(([path]) => path);
    assert.deepEqual(files, kept, patterns.join(' '));
  }
});

test('.dockerignore lines are read as docker reads them', () => {
  const ignores = (text: string, path: string): boolean => !ignoreSelection(text).has(path);
  assert.ok(ignores('\ufeffa\r\n', 'a/x'));
  for (const line of ['/a/', ' a ', 'x/../a', './a', '!z\na', '#b\na']) assert.ok(ignores(line, 'a/x'), line);
  for (const line of ['#a', '', '.', '/', '../a', 'A', 'b']) assert.equal(ignores(line, 'a'), false, line);
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.ok(ignores('*', name) && ignores(name, `${name}/x`), name);
    assert.equal(ignores('b', name), false);
  }
  for (const name of ['c++', 'file (1).txt', 'a|b', '{a}', '^', '$', 'x.y']) assert.ok(ignores(name, name), name);
  assert.equal(ignores('x.y', 'xzy'), false);
  assert.ok(ignores('\\*', '*') && !ignores('\\*', 'a'));
  assert.throws(() => ignoreSelection('a\n!\n', 'x.dockerignore'), { code: 'usage', subject: 'x.dockerignore' });
  assert.throws(() => ignoreSelection('['), { code: 'usage', message: /'\['/ });
});

test('an overlay takes what is excluded from before, and everything else from after', () => {
  const all = (paths: readonly string[], text: string): Tree => treeOf(paths.map(path => [path, textFile(text)]));
  const shown = (tree: Tree): string[] =>
    [...walk(tree)].flatMap(([path, node]) =>
      node.kind === 'file' ? [`${path}=${node.content.source.slice(5)}`] : [],
    );
  const merged = overlay(
    all(['a', 'gone/x', 'gone/y', 'p'], 'old'),
    all(['a', 'new', 'tmp/n', 'p'], 'new'),
    matcher(['gone/x', 'tmp', 'p']),
  );
  assert.deepEqual(shown(merged), ['a=new', 'gone/x=old', 'new=new', 'p=old']);
  fc.assert(
    fc.property(arbitraryTreePair, ([before, after]) => {
      assert.deepEqual(described(overlay(before, after, () => false)), described(after));
      assert.deepEqual(described(overlay(before, after, () => true)), described(before));
    }),
  );
});
