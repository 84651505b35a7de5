import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { decompress as fzstd } from 'fzstd';
import { OciError } from '../errors.ts';
import { fixture, fixtureCases } from '../testing/fixtures.ts';
import { layerTar } from '../testing/layout-files.ts';
import { readChunked, readEstargz } from '../testing/lazy-checkers.ts';
import { directory, symlink, textFile, withMode } from '../testing/scripts.ts';
import type { FileNode, LayerEntry, Node } from '../tree/node.ts';
import { Chunks } from './chunks.ts';
import { estargz } from './estargz.ts';
import { withoutAdded } from './estargz-names.ts';
import { chunkSize } from './estargz-rows.ts';
import { chunkedFooter, estargzTableAt, isComplete, lazyFormOf } from './lazy.ts';
import { zstdChunked } from './zstd-chunked.ts';

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function gathered(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

const subject = 'layer';

async function asEstargz(
  tar: Uint8Array,
  size = 1 << 16,
): Promise<{ blob: Buffer; annotations: Record<string, string>; diffID: string }> {
  const made = estargz(pieces(tar, size), { level: 4, subject });
  const blob = await gathered(made.bytes);
  return { blob, annotations: { ...made.annotations() }, diffID: made.diffID() };
}

async function asChunked(
  tar: Uint8Array,
  size = 1 << 16,
): Promise<{ blob: Buffer; annotations: Record<string, string> }> {
  const made = zstdChunked(pieces(tar, size), { level: 3, subject });
  const blob = await gathered(made.bytes);
  return { blob, annotations: { ...made.annotations() } };
}

interface Vector {
  readonly name: string;
  readonly layout: string;
  readonly generation?: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly diffID: string;
  readonly members?: readonly (readonly [string, number, number, number])[];
  readonly toc_offset?: number;
  readonly footer?: readonly number[];
  readonly toc: { readonly entries: readonly Record<string, unknown>[] };
}

/** The layer's blob of a published vector: the one that is no JSON. */
function blobOf(t: TestContext, { layout }: Vector): Buffer {
  const blobs = join(fixture(t, `change/${layout}`) ?? '', 'blobs/sha256');
  const found = readdirSync(blobs)
    .map(name => readFileSync(join(blobs, name)))
    .find(bytes => bytes[0] !== 0x7b);
  return found as Buffer;
}

const withoutOffsets = (rows: readonly Record<string, unknown>[]): readonly object[] =>
  rows.map(({ offset: _offset, endOffset: _end, ...row }) => row);

test('the published layers are known for what they are, and the checkers of these tests take them', t => {
  for (const vector of fixtureCases<Vector>(t, 'change/lazy/vectors.json') ?? []) {
    const blob = blobOf(t, vector);
    const tail = blob.subarray(-72);
    if (vector.toc_offset === undefined) {
      assert.equal(lazyFormOf('zstd', tail), 'zstd:chunked', vector.name);
      const footer = chunkedFooter(tail);
      assert.deepEqual(footer?.numbers.map(Number), vector.footer, vector.name);
      assert.equal(isComplete('zstd:chunked', tail, vector.annotations), vector.generation === 3, vector.name);
      if (vector.generation === 3) readChunked(blob, vector.annotations);
    } else {
      assert.equal(lazyFormOf('gzip', tail), 'estargz', vector.name);
      assert.equal(estargzTableAt(tail), vector.toc_offset, vector.name);
      assert.equal(isComplete('estargz', tail, vector.annotations), true, vector.name);
      if (vector.name === 'estargz-default') readEstargz(blob, vector.annotations);
    }
  }
});

test("the published layer's table of zstd:chunked is ours, but for where frames lie, and tar-split is the same", async t => {
  const [vector] = (fixtureCases<Vector>(t, 'change/lazy/vectors.json') ?? []).filter(
    ({ generation }) => generation === 3,
  );
  if (vector === undefined) return;
  const tar = readFileSync(fixture(t, 'change/lazy/layer.tar') ?? '');
  const { blob, annotations } = await asChunked(tar);
  assert.deepEqual(readChunked(blob, annotations), tar);
  const { entries } = tocOf(blob, annotations);
  assert.deepEqual(withoutOffsets(entries), withoutOffsets(vector.toc.entries));
  assert.equal(annotations['io.github.containers.zstd-chunked.tarsplit-position']?.split(':')[2], '17101');
});

function tocOf(blob: Buffer, annotations: Record<string, string>): { entries: readonly Record<string, unknown>[] } {
  const [offset = 0, stored = 0] = (annotations['io.github.containers.zstd-chunked.manifest-position'] ?? '')
    .split(':')
    .map(Number);
  // Small enough to be one frame of one block.
  return JSON.parse(Buffer.from(fzstd(blob.subarray(offset, offset + stored))).toString()) as ReturnType<typeof tocOf>;
}

test("the published layer's table of eStargz is ours, but for where members lie, and members begin where its writer's do", async t => {
  const [vector] = (fixtureCases<Vector>(t, 'change/lazy/vectors.json') ?? []).filter(
    ({ name }) => name === 'estargz-default',
  );
  if (vector === undefined) return;
  const tar = readFileSync(fixture(t, 'change/lazy/layer.tar') ?? '');
  const { blob, annotations, diffID } = await asEstargz(tar);
  const read = readEstargz(blob, annotations);
  const toc = JSON.parse(
    gunzipSync(blob.subarray(estargzTableAt(blob.subarray(-72))))
      .subarray(512)
      .toString()
      .replace(/\0+$/, ''),
  ) as Vector['toc'];
  assert.deepEqual(withoutOffsets(toc.entries), withoutOffsets(vector.toc.entries));
  // The same tar but for the bytes that Go writes otherwise; both have as many.
  assert.equal(read.length, 221696);
  assert.match(diffID, /^sha256:/);
});

const body = (node: FileNode): Uint8Array => Buffer.from(node.content.source.slice('text '.length));

test('random layers: both forms hold the tar, bit for bit, whatever its pieces; the way back is exact', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryLayer, fc.integer({ min: 1, max: 5000 }), async (tar, size) => {
      const chunked = await asChunked(tar);
      assert.deepEqual(readChunked(chunked.blob, chunked.annotations), tar);
      assert.deepEqual(await asChunked(tar, size), chunked);
      const star = await asEstargz(tar);
      const inside = readEstargz(star.blob, star.annotations);
      assert.deepEqual(await asEstargz(tar, size), star);
      assert.deepEqual(await gathered(withoutAdded(pieces(inside, size), { subject })), tar);
      // Made anew of itself it is the same.
      assert.deepEqual(await asEstargz(inside), star);
    }),
    { numRuns: 40, includeErrorInReport: true },
  );
});

