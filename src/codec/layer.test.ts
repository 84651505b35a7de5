import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { list, type ReadEntry } from 'tar';
import { OciError } from '../errors.ts';
import { fixture } from '../testing/fixtures.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools } from '../testing/witness.ts';
import {
  type ByteString,
  type FileNode,
  impliedMeta,
  type LayerEntry,
  type Meta,
  type Node,
  type Path,
} from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { type BodySource, smallBody } from './body-source.ts';
import { type Compression, compressionOf, decompress } from './compression.ts';
import { readLayer } from './layer-reader.ts';
import { type LayerListener, writeLayer } from './layer-writer.ts';

/** A body of that many bytes, none of them like a header. */
const bodyOf = (size: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 7 + size) & 0xff));

/** Gives bodies in pieces through one buffer, as a directory does. */
function bodiesOf(piece = 1000): BodySource {
  const buffer = Buffer.alloc(piece);
  return {
    *body(_path: Path, node: FileNode): Iterable<Uint8Array> {
      const whole = bodyOf(node.size);
      for (let at = 0; at < whole.length; at += piece) yield buffer.subarray(0, whole.copy(buffer, 0, at, at + piece));
    },
  };
}

function written(entries: Iterable<LayerEntry>, bodies: BodySource = bodiesOf()): Buffer {
  const chunks: Buffer[] = [];
  for (const chunk of writeLayer(entries, bodies)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

interface Read {
  readonly entries: readonly LayerEntry[];
  readonly bodies: ReadonlyMap<Path, Buffer>;
}

async function read(source: AsyncIterable<Uint8Array>): Promise<Read> {
  const entries: LayerEntry[] = [];
  const chunks: Buffer[][] = [];
  await readLayer(
    source,
    { identity: 'layer', subject: 'sample' },
    {
      entry: entry => void (entries.push(entry) && chunks.push([])),
      data: chunk => void chunks.at(-1)?.push(Buffer.from(chunk)),
      end: () => undefined,
    },
  );
  return { entries, bodies: new Map(entries.map((entry, at) => [entry.path, Buffer.concat(chunks[at] ?? [])])) };
}

async function* cut(bytes: Uint8Array, length = 1 << 16): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const second = 1_000_000_000n;
const floored = (mtime: bigint): bigint => mtime - (((mtime % second) + second) % second);

const plainBytes = (xattrs: Meta['xattrs']): Meta['xattrs'] =>
  new Map([...xattrs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, new Uint8Array(value)]));

/** An entry as it must come back: whole seconds, contents of the layer itself. */
function expected(entry: LayerEntry, ordinal: number): LayerEntry {
  if (entry.kind !== 'node') return entry;
  const meta = {
    ...entry.node.meta,
    mtime: floored(entry.node.meta.mtime),
    xattrs: plainBytes(entry.node.meta.xattrs),
  };
  const node: Node = { ...entry.node, meta };
  return { ...entry, node: node.kind === 'file' ? { ...node, content: { source: 'layer', member: ordinal } } : node };
}

const sorted = (entry: LayerEntry): LayerEntry =>
  entry.kind === 'node'
    ? { ...entry, node: { ...entry.node, meta: { ...entry.node.meta, xattrs: plainBytes(entry.node.meta.xattrs) } } }
    : entry;

const arbitraryBytes = (constraints: {
  readonly minLength: number;
  readonly maxLength: number;
}): fc.Arbitrary<ByteString> =>
  fc.uint8Array({ ...constraints, min: 1 }).map(bytes => Buffer.from(bytes).toString('latin1'));

const arbitraryName: fc.Arbitrary<ByteString> = fc
  .oneof(
    fc.constantFrom('a', 'usr', '__proto__', 'caf\xe9', ' ', '\n', '...', 'n'.repeat(255), 'with=equals'),
    fc.string({ minLength: 1, maxLength: 120, unit: fc.constantFrom(...'abcdefgh-_.') }),
    arbitraryBytes({ minLength: 1, maxLength: 255 }),
  )
  .map(name => name.replaceAll('/', '_'))
  .filter(name => name !== '.' && name !== '..' && !name.startsWith('.wh.'));

const arbitraryPath: fc.Arbitrary<Path> = fc
  .array(arbitraryName, { minLength: 1, maxLength: 4 })
  .map(names => names.join('/'));

const arbitraryMeta: fc.Arbitrary<Meta> = fc.record({
  mode: fc.nat(0o7777),
  uid: fc.oneof(fc.nat(0xffff), fc.constantFrom(2_097_151, 2_097_152, 0xffff_ffff)),
  gid: fc.oneof(fc.nat(0xffff), fc.constantFrom(2_097_151, 2_097_152, 0xffff_ffff)),
  mtime: fc.oneof(
    fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }),
    fc.constantFrom(0n, -1n, 999_999_999n, (8n ** 11n - 1n) * second, 8n ** 11n * second),
  ),
  xattrs: fc
    .array(fc.tuple(arbitraryBytes({ minLength: 1, maxLength: 20 }), fc.uint8Array({ maxLength: 600 })), {
      maxLength: 3,
    })
    .map(pairs => new Map(pairs)),
});

