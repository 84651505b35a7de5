import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { constants, createGzip, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { reused } from '../testing/reused.ts';
import { blockGunzip, tellsBlocks } from './block-gunzip.ts';
import { DeflatedBlocks, type Step } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { gzipHeader, gzipTrailer } from './gzip-frame.ts';
import { openRawGunzip } from './raw-gunzip.ts';
import { canThread, threadedBlockGunzip } from './threaded-gunzip.ts';

const skip = !(tellsBlocks() && canThread()) && 'no blocks are told here';

const digestOf = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

/** Writes down what it is told, in order. */
class NotedBlocks extends DeflatedBlocks {
  readonly notes: string[] = [];
  readonly #given: Uint8Array[] = [];
  readonly #checked: string[] = [];

  override give(bytes: Uint8Array): void {
    this.notes.push(`give ${bytes.length} ${digestOf(bytes)}`);
    this.#given.push(bytes);
    super.give(bytes);
  }

  override reach(raw: number): readonly Uint8Array[] {
    this.notes.push(`reach ${raw}`);
    const gone = super.reach(raw);
    for (const bytes of gone) {
      assert.equal(bytes, this.#given.shift());
      this.#checked.push(digestOf(bytes));
    }
    return gone;
  }

  override step(step: Step): void {
    this.notes.push(`step ${step.raw} ${step.deflated} ${step.after}`);
    super.step(step);
  }

  /** What was given, as it was when it was let go, or is now. */
  given(): readonly string[] {
    return [...this.#checked, ...this.#given.map(digestOf)];
  }
}

type Way = (bytes: Bytes, given: { readonly subject: string; readonly blocks: DeflatedBlocks }) => Bytes;

/** All that a way tells and passes on, and how it ends. */
async function notesOf(way: Way, bytes: Bytes): Promise<readonly string[]> {
  const blocks = new NotedBlocks();
  const { notes } = blocks;
  try {
    for await (const chunk of way(bytes, { subject: 'blob', blocks })) notes.push(`${chunk.length} ${digestOf(chunk)}`);
    notes.push('end');
  } catch (error) {
    notes.push((error as Error).message);
  }
  const given = notes.filter(note => note.startsWith('give')).map(note => note.split(' ').at(-1));
  assert.deepEqual(blocks.given(), given, 'what is given stays as it is until it is let go');
  return notes;
}

const here: Way = (bytes, given) => {
  const codec = openRawGunzip();
  assert.ok(codec);
  return blockGunzip(codec, bytes, given);
};

/** The notes of both ways, which are the same, whatever the chunks. */
async function toldOf(gzipped: Uint8Array, sizes: readonly number[]): Promise<readonly string[]> {
  const notes = await notesOf(here, reused(gzipped, sizes));
  for (const input of [sizes, [1 << 18]]) {
    const there = await notesOf(threadedBlockGunzip, reused(gzipped, input));
    const first = notes.findIndex((note, at) => note !== there[at]);
    if (first >= 0) assert.fail(`note ${first}: ${notes[first]} here, ${there[first]} in the thread`);
    assert.equal(there.length, notes.length);
  }
  return notes;
}

/** Words, zeros and noise in turn. */
function sampleOf(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const kind = ((at >> 16) + seed) % 4;
    if (kind < 2) bytes[at] = state >>> 24;
    else if (kind === 2) bytes[at] = 97 + ((state >>> 20) % 19);
  }
  return bytes;
}

/** Deflated in pieces, zlib being told to flush behind each. */
async function flushed(bytes: Uint8Array, kind: number, size: number): Promise<Buffer> {
  const gzip = createGzip();
  const parts: Buffer[] = [];
  gzip.on('data', part => parts.push(part));
  const ended = new Promise(resolve => gzip.on('end', resolve));
  for (let at = 0; at < bytes.length; at += size) {
    gzip.write(bytes.subarray(at, at + size));
    await new Promise<void>(resolve => gzip.flush(kind, resolve));
  }
  gzip.end();
  await ended;
  return Buffer.concat(parts);
}

/** A gzip stream of nothing, of so many times the same blocks. */
const nothing = (blocks: readonly number[], times: number): Uint8Array =>
  Buffer.concat(
    [gzipHeader, Buffer.alloc(times * blocks.length, Uint8Array.from(blocks)), [3, 0], gzipTrailer(0, 0)].map(part =>
      Uint8Array.from(part),
    ),
  );
/** One that is stored, and four with fixed codes, of ten bits each. */
const storedBlock = [0, 0, 0, 0xff, 0xff];
const fixedBlocks = [0x02, 0x08, 0x20, 0x80, 0x00];

type Packer = (bytes: Uint8Array, level: number) => Uint8Array | Promise<Uint8Array>;

const packers: Readonly<Record<string, Packer>> = {
  zlib: (bytes, level) => gzipSync(bytes, { level }),
  'small blocks': (bytes, level) => gzipSync(bytes, { level, memLevel: 1 }),
  'fixed codes': (bytes, level) => gzipSync(bytes, { level, strategy: constants.Z_FIXED }),
  'sync flush': bytes => flushed(bytes, constants.Z_SYNC_FLUSH, 10_000),
  'full flush': bytes => flushed(bytes, constants.Z_FULL_FLUSH, 3000),
  'partial flush': bytes => flushed(bytes, constants.Z_PARTIAL_FLUSH, 5000),
  members: (bytes, level) => {
    const cuts = [0, 1, 1, 70_000, bytes.length >> 1, bytes.length];
    return Buffer.concat(cuts.map((cut, at) => gzipSync(bytes.subarray(cuts[at - 1] ?? 0, cut), { level })));
  },
  'nothing between': (bytes, level) =>
    Buffer.concat([
      gzipSync(bytes, { level }),
      nothing(fixedBlocks, 5000),
      gzipSync(bytes),
      nothing(storedBlock, 9000),
    ]),
};

/** What may be wrong with a stream, or only look so. */
const ends: Readonly<Record<string, (gzipped: Uint8Array, at: number) => Uint8Array>> = {
  sound: gzipped => gzipped,
  'zeros follow': (gzipped, at) => Buffer.concat([gzipped, Buffer.alloc(at % 3_000_000)]),
  'something follows': (gzipped, at) => Buffer.concat([gzipped, Buffer.alloc(1 + (at % 3000)), Buffer.from('x')]),
  junk: gzipped => Buffer.concat([gzipped, Buffer.from('junk')]),
  cut: (gzipped, at) => gzipped.subarray(0, at),
  damaged: (gzipped, at) => {
    const copy = Buffer.from(gzipped);
    copy[at] = (copy[at] as number) ^ 0x55;
    return copy;
  },
};

const cases = fc.record({
  packer: fc.constantFrom(...Object.keys(packers)),
  end: fc.constantFrom('sound', ...Object.keys(ends)),
  level: fc.integer({ min: 0, max: 9 }),
  size: fc.constantFrom(0, 1000, 1 << 20, 2_600_000, 4 << 20, 12 << 20),
  seed: fc.nat(1 << 20),
  at: fc.nat(),
  sizes: fc.constantFrom([999, 70_001], [1 << 20], [1 << 16, 1]),
});

test('a thread tells of the same blocks as this one, and passes on the same chunks, whatever made the stream and whatever is wrong with it', {
  skip,
}, async () => {
  const property = fc.asyncProperty(cases, async ({ packer, end, level, size, seed, at, sizes }) => {
    const gzipped = await packers[packer]?.(sampleOf(size, seed), level);
    const ended = ends[end]?.(gzipped as Uint8Array, at % (gzipped as Uint8Array).length);
    await toldOf(ended as Uint8Array, sizes);
  });
  await fc.assert(property, { numRuns: 60 });
});

test('however many blocks of nothing a stream has, those of a slot are few, and none is left out', {
  skip,
}, async () => {
  for (const [blocks, each] of [
    [storedBlock, 1],
    [fixedBlocks, 4],
  ] as const) {
    const times = 240_000;
    const notes = await toldOf(nothing(blocks, times), [1 << 20]);
    // An input that ends where a block does says nothing of it: zlib asks for more.
    const steps = notes.filter(note => note.startsWith('step')).length;
    assert.ok(Math.abs(steps - times * each) < 5, `${steps} steps`);
    let most = 0;
    for (let at = 0, count = 0; at < notes.length; at++) {
      count = notes[at]?.startsWith('step') ? count + 1 : 0;
      most = Math.max(most, count);
    }
    assert.equal(most, 16_384);
    assert.equal(notes.at(-1), 'end');
  }
});

test('what goes in and comes out at once is of fixed sizes, so that time has no say', { skip }, async () => {
  const lengthsOf = async (gzipped: Uint8Array): Promise<readonly string[]> =>
    (await toldOf(gzipped, [50_000]))
      .filter(note => !note.startsWith('step'))
      .map(note => note.split(' ', 2).join(' '));
  const gzipped = gzipSync(sampleOf(2_500_000, 5), { level: 0 });
  const stored = await lengthsOf(gzipped);
  assert.deepEqual(
    stored.filter(note => note.startsWith('give')),
    ['give 1048576', 'give 1048576', `give ${gzipped.length - 2_097_152}`],
  );
  assert.deepEqual(stored.slice(0, 2), ['give 1048576', 'reach 1048411']);
  const zeros = (await lengthsOf(gzipSync(new Uint8Array(2_500_000)))).filter(note => note.startsWith('reach'));
  assert.deepEqual(zeros, ['reach 1048576', 'reach 2097152', 'reach 2500000', 'reach 2500000']);
});