const word = fc.stringMatching(/^[a-zé]{1,9}$/);
const content = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 40 }),
  fc.nat(3000).map(count => '\0'.repeat(count)),
  fc.tuple(fc.nat(2000), fc.nat(2000)).map(([before, zeros]) => `${'x'.repeat(before)}${'\0'.repeat(zeros)}y`),
  fc
    .nat(1000)
    .map(seed =>
      Array.from({ length: 9000 }, (_, at) => String.fromCharCode(33 + ((at * at * (seed + 7)) % 89))).join(''),
    ),
);

/** The tar of a flat layer, and what may stand behind its last entry. */
const arbitraryLayer: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(word, content, fc.constantFrom('file', 'link', 'directory')), {
      maxLength: 8,
      selector: ([name]) => name,
    }),
    fc.nat(4),
  )
  .map(([entries, blocks]) => {
    const made = entries.map(([name, text, kind]): LayerEntry => {
      const path = Buffer.from(name).toString('latin1');
      const node =
        kind === 'file'
          ? { ...textFile(text), size: Buffer.byteLength(text) }
          : kind === 'link'
            ? symlink('x')
            : directory();
      return { kind: 'node', path, node };
    });
    return Buffer.concat([layerTar(made, body), Buffer.alloc(512 * blocks)]);
  });

interface TocCase {
  readonly name: string;
  readonly chunk_size: number | null;
  readonly min_chunk_size: number | null;
  readonly input: readonly Record<string, unknown>[];
  readonly expect: {
    readonly gzip_members: number;
    readonly toc_entries?: number;
    readonly chunks?: Readonly<Record<string, number>>;
  };
}

/** How many gzip members a blob has. */
function countMembers(blob: Buffer): number {
  let count = 0;
  for (let at = 0; at < blob.length; count++) {
    // Of optional fields there is only the footer's, an extra one.
    const header = (blob[at + 3] ?? 0) === 4 ? 12 + blob.readUInt16LE(at + 10) : 10;
    const { engine } = inflateRawSync(blob.subarray(at + header), { info: true }) as unknown as InflatedInfo;
    at += header + engine.bytesWritten + 8;
  }
  return count;
}

/** What zlib says beside the bytes: how many it has read. */
interface InflatedInfo {
  readonly engine: { readonly bytesWritten: number };
}

/** A file of the table. One of chunks of another size than ours is as many times longer as ours are. */
function fileOf(text: string, chunks: number | null): FileNode {
  const random = /^(\d+) random bytes$/.exec(text);
  const size = random === null ? text.length : Number(random[1]);
  return { ...textFile(text), size: chunks === null ? size : Math.ceil((size * chunkSize) / chunks) };
}

