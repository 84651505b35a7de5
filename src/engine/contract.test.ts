import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { deflateSync } from 'fflate';
import xxhash from 'xxhash-wasm';
import { OciError } from '../errors.ts';
import { collected } from '../testing/drained.ts';
import { reused } from '../testing/reused.ts';
import { zstd, zstdHere } from './compress-zstd.ts';
import { DeflatedBlocks } from './deflated-blocks.ts';
import type { Bytes, Engine, HashAlgorithm } from './engine.ts';
import { fzstdDecoder } from './fzstd-decoder.ts';
import { nodeEngine } from './node.ts';
import { nodeZstd } from './node-zstd.ts';
import { nodeZstdEncoder } from './node-zstd-encoder.ts';
import { portableEngine } from './portable.ts';
import { isUsualDeflate, isUsualZlib } from './usual-zlib.ts';
import { openWasmZstd } from './wasm-zstd.ts';
import { unxz } from './xz.ts';
import { unzstd } from './zstd.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';

/** Inflates as where its blocks are to be told. */
const blockEngine: Engine = {
  ...nodeEngine,
  gunzip: (bytes, subject) => nodeEngine.gunzip(bytes, subject, new DeflatedBlocks()),
};
const engines: readonly Engine[] = [nodeEngine, portableEngine, blockEngine];

/** Text, binary and noise: 3 MiB and a bit, made the same everywhere. */
function corpus(): Uint8Array {
  const bytes = new Uint8Array(3 * (1 << 20) + 12_345);
  let state = 1;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const noise = at > 2_200_000 && at < 2_700_000;
    bytes[at] = noise ? state >>> 24 : 97 + ((state >>> 20) % (at % 4096 < 2048 ? 5 : 23));
  }
  return bytes;
}

const sample = corpus();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Why a test cannot run here, or false. */
const noTool = (name: string): string | false =>
  spawnSync(name, ['--version']).error === undefined ? false : `no ${name} here`;

function refuses(bytes: Uint8Array, engine: Engine, pattern: RegExp): Promise<void> {
  return assert.rejects(collected(engine.gunzip(reused(bytes, [1000]), 'blob')), (error: unknown) => {
    assert.ok(error instanceof OciError, String((error as Error).stack));
    assert.equal(error.code, 'invalid');
    assert.match(error.message, pattern);
    return true;
  });
}

const vectors: readonly [HashAlgorithm, string, string][] = [
  ['sha256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'sha512',
    'abc',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  ],
  ['blake3', 'abc', '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'],
];

