import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeLayer } from '../../codec/layer-writer.ts';
import { createContentHash } from '../../engine/content-hash.ts';
import { zeroChunks } from '../../engine/zeros.ts';
import { hasHoles, makeHoley } from '../../testing/sparse.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { type FileNode, noXattrs } from '../../tree/node.ts';
import { find } from '../../tree/walk.ts';
import { failure } from '../disk/errno.ts';
import { fileChunks } from '../disk/file-chunks.ts';
import { readInputFile } from '../disk/input-file.ts';
import { loadNative, type Native } from '../disk/native.ts';
import { blocksOf, SparseFile } from '../disk/sparse-file.ts';
import { openRootfsDirectory } from './directory.ts';
import { RootfsWriter } from './writer.ts';

const block = 4096;
const mebibyte = 1 << 20;

/** What takes part in a file: `at` is where, in bytes; letters, or zeros that were written. */
const piece = fc.record({
  at: fc.nat({ max: 3 * mebibyte }),
  bytes: fc
    .record({ length: fc.integer({ min: 1, max: 3 * block }), byte: fc.constantFrom(0, 97) })
    .map(({ length, byte }) => new Uint8Array(length).fill(byte)),
});

type Read = (file: number, buffer: Uint8Array, ...values: unknown[]) => number;
const fs = createRequire(import.meta.url)('node:fs') as { readSync: Read };

/** How many bytes are read from disks while something is done. */
async function bytesRead(action: () => Promise<unknown>): Promise<number> {
  const original = fs.readSync;
  let count = 0;
  fs.readSync = (...values) => {
    const length = original(...values);
    count += length;
    return length;
  };
  syncBuiltinESMExports();
  try {
    await action();
  } finally {
    fs.readSync = original;
    syncBuiltinESMExports();
  }
  return count;
}

/** The content's digest and the layer's of a directory with one file. */
async function digestsOf(directory: string, native: Native | undefined): Promise<readonly string[]> {
  const opened = openRootfsDirectory(directory, { native });
  const node = find(await opened.tree(), 'file') as FileNode;
  const content = (await opened.digests(new Set([node]))).get(node) ?? '';
  const hash = createHash('sha256');
  for (const chunk of writeLayer([{ kind: 'node', path: 'file', node }], opened)) hash.update(chunk);
  return [content, hash.digest('hex')];
}

test('a file has the same digest and layer whether its holes are known or read', async t => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'file');
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 4 * mebibyte }), fc.array(piece, { maxLength: 5 }), async (size, pieces) => {
      rmSync(path, { force: true });
      makeHoley(path, size, pieces);
      const known = await digestsOf(directory, loadNative());
      assert.deepEqual(known, await digestsOf(directory, undefined));
      const whole = createContentHash();
      whole.update(readFileSync(path));
      assert.equal(known[0], whole.digest());
    }),
    { numRuns: 40 },
  );
});

test('a file system that does not say where holes are has them read', async t => {
  const directory = temporaryDirectory(t);
  makeHoley(join(directory, 'file'), 3 * mebibyte, [{ at: mebibyte, bytes: Buffer.from('data') }]);
  const native = loadNative();
  if (native === undefined) return t.skip('koffi is not there');
  const expected = await digestsOf(directory, undefined);
  const refusing = (): never => {
    throw failure('lseek', 22);
  };
  assert.deepEqual(await digestsOf(directory, { ...native, dataFrom: refusing }), expected);
  const standing = (_file: number, start: number) => ({ start, end: start });
  assert.deepEqual(await digestsOf(directory, { ...native, dataFrom: standing }), expected);
});

test('holes are not read: neither for a digest nor for a layer', async t => {
  const directory = temporaryDirectory(t);
  if (!hasHoles(t, directory)) return;
  makeHoley(join(directory, 'file'), 64 * mebibyte, [{ at: 40 * mebibyte, bytes: Buffer.alloc(block, 'data') }]);
  const [aware, unaware] = [
    await bytesRead(() => digestsOf(directory, loadNative())),
    await bytesRead(() => digestsOf(directory, undefined)),
  ];
  assert.ok(aware <= 2 * 16 * block, `${aware} bytes`);
  assert.ok(unaware >= 2 * 64 * mebibyte, `${unaware} bytes`);
});

test('hashing ahead gives a file up when something else is asked for, and a signal ends what was asked for', async t => {
  const directory = temporaryDirectory(t);
  const size = 64 * mebibyte;
  makeHoley(join(directory, 'big'), size, []);
  makeHoley(join(directory, 'small'), 5, []);
  const stop = new AbortController();
  const opened = openRootfsDirectory(directory, { native: undefined, ahead: true, work: { signal: stop.signal } });
  const tree = await opened.tree();
  const [big, small] = [find(tree, 'big') as FileNode, find(tree, 'small') as FileNode];
  const read = await bytesRead(async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
    assert.match((await opened.digests(new Set([small]))).get(small) ?? '', /^[0-9a-f]{64}$/);
  });
  assert.ok(read > 0 && read < size, `${read}`);
  const reason = new Error('enough');
  const more = await bytesRead(async () => {
    const asked = opened.digests(new Set([big]));
    setImmediate(() => stop.abort(reason));
    await assert.rejects(asked, reason);
  });
  assert.ok(more > 0 && more < size, `${more}`);
});

