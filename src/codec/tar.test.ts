import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { extensionCountLimit, extensionLimit, globalLimit, holeLimit, pieceLimit } from '../limits.ts';
import { fixture, fixtureCases } from '../testing/fixtures.ts';
import { type ReadTar, readTar } from '../testing/read-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools } from '../testing/witness.ts';
import { noXattrs } from '../tree/node.ts';
import { decompress, type TarCompression } from './compression.ts';
import { decodePax, encodePax } from './pax.ts';
import { isOfTarAlone } from './tar-member.ts';
import { TarReader } from './tar-reader.ts';
import { encodeHeader, type HeaderFields } from './tar-writer.ts';

const plain: HeaderFields = {
  typeflag: '0',
  path: 'f',
  link: '',
  mode: 0o644,
  uid: 1,
  gid: 2,
  size: 0,
  mtime: 3,
  major: 0,
  minor: 0,
  xattrs: noXattrs,
};

/** A header block with bytes written over it, its checksum made right. */
function header(fields: Partial<HeaderFields>, patches: Readonly<Record<number, string>> = {}): Buffer {
  const block = Buffer.from(encodeHeader({ ...plain, ...fields }));
  for (const [at, text] of Object.entries(patches)) block.write(text, Number(at), 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

const padded = (bytes: Uint8Array | string): Buffer => {
  const body = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  return Buffer.concat([body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
};

const extension = (typeflag: string, body: Uint8Array | string): Buffer =>
  Buffer.concat([header({ path: 'ext', size: body.length }, { 156: typeflag }), padded(body)]);

const pax = (records: Readonly<Record<string, string>>, typeflag = 'x'): Buffer =>
  extension(typeflag, encodePax(new Map(Object.entries(records))));

const file = (path: string, body: string, patches: Readonly<Record<number, string>> = {}): Buffer =>
  Buffer.concat([header({ path, size: body.length }, patches), padded(body)]);

const end = Buffer.alloc(1024);
const readAll = (...parts: readonly Uint8Array[]): ReadTar => readTar(Buffer.concat([...parts, end]));

function memberIn(read: ReadTar, path: string): ReadTar['members'][number] {
  assert.equal(read.error, undefined);
  const member = read.members.find(other => other.path === path);
  assert.ok(member, `no member ${path} among ${read.members.map(other => other.path).join(', ')}`);
  return member;
}

function refuses(read: ReadTar, pattern: RegExp): void {
  assert.equal(read.error?.code, 'invalid', 'it was read');
  assert.match(read.error.message, pattern);
  assert.match(read.error.message, /^sample: tar entry.* at offset \d+: expected /s);
}

interface GoEntry {
  readonly name: string;
  readonly type: string;
  readonly link?: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: string;
  readonly devmajor?: number;
  readonly devminor?: number;
  readonly sha256?: string;
}

interface Sample {
  readonly file: string;
  readonly compression: TarCompression;
  readonly go: { readonly entries: readonly GoEntry[]; readonly error: string | null };
}

/** Where we differ from Go on purpose. */
const stricterThanGo: Readonly<Record<string, string>> = {
  'tar-samples/isaacs_node-tar/global-header.tar':
    'a global PAX path: Go passes over it, tar programs obey it, so one archive would be two file systems',
};

/** What Go hands out as members of an unknown type: Solaris' extended headers, which GNU tar obeys as PAX headers. */
const isPassedByGo = ({ type }: GoEntry): boolean => type === 'g' || type === 'X';

async function bytesOfSample(path: string, compression: TarCompression): Promise<Buffer> {
  const chunks: Buffer[] = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    yield readFileSync(path);
  }
  for await (const chunk of decompress(source(), compression, path)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
const seconds = (mtime: bigint): number => Math.floor(Number(mtime / 1_000_000n) / 1000);

function checkAsGo(member: ReadTar['members'][number], go: GoEntry, name: string): void {
  const { type } = member;
  const ours = [utf8(member.path), utf8(member.link), member.mode, member.uid, member.gid, member.major, member.minor];
  const theirs = [go.name, go.link ?? '', go.mode & 0o7777, go.uid, go.gid, go.devmajor ?? 0, go.devminor ?? 0];
  assert.deepEqual(ours, theirs, name);
  assert.equal(seconds(member.mtime), Math.floor(Date.parse(go.mtime) / 1000), `${name}: ${go.name}`);
  if (type !== 'file') return;
  assert.deepEqual([member.size, member.body.length], [go.size, go.size], `${name}: ${go.name}`);
  if (go.sha256 !== undefined) assert.equal(createHash('sha256').update(member.body).digest('hex'), go.sha256);
}

test("published archives of many tar programs are read as Go's archive/tar reads them", async t => {
  const samples = fixtureCases<Sample>(t, 'tar-samples/expected.json') ?? [];
  for (const { file: name, compression, go } of samples) {
    const path = fixture(t, name);
    if (path === undefined) continue;
    const { members, error } = readTar(await bytesOfSample(path, compression));
    if (Object.hasOwn(stricterThanGo, name)) {
      assert.ok(error, `${name} is refused`);
      continue;
    }
    assert.equal(error === undefined, go.error === null, `${name}: ${error?.message} where Go has ${go.error}`);
    if (error !== undefined) continue;
    const entries = go.entries.filter(entry => !isPassedByGo(entry));
    assert.equal(members.length, entries.length, name);
    for (const [index, member] of members.entries()) checkAsGo(member, entries[index] as GoEntry, name);
  }
});

const showcase = Buffer.concat([
  pax({ path: 'caf\xc3\xa9', 'SCHILY.xattr.security.capability': '\x01\x00\xff\n=x', mtime: '-1.5' }),
  file('short', 'a'.repeat(700)),
  extension('L', `${'long/'.repeat(60)}name\0`),
  file('cut', 'b'),
  pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'sp', 'GNU.sparse.realsize': '3000' }),
  file('GNUSparseFile.0/sp', `${'1\n1024\n5\n'.padEnd(512, '\0')}hello`),
  header({ typeflag: '5', path: 'd/', size: 4096 }),
  file('last', 'c'.repeat(512)),
  end,
]);

test('an archive reads the same however it is cut into chunks, and nothing of a chunk is kept', () => {
  const whole = readTar(showcase);
  assert.deepEqual(
    whole.members.map(member => [member.path.length, member.size]),
    [
      [5, 700],
      [304, 1],
      [2, 3000],
      [2, 0],
      [4, 512],
    ],
  );
  const [first] = whole.members;
  assert.equal(first?.mtime, -1_500_000_000n);
  assert.deepEqual([...(first?.xattrs.get('security.capability') ?? [])], [1, 0, 255, 10, 61, 120]);
  const lengths = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(lengths, cuts => assert.deepEqual(readTar(showcase, cuts), whole)),
    { numRuns: 200 },
  );
  assert.deepEqual(readTar(showcase, [1]), whole);
});

test('an archive that is cut off anywhere is truncated, unless it is cut between members or in padding', () => {
  const whole = readTar(showcase).members.length;
  for (let length = 0; length < showcase.length - 1024; length += 64) {
    const { members, error } = readTar(showcase.subarray(0, length), [4096]);
    if (error === undefined)
      assert.ok(
        members.every(member => member.body.length === member.size),
        `cut at ${length}`,
      );
    else assert.match(error.message, /truncated|expected/);
    assert.ok(members.length <= whole);
  }
  refuses(readTar(showcase.subarray(0, 512)), /truncated/);
});

test('whatever the bytes, reading ends with members or with one invalid error', () => {
  const change = fc.tuple(fc.nat(showcase.length - 1), fc.nat(255), fc.boolean());
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), changes => {
      const bytes = Buffer.from(showcase);
      for (const [at, byte] of changes) bytes[at] = byte;
      for (const [at, , isHealed] of changes) {
        const block = bytes.subarray(at - (at % 512), at - (at % 512) + 512);
        if (!isHealed) continue;
        block.fill(' ', 148, 156);
        block.write(
          block
            .reduce((sum, byte) => sum + byte, 0)
            .toString(8)
            .padStart(6, '0'),
          148,
        );
      }
      const { error } = readTar(bytes, [700]);
      assert.ok(error === undefined || error.code === 'invalid');
    }),
    { numRuns: 2000 },
  );
});