for (const engine of engines) {
  // Pure JavaScript takes seconds for what zlib does in one.
  const [bulk, members] = engine.name === 'zlib' ? [200, 60_000] : [100, 20_000];
  test(`${engine.name}: hashes agree with published vectors`, () => {
    for (const [algorithm, text, expected] of vectors) {
      if (algorithm === 'blake3' && engine.name === 'zlib') continue;
      const hasher = engine.createHash(algorithm);
      for (const byte of Buffer.from(text)) hasher.update(Uint8Array.of(byte));
      assert.equal(hasher.digest(), expected);
    }
  });

  test(`${engine.name}: CRC-32 continues from part to part`, () => {
    assert.equal(engine.crc32(Buffer.from('123456789')), 0xcbf43926);
    assert.equal(engine.crc32(Buffer.from('6789'), engine.crc32(Buffer.from('12345'))), 0xcbf43926);
  });

  test(`${engine.name}: what is compressed comes back, and never depends on chunks`, async () => {
    for (const level of [0, 1, 6]) {
      const whole = await collected(engine.gzip(reused(sample, [sample.length]), { level }));
      const small = await collected(engine.gzip(reused(sample, [65_537]), { level }));
      assert.ok(whole.equals(small));
      for (const reader of engines) {
        assert.equal(sha256(await collected(reader.gunzip(reused(whole, [100_000]), 'blob'))), sha256(sample));
      }
    }
  });

  test(`${engine.name}: any bytes come back through any chunks`, async () => {
    const property = fc.asyncProperty(
      fc.uint8Array({ maxLength: 5000 }),
      fc.integer({ min: 1, max: 700 }),
      async (bytes, size) => {
        const packed = await collected(engine.gzip(reused(bytes, [size]), { level: 6 }));
        for (const reader of engines)
          assert.ok((await collected(reader.gunzip(reused(packed, [size]), 'blob'))).equals(bytes));
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  test(`${engine.name}: several members, empty ones and trailing zeros are one stream`, async () => {
    const stream = Buffer.concat([gzipSync('hello '), gzipSync(''), gzipSync('world'), Buffer.alloc(512)]);
    for (const size of [1, 7, 1000])
      assert.equal((await collected(engine.gunzip(reused(stream, [size]), 'blob'))).toString(), 'hello world');
  });

  test(`${engine.name}: damage is one clear error`, async () => {
    const whole = gzipSync(sample.subarray(0, 100_000));
    const changed = (at: number): Buffer => {
      const copy = Buffer.from(whole);
      const place = at < 0 ? copy.length + at : at;
      copy[place] = (copy[place] as number) ^ 0xff;
      return copy;
    };
    await refuses(whole.subarray(0, whole.length - 9), engine, /^blob: expected a gzip stream, got .*end/);
    await refuses(whole.subarray(0, whole.length - 3), engine, /end/);
    await refuses(whole.subarray(0, 5), engine, /end|header/);
    await refuses(changed(-6), engine, /data check/);
    await refuses(changed(-2), engine, /length check/);
    await refuses(changed(2), engine, /header|method/);
    await refuses(new Uint8Array(0), engine, /no bytes|end/);
    await refuses(Buffer.concat([whole, Buffer.from('junk')]), engine, /.+/);
    await refuses(Buffer.from('this is not gzip at all, and long enough'), engine, /header/);
  });

  test(`${engine.name}: only zeros may follow the last member, however they are cut`, async () => {
    const [one, zeros] = [gzipSync('hello'), Buffer.alloc(5)];
    const header = Buffer.from(one);
    header[3] = 2;
    const bad = [
      Buffer.concat([one, zeros, gzipSync('hidden')]),
      Buffer.concat([one, zeros, Buffer.from('junk')]),
      Buffer.concat([one, Buffer.from('junk')]),
      Buffer.concat([one, Buffer.from([0x1f])]),
      Buffer.concat([header.subarray(0, 10), zeros.subarray(0, 2), header.subarray(10)]),
    ];
    for (const bytes of bad) {
      for (let size = 1; size <= bytes.length; size++)
        await assert.rejects(collected(engine.gunzip(reused(bytes, [size]), 'blob')), { code: 'invalid' });
    }
  });

  test(`${engine.name}: the source is read to its end, zeros after the last member included`, async () => {
    const bytes = Buffer.concat([gzipSync('hello'), Buffer.alloc(5000)]);
    let read = 0;
    const source = async function* (): Bytes {
      for await (const chunk of reused(bytes, [100])) {
        read += chunk.length;
        yield chunk;
      }
    };
    assert.equal((await collected(engine.gunzip(source(), 'blob'))).toString(), 'hello');
    assert.equal(read, bytes.length);
  });

  test(`${engine.name}: a consumer may stop early`, async () => {
    const packed = await collected(engine.gzip(reused(sample, [1 << 20]), { level: 1 }));
    for await (const chunk of engine.gunzip(reused(packed, [10_000]), 'blob')) {
      assert.ok(chunk.length > 0);
      break;
    }
  });

  test(`${engine.name}: an error of the source passes through`, async () => {
    const source = async function* (): Bytes {
      yield gzipSync('x').subarray(0, 12);
      throw new Error('the disk is gone');
    };
    await assert.rejects(collected(engine.gunzip(source(), 'blob')), /the disk is gone/);
  });

  test(`${engine.name}: ${bulk} MiB of zeros pass in bounded memory`, async () => {
    const zeros = new Uint8Array(1 << 20);
    const source = async function* (): Bytes {
      for (let mebibyte = 0; mebibyte < bulk; mebibyte++) yield zeros;
    };
    const before = process.memoryUsage.rss();
    let most = before;
    let length = 0;
    for await (const chunk of engine.gunzip(engine.gzip(source(), { level: 1 }), 'blob')) {
      length += chunk.length;
      most = Math.max(most, process.memoryUsage.rss());
    }
    assert.equal(length, bulk << 20);
    assert.ok(most - before < 150 << 20, `${(most - before) >> 20} MiB more`);
  });

  test(`${engine.name}: an empty stream is one valid empty member with the fixed header`, async () => {
    const packed = await collected(engine.gzip(reused(new Uint8Array(0), [1]), { level: 6 }));
    assert.equal(packed.subarray(0, 10).toString('hex'), '1f8b0800000000000003');
    assert.equal(gunzipSync(packed).length, 0);
  });

  test(`${engine.name}: a forged length costs no memory, and is refused`, async () => {
    const forged = gzipSync('tiny');
    forged.writeUInt32LE(0x7fff_ffff, forged.length - 4);
    await refuses(forged, engine, /length check/);
  });

  test(`${engine.name}: ${members} empty members are read in linear time`, async () => {
    const member = gzipSync('');
    const many = Buffer.concat(Array.from({ length: members }, () => member));
    assert.equal((await collected(engine.gunzip(reused(many, [1 << 20]), 'blob'))).length, 0);
  });

  test(`${engine.name}: gzip itself reads what is written`, { skip: noTool('gzip') }, async () => {
    const packed = await collected(engine.gzip(reused(sample, [1 << 16]), { level: 4 }));
    assert.equal(spawnSync('gzip', ['-t'], { input: packed }).status, 0);
  });
}

/** Node's own where it is of the version that makes these bytes, and the one that every Node has. */
const ownEncoder = nodeZstdEncoder();
const wasmEncoder = await openWasmZstd();
const encoders = ownEncoder === undefined ? [wasmEncoder] : [ownEncoder, wasmEncoder];

/** sha256 of the compressed sample: these hold on every supported Node, and change only with a decision. */
const goldens: Readonly<Record<string, string>> = {
  'portable 1': '13c20610d363b09d1222dcd16bd5ed81922cb08e0ca7b37cc0d466145d547440',
  'portable 4': 'b275a5ab7cbc1f541a46bb4afb560e61e1befc908073d4eb70d5a32469ccbcd7',
  'portable 6': '6a876dfcee2f9cb59819f99d7d41759846637e438922296898e622502b3370d6',
  'portable 9': 'dbfe43d82c54f29e2980c7c68c1bab8659c6fd78dfb7373e1a21fb4f53fee7f9',
  'zlib 1': '143cb768db8298b8efa7a4103918dc7dab1d5dba239b9f097b3dc3058e7c0de8',
  'zlib 4': '21f4d976d21150d9796ee708312aaa2eac1448bd6a8a00d29b81ff996340313b',
  'zlib 6': 'c36406d7eda2475e61cb41de2e73f5aa5a9237d19c2fd0d7462075a8914fa978',
  'zlib 9': '1da0fed71ddd063b1e1529b64a2b4740c76a2cdf34aada5b5020d5523640aba2',
  'zstd 3': '33b5fab11eca171dfe3e5b1eedc22a4cb7fceaaa42c55299cad700c4d7fa821a',
};

test('a zlib that writes other bytes than Node’s own is told from it', {
  skip: !isUsualZlib() && 'another zlib',
}, () => {
  assert.ok(isUsualDeflate(deflateRawSync));
  assert.ok(!isUsualDeflate((bytes, { level }) => deflateSync(bytes, { level: level as 1 })), 'fflate');
  assert.ok(
    !isUsualDeflate((bytes, { level }) => deflateRawSync(bytes, { level: level === 4 ? 5 : level })),
    'one level',
  );
});

test('the compressors make the same bytes as ever', async () => {
  const found: Record<string, string> = {};
  for (const engine of engines) {
    for (const level of [1, 4, 6, 9]) {
      found[`${engine.name} ${level}`] = sha256(await collected(engine.gzip(reused(sample, [1 << 16]), { level })));
    }
  }
  for (const encoder of encoders)
    assert.deepEqual(
      { ...found, 'zstd 3': sha256(await collected(zstdHere(reused(sample, [1 << 16]), 3, encoder))) },
      goldens,
      encoder.name,
    );
});

test('a block that begins with what does not shrink is compressed where the rest of it does, and stored where nothing does', async () => {
  const random = createHash('shake256', { outputLength: 1 << 20 })
    .update('seed')
    .digest();
  const mixed = Buffer.concat([random.subarray(0, 1 << 18), Buffer.alloc(3 << 18, 'compressible ')]);
  const shrunk = await collected(nodeEngine.gzip(reused(mixed, [1 << 16]), { level: 4 }));
  assert.ok(shrunk.length < (1 << 18) + 10_000, `${shrunk.length} bytes`);
  const stored = await collected(nodeEngine.gzip(reused(random, [1 << 16]), { level: 4 }));
  assert.ok(stored.length > random.length && stored.length < random.length + 1000, `${stored.length} bytes`);
  for (const bytes of [shrunk, stored])
    assert.equal((await collected(nodeEngine.gunzip(reused(bytes, [999]), 'blob'))).length, 1 << 20);
});

test('both engines compute the same hashes and checksums', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3000), (bytes, cut) => {
    const digests = engines.map(engine =>
      (['sha256', 'sha512'] as const).map(algorithm => {
        const hasher = engine.createHash(algorithm);
        hasher.update(bytes.subarray(0, cut));
        hasher.update(bytes.subarray(cut));
        return hasher.digest();
      }),
    );
    assert.deepEqual(digests[0], digests[1]);
    assert.equal(nodeEngine.crc32(bytes), portableEngine.crc32(bytes));
  });
  fc.assert(property, { numRuns: 50 });
});

test('the accelerated engine says which one computes blake3', () => {
  assert.throws(() => nodeEngine.createHash('blake3'), { code: 'unsupported', message: /portable/ });
});

/** Node's own zstd where it is, and the one that every Node has: nobody can tell them apart. */
const decoders = nodeZstd === undefined ? [fzstdDecoder] : [nodeZstd, fzstdDecoder];

async function answerOf(bytes: Uint8Array, size: number, decoder: ZstdDecoder): Promise<Buffer | Error> {
  try {
    return await collected(unzstd(reused(bytes, [size]), 'blob', decoder));
  } catch (error) {
    return error as Error;
  }
}

const kindOf = (answer: Buffer | Error | undefined): string | undefined => {
  if (answer instanceof OciError) return `${answer.code} ${answer.subject}`;
  return answer instanceof Error ? answer.stack : `${answer?.length} bytes ${sha256(answer as Buffer)}`;
};

/** What all decoders make of a zstd stream: the same bytes, or an error of the same kind. */
async function unpacked(bytes: Uint8Array, size = 1 << 20): Promise<Buffer> {
  const answers: (Buffer | Error)[] = [];
  for (const decoder of decoders) answers.push(await answerOf(bytes, size, decoder));
  const [first] = answers;
  for (const answer of answers) assert.equal(kindOf(answer), kindOf(first));
  if (first instanceof Error) throw first;
  return first as Buffer;
}

test('zstd comes back through any chunks, skippable and several frames included', async () => {
  const packed = await collected(zstd(reused(sample, [77_777]), { level: 3 }));
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  for (const size of [1 << 20, 1000]) {
    assert.equal(sha256(await unpacked(packed, size)), sha256(sample));
    const stream = Buffer.concat([skippable, packed, skippable, packed]);
    assert.equal((await unpacked(stream, size)).length, 2 * sample.length);
  }
  await assert.rejects(unpacked(packed.subarray(0, packed.length - 2), 1000), /truncated/);
  await assert.rejects(unpacked(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xb8, 1, 0, 0]), 1000), /window/);
  await assert.rejects(unpacked(new Uint8Array(0), 1000), /no bytes/);
});

