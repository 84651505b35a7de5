import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { VarintWriter } from '../codec/varints.ts';
import { OciError } from '../errors.ts';
import type { DiffID } from '../spec/digest.ts';
import { refusal } from '../testing/answers.ts';
import { arbitraryEntries } from '../testing/trees.ts';
import { type FileNode, impliedMeta, type LayerEntry } from '../tree/node.ts';
import { atOnce } from '../tree/parts.ts';
import type { LayerListing } from './layer-listing.ts';
import { decodeListing, encodeListing } from './listing-file.ts';

const idOf = (text: string): DiffID => `sha256:${createHash('sha256').update(text).digest('hex')}` as DiffID;
const diffID = idOf('layer');

/** Entries as a layer's reader gives them: members in the order of the tar, contents the layer's own; every other file is hashed. */
function listingOf(entries: readonly LayerEntry[]): LayerListing {
  const digests = new Map<FileNode, string>();
  const own = entries.map((entry, at): LayerEntry => {
    if (entry.kind !== 'node') return { ...entry };
    const meta = { ...entry.node.meta };
    if (entry.node.kind !== 'file') return { ...entry, node: { ...entry.node, meta } };
    const node: FileNode = { ...entry.node, meta, content: { source: diffID, member: 3 * at } };
    if (at % 2 === 0) digests.set(node, idOf(`${at}`).slice(7));
    return { ...entry, node };
  });
  return { entries: own, digests, size: 512 * entries.length };
}

const arbitraryListing = arbitraryEntries.map(listingOf);
const encoded = (listing: LayerListing): Uint8Array => atOnce(encodeListing(listing, diffID));
const decoded = (bytes: Uint8Array, of = diffID): LayerListing => atOnce(decodeListing(bytes, of));

/** Bytes whose checksum fits, whatever they say. */
const summed = (said: Uint8Array): Uint8Array => Buffer.concat([said, createHash('sha256').update(said).digest()]);

test('law: a listing is what it was when its bytes are read, and the same listing gives the same bytes', () => {
  fc.assert(
    fc.property(arbitraryListing, listing => {
      const bytes = encoded(listing);
      const read = decoded(bytes);
      assert.deepEqual(read, listing);
      assert.deepEqual(encoded(read), bytes);
    }),
  );
});

test('law: whatever byte of it is another, missing or too many, a listing is refused', () => {
  const damage = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(arbitraryListing, damage, (listing, { at, by }) => {
      const bytes = encoded(listing);
      const other = Uint8Array.from(bytes);
      other[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by;
      const said = refusal(/^listing of sha256:/, 'invalid');
      for (const damaged of [other, bytes.subarray(0, at % bytes.length), Buffer.concat([bytes, Uint8Array.of(by)])])
        assert.throws(() => decoded(damaged), said);
    }),
  );
  const bytes = encoded(listingOf([{ kind: 'whiteout', path: 'a' }]));
  for (let at = 0; at < bytes.length; at++)
    for (let bit = 1; bit < 256; bit <<= 1)
      assert.throws(() => decoded(bytes.map((byte, index) => (index === at ? byte ^ bit : byte))), OciError);
});

test('law: bytes that say anything under a checksum that fits are a listing or an OciError, and small either way', () => {
  fc.assert(
    fc.property(arbitraryListing, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), (listing, changes) => {
      const said = Uint8Array.from(encoded(listing).subarray(0, -32));
      for (const [at, value] of changes) said[at % said.length] = value;
      try {
        const { entries } = decoded(summed(said));
        assert.ok(entries.length <= said.length);
      } catch (error) {
        assert.ok(error instanceof OciError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

/** The bytes of a listing of one row, as a stranger may write them. */
function written(write: (out: VarintWriter) => void, count = 1): Uint8Array {
  const out = new VarintWriter();
  out.number(0);
  out.number(count);
  write(out);
  return summed(Buffer.concat([Buffer.from(`ocikit listing 1 ${diffID}\n`), out.written]));
}

const whiteout = (path: string) => (out: VarintWriter) => {
  out.number(7);
  out.number(0);
  out.text(path);
};

test('paths that lead out, kinds and values that there are not, and more than there is are refused', () => {
  assert.deepEqual(decoded(written(whiteout('a/b'))).entries, [{ kind: 'whiteout', path: 'a/b' }]);
  for (const path of ['../a', 'a/../b', '/a', 'a/', 'a//b', './a', 'a\0b'])
    assert.throws(() => decoded(written(whiteout(path))), refusal(/listing of/, 'invalid'), path);
  const faults: readonly (readonly [(out: VarintWriter) => void, RegExp, number?])[] = [
    [out => out.number(9), /expected a number/],
    [out => [9, 0, 0].forEach(number => void out.number(number)), /expected a row/],
    [out => [7, 5, 0].forEach(number => void out.number(number)), /expected a row/],
    [out => [7, 0, 2 ** 50].forEach(number => void out.number(number)), /bytes, got 0 and the end/],
    [out => [5, 0, 0, 1].forEach(number => void out.number(number)), /expected one of 0 values, got number 1/],
    [out => [5, 0, 0, 0, 0o10000, 0, 0, 0].forEach(number => void out.number(number)), /expected a mode/],
    [whiteout('a'), /expected 0 entries, got more/, 0],
    [whiteout('a'), /the end/, 2 ** 40],
  ];
  for (const [write, said, count] of faults)
    assert.throws(() => decoded(written(write, count)), refusal(said, 'invalid'), `${said}`);
});

test('a listing is of its own layer and version', () => {
  const bytes = encoded(listingOf([]));
  assert.throws(() => decoded(bytes, idOf('other')), refusal(/expected version 1 of that layer/, 'invalid'));
  const newer = Buffer.from(Buffer.from(bytes.subarray(0, -32)).toString('latin1').replace(' 1 ', ' 2 '), 'latin1');
  assert.throws(() => decoded(summed(newer)), refusal(/expected version 1 of that layer/, 'invalid'));
});

test('a file takes some twenty bytes, and its digest some thirty more', () => {
  const files = Array.from({ length: 10_000 }, (_, at): LayerEntry => {
    const meta = { ...impliedMeta, mtime: BigInt(1_700_000_000 + (at >> 5)) * 1_000_000_000n };
    const path = `usr/share/doc/package-${at >> 4}/file-${at}.txt`;
    return { kind: 'node', path, node: { kind: 'file', meta, size: at * 37, content: { source: diffID, member: at } } };
  });
  const plain = encoded({ entries: files, digests: new Map(), size: 0 }).length / files.length;
  const digests = new Map(files.map((entry, at) => [(entry as { node: FileNode }).node, idOf(`${at}`).slice(7)]));
  const hashed = encoded({ entries: files, digests, size: 0 }).length / files.length;
  assert.ok(plain < 24, `${plain}`);
  assert.equal(Math.round(hashed - plain), 32);
});
