import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerTar } from '../testing/layout-files.ts';
import { textFile } from '../testing/scripts.ts';
import { treeOf } from '../testing/trees.ts';
import { diff } from '../tree/diff.ts';
import { emptyTree } from '../tree/node.ts';
import { toLayer } from '../tree/to-layer.ts';

test("a file with the host's extended attributes is written without them, and its body is found by its own node", () => {
  const names = ['security.selinux', 'system.nfs4_acl', 'trusted.overlay.opaque', 'user.overlay.x', 'user.kept'];
  const plain = textFile('text');
  const file = { ...plain, meta: { ...plain.meta, xattrs: new Map(names.map(name => [name, new Uint8Array(1)])) } };
  const tree = treeOf([['f', file]]);
  const entries = toLayer(diff(emptyTree(), tree), tree);
  const tar = layerTar(entries, node => {
    assert.equal(node, file);
    return Buffer.from('text');
  });
  const found = names.filter(name => Buffer.from(tar).includes(`SCHILY.xattr.${name}=`));
  assert.deepEqual(found, ['user.kept']);
});