/** A zstd frame of these blocks, with this window descriptor (RFC 8878 §3.1.1.1.2) and no checksum. */
const frame = (window: number, blocks: readonly (readonly number[])[]): Buffer =>
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window, ...blocks.flat()]);
/** A block that says one byte `length` times. */
const repeat = (length: number, last: boolean): readonly number[] => {
  const head = (length << 3) | 2 | (last ? 1 : 0);
  return [head & 255, (head >> 8) & 255, head >> 16, 65];
};

test('two zstd streams that are written in turns do not mix', async () => {
  const texts = [sample.subarray(0, 2_500_000), sample.subarray(500_000)];
  const streams = texts.map(text => zstd(reused(text, [1 << 20]), { level: 1 })[Symbol.asyncIterator]());
  const parts: Buffer[][] = [[], []];
  for (let open = 2; open > 0; ) {
    open = 0;
    for (const [at, stream] of streams.entries()) {
      const { done, value } = await stream.next();
      if (done !== true) open += (parts[at] as Buffer[]).push(Buffer.from(value));
    }
  }
  for (const [at, text] of texts.entries())
    assert.equal(sha256(await unpacked(Buffer.concat(parts[at] as Buffer[]))), sha256(text));
});

test('a zstd stream that grows without end is never held whole', async () => {
  const bomb = frame(0x58, [...Array.from({ length: 4000 }, () => repeat(131_072, false)), repeat(1, true)]);
  for (const decoder of decoders) {
    let [length, most] = [0, 0];
    for await (const chunk of unzstd(reused(bomb, [1 << 20]), 'blob', decoder)) {
      length += chunk.length;
      most = Math.max(most, chunk.length);
      if (length > 100 << 20) break;
    }
    assert.equal(most, 131_072, decoder.name);
  }
});