const arbitraryNode: fc.Arbitrary<Node> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('file' as const),
      meta: arbitraryMeta,
      size: fc.oneof(fc.nat(3000), fc.constantFrom(0, 512, 1024)),
      content: fc.constant({ source: 'before', member: 0 }),
    }),
  },
  fc.record({ kind: fc.constant('directory' as const), meta: arbitraryMeta, children: fc.constant(new Map()) }),
  fc.record({
    kind: fc.constant('symlink' as const),
    meta: arbitraryMeta,
    target: arbitraryBytes({ minLength: 1, maxLength: 300 }),
  }),
  fc.record({
    kind: fc.constant('device' as const),
    meta: arbitraryMeta,
    type: fc.constantFrom('char' as const, 'block' as const),
    major: fc.nat(4095),
    minor: fc.nat(1_048_575),
  }),
  fc.record({ kind: fc.constant('fifo' as const), meta: arbitraryMeta }),
);

/** Entries of every kind; a hardlink's target is a file before it. */
const arbitraryEntries: fc.Arbitrary<readonly LayerEntry[]> = fc
  .array(fc.tuple(arbitraryPath, arbitraryNode, fc.nat(9), fc.nat(100)), { maxLength: 12 })
  .map(steps => {
    const entries: LayerEntry[] = [];
    const files: Path[] = [];
    for (const [path, node, kind, pick] of steps) {
      const target = files[pick % Math.max(1, files.length)];
      if (kind === 0) entries.push({ kind: 'whiteout', path });
      else if (kind === 1) entries.push({ kind: 'opaque', path });
      else if (kind === 2 && target !== undefined) entries.push({ kind: 'hardlink', path, target });
      else entries.push({ kind: 'node', path, node });
      if (kind > 2 && node.kind === 'file') files.push(path);
    }
    return entries;
  });

test('what is written is read again: names, times, owners, attributes and bodies, however the bytes are cut', async () => {
  const law = fc.asyncProperty(arbitraryEntries, fc.integer({ min: 1, max: 5000 }), async (entries, length) => {
    const bytes = written(entries, bodiesOf(length));
    assert.ok(bytes.equals(written(entries)), 'the bytes do not depend on the pieces of bodies');
    const { entries: back, bodies } = await read(cut(bytes, length));
    assert.deepEqual(back.map(sorted), entries.map(expected));
    for (const entry of back) {
      if (entry.kind !== 'node' || entry.node.kind !== 'file') continue;
      const last = back.findLast(other => other.path === entry.path);
      if (last === entry) assert.ok(bodies.get(entry.path)?.equals(bodyOf(entry.node.size)));
    }
  });
  await fc.assert(law, { numRuns: 150 });
});

const file = (path: Path, size = 0, meta: Partial<Meta> = {}): LayerEntry => ({
  kind: 'node',
  path,
  node: {
    kind: 'file',
    meta: { ...impliedMeta, mode: 0o644, ...meta },
    size,
    content: { source: 'before', member: 0 },
  },
});
const directory = (path: Path, meta: Partial<Meta> = {}): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'directory', meta: { ...impliedMeta, ...meta }, children: new Map() },
});
const symlink = (path: Path, target: ByteString): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'symlink', meta: { ...impliedMeta, mode: 0o777 }, target },
});

const typical: readonly LayerEntry[] = [
  directory('etc', { mtime: 1_700_000_000_999_999_999n }),
  { kind: 'whiteout', path: 'etc/gone' },
  file('etc/passwd', 1300, { uid: 1000, gid: 3_000_000, mtime: 1_600_000_000n * second }),
  { kind: 'hardlink', path: 'etc/passwd-', target: 'etc/passwd' },
  symlink('etc/localtime', `../usr/${'share/'.repeat(30)}UTC`),
  { kind: 'opaque', path: 'opt' },
  file(`${'very-long-directory/'.repeat(7)}${'f'.repeat(90)}`, 3),
  file(`${'long/'.repeat(40)}${'g'.repeat(90)}`, 3, { mode: 0o4755 }),
  file('umlaut-\xc3\xbc', 5),
];