test('numbers may be octal with blanks or NULs about them, or binary; nothing else', () => {
  const uidOf = (text: string): number => memberIn(readAll(header({}, { 108: text })), 'f').uid;
  assert.deepEqual(
    ['0000017\0', '     17 ', '17\0\0\0\0\0\0', '17\0junk!', '        ', '00000017', '\x80\0\0\0\0\x20\0\0'].map(uidOf),
    [15, 15, 15, 15, 0, 15, 2_097_152],
  );
  for (const text of [
    '12 34567',
    '0000089\0',
    '-000001\0',
    '\xff\xff\xff\xff\xff\xff\xff\xff',
    '\x80\x7f\xff\xff\xff\xff\xff\xff',
  ]) {
    refuses(readAll(header({}, { 108: text })), /uid/);
  }
  const mtime = memberIn(readAll(header({}, { 136: `${'\xff'.repeat(9)}\xfe\xae\x80` })), 'f').mtime;
  assert.equal(mtime, -86_400_000_000_000n);
});

test('the checksum may be of signed or unsigned bytes and must be right', () => {
  const block = header({ path: 'caf' }, { 3: '\xe9\xe8' });
  block.write(
    `${(block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0) - 512).toString(8).padStart(6, '0')}\0 `,
    148,
  );
  assert.equal(memberIn(readAll(block), 'caf\xe9\xe8').size, 0);
  block[0] = 0x63 + 1;
  refuses(readAll(block), /checksum/);
});

