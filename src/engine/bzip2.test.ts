import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { bzip2Samples } from '../testing/bzip2-samples.ts';
import { collected } from '../testing/drained.ts';
import { endless } from '../testing/endless.ts';
import { reused } from '../testing/reused.ts';
import { unbzip2 } from './bzip2.ts';
import type { Bytes } from './engine.ts';

const { text: packed, empty, zeros } = bzip2Samples;
const text = Buffer.from('hello, world\n'.repeat(1000));

const unpacked = (bytes: Uint8Array, size = 1 << 16): Promise<Buffer> =>
  collected(unbzip2(reused(bytes, [size]), 'it'));

const repeated = async function* (bytes: Uint8Array, times: number): Bytes {
  for (let time = 0; time < times; time++) yield bytes;
};

async function refused(bytes: Uint8Array, pattern: RegExp = /./): Promise<void> {
  await assert.rejects(unpacked(bytes, 16), (error: unknown) => {
    assert.ok(error instanceof OciError, String((error as Error).stack));
    assert.equal(error.code, 'invalid');
    assert.match(error.message, /^it: expected a bzip2 stream, got .* before offset \d+$/);
    assert.match(error.message, pattern);
    return true;
  });
}

/** What comes of bytes: undefined where they are refused as they should be. */
async function answerOf(bytes: Uint8Array): Promise<Buffer | undefined> {
  try {
    return await unpacked(bytes);
  } catch (error) {
    if (error instanceof OciError && ['invalid', 'unsupported'].includes(error.code)) return undefined;
    throw error;
  }
}

const noTool = (name: string, ...words: string[]): string | false =>
  spawnSync(name, words, { input: '' }).status === 0 ? false : `no ${name} here`;

const bzip2 = (input: Uint8Array, ...words: string[]): Buffer => {
  const { status, stdout } = spawnSync('bzip2', ['-c', ...words], { input, maxBuffer: 1 << 28 });
  assert.equal(status, 0);
  return stdout;
};

test('bzip2 streams come back through any chunks, several of them and none, and zeros after the last', async () => {
  const several = Buffer.concat([empty, packed, empty, packed, Buffer.alloc(5)]);
  for (const size of [1, 7, 1000]) {
    assert.ok((await unpacked(packed, size)).equals(text));
    assert.equal((await unpacked(empty, size)).length, 0);
    assert.ok((await unpacked(several, size)).equals(Buffer.concat([text, text])));
  }
});

test('a bzip2 stream with any byte changed is refused, or stands for the same', async () => {
  for (const bytes of [packed, empty, Buffer.concat([packed, empty, packed])]) {
    const right = await unpacked(bytes);
    for (let at = 0; at < bytes.length; at++)
      for (const bit of [1, 0x10, 0x80, 0xff]) {
        const changed = Uint8Array.from(bytes);
        changed[at] = (changed[at] as number) ^ bit;
        const answer = await answerOf(changed);
        assert.ok(answer === undefined || answer.equals(right), `byte ${at} and ${bit}`);
      }
  }
});

test('a bzip2 stream that ends anywhere before its end is refused, and so is what follows it but zeros', async () => {
  for (const bytes of [packed, empty])
    for (let length = 1; length < bytes.length; length++) {
      await refused(bytes.subarray(0, length), new RegExp(`an end in the middle before offset ${length}$`));
      await refused(Buffer.concat([packed, bytes.subarray(0, length)]), /an end in the middle/);
    }
  await refused(new Uint8Array(), /no bytes/);
  await refused(Buffer.from('this is no bzip2 stream at all'), /something else before offset 4/);
  for (const more of ['more', '\0more', 'B', 'BZh0', 'BZip'])
    await refused(Buffer.concat([packed, Buffer.from(more)]), /something|an end/);
  await refused(Buffer.concat([packed, Buffer.alloc(3), packed]), /something after its end/);
});

test('what a bzip2 stream says of a CRC is looked at, and a randomised block is not supported', async () => {
  const changed = (at: number): Uint8Array =>
    Uint8Array.from(packed, (byte, index) => (index === at ? byte ^ 0x40 : byte));
  await refused(changed(11), /a block that its CRC is not of/);
  await refused(changed(packed.length - 3), /a stream that its CRC is not of/);
  const randomised = Uint8Array.from(packed, (byte, index) => (index === 14 ? byte | 0x80 : byte));
  await assert.rejects(unpacked(randomised), { code: 'unsupported', message: /^it: .*randomised/ });
});