test('tens of thousands of zstd frames are read without recursion', async () => {
  const one = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, ...repeat(1, true)]);
  const skip = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.concat([one, skip])));
  assert.equal((await unpacked(many)).length, 20_000);
});

test('tiny zstd blocks under a huge window cost what they hold', async () => {
  // To move the window for each would be 2.5 TiB.
  const blocks = [...Array.from({ length: 20_000 }, () => repeat(1, false)), repeat(1, true)];
  const frames = Array.from({ length: 20 }, () => frame(0x88, [repeat(1, false), repeat(1, true)]));
  for (const packed of [frame(0x88, blocks), Buffer.concat(frames)]) {
    for (const decoder of decoders) {
      const bytes = await collected(unzstd(reused(packed, [1 << 20]), 'blob', decoder));
      assert.match(bytes.toString('latin1'), /^A+$/, decoder.name);
      assert.equal(bytes.length, packed.length > 1000 ? 20_001 : 40, decoder.name);
    }
  }
});

test('what looks back as far as a zstd window reaches is found, however much came between', async () => {
  const random = Buffer.concat(Array.from({ length: 40 }, (_, at) => createHash('sha512').update(`${at}`).digest()));
  const far = [100_000, 1_000_000, 3_000_000, 8_000_000];
  for (const distance of far) {
    const text = Buffer.concat([
      random,
      Buffer.alloc(distance, 'between '),
      random,
      Buffer.alloc(distance, 'x'),
      random,
    ]);
    const packed = wasmEncoder.whole(text, 19);
    for (const decoder of decoders) {
      const bytes = await collected(unzstd(reused(packed, [1 << 20]), 'blob', decoder));
      assert.ok(bytes.equals(text), `${decoder.name} ${distance}`);
    }
  }
});