test('the cases of the published writer of eStargz: as many members, and as many rows', async t => {
  for (const one of fixtureCases<TocCase>(t, 'change/lazy/estargz-toc-cases.json') ?? []) {
    const entries = one.input.map((entry): LayerEntry => {
      const [kind = '', name] = Object.entries(entry)[0] ?? [];
      const path = String(name).replace(/\/$/, '');
      if (kind === 'hardlink') return { kind: 'hardlink', path, target: String(entry['to']) };
      if (kind === 'file') return { kind: 'node', path, node: fileOf(String(entry['text']), one.chunk_size) };
      if (kind === 'dir') return { kind: 'node', path, node: directory() };
      if (kind === 'symlink') return { kind: 'node', path, node: symlink(String(entry['to'])) };
      const [major = 0, minor = 0] = (entry['device'] ?? []) as number[];
      const meta = withMode(0o600);
      const type = kind === 'block' ? 'block' : 'char';
      return {
        kind: 'node',
        path,
        node: kind === 'fifo' ? { kind, meta } : { kind: 'device', meta, type, major, minor },
      };
    });
    const { blob, annotations } = await asEstargz(layerTar(entries, ({ size }) => new Uint8Array(size).fill(120)));
    readEstargz(blob, annotations);
    const rows = JSON.parse(
      gunzipSync(blob.subarray(estargzTableAt(blob.subarray(-72))))
        .toString()
        .replace(/^[^{]*/, '')
        .replace(/\0+$/, ''),
    ) as Vector['toc'];
    const added = rows.entries.filter(({ name }) => name === '.no.prefetch.landmark').length;
    if (one.expect.toc_entries !== undefined)
      assert.equal(rows.entries.length - added, one.expect.toc_entries, one.name);
    for (const [path, count] of Object.entries(one.expect.chunks ?? {}))
      assert.equal(rows.entries.filter(({ name }) => name === path).length, count, one.name);
    // Several small files in one member are an option that there is not: each begins one.
    if (one.min_chunk_size !== null) continue;
    // The landmark's payload begins a member more; what comes before the first payload is then that one's.
    const hasHeaders = one.expect.gzip_members > 2;
    assert.equal(countMembers(blob), one.expect.gzip_members + (hasHeaders ? 1 : 2), one.name);
  }
});

test('a table of contents that is more than one piece of text has every row once, in the order of the tar', async () => {
  const paths = Array.from({ length: 400 }, (_, index) => `${'n'.repeat(200)}/${index + 100}`);
  const entries = paths.map((path): LayerEntry => ({ kind: 'node', path, node: { ...textFile(''), size: 0 } }));
  const { blob, annotations } = await asEstargz(layerTar(entries, body));
  readEstargz(blob, annotations);
  const table = gunzipSync(blob.subarray(estargzTableAt(blob.subarray(-72)))).subarray(512);
  const { entries: rows } = JSON.parse(table.toString().replace(/\0+$/, '')) as Vector['toc'];
  assert.ok(table.length > 1 << 17);
  assert.deepEqual(rows.map(({ name }) => name).slice(1), paths);
});

test('what a table of contents cannot say is refused: a name twice, one that is not UTF-8, a sparse file', async () => {
  const file = (path: string): LayerEntry => ({ kind: 'node', path, node: { ...textFile('x'), size: 1 } });
  const twice = layerTar([file('a'), file('a')], body);
  const odd = layerTar([file('\xff')], body);
  for (const [tar, pattern] of [
    [twice, /each name once, got 'a' twice/],
    [odd, /names in UTF-8/],
  ] as const)
    for (const make of [asEstargz, asChunked])
      await assert.rejects(make(tar), error => error instanceof OciError && pattern.test(error.message));
});

test('a chunk begins where the same bytes stand, whatever is before them, and zeros are a chunk of their own', () => {
  const cut = (bytes: Uint8Array, size: number): readonly string[] => {
    const chunks = new Chunks();
    const out: string[] = [];
    let open = 0;
    const take = (found: Iterable<{ bytes: Uint8Array } | { end: string }>): void => {
      for (const piece of found)
        if ('bytes' in piece) open += piece.bytes.length;
        else {
          out.push(`${piece.end} ${open}`);
          open = 0;
        }
    };
    for (let at = 0; at < bytes.length; at += size) take(chunks.add(bytes.subarray(at, at + size)));
    take(chunks.end());
    assert.equal(open, 0);
    return out;
  };
  const noise = Buffer.alloc(600_000);
  for (let at = 0, state = 1; at < noise.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    noise[at] = state >>> 24;
  }
  const one = cut(noise, 1 << 16);
  assert.deepEqual(cut(noise, 999), one);
  assert.ok(one.length > 3 && one.length < 40, `${one.length}`);
  assert.deepEqual(cut(Buffer.concat([Buffer.from('before'), noise]), 4096).slice(1), one.slice(1));
  const zeros = Buffer.concat([
    Buffer.from('a'),
    Buffer.alloc(1023),
    Buffer.from('b'),
    Buffer.alloc(1024),
    Buffer.from('c'),
    Buffer.alloc(5000),
  ]);
  for (const size of [1, 7, 1000, 1 << 16])
    assert.deepEqual(cut(zeros, size), ['data 1025', 'zeros 1024', 'data 1', 'zeros 5000'], `${size}`);
});

test('devices are said to be passed over by engines that fetch single files', async () => {
  const node: Node = { kind: 'device', meta: withMode(0o600), type: 'char', major: 1, minor: 3 };
  const made = zstdChunked(pieces(layerTar([{ kind: 'node', path: 'null', node }]), 512), { level: 3, subject });
  await gathered(made.bytes);
  assert.deepEqual(made.warnings(), ['layer: a device or fifo: engines that fetch single files make none']);
});