test('the holes of a file that is imported are not read', async t => {
  const directory = temporaryDirectory(t);
  if (!hasHoles(t, directory)) return;
  const path = join(directory, 'file');
  makeHoley(path, 64 * mebibyte, [{ at: 40 * mebibyte + 1, bytes: Buffer.from('data') }]);
  const [one, other] = [createHash('sha256'), createHash('sha256')];
  const read = await bytesRead(async () => {
    for await (const chunk of readInputFile(path)) one.update(chunk);
  });
  for (const chunk of zeroChunks(40 * mebibyte + 1)) other.update(chunk);
  other.update('data');
  for (const chunk of zeroChunks(24 * mebibyte - 5)) other.update(chunk);
  assert.equal(one.digest('hex'), other.digest('hex'));
  assert.ok(read <= 16 * block, `${read} bytes`);
});

function fileOf(size: number): FileNode {
  const meta = { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mtime: 0n, xattrs: noXattrs };
  return { kind: 'file', meta, size, content: { source: 'test', member: 0 } };
}

test('a region has what is in the file: its holes, and nothing past its end', t => {
  const path = join(temporaryDirectory(t), 'file');
  fc.assert(
    fc.property(
      fc.nat({ max: 2 * mebibyte }),
      fc.array(piece, { maxLength: 3 }),
      fc.record({ offset: fc.nat({ max: 3 * mebibyte }), size: fc.nat({ max: 3 * mebibyte }) }),
      (size, pieces, region) => {
        rmSync(path, { force: true });
        makeHoley(path, size, pieces);
        const file = openSync(path, 'r');
        const buffer = new Uint8Array(10_000);
        const read = Array.from(fileChunks(file, region, { buffer, native: loadNative() }), chunk => chunk.slice());
        closeSync(file);
        assert.ok(Buffer.concat(read).equals(readFileSync(path).subarray(region.offset, region.offset + region.size)));
      },
    ),
    { numRuns: 60 },
  );
});

/** Writes a file in the chunks given and answers how many bytes of the disk it takes. */
function written(root: string, chunks: Iterable<Uint8Array>): number {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  const writer = new RootfsWriter(root, { native: loadNative() });
  assert.equal(writer.playing([{ kind: 'create', path: 'file', node: fileOf(0) }]), undefined);
  for (const chunk of chunks) writer.write(chunk);
  writer.end();
  return statSync(join(root, 'file')).blocks * 512;
}

test('what is written is what was given, whatever of it are zeros and however it is cut', t => {
  const root = join(temporaryDirectory(t), 'root');
  const part = fc.record({ length: fc.nat({ max: 5 * block }), byte: fc.constantFrom(0, 0, 97) });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.integer({ min: 1, max: 3 * block }), (parts, cut) => {
      const whole = Buffer.concat(parts.map(({ length, byte }) => Buffer.alloc(length, byte)));
      const chunks = Array.from({ length: Math.ceil(whole.length / cut) }, (_, index) =>
        whole.subarray(index * cut, (index + 1) * cut),
      );
      written(root, chunks);
      assert.ok(readFileSync(join(root, 'file')).equals(whole));
    }),
    { numRuns: 100 },
  );
});

test('zeros become holes, as a hole or as bytes, in whole blocks or in chunks that lie across them', t => {
  const directory = temporaryDirectory(t);
  if (!hasHoles(t, directory)) return;
  const root = join(directory, 'root');
  const data = Buffer.from('data');
  const across = Array.from({ length: 300 }, () => Buffer.alloc(10_000));
  for (const zeros of [[...zeroChunks(3 * mebibyte)], [Buffer.alloc(3 * mebibyte)], across]) {
    assert.ok(written(root, [data, ...zeros, data]) <= 4 * block);
    assert.equal(written(root, zeros), 0);
  }
});

test('one block of zeros among others is a hole, and half a block is none', t => {
  const directory = temporaryDirectory(t);
  if (!hasHoles(t, directory)) return;
  const path = join(directory, 'file');
  const bytes = Buffer.alloc(16 * block, 1);
  bytes.fill(0, 4 * block, 5 * block);
  bytes.fill(0, 8 * block + 10, 9 * block - 10);
  const file = openSync(path, 'wx');
  const sparse = new SparseFile(blocksOf(file));
  sparse.write(bytes);
  sparse.end();
  closeSync(file);
  assert.equal(statSync(path).blocks * 512, 15 * block);
  assert.ok(readFileSync(path).equals(bytes));
});

test('hashing a hole as long as a disk is stopped by a signal', async t => {
  const directory = temporaryDirectory(t);
  if (!hasHoles(t, directory)) return;
  makeHoley(join(directory, 'file'), 8 * 2 ** 40, []);
  const reason = new Error('enough');
  const stop = new AbortController();
  const opened = openRootfsDirectory(directory, { native: loadNative(), work: { signal: stop.signal } });
  const node = find(await opened.tree(), 'file') as FileNode;
  const hashing = opened.digests(new Set([node]));
  setImmediate(() => stop.abort(reason));
  await assert.rejects(hashing, reason);
});