test('long names come from prefixes of ustar, of star and of old Go programs, and from nothing else', () => {
  const prefix = { 345: 'some/directory' };
  const nameOf = (patches: Readonly<Record<number, string>>): string | undefined =>
    readAll(header({}, patches)).members[0]?.path;
  assert.equal(nameOf(prefix), 'some/directory/f');
  assert.equal(nameOf({ ...prefix, 263: '\0\0' }), 'some/directory/f');
  assert.equal(nameOf({ 345: 'p'.repeat(155) }), `${'p'.repeat(155)}/f`);
  assert.equal(nameOf({ 345: `${'p'.repeat(131)}00000000001 `, 508: 'tar\0' }), `${'p'.repeat(131)}/f`);
  assert.equal(nameOf({ ...prefix, 257: 'ustar  \0' }), 'some/directory/f');
  assert.equal(nameOf({ 345: `${'p'.repeat(155)}x`, 257: 'ustar  \0' }), `${'p'.repeat(155)}/f`);
  assert.equal(nameOf({ 345: '00000000001\x0000000000002\0', 257: 'ustar  \0' }), 'f');
  assert.equal(nameOf({ ...prefix, 257: '\0\0\0\0\0\0\0\0' }), 'f');
});

test('GNU names win over PAX names and these over the header, as in Go', () => {
  const records = pax({ path: 'pax', linkpath: 'pax-link' });
  const link = header({ typeflag: '2', path: 'plain', link: 'plain-link' });
  const gnu = [extension('L', 'gnu\0'), extension('K', 'gnu-link')];
  assert.deepEqual(
    [readAll(...gnu, records, link), readAll(records, link), readAll(pax({ path: '' }), link)].map(read =>
      read.members.map(member => [member.path, member.link]),
    ),
    [[['gnu', 'gnu-link']], [['pax', 'pax-link']], [['plain', 'plain-link']]],
  );
});

test('a PAX header speaks of one member, a global one of all that follow until it is taken back', () => {
  const read = readAll(
    pax({ uid: '7', mtime: '9', comment: 'x' }, 'g'),
    pax({ uid: '8' }),
    header({ path: 'a' }),
    header({ path: 'b' }),
    pax({ uid: '' }, 'g'),
    header({ path: 'c' }),
  );
  assert.deepEqual(
    read.members.map(member => [member.uid, member.mtime / 1_000_000_000n]),
    [
      [8, 9n],
      [7, 9n],
      [1, 9n],
    ],
  );
  for (const key of ['path', 'linkpath', 'size', 'GNU.sparse.map'])
    refuses(readAll(pax({ [key]: '1' }, 'g'), file('a', '')), new RegExp(key));
});

