import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { fixture } from '../testing/fixtures.ts';
import { arbitraryName } from '../testing/nodes.ts';
import type { Path } from '../tree/node.ts';
import { atOnce } from '../tree/parts.ts';
import { bytesOf } from '../tree/path.ts';
import { decodeMtree, encodeMtree, type Mtree, type MtreeEntry } from './mtree.ts';

const id = fc.oneof(fc.constantFrom(0, 65_534, 4_294_967_294), fc.nat());

/** An entry of every combination of what can be said; what is not said is not there. */
const arbitraryEntry: fc.Arbitrary<MtreeEntry> = fc
  .tuple(
    fc.constantFrom<MtreeEntry['type']>('file', 'dir', 'link', 'char', 'block', 'fifo'),
    fc.record(
      {
        mode: fc.nat(0o7777),
        uid: id,
        gid: id,
        size: fc.maxSafeNat(),
        time: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        inode: fc.nat(),
        isOptional: fc.constant(true as const),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    fc.array(fc.tuple(arbitraryName, fc.uint8Array({ maxLength: 5 })), { maxLength: 3 }),
    fc.record({ major: fc.nat(), minor: fc.nat() }, { noNullPrototype: true }),
  )
  .map(([type, said, xattrs, device]) => ({
    type,
    ...said,
    ...(type === 'char' || type === 'block' ? { device } : {}),
    xattrs: new Map(xattrs.map(([name, value]) => [name, Buffer.from(value)])),
  }));

const arbitraryPath: fc.Arbitrary<Path> = fc
  .array(arbitraryName, { maxLength: 4 })
  .map(names => names.filter(name => name !== '..' && name !== '.').join('/'));

const arbitraryMtree: fc.Arbitrary<Mtree> = fc.record({
  comments: fc.array(fc.constantFrom('a comment', 'owner 1:2', '#', 'uid-map 0:1:2'), { maxLength: 3 }),
  entries: fc.array(fc.tuple(arbitraryPath, arbitraryEntry), { maxLength: 6 }).map(pairs => new Map(pairs)),
});

test('law: what is encoded is decoded as it was, whatever bytes names have', () => {
  fc.assert(
    fc.property(arbitraryMtree, mtree => {
      const bytes = atOnce(encodeMtree(mtree));
      const again = atOnce(decodeMtree(bytes));
      assert.deepEqual(again.comments, mtree.comments);
      assert.deepEqual(new Map([...again.entries].sort()), new Map([...mtree.entries].sort()));
      assert.deepEqual(atOnce(encodeMtree(again)), bytes);
      assert.match(Buffer.from(bytes).toString('latin1'), /^[ -~\n]*$/);
    }),
  );
});

test('the text is one line a path, sorted by bytes, and each thing that is said a word', () => {
  const entries: Mtree['entries'] = new Map<Path, MtreeEntry>([
    ['srv/a b', { type: 'file', mode: 0o4755, uid: 1, gid: 2, size: 3, time: -1_500_000_000n }],
    ['dev/null', { type: 'char', device: { major: 1, minor: 3 }, mode: 0o666, inode: 7, isOptional: true }],
    ['', { type: 'dir', mode: 0, xattrs: new Map([['user.#=', Buffer.of(255)]]) }],
    ['caf\xc3\xa9\\', { type: 'link' }],
  ]);
  const text = [
    '#mtree v2.0',
    '# what it is',
    '. type=dir mode=0000 xattr.user.\\043\\075=/w==',
    './caf\\303\\251\\134 type=link',
    './dev/null type=char device=linux,1,3 mode=0666 inode=7 optional',
    './srv/a\\040b type=file mode=4755 uid=1 gid=2 size=3 time=-2.500000000',
    '',
  ];
  assert.equal(Buffer.from(atOnce(encodeMtree({ comments: ['what it is'], entries }))).toString(), text.join('\n'));
});

test('what bsdtar writes of an archive is read as the archive says it', t => {
  const file = fixture(t, 'change/rootless/libarchive.mtree');
  if (file === undefined) return;
  const { entries } = atOnce(decodeMtree(readFileSync(file)));
  const device = { type: 'block', device: { major: 8, minor: 0 }, mode: 0o660, uid: 0, gid: 6 };
  const time = 1_000_000_000_000_000_000n;
  assert.equal(entries.size, 23);
  assert.deepEqual(entries.get('dev/sda'), { ...device, time, xattrs: new Map() });
  assert.deepEqual([entries.get('top')?.uid, entries.get('top')?.gid], [4_294_967_294, 4_294_967_294]);
  assert.deepEqual([entries.get('run/fifo')?.type, entries.get('bin/wall')?.mode], ['fifo', 0o2755]);
});

test("umoci's own mtree, of relative names below directories, is refused with the line: another form, of another file's name", t => {
  const file = fixture(t, 'change/rootless/umoci.mtree');
  if (file === undefined) return;
  assert.throws(() => atOnce(decodeMtree(readFileSync(file))), { message: "line 5: expected a full path, got '/set'" });
});

test('words that nobody knows, other spaces and empty lines say nothing', () => {
  const text = '#mtree\r\n\n./a\ttype=file  nlink=2 flags=none,x sha256digest=00 mode=644\r\n';
  assert.deepEqual(
    [...atOnce(decodeMtree(bytesOf(text))).entries],
    [['a', { type: 'file', mode: 0o644, xattrs: new Map() }]],
  );
});

test('an error names the line and what was expected there', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['a type=file', /^line 2: expected a full path, got 'a'$/],
    ['./a/../b type=file', /full path/],
    ['./a//b type=file', /full path/],
    ['./\\000 type=file', /full path/],
    ['/set type=file', /full path/],
    ['./a type=door', /expected a type, got 'door'/],
    ['./a type=char', /expected a device, got type=char alone/],
    ['./a type=char device=1', /expected a device, got '1'/],
    ['./a uid=many', /expected a number, got 'many'/],
    ['./a uid=-1', /expected a number/],
    ['./a size=9999999999999999', /expected a number/],
    ['./a mode=8', /expected a number/],
    ['./a time=1.0000000001', /expected seconds/],
    ['./a xattr.x=!', /expected base64/],
  ];
  for (const [line, message] of cases) {
    assert.throws(() => atOnce(decodeMtree(bytesOf(`#mtree v2.0\n${line}\n`))), { message });
  }
});

test('law: bytes of any kind are read or refused with the line', () => {
  fc.assert(
    fc.property(arbitraryMtree, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), (mtree, edits) => {
      const bytes = Uint8Array.from(atOnce(encodeMtree(mtree)));
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
      try {
        atOnce(decodeMtree(bytes));
      } catch (error) {
        assert.match((error as Error).message, /^line \d+: expected /);
      }
    }),
  );
});