test('a letter that changed in a zstd frame is found by the checksum of its content', async () => {
  const whole = Buffer.from('KLUv/QRY4QAAaGVsbG8Kd29ybGQsIGFuZCBtb3JlIG9mIGl0Cg99p1E=', 'base64');
  const text = 'hello\nworld, and more of it\n';
  const damaged = Buffer.from(whole.toString('latin1').replace('hello', 'hallo'), 'latin1');
  for (const size of [1, 30, 1000]) {
    assert.equal((await unpacked(Buffer.concat([whole, whole]), size)).toString(), text + text);
    await assert.rejects(unpacked(damaged, size), { code: 'invalid', message: /incorrect content checksum/ });
  }
});

test('damage to a zstd stream is one clear error', async () => {
  const good = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, ...repeat(1, true)]);
  const bad: readonly (readonly [readonly number[] | Buffer, RegExp])[] = [
    [[0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff, 1, 2], /truncated/],
    [Buffer.concat([good, Buffer.from('junk')]), /frame, got magic/],
    [Buffer.concat([good, Buffer.from([0])]), /truncated/],
    [[0x28, 0xb5, 0x2f, 0xfd, 0x24, 1, ...repeat(1, true), 1, 2], /truncated/],
    [[0x28, 0xb5, 0x2f, 0xfd, 0x28, 1, ...repeat(1, true)], /reserved bit/],
    [[0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, ...repeat(1, true)], /1 bytes of the 5/],
    [[0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0xc0, ...repeat(1, true)], /window/],
    [frame(0x58, [repeat(131_073, true)]), /block of 131073 bytes/],
    [frame(0x58, [[7, 0, 0]]), /reserved type/],
    [Buffer.from('not zstd at all'), /frame, got magic/],
  ];
  for (const [bytes, message] of bad) {
    for (const size of [1, 1000])
      await assert.rejects(unpacked(Buffer.from(bytes), size), { code: 'invalid', message });
  }
  const dictionary = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 1, ...repeat(1, true)]);
  await assert.rejects(unpacked(dictionary), { code: 'unsupported', message: /dictionary/ });
});