test('a size in a PAX header is that of the member, never of another header or of what has no body', () => {
  const long = Buffer.concat([pax({ size: '3' }), extension('L', 'long-name\0'), header({}), padded('abc')]);
  assert.equal(memberIn(readAll(long, file('after', 'x')), 'long-name').body.toString(), 'abc');
  for (const typeflag of ['2', '3', '4', '5', '6'] as const) {
    assert.equal(memberIn(readAll(pax({ size: '512' }), header({ typeflag }), file('after', 'x')), 'after').size, 1);
  }
  for (const size of ['-1', 'NaN', '+5', '9007199254740993', '1e3', ' 1'])
    refuses(readAll(pax({ size }), file('f', '')), /PAX size/);
});

test('a hardlink with a size has a body where no header follows it, and none where one does', () => {
  const link = header({ typeflag: '1', path: 'l', link: 'f', size: 700 });
  for (const parts of [[link], [link, padded('B'.repeat(700))]]) {
    const read = readAll(file('f', 'x'), ...parts, file('after', 'y'));
    assert.deepEqual(
      read.members.map(member => [member.path, member.size]),
      [
        ['f', 1],
        ['l', 0],
        ['after', 1],
      ],
    );
  }
});

test('old typeflags are files, a slash makes a directory only of the oldest, and unknown ones are refused by name', () => {
  const typeOf = (typeflag: string, path: string): string | undefined =>
    readAll(header({ path }, { 156: typeflag })).members[0]?.type;
  assert.deepEqual(
    [typeOf('\0', 'a'), typeOf('\0', 'a/'), typeOf('7', 'a'), typeOf('0', 'a/'), typeOf('5', 'a')],
    ['file', 'directory', 'file', 'file', 'directory'],
  );
  for (const typeflag of ['M', 'N', '8', '\xff']) {
    refuses(readAll(file('odd', 'hello', { 156: typeflag })), /'odd'.*type/);
  }
});

test('PAX records are cut by their announced length in bytes and must be whole', () => {
  const subject = (): string => 'header';
  const value = 'a=b\n12 c=d\n\xff\0';
  const encoded = Buffer.from(encodePax(new Map([['k', value]])));
  assert.deepEqual(decodePax(encoded, subject), new Map([['k', value]]));
  const malformed = [
    '3 path=x\n',
    '9 pathxx\n',
    '10 path=xxx',
    '009 path=x\n',
    '5 =x\n',
    '-5 a=\n',
    '99 a=b\n',
    '6 a=b\n6',
    ' a=b\n',
    '7 a\0=b\n',
    '11 path=\0x\n',
    '99999999999 a=b\n',
    '6 a=b\n0 a=b\n',
    '0 a=b\n',
    '3 \n3 \n6 a=b\n',
    '4 =\n6 a=b\n',
    '8 a=b\n',
    '7 =x=y\n',
  ];
  for (const text of malformed) refuses(readAll(extension('x', text), file('f', '')), /PAX/);
  assert.deepEqual(
    decodePax(Buffer.from('5 a=\n6 a==\n11 k=value\n'), subject),
    new Map([
      ['a', '='],
      ['k', 'value'],
    ]),
  );
});

test('times have nanoseconds, may be negative, and must be plain decimals', () => {
  const mtimeOf = (mtime: string): bigint => memberIn(readAll(pax({ mtime }), header({})), 'f').mtime;
  assert.deepEqual(
    ['1700000000.123456789', '1700000000.1234567899', '-1.5', '-0.000000001', '5.', '-2208988800', ''].map(mtimeOf),
    [
      1_700_000_000_123_456_789n,
      1_700_000_000_123_456_789n,
      -1_500_000_000n,
      -1n,
      5_000_000_000n,
      -2_208_988_800_000_000_000n,
      3_000_000_000n,
    ],
  );
  for (const mtime of ['inf', '0x10', ' 12 ', '1e3', '.5', '--1', '9'.repeat(17)])
    refuses(readAll(pax({ mtime }), header({})), /mtime/);
});

