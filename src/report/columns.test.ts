import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestsOf } from '../testing/described-tree.ts';
import { arbitraryStack } from '../testing/stacks.ts';
import { diff } from '../tree/diff.ts';
import { type Leaf, type Node, noXattrs, type Path, type Tree } from '../tree/node.ts';
import { atOnce } from '../tree/parts.ts';
import { textOf } from '../tree/path.ts';
import { eachPlaced, topOf } from '../tree/stack.ts';
import { leavesOf, walk } from '../tree/walk.ts';
import { column, filesOf, pathOf, shapeOf, totalsOf } from './browser/decode.ts';
import { changeColumns } from './change-columns.ts';
import { fileColumns, nodeType } from './file-columns.ts';
import { letters } from './page-data.ts';

/** Bytes of the files of a tree, each once. */
const bytesOf = (tree: Tree): number =>
  [...new Set(Array.from(leavesOf(tree), ([, leaf]): Leaf => leaf))].reduce(
    (sum, leaf) => sum + (leaf.kind === 'file' ? leaf.size : 0),
    0,
  );

test('the script of a page reads from its columns every path that there is, with its type, mode, owner, layer and bytes', () => {
  fc.assert(
    fc.property(arbitraryStack, stack => {
      const tree = topOf(stack);
      const placed: (readonly [Path, Node, number])[] = [];
      atOnce(eachPlaced(stack, (path, node, layer) => void placed.push([path, node, layer + 1])));
      const visits = {
        eachFile: (visit: (path: Path, node: Node, layer: number) => void) =>
          eachPlaced(stack, (path, node, layer) => visit(path, node, layer + 1)),
        ownerOf: () => 0,
      };
      const { shape, columns, attribute, layer, targets, total } = filesOf(atOnce(fileColumns(tree, visits)));
      assert.equal(shape.count, placed.length + 1);
      for (const [at, [path, node, number]] of placed.entries()) {
        assert.equal(pathOf(shape, at + 1), `/${textOf(path)}`);
        const { mode, uid, gid } = node.meta;
        assert.deepEqual(columns.attributes[attribute[at + 1] ?? -1], [nodeType(node), mode, uid, gid]);
        assert.equal(layer[at + 1], number);
        assert.equal(targets.get(at + 1), node.kind === 'symlink' ? textOf(node.target) : undefined);
      }
      assert.equal(total[0], bytesOf(tree));
    }),
  );
});

test('changes are in the order of a walk below the directories that they lie in, and their bytes are the difference of the trees', () => {
  fc.assert(
    fc.property(arbitraryStack, arbitraryStack, (one, other) => {
      const [before, after] = [topOf(one), topOf(other)];
      const changes = diff(before, after, { digests: digestsOf(before, after) });
      const { columns, rows } = atOnce(changeColumns([before, after], changes));
      const shape = shapeOf(columns);
      const letter = column(columns.letter, shape.count);
      for (const change of changes) {
        const row = rows.get(change.path) ?? -1;
        assert.equal(pathOf(shape, row), `/${textOf(change.path)}`);
        const isOnTheWay = change.kind === 'modify' && change.reasons.length === 0;
        const said = isOnTheWay ? '' : { add: 'A', modify: 'C', delete: 'D' }[change.kind];
        assert.equal(letters[letter[row] ?? -1], said);
      }
      const sum = (bytes: readonly number[]): number => totalsOf(shape, node => bytes[node] ?? 0)[0] ?? 0;
      assert.equal(sum(columns.after) - sum(columns.before), bytesOf(after) - bytesOf(before));
    }),
  );
});

test('names that are no text, and names in which something hides, are read as they are shown elsewhere', () => {
  const file: Node = {
    kind: 'file',
    meta: { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: noXattrs },
    size: 1,
    content: { source: 'x', member: 0 },
  };
  const names = ['\xff', '</script><script>alert(1)</script>'.replaceAll('/', '\\'), '\x01', '\xe2\x80\xae'].sort();
  const tree: Tree = { ...file, kind: 'directory', children: new Map(names.map(name => [name, { ...file }])) } as Tree;
  const visits = {
    *eachFile(visit: (path: Path, node: Node, layer: number) => void) {
      for (const [path, node] of walk(tree)) visit(path, node, 1);
      yield 0;
    },
    ownerOf: () => 0,
  };
  const { shape } = filesOf(atOnce(fileColumns(tree, visits)));
  assert.deepEqual(shape.names.slice(1), names.map(textOf));
});
