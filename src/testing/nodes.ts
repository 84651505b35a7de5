import fc from 'fast-check';
import type { ByteString, FileNode, Meta, Node } from '../tree/node.ts';

/** Names that have hurt somebody: members of Object.prototype, bytes that are no UTF-8, what sorts around `/`, the longest. */
const nastyNames: readonly ByteString[] = [
  'a',
  'b',
  'c',
  'a-b',
  'a.b',
  'a0',
  '__proto__',
  'constructor',
  '\xff\xfe',
  'caf\xc3\xa9',
  '\xed\xa0\x80',
  ' ',
  '\n',
  '\\',
  '*',
  '...',
  '.hidden',
  'n'.repeat(255),
];

export const arbitraryName: fc.Arbitrary<ByteString> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
  { weight: 1, arbitrary: fc.constantFrom(...nastyNames) },
);

const arbitraryXattrs: fc.Arbitrary<Meta['xattrs']> = fc
  .array(
    fc.tuple(
      fc.constantFrom('user.x', 'user.__proto__', 'security.capability', 'trusted.overlay.opaque', 'security.selinux'),
      fc.uint8Array({ maxLength: 3 }),
    ),
    { maxLength: 2 },
  )
  .map(pairs => new Map(pairs));

export const arbitraryMeta: fc.Arbitrary<Meta> = fc.record({
  mode: fc.constantFrom(0o755, 0o644, 0o4755, 0o2755, 0o1777, 0),
  uid: fc.constantFrom(0, 1000, 3_000_000_000),
  gid: fc.constantFrom(0, 1000),
  mtime: fc.constantFrom(0n, 1n, 1_700_000_000_000_000_000n, 1_700_000_000_999_999_999n, -1n, -1_000_000_000n),
  xattrs: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Meta['xattrs']>(new Map()) },
    { weight: 1, arbitrary: arbitraryXattrs },
  ),
});

/** Contents are numbered: two numbers share a size, and a number means the same bytes whatever its source. */
function fileOf(meta: Meta, source: string, member: number): FileNode {
  return { kind: 'file', meta, size: member >> 1, content: { source, member } };
}

const arbitraryFile: fc.Arbitrary<FileNode> = fc
  .tuple(arbitraryMeta, fc.constantFrom('one', 'two'), fc.nat(5))
  .map(([meta, source, member]) => fileOf(meta, source, member));

const arbitrarySpecial: fc.Arbitrary<Node> = fc.oneof(
  fc
    .tuple(arbitraryMeta, fc.constantFrom('a', '/b', '../c', 'a/b', '/', '..', 'loop', '\xff'))
    .map(([meta, target]): Node => ({ kind: 'symlink', meta, target })),
  fc
    .tuple(arbitraryMeta, fc.constantFrom<'char' | 'block'>('char', 'block'), fc.nat(2), fc.nat(2))
    .map(([meta, type, major, minor]): Node => ({ kind: 'device', meta, type, major, minor })),
  arbitraryMeta.map((meta): Node => ({ kind: 'fifo', meta })),
);

export const arbitraryLeaf: fc.Arbitrary<Node> = fc.oneof(
  { weight: 3, arbitrary: arbitraryFile },
  { weight: 1, arbitrary: arbitrarySpecial },
);

export const arbitraryDirectory: fc.Arbitrary<Node> = arbitraryMeta.map(
  (meta): Node => ({ kind: 'directory', meta, children: new Map() }),
);