test("extended attributes come as SCHILY's raw bytes or as libarchive's base64", () => {
  const records = {
    'LIBARCHIVE.xattr.user.a%3Db': 'AAH/',
    'LIBARCHIVE.xattr.user.c': 'eA',
    'SCHILY.xattr.user.c': 'raw',
    'SCHILY.xattr.__proto__': '',
  };
  const { xattrs } = memberIn(readAll(pax(records), header({})), 'f');
  assert.deepEqual(
    new Map([...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('latin1')])),
    new Map([
      ['user.c', 'raw'],
      ['__proto__', ''],
      ['user.a=b', '\0\x01\xff'],
    ]),
  );
});

test('the end is two blocks of zeros or the end of the bytes; what comes after it does not count', () => {
  const one = file('a', 'x');
  assert.equal(readTar(one).members.length, 1);
  assert.equal(readTar(Buffer.concat([one, end, Buffer.from('junk'), file('b', 'y')])).members.length, 1);
  assert.equal(readTar(Buffer.concat([one, end.subarray(512)])).error, undefined);
  assert.equal(readTar(Buffer.alloc(0)).error, undefined);
  refuses(readTar(Buffer.concat([one, end.subarray(512), file('b', 'y')])), /second block of zeros/);
  refuses(readTar(Buffer.concat([one, end.subarray(1000)])), /truncated/);
  refuses(readTar(Buffer.concat([pax({ uid: '1' }), end])), /end of the archive/);
  refuses(readTar(Buffer.from('this is no archive at all. '.repeat(40))), /checksum/);
});

test('a member, and what is wrong, is said to be where its header begins', () => {
  const parts = [file('a', 'x'), pax({ uid: '1' }), file('b', ''), Buffer.alloc(512, 'no header')];
  const { members, error } = readAll(...parts);
  assert.deepEqual(
    members.map(({ path, offset }) => [path, offset]),
    [
      ['a', 0],
      ['b', 2048],
    ],
  );
  assert.match(error?.message ?? '', /at offset 2560: /);
});

test('extension headers are limited in size and in number', () => {
  refuses(readAll(header({ size: extensionLimit + 1 }, { 156: 'x' })), /extension header/);
  refuses(readAll(header({}, { 124: binaryNumber(2 ** 35), 156: 'L' })), /extension header/);
  const name = extension('L', 'n\0');
  assert.equal(readAll(...Array.from({ length: extensionCountLimit }, () => name), header({})).error, undefined);
  refuses(
    readAll(...Array.from({ length: extensionCountLimit + 1 }, () => name), header({})),
    /at most 64 extension headers/,
  );
  const globals = [1, 2].map(number => pax({ [`SCHILY.xattr.user.${number}`]: 'v'.repeat(globalLimit / 2) }, 'g'));
  refuses(readAll(...globals, header({})), /global PAX records/);
});

/** GNU's form of numbers that octal digits do not hold. */
const binaryNumber = (value: number): string =>
  Buffer.from(`80${value.toString(16).padStart(22, '0')}`, 'hex').toString('latin1');

const gnuNumber = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;

/** An old GNU sparse member: its first pieces in the header, the others in blocks after it. */
function gnuSparse(size: number, pieces: readonly (readonly [number, number])[], stored: string): Buffer {
  const entries = pieces.map(([offset, length]) => gnuNumber(offset) + gnuNumber(length));
  const patches = {
    156: 'S',
    257: 'ustar  \0',
    386: entries.slice(0, 4).join(''),
    482: entries.length > 4 ? '\x01' : '\0',
    483: size > 8 ** 11 - 1 ? binaryNumber(size) : gnuNumber(size),
  };
  const blocks: Buffer[] = [];
  for (let at = 4; at < entries.length; at += 21) {
    const block = Buffer.alloc(512);
    block.write(entries.slice(at, at + 21).join(''), 'latin1');
    block[504] = at + 21 < entries.length ? 1 : 0;
    blocks.push(block);
  }
  return Buffer.concat([header({ path: 'sp', size: stored.length }, patches), ...blocks, padded(stored)]);
}

