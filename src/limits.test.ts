import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LayerSize } from './codec/layer-size.ts';
import type { TarMember } from './codec/tar-member.ts';
import * as limits from './limits.ts';
import { Draft } from './tree/draft.ts';
import { emptyTree } from './tree/node.ts';

const units: readonly (readonly [number, string])[] = [
  [1 << 30, 'Gi'],
  [1 << 20, 'Mi'],
  [1 << 10, 'Ki'],
];

function shown(limit: number): string {
  const [size, unit] = units.find(([size]) => limit >= 65_536 && limit % size === 0) ?? [1, ''];
  return `${limit / size} ${unit}`.trimEnd();
}

test('every limit stands in the table of CONTRIBUTING.md with its value, and nothing else does', () => {
  const text = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+Limit)` \| ([^|]+) \|/gm)].map(row => [row[1], row[2]]);
  assert.deepEqual(
    rows.sort(),
    Object.entries(limits)
      .map(([name, limit]) => [name, shown(limit)])
      .sort(),
  );
});

test('a layer says so much and no more', () => {
  const member = (path: string, xattr = ''): TarMember =>
    ({
      ...{ type: 'file', path, link: '', size: 0, offset: 0, mode: 0, uid: 0, gid: 0, mtime: 0n, major: 0, minor: 0 },
      xattrs: new Map(xattr === '' ? [] : [['x', Buffer.from(xattr)]]),
      records: new Map(),
      isSparse: false,
    }) as TarMember;
  const add =
    (most: { entries: number; text: number }, ...members: readonly TarMember[]) =>
    () => {
      const size = new LayerSize('layer', most);
      for (const one of members) size.add(one);
    };
  const [entries, text] = [3, 20];
  assert.doesNotThrow(add({ entries, text }, member('a'), member('b'), member('c')));
  assert.throws(add({ entries, text }, ...'abcd'.split('').map(path => member(path))), {
    message: 'layer: expected at most 3 entries, got more',
  });
  assert.doesNotThrow(add({ entries, text }, member('a'.repeat(10), 'v'.repeat(9))));
  assert.throws(add({ entries, text }, member('a'.repeat(10), 'v'.repeat(10))), {
    message: 'layer: expected names and extended attributes of at most 20 bytes together, got more',
  });
});

test('layers make so many nodes and no more, those that paths imply among them', () => {
  const draft = new Draft(emptyTree(), 'layer', { nodes: 10, text: 1000 });
  draft.beginLayer();
  const node = { kind: 'fifo', meta: emptyTree().meta } as const;
  draft.apply({ kind: 'node', path: 'a/b/c/d/e/f/g/h/i/j', node });
  assert.throws(() => draft.apply({ kind: 'node', path: 'k', node }), {
    code: 'invalid',
    message: 'layer: expected at most 10 files and directories, got more',
  });
  const deep = new Draft(emptyTree(), 'layer');
  deep.beginLayer();
  assert.throws(() => deep.apply({ kind: 'node', path: `${'d/'.repeat(32_000)}d`, node }), {
    code: 'invalid',
    message: 'layer: expected directories whose paths have at most 268435456 bytes together, got more',
  });
});