test('an empty layer is the two blocks of zeros that engines know', () => {
  const digest = createHash('sha256').update(written([])).digest('hex');
  assert.equal(digest, '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef');
});

test('headers are ustar with no user names, and PAX headers hold only what does not fit', () => {
  const bytes = written(typical);
  assert.equal(bytes.length % 512, 0);
  assert.ok(bytes.subarray(-1024).every(byte => byte === 0));
  const keys = [...bytes.toString('latin1').matchAll(/\d+ (path|linkpath|uid|gid|size|mtime|[\w.]+)=[^\n]*\n/g)].map(
    m => m[1],
  );
  assert.deepEqual(keys, ['gid', 'gid', 'linkpath', 'path', 'path']);
  assert.equal(bytes.toString('latin1', 257, 329), `ustar\x0000${'\0'.repeat(64)}`);
  assert.equal(bytes.toString('latin1', 0, 5), 'etc/\0');
  assert.equal(bytes.toString('latin1', 136, 147), (1_700_000_000).toString(8));
  assert.equal(bytes.toString('latin1', 512, 521), 'etc/.wh.g');
  assert.equal(
    bytes.toString('latin1', 512 + 100, 512 + 147),
    '0000000\x000000000\x000000000\x0000000000000\x0000000000000',
  );
});

test('what ustar does not hold goes into PAX records, sorted by key', () => {
  const xattrs = new Map([
    ['user.b', new Uint8Array([0, 255])],
    ['user.a=b', new Uint8Array([1])],
    ['user.a', new Uint8Array()],
  ]);
  const bytes = written([file('n'.repeat(101), 0, { uid: 4_000_000, mtime: -1n, xattrs })]).toString('latin1');
  const body = bytes.slice(512, bytes.indexOf('\0', 512));
  const keys = [...body.matchAll(/\d+ ([^=]+)=/g)].map(match => match[1]);
  assert.deepEqual(keys, ['LIBARCHIVE.xattr.user.a%3Db', 'SCHILY.xattr.user.a', 'SCHILY.xattr.user.b']);
  assert.match(bytes, /\n12 mtime=-1\n111 path=n+\n15 uid=4000000\n/);
});

test('a size beyond 8 GiB and an attribute beyond what readers take are said or refused, never cut', () => {
  const huge: BodySource = { body: () => [] };
  assert.throws(() => written([file('big', 2 ** 33 + 1)], huge), { code: 'conflict' });
  const [first] = writeLayer([file('big', 2 ** 33)], {
    *body(): Iterable<Uint8Array> {
      yield new Uint8Array(1 << 20);
    },
  });
  assert.match(Buffer.from(first ?? []).toString('latin1'), / size=8589934592\n/);
  const xattrs = new Map([['user.big', new Uint8Array(1 << 20)]]);
  assert.throws(() => written([file('a', 0, { xattrs })]), { code: 'unsupported' });
  const device: Node = { kind: 'device', meta: impliedMeta, type: 'char', major: 2 ** 21, minor: 0 };
  assert.throws(() => written([{ kind: 'node', path: 'dev', node: device }]), { code: 'invalid' });
});

test('a body that is longer or shorter than its file was is a conflict, found as soon as it shows', () => {
  let given = 0;
  const endless: BodySource = {
    *body(): Iterable<Uint8Array> {
      for (;;) {
        given++;
        yield new Uint8Array(512);
      }
    },
  };
  const short: BodySource = { body: () => [new Uint8Array(5)] };
  assert.throws(() => written([file('log', 1000)], endless), {
    code: 'conflict',
    message: /^\/log: expected 1000 bytes/,
  });
  assert.equal(given, 2);
  assert.throws(() => written([file('log', 6)], short), { code: 'conflict' });
});

test('small bodies that are put where they go make the same tar, and the others come in chunks', () => {
  const files = Array.from({ length: 300 }, (_, index) => file(`file-${index}`, (index * 977) % (3 * smallBody)));
  const bodies = bodiesOf();
  let put = 0;
  const fill: NonNullable<BodySource['fill']> = (path, node, room) => {
    if (path.endsWith('7')) return false;
    assert.ok(node.size < smallBody && room.length === node.size);
    room.set(Buffer.concat(Array.from(bodies.body(path, node), chunk => Uint8Array.from(chunk))));
    put++;
    return true;
  };
  assert.ok(written(files, { ...bodies, fill }).equals(written(files, bodies)));
  assert.ok(put > 60 && put < 240, `${put}`);
});