test('a sparse map must be in order, inside the file and account for what is stored', () => {
  const many = Array.from({ length: 60 }, (_, index) => [index * 3, 1] as const);
  const { body } = memberIn(readAll(gnuSparse(200, many, 'x'.repeat(60)), file('after', 'y')), 'sp');
  assert.equal(body.toString('latin1'), `${'x\0\0'.repeat(60)}${'\0'.repeat(20)}`);
  const bad = [
    [[[196, 8]], 'x'.repeat(8)],
    [
      [
        [10, 2],
        [4, 2],
      ],
      'xxxx',
    ],
    [[[0, 4]], 'x'],
    [[[0, 1]], 'xxxx'],
  ] as const;
  for (const [pieces, stored] of bad) refuses(readAll(gnuSparse(200, pieces, stored)), /sparse/);
  refuses(readAll(gnuSparse(holeLimit + 1, [], '')), /holes/);
});

test('sparse maps in PAX headers and bodies are checked before anything is made of them', () => {
  const v10 = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9' };
  for (const map of ['1000000000000\n', '1\n', '1\nx\n', `${pieceLimit + 1}\n`, '\n', '1\n-5\n2\n', '1\n0\n999\n']) {
    refuses(readAll(pax(v10), file('sp', map.padEnd(512, '\0'))), /sparse/);
  }
  refuses(readAll(pax(v10), file('sp', '')), /sparse map inside/);
  const v01 = {
    'GNU.sparse.map': '0,1,5,1',
    'GNU.sparse.numblocks': '2',
    'GNU.sparse.size': '9',
    'GNU.sparse.name': 'real',
  };
  assert.equal(memberIn(readAll(pax(v01), file('x', 'ab')), 'real').body.toString('latin1'), 'a\0\0\0\0b\0\0\0');
  for (const change of [
    { 'GNU.sparse.numblocks': '3' },
    { 'GNU.sparse.map': '0,1,x,1' },
    { 'GNU.sparse.size': 'x' },
    { 'GNU.sparse.major': '2' },
  ]) {
    refuses(readAll(pax({ ...v01, ...change }), file('x', 'ab')), /sparse/);
  }
  refuses(readAll(extension('x', '24 GNU.sparse.numbytes=1\n'.replace('24', '25')), file('x', '')), /sparse/);
  assert.equal(memberIn(readAll(pax({ 'GNU.sparse.name': 'orphan' }), file('x', 'ab')), 'x').size, 2);
});

test('a map of the most pieces is read in a moment', () => {
  const lines = Array.from({ length: pieceLimit }, (_, index) => `${2 * index}\n0\n`).join('');
  const map = padded(`${pieceLimit}\n${lines}`);
  const records = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': String(2 * pieceLimit) };
  const member = memberIn(readAll(pax(records), header({ path: 'sp', size: map.length }), map), 'sp');
  assert.equal(member.body.length, 2 * pieceLimit);
});

test('what GNU tar writes in each of its formats is read with every name, link, time and hole', t => {
  if (!hasTools(t, 'tar')) return;
  const directory = temporaryDirectory(t);
  const long = 'n'.repeat(90);
  execFileSync(
    'sh',
    [
      '-c',
      `mkdir -p root/d && cd root && echo hello > d/file && ln -s d/file link && ln d/file hard && touch -d 2001-02-03T04:05:06.789Z d/file && echo x > d/${long} && mkfifo fifo`,
    ],
    { cwd: directory },
  );
  const sparse = openSync(join(directory, 'root/sparse'), 'w');
  writeSync(sparse, 'first', 0);
  writeSync(sparse, 'second', 1 << 20);
  ftruncateSync(sparse, 3 << 20);
  closeSync(sparse);
  const contents = readFileSync(join(directory, 'root/sparse'));
  const posix = ['0.0', '0.1', '1.0'].map(version => ['--format=posix', '-S', `--sparse-version=${version}`]);
  for (const words of [['v7'], ['oldgnu', '-S'], ['gnu', '-S'], ['ustar'], ['posix']]
    .map(([format, ...more]) => [`--format=${format}`, ...more])
    .concat(posix)) {
    const bytes = execFileSync('tar', ['-cf', '-', ...words, '--exclude=fifo', '-C', join(directory, 'root'), '.'], {
      maxBuffer: 1 << 28,
    });
    const read = readTar(bytes, [10_240]);
    const label = words.join(' ');
    assert.ok(memberIn(read, './sparse').body.equals(contents), label);
    assert.equal(memberIn(read, './link').link, 'd/file', label);
    assert.equal(memberIn(read, './d/').type, 'directory', label);
    assert.equal(memberIn(read, `./d/${long}`).body.toString(), 'x\n', label);
    const [first, second] = ['./d/file', './hard']
      .map(path => memberIn(read, path))
      .sort((a, b) => a.offset - b.offset);
    assert.deepEqual(
      [first?.type, first?.body.toString(), second?.type, second?.link],
      ['file', 'hello\n', 'hardlink', first?.path],
      label,
    );
    const fraction = words.includes('--format=posix') ? 789_000_000n : 0n;
    assert.equal(first?.mtime, 981_173_106_000_000_000n + fraction, label);
  }
});