/** One zstd frame with the checksum of its content (RFC 8878 §3.1.1). */
async function summed(content: Uint8Array): Promise<Buffer> {
  const bytes = await collected(zstd(reused(content, [1 << 20]), { level: 3 }));
  bytes[4] = (bytes[4] as number) | 4;
  const sum = Buffer.alloc(8);
  sum.writeBigUInt64LE((await xxhash()).h64Raw(content));
  return Buffer.concat([bytes, sum.subarray(0, 4)]);
}

test('whatever is damaged in a zstd stream with checksums, every decoder refuses or reads alike', async () => {
  const packed = await summed(sample.subarray(0, 140_000));
  const small = await summed(Buffer.from('hello\n'.repeat(50)));
  const property = fc.asyncProperty(
    fc.constantFrom(packed, small, Buffer.concat([small, small])),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    fc.constantFrom(77, 5000, 1 << 20),
    async (bytes, place, mask, size) => {
      const damaged = Buffer.from(bytes);
      damaged[place % bytes.length] = (damaged[place % bytes.length] as number) ^ mask;
      for (const input of [
        damaged,
        bytes.subarray(0, place % bytes.length),
        Buffer.concat([bytes, damaged.subarray(0, 7)]),
      ])
        await unpacked(input, size).catch(error => assert.ok(error instanceof OciError, String(error.stack)));
    },
  );
  await fc.assert(property, { numRuns: 30, endOnFailure: true });
});

test('the zstd program reads what is written, and the other way round', { skip: noTool('zstd') }, async () => {
  // More than one frame.
  const content = Buffer.concat([sample, sample]);
  const packed = await collected(zstd(reused(content, [1 << 16]), { level: 3 }));
  const out = spawnSync('zstd', ['-dc'], { input: packed, maxBuffer: 1 << 26 }).stdout;
  assert.equal(sha256(out), sha256(content));
  for (const option of ['-1', '-19', '--long=27', '--fast=5', '--no-check']) {
    const input = sample.subarray(0, 400_000);
    const made = spawnSync('zstd', ['-qc', option], { input, maxBuffer: 1 << 26 }).stdout;
    for (const size of [1 << 20, 999]) assert.equal(sha256(await unpacked(made, size)), sha256(input), option);
  }
});

/** `hello, world` a thousand times, by xz with CRC64 and with CRC32; one letter with SHA-256. */
const xzSamples = {
  crc64:
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4DLHAD9dADQZSe6N74xrypVZEARB+sisrtwbPNef2T5tYdYjpVEVvZXPUuPA4YudFXO6k5T7sWqnGFFmA13P8JHDxvbxAAAAv9iYlJ1uQnoAAVvIZQAAAMKIgXCxxGf7AgAAAAAEWVo=',
  crc32:
    '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4DLHAD9dADQZSe6N74xrypVZEARB+sisrtwbPNef2T5tYdYjpVEVvZXPUuPA4YudFXO6k5T7sWqnGFFmA13P8JHDxvbxAAAAJEBI+gABV8hlAAAAuUhDBz4wDYsCAAAAAAFZWg==',
  sha256:
    '/Td6WFoAAArh+wyhAgAhARYAAAB0L+WjAQABeAoAAABzyzhYpoeoSUyjMjBTAWKC89rTnULPYspOed2iqsfZrAABMgJ2gPgjGJtLmgEAAAAAClla',
};

