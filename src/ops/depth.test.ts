import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ByteString, type DirectoryNode, emptyTree, impliedMeta, type Node, type Tree } from '../tree/node.ts';
import { atOnce } from '../tree/parts.ts';
import { mapMeta } from './commit-edits.ts';

/** A tree of one path with so many levels. */
function deepTree(levels: number): Tree {
  let tree: DirectoryNode = emptyTree();
  for (let level = 0; level < levels; level++)
    tree = { ...emptyTree(), children: new Map<ByteString, Node>([['d', tree]]) };
  return tree;
}

test('attributes are replaced however deep a tree is', () => {
  const { tree } = atOnce(mapMeta(deepTree(50_000), meta => ({ ...meta, uid: 7 })));
  let levels = 0;
  for (let at: Node | undefined = tree; at?.kind === 'directory'; at = at.children.get('d')) {
    assert.deepEqual(at.meta, { ...impliedMeta, uid: 7 });
    levels++;
  }
  assert.equal(levels, 50_001);
});