test('what GNU tar cannot say in ustar it says in GNU or PAX headers, and both are read', t => {
  if (!hasTools(t, 'tar')) return;
  const directory = temporaryDirectory(t);
  const path = `${'directory-with-a-name/'.repeat(14)}${'f'.repeat(120)}`;
  execFileSync('mkdir', ['-p', join(directory, path, '..')]);
  writeFileSync(join(directory, path), 'deep');
  for (const format of ['gnu', 'posix']) {
    const words = [`--format=${format}`, '--owner=:3000000', '--group=:4000000', '--mtime=1960-01-01T00:00:00Z', path];
    const member = memberIn(readTar(execFileSync('tar', ['-cf', '-', '-C', directory, ...words])), path);
    assert.deepEqual(
      [member.body.toString(), member.uid, member.gid, member.mtime],
      ['deep', 3_000_000, 4_000_000, -315_619_200_000_000_000n],
    );
  }
});

test('what GNU tar alone writes is read as GNU tar reads it: labels of volumes, directories of incremental archives, Solaris headers', () => {
  const types: string[] = [];
  const members: string[] = [];
  const reader = new TarReader(
    {
      member: ({ type, path, size, mtime }) => void members.push(`${type} ${path} ${size} ${mtime}`),
      data: chunk => members.push(Buffer.from(chunk).toString()),
      end: () => undefined,
      header: header => void (isOfTarAlone(header) && types.push(header.typeflag)),
    },
    'sample',
  );
  reader.push(
    Buffer.concat([
      extension('L', `${'label'.repeat(30)}\0`),
      header({ path: 'label', size: 0 }, { 156: 'V' }),
      header({ path: 'with a body', size: 700 }, { 156: 'V' }),
      Buffer.alloc(1024, 0x37),
      header({ path: 'd/', size: 4 }, { 156: 'D' }),
      padded('Yf\0\0'),
      pax({ mtime: '7.5' }, 'X'),
      file('d/f', 'body'),
      header({ path: 'e', size: 0 }, { 156: 'D' }),
      end,
    ]),
  );
  reader.finish();
  assert.deepEqual(members, ['directory d/ 0 3000000000', 'file d/f 4 7500000000', 'body', 'directory e 0 3000000000']);
  assert.deepEqual(types, ['V', 'V', 'D', 'X', 'D']);
  refuses(readAll(extension('X', 'no length\n'), file('f', '')), /record/i);
});

test('archives that GNU tar makes incrementally and with a label are read as what they hold', t => {
  if (!hasTools(t, 'tar')) return;
  const place = temporaryDirectory(t);
  const made = join(place, 'made');
  mkdirSync(join(made, 'd/empty'), { recursive: true });
  writeFileSync(join(made, 'd/f'), 'body');
  for (const format of ['gnu', 'posix']) {
    const archive = join(place, `${format}.tar`);
    const words = [`--format=${format}`, '-V', 'LABEL', '-g', join(place, `${format}.snar`), '-C', made];
    execFileSync('tar', ['-cf', archive, ...words, 'd']);
    const { members, error } = readTar(readFileSync(archive));
    assert.equal(error, undefined, format);
    assert.deepEqual(
      members.map(({ type, path, body }) => [type, path.replace(/\/$/, ''), body.toString()]).sort(),
      [
        ['directory', 'd', ''],
        ['directory', 'd/empty', ''],
        ['file', 'd/f', 'body'],
      ],
      format,
    );
  }
});