test('who listens to a layer being written is told what who reads it is told', async () => {
  interface Told {
    readonly what: LayerEntry['kind'] | 'end';
    readonly path?: Path;
    body?: Buffer;
  }
  const told = (to: Told[]): LayerListener => ({
    entry: ({ kind, path }) => void to.push({ what: kind, path, body: Buffer.alloc(0) }),
    data: chunk => {
      const last = to.at(-1);
      if (last?.body !== undefined) last.body = Buffer.concat([last.body, chunk]);
    },
    end: () => void to.push({ what: 'end' }),
  });
  const law = fc.asyncProperty(arbitraryEntries, fc.integer({ min: 1, max: 5000 }), async (entries, length) => {
    const fill: NonNullable<BodySource['fill']> = (_path, node, room) => {
      if (node.size % 2 === 1) return false;
      room.set(bodyOf(node.size));
      return true;
    };
    const [heard, read]: [Told[], Told[]] = [[], []];
    const bodies = { ...bodiesOf(length), fill };
    const bytes = Buffer.concat(Array.from(writeLayer(entries, bodies, told(heard)), chunk => Buffer.from(chunk)));
    assert.ok(bytes.equals(written(entries)));
    await readLayer(
      cut(bytes),
      { identity: 'layer', subject: 'sample' },
      { ...told(read), entry: told(read).entry as () => undefined },
    );
    assert.deepEqual(heard, read);
  });
  await fc.assert(law, { numRuns: 100 });
});

test('a hardlink needs its file earlier in the layer', () => {
  const link: LayerEntry = { kind: 'hardlink', path: 'b', target: 'a' };
  assert.throws(() => written([link, file('a')]), { code: 'invalid', message: /hardlink/ });
});

test('big bodies pass through, small ones are gathered', () => {
  const chunk = new Uint8Array(1 << 20);
  const source: BodySource = { body: () => [chunk, chunk, chunk.subarray(0, 1)] };
  const lengths = [...writeLayer([file('big', 2 * chunk.length + 1)], source)].map(bytes => bytes.length);
  assert.deepEqual(lengths, [512, 1 << 20, 1 << 20, 512 + 1024]);
  const small = Array.from({ length: 5000 }, (_, index) => file(`file-${index}`, 100));
  assert.equal([...writeLayer(small, bodiesOf())].length, 5);
});

test('the root may be described and nothing else may stand at its place', async () => {
  const root = directory('', { mode: 0o700 });
  assert.deepEqual((await read(cut(written([root])))).entries, [expected(root, 0)]);
  await assert.rejects(read(cut(written([file('.')]))), { code: 'invalid', message: /directory as the root/ });
  await assert.rejects(read(cut(written([file('a/..')]))), { code: 'invalid' });
});

test('hardlinks out of the root are refused, absolute ones are of the root', async () => {
  const link = (target: Path): Buffer => written([file(target), { kind: 'hardlink', path: 'l', target }]);
  const targets = ['/usr/a', './usr/../usr/a', 'usr//a'];
  for (const target of targets) {
    assert.deepEqual((await read(cut(link(target)))).entries[1], { kind: 'hardlink', path: 'l', target: 'usr/a' });
  }
  for (const target of ['../a', '/../a', 'a/../../a']) {
    await assert.rejects(read(cut(link(target))), { code: 'invalid', message: /hardlink 'l'/ });
  }
});

test("overlay's own whiteouts are devices, and whiteouts have no contents", async () => {
  const device: LayerEntry = {
    kind: 'node',
    path: 'gone',
    node: { kind: 'device', meta: impliedMeta, type: 'char', major: 0, minor: 0 },
  };
  const { entries, bodies } = await read(cut(written([device, file('.wh.a', 9), file('b/.wh..wh..opq', 9)])));
  assert.deepEqual(entries, [device, { kind: 'whiteout', path: 'a' }, { kind: 'opaque', path: 'b' }]);
  assert.equal(bodies.get('a')?.length, 0);
});

