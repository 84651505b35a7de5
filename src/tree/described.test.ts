import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeSelected } from './described.ts';
import { emptyTree, type FileNode, impliedMeta } from './node.ts';
import { atOnce } from './parts.ts';

test('law: the line of a file is JSON of its path and of what counts, whatever it is called', () => {
  const name = fc.string({
    unit: fc.integer({ min: 1, max: 255 }).map(code => String.fromCharCode(code)),
    minLength: 1,
  });
  fc.assert(
    fc.property(name, fc.nat(), fc.boolean(), fc.boolean(), (path, size, isHashed, isOwned) => {
      const meta = { ...impliedMeta, mode: 0o640, uid: 5, gid: 6 };
      const file: FileNode = { kind: 'file', meta, size, content: { source: 'here', member: 0 } };
      const lines: string[] = [];
      const described = {
        digests: new Map(isHashed ? [[file, 'ab']] : []),
        ...(isOwned ? { owner: { uid: 0, gid: 1 } } : {}),
      };
      const node = { ...emptyTree(), children: new Map([[path, file]]) };
      atOnce(describeSelected({ node, name: 'tree', path: 'tree' }, described, line => void lines.push(line)));
      const owner = isOwned ? [0, 1] : [5, 6];
      const said = [path, 'file', 0o640, ...owner, [], [size, isHashed ? 'ab' : null]];
      assert.equal(lines[1], JSON.stringify(said));
    }),
  );
});
