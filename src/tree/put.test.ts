import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directory, symlink, textFile } from '../testing/scripts.ts';
import { applyLayer } from './apply.ts';
import { changedMode, parseMode } from './mode.ts';
import { emptyTree, type FileNode, type LayerEntry, type Node, type Tree } from './node.ts';
import { atOnce } from './parts.ts';
import { type Brought, put as putInParts, removed, targetPath } from './put.ts';
import { find, walk } from './walk.ts';

const node = (path: string, what: Node): LayerEntry => ({ kind: 'node', path, node: what });
const treeOf = (...entries: readonly LayerEntry[]): Tree => applyLayer(emptyTree(), entries);

const image = treeOf(
  node('bin', symlink('usr/bin')),
  node('usr', directory(0o755)),
  node('usr/bin', directory(0o711)),
  node('usr/bin/sh', textFile('sh')),
  node('app', directory(0o750)),
  node('app/old', textFile('old')),
  node('file', textFile('a file')),
  node('loop', symlink('loop')),
);
const file = textFile('new');
const brought = (what: Node, name = 'src', isContents = false): Brought => ({ node: what, name, isContents });
const tree = (entries: Readonly<Record<string, Node>>): Node => ({
  kind: 'directory',
  meta: directory(0o700).meta,
  children: new Map(Object.entries(entries)),
});
const put = (...given: Parameters<typeof putInParts>): Tree => atOnce(putInParts(...given));
const pathsOf = (all: Tree): readonly string[] => Array.from(walk(all), ([path]) => path);

test('a file goes into a directory that is there or that ends in a slash, else under the name that is said', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/app', 'app/src'],
    ['app/', 'app/src'],
    ['/new/', 'new/src'],
    ['/new', 'new'],
    ['/app/old', 'app/old'],
    ['/bin', 'usr/bin/src'],
    ['/bin/x', 'usr/bin/x'],
    ['/app/../x', 'x'],
    ['/../../x', 'x'],
    ['/', 'src'],
  ];
  for (const [to, path] of cases) assert.equal(targetPath(image, to, brought(file)), path, to);
});

test('a directory goes into one that is there, else it becomes what is said; its contents go where it says', () => {
  const dir = tree({ a: file });
  assert.equal(targetPath(image, '/app', brought(dir)), 'app/src');
  assert.equal(targetPath(image, '/new', brought(dir)), 'new');
  assert.equal(targetPath(image, '/new/', brought(dir)), 'new');
  assert.equal(targetPath(image, '/app', brought(dir, 'src', true)), 'app');
  assert.equal(targetPath(image, '/', brought(dir, 'src', true)), '');
  assert.throws(
    () => targetPath(image, '/file', brought(dir)),
    /expected a directory to put a directory in, got a file/,
  );
});

test('new directories above are 0755 of the owner that is asked for, those of the image stay as they are', () => {
  const owner = { uid: 7, gid: 8 };
  const made = put(image, 'app/a/b/c', { node: file, attributes: { owner, mode: parseMode('0600') } });
  const metaOf = (path: string) => {
    const { mode, uid, gid } = (find(made, path) as Node).meta;
    return [mode.toString(8), uid, gid];
  };
  assert.deepEqual(metaOf('app/a'), ['755', 7, 8]);
  assert.deepEqual(metaOf('app/a/b/c'), ['600', 7, 8]);
  assert.deepEqual(metaOf('app'), ['750', 0, 0]);
  assert.deepEqual(
    pathsOf(image).filter(path => path.startsWith('app/a')),
    [],
  );
});

test('what is brought goes through links of the image to directories, and replaces other files', () => {
  const made = put(image, '', {
    node: tree({ bin: tree({ tool: file }), app: tree({ old: file, link: symlink('x') }), loop: file }),
    attributes: {},
  });
  assert.equal(find(made, 'bin')?.kind, 'symlink');
  assert.equal((find(made, 'usr/bin/tool') as FileNode).content, file.content);
  assert.equal(find(made, 'usr/bin')?.meta.mode, 0o711);
  assert.equal((find(made, 'app/old') as FileNode).content, file.content);
  assert.equal(find(made, 'loop')?.kind, 'file');
});

test('a file never replaces a directory, nor a directory a file', () => {
  const refused: readonly (readonly [string, Node])[] = [
    ['', tree({ app: file })],
    ['', tree({ file: tree({}) })],
    ['file/below', file],
    ['', tree({ loop: tree({}) })],
  ];
  for (const [at, what] of refused) assert.throws(() => put(image, at, { node: what, attributes: {} }), /expected/, at);
});

test('two names of one file stay that, and are another file than what is there', () => {
  const made = put(image, 'new', { node: tree({ a: file, b: file, c: tree({ d: file }) }), attributes: {} });
  const one = find(made, 'new/a');
  assert.equal(find(made, 'new/b'), one);
  assert.equal(find(made, 'new/c/d'), one);
  const twice = put(made, 'other', { node: file, attributes: {} });
  assert.notEqual(find(twice, 'other'), one);
});

test('what is deleted goes with all that is in it, links above it followed, and nothing else goes', () => {
  assert.deepEqual(
    pathsOf(removed(image, 'app')),
    pathsOf(image).filter(path => !path.startsWith('app')),
  );
  assert.equal(find(removed(image, 'bin/sh'), 'usr/bin/sh'), undefined);
  assert.equal(find(removed(image, 'bin'), 'usr/bin/sh')?.kind, 'file');
  assert.throws(() => removed(image, 'nowhere'), /\/nowhere: expected a path of the image, got nothing/);
  assert.throws(() => removed(image, ''), /the root/);
});

test('modes are changed as chmod changes them', () => {
  const cases: readonly (readonly [string, number, number, Node['kind']])[] = [
    ['0755', 0o600, 0o755, 'file'],
    ['u=rwX,go=rX', 0o600, 0o644, 'file'],
    ['u=rwX,go=rX', 0o711, 0o755, 'file'],
    ['u=rwX,go=rX', 0o600, 0o755, 'directory'],
    ['a+x', 0o644, 0o755, 'file'],
    ['+x', 0o644, 0o755, 'file'],
    ['go-rwx', 0o755, 0o700, 'file'],
    ['u+s', 0o755, 0o4755, 'file'],
    ['g+s', 0o755, 0o2755, 'directory'],
    ['+t', 0o777, 0o1777, 'directory'],
    ['g=', 0o777, 0o707, 'file'],
    ['07777', 0o600, 0o7777, 'file'],
    ['g=u,o=g', 0o741, 0o777, 'file'],
    ['u=rw-r,g-w+x', 0o760, 0o250, 'file'],
  ];
  for (const [text, before, after, kind] of cases) {
    const what = { ...(kind === 'directory' ? directory(before) : textFile('x', before)) };
    assert.equal(changedMode(what, parseMode(text)).toString(8), after.toString(8), text);
  }
  assert.equal(changedMode(symlink('x'), parseMode('0600')), symlink('x').meta.mode);
  for (const text of ['', '9', '017777', 'rwx', 'u=q', 'u', 'a+x,'])
    assert.throws(() => parseMode(text), /expected octal/, text);
});