test('GNU tar lists and extracts what is written', t => {
  if (!hasTools(t, 'tar')) return;
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'layer.tar'), written(typical));
  const listed = execFileSync('tar', ['-tf', 'layer.tar', '--quoting-style=literal'], {
    cwd: place,
    encoding: 'latin1',
  });
  const names = ['etc/', 'etc/.wh.gone', 'etc/passwd', 'etc/passwd-', 'etc/localtime', 'opt/.wh..wh..opq'];
  assert.deepEqual(listed.split('\n').slice(0, -1), [...names, ...typical.slice(6).map(entry => entry.path)]);
  execFileSync('tar', ['-xf', 'layer.tar', '--no-same-owner', '-p'], { cwd: place });
  const passwd = join(place, 'etc/passwd');
  assert.ok(readFileSync(passwd).equals(bodyOf(1300)));
  assert.equal(lstatSync(passwd).ino, lstatSync(`${passwd}-`).ino);
  assert.equal(lstatSync(passwd).mtimeMs, 1_600_000_000_000);
  assert.equal(readlinkSync(join(place, 'etc/localtime')), `../usr/${'share/'.repeat(30)}UTC`);
  assert.equal(lstatSync(join(place, (typical[7] as LayerEntry).path)).mode & 0o7777, 0o4755);
  assert.ok(existsSync(join(place, 'umlaut-\u00fc')));
});

test('node-tar lists what is written', async t => {
  const place = join(temporaryDirectory(t), 'layer.tar');
  writeFileSync(place, written(typical));
  const seen: unknown[][] = [];
  const onReadEntry = (entry: ReadEntry): unknown => seen.push([entry.path, entry.type, entry.size, entry.gid]);
  await list({ file: place, strict: true, onReadEntry });
  assert.deepEqual(seen.slice(0, 4), [
    ['etc/', 'Directory', 0, 0],
    ['etc/.wh.gone', 'File', 0, 0],
    ['etc/passwd', 'File', 1300, 3_000_000],
    ['etc/passwd-', 'Link', 0, 3_000_000],
  ]);
  assert.deepEqual(
    seen.slice(6).map(([path]) => path),
    typical.slice(6).map(entry => textOf(entry.path)),
  );
});

interface HostileCase {
  readonly name: string;
  readonly kind: string;
  readonly expected: 'accept' | 'contain' | 'reject';
  readonly names?: readonly string[];
  readonly checks?: readonly (readonly string[])[];
}

/** What no reader of one layer can know: what the layers below hold, and what the file system takes. */
const knownLater = /^(h-missing|h-to-dir|n-256)$/;

interface Blobs {
  readonly layers: readonly { readonly mediaType: string; readonly digest: string }[];
  readonly manifests: readonly { readonly digest: string }[];
}

async function readLayout(layout: string): Promise<readonly Read[]> {
  const blob = (digest: string): Buffer => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Blobs;
  const reads: Read[] = [];
  for (const { digest } of index.manifests) {
    for (const layer of (JSON.parse(blob(digest).toString()) as Blobs).layers) {
      const compression: Compression = compressionOf(layer.mediaType);
      reads.push(await read(decompress(cut(blob(layer.digest)), compression, 'sample')));
    }
  }
  return reads;
}

function checkContents(reads: readonly Read[], { name, checks = [] }: HostileCase): void {
  const bodies = new Map(reads.flatMap(each => [...each.bodies]));
  for (const [check = '', path = '', content = ''] of checks) {
    if (check.startsWith('content')) assert.equal(bodies.get(path)?.toString(), content, `${name}: ${path}`);
  }
}

test('hostile layers get the right verdict as far as one layer tells, and refusals name the thing', async t => {
  const table = fixture(t, 'hostile/manifest.json');
  if (table === undefined) return;
  const { cases } = JSON.parse(readFileSync(table, 'utf8')) as { readonly cases: readonly HostileCase[] };
  for (const item of cases.filter(({ name, kind }) => /^[tnxwh]-/.test(name) && kind === 'layout')) {
    const layout = fixture(t, `hostile/${item.name}`);
    if (layout === undefined || knownLater.test(item.name)) continue;
    const result = await readLayout(layout).catch((error: unknown) => error);
    if (Array.isArray(result)) {
      assert.notEqual(item.expected, 'reject', `${item.name} was read`);
      if (/^[tnx]-/.test(item.name)) checkContents(result as readonly Read[], item);
      continue;
    }
    assert.ok(result instanceof OciError, `${item.name}: ${String(result)}`);
    assert.notEqual(item.expected, 'accept', `${item.name}: ${result.message}`);
    const { message } = result;
    const isNamed = (item.names ?? []).some(word => message.toLowerCase().includes(word.toLowerCase()));
    assert.ok(isNamed || item.names === undefined, `${item.name}: ${message}`);
  }
});