test('xz streams come back through any chunks, several and padded included', async () => {
  const text = Buffer.from('hello, world\n'.repeat(1000));
  for (const name of ['crc64', 'crc32'] as const) {
    const packed = Buffer.from(xzSamples[name], 'base64');
    for (const size of [1, 7, 1000]) assert.deepEqual(await collected(unxz(reused(packed, [size]), 'blob')), text);
    const twice = Buffer.concat([packed, Buffer.alloc(8), packed]);
    assert.deepEqual(await collected(unxz(reused(twice, [50]), 'blob')), Buffer.concat([text, text]));
  }
});

test('damage anywhere in an xz stream is one clear error, and what is not supported says so', async () => {
  const text = Buffer.from('hello, world\n'.repeat(1000));
  const packed = Buffer.from(xzSamples.crc64, 'base64');
  const refused = (bytes: Uint8Array, code: string): Promise<void> =>
    assert.rejects(collected(unxz(reused(bytes, [16]), 'blob')), (error: unknown) => {
      assert.ok(error instanceof OciError, String((error as Error).stack));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, /^blob: expected an xz stream/);
      return true;
    });
  for (let at = 12; at < packed.length; at++) {
    const damaged = Buffer.from(packed);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    // One byte of the range coder says nothing: what comes out then is right all the same.
    const answer = await collected(unxz(reused(damaged, [16]), 'blob')).catch((error: unknown) => error);
    const isRight = answer instanceof OciError || text.equals(answer as Uint8Array);
    assert.ok(isRight, `byte ${at}: ${answer}`);
  }
  for (const length of [0, 20, packed.length - 1]) await refused(packed.subarray(0, length), 'invalid');
  await refused(Buffer.concat([packed, Buffer.from('more')]), 'invalid');
  await refused(Buffer.from(xzSamples.sha256, 'base64'), 'unsupported');
});

test('a source that fails in the middle of an xz stream is what went wrong, and a reader may leave early', async () => {
  const packed = Buffer.from(xzSamples.crc64, 'base64');
  const failing = async function* (): AsyncIterable<Uint8Array> {
    yield packed.subarray(0, 30);
    throw new OciError('conflict', 'file', 'changed');
  };
  await assert.rejects(collected(unxz(failing(), 'blob')), /file: changed/);
  for await (const _ of unxz(reused(packed, [16]), 'blob')) break;
  assert.equal((await collected(unxz(reused(packed, [16]), 'blob'))).length, 13_000);
});

test('xz streams are read side by side, and one that is left or forgotten at any moment holds up no other', async () => {
  const packed = Buffer.from(xzSamples.crc64, 'base64');
  const text = Buffer.from('hello, world\n'.repeat(1000));
  const forgotten = unxz(reused(packed, [16]), 'blob')[Symbol.asyncIterator]();
  await forgotten.next();
  const [begun, other] = [1, 2].map(() => unxz(reused(packed, [7]), 'blob')[Symbol.asyncIterator]());
  const first = begun?.next();
  await other?.return?.();
  const failing = async function* (): Bytes {
    yield packed.subarray(0, 40);
    throw new Error('left');
  };
  await assert.rejects(collected(unxz(failing(), 'blob')), /left/);
  const answers = await Promise.all([5, 16, 50].map(size => collected(unxz(reused(packed, [size]), 'blob'))));
  for (const answer of answers) assert.deepEqual(answer, text);
  const rest = await collected({ [Symbol.asyncIterator]: () => begun as AsyncIterator<Uint8Array> });
  assert.ok(text.equals(Buffer.concat([(await first)?.value ?? Buffer.alloc(0), rest])));
});
