import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directory, entryOf, type Member, symlink } from '../testing/scripts.ts';
import { applyLayer } from './apply.ts';
import { emptyTree, type LayerEntry, type Tree } from './node.ts';
import { atOnce } from './parts.ts';
import { toLayer } from './to-layer.ts';
import { touched } from './touched.ts';
import { find, walk } from './walk.ts';

const file = (path: string, content = path): LayerEntry => entryOf({ type: 'file', path, content });
const dir = (path: string, mode = 0o755): LayerEntry => ({ kind: 'node', path, node: directory(mode) });
const link = (path: string, target: string): LayerEntry => entryOf({ type: 'hardlink', path, target } satisfies Member);
const to = (path: string, target: string): LayerEntry => ({ kind: 'node', path, node: symlink(target) });
const hide = (path: string): LayerEntry => ({ kind: 'whiteout', path });

/** Layers of which engines and their peers make different things, and what image-spec says that they are. */
const cases: Readonly<Record<string, readonly [readonly (readonly LayerEntry[])[], Readonly<Record<string, string>>]>> =
  {
    'one of two names is written anew': [
      [[file('a', 'old'), link('b', 'a')], [file('a', 'new')]],
      { a: 'new', b: 'old' },
    ],
    'a link in an upper layer': [[[file('a', 'x')], [link('b', 'a')]], { a: 'x', b: 'x' }],
    'the first of two names is hidden': [[[file('a', 'x'), link('b', 'a')], [hide('a')]], { b: 'x' }],
    'hidden and made again in one layer': [[[file('a', 'old')], [hide('a'), file('a', 'new')]], { a: 'new' }],
    'a directory hidden and made again': [
      [
        [dir('d'), file('d/old')],
        [hide('d'), dir('d'), file('d/new', 'n')],
      ],
      { d: '', 'd/new': 'n' },
    ],
    'made and then hidden in one layer': [[[file('a', 'old')], [file('a', 'new'), hide('a')]], { a: 'new' }],
    'an opaque mark after the children': [
      [
        [dir('d'), file('d/old')],
        [dir('d'), file('d/new', 'n'), { kind: 'opaque', path: 'd' }],
      ],
      { d: '', 'd/new': 'n' },
    ],
    'symbolic links that lead up': [
      [[to('a', '../b'), dir('u'), to('u/l', '../../b')]],
      { a: '../b', u: '', 'u/l': '../../b' },
    ],
    'written through a symbolic link below': [
      [[dir('real'), to('lnk', 'real')], [file('lnk/y', 'y')]],
      { lnk: 'real', real: '', 'real/y': 'y' },
    ],
    'a file over a directory, with a whiteout in it': [
      [
        [dir('d'), file('d/x')],
        [file('d', 'f'), hide('d/x')],
      ],
      { d: 'f' },
    ],
    'one path twice in a layer': [[[file('a', 'first'), file('a', 'last')]], { a: 'last' }],
    'only the attributes of a directory': [[[dir('d'), file('d/x', 'x')], [dir('d', 0o700)]], { d: '', 'd/x': 'x' }],
    'a directory inside, hidden and made again': [
      [
        [dir('d'), dir('d/sub'), file('d/sub/old')],
        [hide('d/sub'), dir('d'), dir('d/sub')],
      ],
      { d: '', 'd/sub': '' },
    ],
    'parents that no layer has': [[[file('a/b/c', 'c')]], { a: '', 'a/b': '', 'a/b/c': 'c' }],
    'a whiteout of nothing': [[[file('a', 'a')], [hide('none')]], { a: 'a' }],
  };

function contentsOf(tree: Tree): Readonly<Record<string, string>> {
  const contents = [...walk(tree)].map(([path, node]) => {
    if (node.kind === 'file') return [path, node.content.source.slice('text '.length)];
    return [path, node.kind === 'symlink' ? node.target : ''];
  });
  return Object.fromEntries(contents) as Readonly<Record<string, string>>;
}

/** What every engine takes: parents first, nothing twice, no whiteout beside or below an entry that is no directory, links to what is earlier. */
function isForEveryEngine(entries: readonly LayerEntry[], label: string): void {
  const seen = new Map<string, LayerEntry>();
  for (const entry of entries) {
    assert.ok(!seen.has(entry.path), `${label}: ${entry.path} twice`);
    const parent = entry.path.split('/').slice(0, -1).join('/');
    const above = seen.get(parent);
    assert.ok(parent === '' || (above?.kind === 'node' && above.node.kind === 'directory'), `${label}: ${entry.path}`);
    if (entry.kind === 'hardlink') assert.ok(seen.get(entry.target)?.kind === 'node', label);
    seen.set(entry.path, entry);
  }
}

for (const [label, [layers, expected]] of Object.entries(cases)) {
  test(`one layer for several, ${label}: what image-spec says, in a form that every engine takes`, () => {
    const trees = [emptyTree()];
    for (const layer of layers) trees.push(applyLayer(trees.at(-1) as Tree, layer));
    const top = trees.at(-1) as Tree;
    assert.deepEqual(contentsOf(top), expected);
    for (const below of trees) {
      const entries = toLayer(atOnce(touched(below, top)), top);
      isForEveryEngine(entries, label);
      const made = applyLayer(below, entries);
      assert.deepEqual(contentsOf(made), expected);
      assert.equal(find(made, 'd')?.meta.mode, find(top, 'd')?.meta.mode);
    }
  });
}
