import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BodySource } from '../../codec/body-source.ts';
import { writeLayer } from '../../codec/layer-writer.ts';
import { OciError } from '../../errors.ts';
import type { Layer } from '../../spec/objects.ts';
import { MemoryLayout } from '../../testing/memory-layout.ts';
import { textFile } from '../../testing/scripts.ts';
import { snapshotOf } from '../../testing/snapshot.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { arbitraryTree } from '../../testing/trees.ts';
import { isRoot } from '../../testing/witness.ts';
import { diff } from '../../tree/diff.ts';
import { emptyTree, type FileNode, type LayerEntry } from '../../tree/node.ts';
import { toLayer } from '../../tree/to-layer.ts';
import { walk } from '../../tree/walk.ts';
import { openRemovalThread } from '../disk/removal-thread.ts';
import { openRootfsDirectory } from './directory.ts';
import { type LaidPart, layOut, layOutBeside } from './lay-out.ts';
import { openMakingThread } from './making-thread.ts';

const bodyOf = ({ size, content }: FileNode): Uint8Array => Buffer.alloc(size, `${content.member}`);

/** Small bodies of some contents come at once, as a directory's. */
const bodies: BodySource = {
  body: (_path, node) => [bodyOf(node).subarray(0, 1), bodyOf(node).subarray(1)],
  fill(_path, node, room) {
    if (node.content.source === 'one') return false;
    room.set(bodyOf(node));
    return true;
  },
};

function written(entries: readonly LayerEntry[], listener?: Parameters<typeof writeLayer>[2]): Uint8Array {
  return Buffer.concat(Array.from(writeLayer(entries, bodies, listener), chunk => Uint8Array.from(chunk)));
}

/** When everything below a directory was changed, nanoseconds since 1970. */
const timesOf = async (root: string): Promise<readonly bigint[]> =>
  Array.from(walk(await openRootfsDirectory(root).tree()), ([, { meta }]) => meta.mtime);

test('what is laid out while its layer is written is what the layer lays out, and what its entries do', async t => {
  // Modes of 0000 keep anybody else out.
  if (!isRoot(t)) return;
  let count = 0;
  const parent = temporaryDirectory(t);
  const place = (): string => {
    const path = join(parent, `${count++}`);
    mkdirSync(path);
    return path;
  };
  const laid = async (part: LaidPart): Promise<string> => {
    const path = place();
    await layOut([part], path, undefined);
    return path;
  };
  const law = fc.asyncProperty(arbitraryTree, async tree => {
    const entries = toLayer(diff(emptyTree(), tree), tree);
    const beside = place();
    const bytes = await layOutBeside(beside, { entries }, async listener => written(entries, listener));
    const threaded = place();
    const same = await layOutBeside(threaded, { entries, most: 0 }, async listener => written(entries, listener));
    assert.deepEqual(same, bytes);
    assert.deepEqual(snapshotOf(threaded), snapshotOf(beside));
    assert.deepEqual(await timesOf(threaded), await timesOf(beside));
    const source = new MemoryLayout();
    const descriptor = source.add(bytes, 'application/vnd.oci.image.layer.v1.tar');
    const layer = { descriptor, diffID: descriptor.digest } as Layer;
    const ofEntries = await laid({ kind: 'entries', entries, bodies, beside: parent });
    const ofLayer = await laid({ kind: 'layer', source, layer });
    assert.deepEqual(snapshotOf(beside), snapshotOf(ofEntries));
    assert.deepEqual(await timesOf(beside), await timesOf(ofEntries));
    assert.deepEqual(snapshotOf(beside), snapshotOf(ofLayer));
    const floored = (time: bigint): bigint => time - (((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
    assert.deepEqual((await timesOf(beside)).map(floored), await timesOf(ofLayer));
  });
  await fc.assert(law, { numRuns: 60 });
});

test('a layer that ends halfway lets go of what was being laid out', async t => {
  const directory = temporaryDirectory(t);
  const open = readdirSync('/proc/self/fd').length;
  const ending = layOutBeside(directory, { entries: [] }, async listener => {
    listener.entry({ kind: 'node', path: 'file', node: textFile('12345') });
    throw new Error('the disk is full');
  });
  await assert.rejects(ending, { message: 'the disk is full' });
  assert.equal(readdirSync('/proc/self/fd').length, open);
});

const plainFile = (path: string): LayerEntry => ({ kind: 'node', path, node: textFile(path) });
/** With a thread, however few there are. */
const threaded = (entries: readonly LayerEntry[]) => ({ entries, most: 0 });

test('what a thread cannot make is the error that it is without one', async t => {
  const entries = ['a', 'b', 'c'].map(plainFile);
  const failed = async (most: number): Promise<unknown> => {
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'b'), 'of somebody else');
    const open = readdirSync('/proc/self/fd').length;
    const error: unknown = await layOutBeside(directory, { entries, most }, async listener => {
      written(entries, listener);
    }).catch(error => error);
    assert.equal(readdirSync('/proc/self/fd').length, open);
    assert.deepEqual(readdirSync(directory), ['a', 'b']);
    assert.equal(readFileSync(join(directory, 'b'), 'utf8'), 'of somebody else');
    return error;
  };
  const [alone, inThread] = [await failed(1000), await failed(0)];
  assert.ok(alone instanceof OciError && inThread instanceof OciError);
  assert.equal(inThread.message, alone.message);
  assert.equal(inThread.code, alone.code);
});

test('a thread is waited for where it is behind, and what goes wrong in it ends the writing', async t => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, '0'), '');
  const entries = Array.from({ length: 5000 }, (_, at) => plainFile(`${at}`.padStart(at && 5, '0')));
  let told = 0;
  const ending = layOutBeside(directory, threaded(entries), async listener => {
    for (const entry of entries) {
      listener.entry(entry);
      listener.data(Buffer.alloc(1000, 1));
      listener.end();
      told++;
      await listener.ready?.();
    }
  });
  await assert.rejects(ending, {
    message: '/0: expected a path that can be written, got something that is there already (EEXIST)',
  });
  assert.ok(told < entries.length);
});