test('bytes of a few kinds, by the levels of bzip2 and in several streams, come back', {
  skip: noTool('bzip2'),
}, async () => {
  const run = fc
    .tuple(fc.constantFrom(0, 4, 5, 65, 255), fc.constantFrom(1, 3, 4, 5, 254, 255, 259, 260, 5000, 150_000))
    .map(([byte, length]) => Buffer.alloc(length, byte));
  const noise = fc.uint8Array({ maxLength: 3000 }).map(bytes => Buffer.from(bytes));
  const parts = fc.array(fc.oneof(run, noise), { maxLength: 6 });
  const stream = fc.tuple(
    parts.map(all => Buffer.concat(all)),
    fc.integer({ min: 1, max: 9 }),
  );
  const streams = fc.array(stream, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(streams, fc.integer({ min: 1, max: 5000 }), async (all, size) => {
      const bytes = Buffer.concat(all.map(([input, level]) => bzip2(input, `-${level}`)));
      assert.ok((await unpacked(bytes, size)).equals(Buffer.concat(all.map(([input]) => input))));
    }),
    { numRuns: 40 },
  );
});

test('several blocks of noise and of text come back', { skip: noTool('bzip2') }, async () => {
  let state = 1;
  const mixed = Uint8Array.from({ length: 700_000 }, (_, at) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return at % 300_000 < 150_000 ? state >>> 24 : 97 + (state >>> 28);
  });
  for (const level of [1, 9]) assert.ok((await unpacked(bzip2(mixed, `-${level}`), 10_000)).equals(mixed));
});

/** Answers, for each stream of a list in base64, what Python's bz2 makes of it in hexadecimal, or `none`. */
const python = `
import base64, bz2, sys
for line in sys.stdin:
    try:
        print(bz2.decompress(base64.b64decode(line)).hex())
    except (OSError, ValueError, EOFError):
        print('none')
`;

test("what is taken of damaged streams stands for what Python's bz2 says", {
  skip: noTool('python3', '-c', 'import bz2'),
}, async () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 });
  const mutants = fc.sample(fc.tuple(fc.constantFrom(packed, bzip2Samples.motd), flips), { numRuns: 500, seed: 7 });
  const streams = mutants.map(([bytes, changes]) => {
    const changed = Buffer.from(bytes);
    for (const [place, bits] of changes) {
      const at = place % changed.length;
      changed[at] = (changed[at] as number) ^ bits;
    }
    return changed;
  });
  const input = [packed, bzip2Samples.motd, ...streams]
    .map(bytes => `${Buffer.from(bytes).toString('base64')}\n`)
    .join('');
  const { stdout } = spawnSync('python3', ['-c', python], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  const answers = stdout.trimEnd().split('\n');
  assert.equal(answers.length, streams.length + 2);
  for (const [at, bytes] of [packed, bzip2Samples.motd, ...streams].entries()) {
    const ours = await answerOf(bytes);
    assert.ok(at > 1 || ours !== undefined);
    if (ours !== undefined) assert.equal(ours.toString('hex'), answers[at]);
  }
});

test('a few bytes that stand for many pass in bounded memory', async () => {
  const before = process.memoryUsage.rss();
  let most = before;
  let length = 0;
  for await (const chunk of unbzip2(repeated(zeros, 12), 'it')) {
    length += chunk.length;
    most = Math.max(most, process.memoryUsage.rss());
  }
  assert.equal(length, 120 << 20);
  assert.ok(most - before < 100 << 20, `${(most - before) >> 20} MiB more`);
});

test('very many empty streams are read in linear time', async () => {
  assert.equal((await collected(unbzip2(repeated(empty, 60_000), 'it'))).length, 0);
});

test('a source that fails in the middle of a bzip2 stream is what went wrong, and a reader may leave early', async () => {
  const failing = async function* (): Bytes {
    yield packed.subarray(0, 30);
    throw new OciError('conflict', 'file', 'changed');
  };
  await assert.rejects(collected(unbzip2(failing(), 'it')), /file: changed/);
  const { source, isLeft } = endless(zeros);
  const reader = unbzip2(source, 'it')[Symbol.asyncIterator]();
  await reader.next();
  await reader.return?.();
  assert.ok(isLeft());
});