test('a layer that ends halfway ends the thread that lays it out: nothing is made after that', async t => {
  const directory = temporaryDirectory(t);
  const entries = Array.from({ length: 3000 }, (_, at) => plainFile(`${at}`));
  const open = readdirSync('/proc/self/fd').length;
  const ending = layOutBeside(directory, threaded(entries), async listener => {
    written(entries, listener);
    throw new Error('the disk is full');
  });
  await assert.rejects(ending, { message: 'the disk is full' });
  assert.equal(readdirSync('/proc/self/fd').length, open);
  rmSync(directory, { recursive: true });
});

test('a signal ends what a thread lays out', async t => {
  const directory = temporaryDirectory(t);
  const controller = new AbortController();
  const entries = Array.from({ length: 3000 }, (_, at) => plainFile(`${at}`));
  const ending = layOutBeside(directory, { ...threaded(entries), signal: controller.signal }, async listener => {
    written(entries, listener);
    controller.abort(new Error('stop'));
  });
  await assert.rejects(ending, { message: 'stop' });
});

test('many large and sparse files, deep and other names, modes and owners are the same by a thread', async t => {
  const entries: LayerEntry[] = [];
  const meta = textFile('').meta;
  const add = (path: string, size: number, mode: number): void =>
    void entries.push({
      kind: 'node',
      path,
      node: {
        kind: 'file',
        size,
        meta: { ...meta, mode, mtime: -1_500_000_001n },
        content: { source: 'x', member: 0 },
      },
    });
  for (const name of ['d', 'd/e', 'd/e/caf\u00e9'])
    entries.push({
      kind: 'node',
      path: name,
      node: { kind: 'directory', meta: { ...meta, mode: 0o755 }, children: new Map() },
    });
  add('d/e/caf\u00e9/large', 1_500_000, 0o4755);
  add('d/f', 0, 0o666);
  add('d/holes', 300_000, 0o400);
  const holed: BodySource = {
    body: (_path, { size }) =>
      [
        Buffer.alloc(100_000),
        Buffer.alloc(size - 100_000 > 0 ? size - 200_000 : 0, 7),
        Buffer.alloc(size > 0 ? 100_000 : 0),
      ].filter(({ length }) => length <= size),
  };
  const write = async (listener: Parameters<typeof writeLayer>[2]): Promise<void> => {
    for (const _ of writeLayer(entries, holed, listener));
  };
  const [alone, inThread] = [temporaryDirectory(t), temporaryDirectory(t)];
  await layOutBeside(alone, { entries }, write);
  await layOutBeside(inThread, threaded(entries), write);
  assert.deepEqual(snapshotOf(inThread), snapshotOf(alone));
  assert.deepEqual(await timesOf(inThread), await timesOf(alone));
  const blocks = (root: string): readonly number[] =>
    ['d/holes', 'd/e/caf\u00e9/large'].map(path => lstatSync(Buffer.from(join(root, path), 'latin1')).blocks);
  assert.deepEqual(blocks(inThread), blocks(alone));
});

test('threads that are ended while they start, one by one and with the process, end and do no harm', async t => {
  const root = temporaryDirectory(t);
  const steps = { made: 0o644, owner: undefined, mode: undefined };
  for (let turn = 0; turn < 40; turn++) {
    const threads = [openMakingThread(root, () => steps), openRemovalThread()];
    if (threads.includes(undefined)) return t.skip('no thread can be had here');
    // Native code is loaded after some ten milliseconds.
    await new Promise(resolve => setTimeout(resolve, turn * 1.5));
    await Promise.all(threads.map(thread => thread?.close()));
  }
  const module = new URL('../disk/removal-thread.ts', import.meta.url);
  const program = `import(${JSON.stringify(module.href)}).then(({ openRemovalThread }) => (openRemovalThread(), process.exit(7)));`;
  for (let turn = 0; turn < 3; turn++) {
    const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx', '-e', program]);
    assert.deepEqual([status, signal], [7, null]);
  }
});
