import fc from 'fast-check';
import { block, padded, paxRecord, withSum } from './tar-blocks.ts';

/** What a generated member is. */
interface Made {
  readonly typeflag: '0' | '1' | '2' | '3' | '5' | '6';
  readonly name: string;
  readonly link: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds, with a fraction for formats that have one. */
  readonly mtime: number;
  readonly fraction: number;
  readonly body: string;
}

/** How programs have written tars: POSIX' ustar with PAX headers, GNU's with long names and binary numbers, and Unix' seventh edition. */
type Style = 'pax' | 'gnu' | 'v7';

const octal = (value: number, length: number): string =>
  value
    .toString(8)
    .padStart(length - 1, '0')
    .slice(-length);

/** Whether digits that a field has room for say a number. */
const fits = (value: number, length: number): boolean => value >= 0 && value < 8 ** (length - 1);

/** GNU's binary numbers: the highest bit of the field, then big endian. */
function binary(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length, value < 0 ? 0xff : 0);
  let rest = BigInt(value);
  for (let at = length - 1; at > 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  bytes[0] = value < 0 ? 0xff : 0x80;
  return bytes;
}

interface Fields extends Omit<Made, 'typeflag' | 'fraction' | 'body'> {
  readonly typeflag: string;
  readonly size: number;
  readonly prefix: string;
}

function headerOf(fields: Fields, style: Style): Buffer {
  const header = Buffer.alloc(block);
  const number = (value: number, at: number, length: number): void => {
    if (fits(value, length)) header.write(octal(value, length), at, 'latin1');
    else if (style === 'gnu') binary(value, length).copy(header, at);
  };
  header.write(fields.name.slice(0, 100), 0, 'latin1');
  number(fields.mode, 100, 8);
  number(fields.uid, 108, 8);
  number(fields.gid, 116, 8);
  number(fields.size, 124, 12);
  number(fields.mtime, 136, 12);
  header.write(fields.typeflag, 156, 'latin1');
  header.write(fields.link.slice(0, 100), 157, 'latin1');
  if (style === 'pax') header.write('ustar\x0000', 257, 'latin1');
  if (style === 'gnu') header.write('ustar  \0', 257, 'latin1');
  if (style !== 'v7') {
    number(fields.typeflag === '3' ? 1 : 0, 329, 8);
    number(fields.typeflag === '3' ? 3 : 0, 337, 8);
  }
  header.write(fields.prefix, 345, 'latin1');
  return withSum(header);
}

const extension = (typeflag: string, body: Buffer, style: Style): Buffer =>
  Buffer.concat([
    headerOf(
      {
        typeflag,
        name: typeflag === 'x' ? 'PaxHeaders/x' : '././@LongLink',
        link: '',
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime: 0,
        size: body.length,
        prefix: '',
      },
      style,
    ),
    padded(body),
  ]);

/** Where ustar cuts a name that is too long for its field. */
function cutOf(name: string): readonly [prefix: string, name: string] | undefined {
  if (name.length <= 100) return ['', name];
  const at = name.indexOf('/', name.length - 101);
  return at > 0 && at <= 155 && at < name.length - 1 ? [name.slice(0, at), name.slice(at + 1)] : undefined;
}

function inPax(made: Made, size: number): Buffer {
  const { name, link, uid, gid, mtime } = made;
  // GNU tar lists a negative time with a fraction as another than Python, bsdtar and Go.
  const fraction = mtime < 0 ? 0 : made.fraction;
  const cut = cutOf(name);
  const records = [
    ...(cut === undefined ? [`path=${name}`] : []),
    ...(link.length > 100 ? [`linkpath=${link}`] : []),
    ...(fits(uid, 8) ? [] : [`uid=${uid}`]),
    ...(fits(gid, 8) ? [] : [`gid=${gid}`]),
    ...(fits(mtime, 12) && fraction === 0 ? [] : [`mtime=${fraction === 0 ? mtime : `${mtime}.${fraction}`}`]),
  ];
  const [prefix, short] = cut ?? ['', name];
  const header = headerOf({ ...made, name: short, prefix, size }, 'pax');
  return records.length === 0
    ? header
    : Buffer.concat([extension('x', Buffer.from(records.map(paxRecord).join(''), 'latin1'), 'pax'), header]);
}

function inGnu(made: Made, size: number): Buffer {
  const long = (typeflag: string, text: string): readonly Buffer[] =>
    text.length > 100 ? [extension(typeflag, Buffer.from(`${text}\0`, 'latin1'), 'gnu')] : [];
  const header = headerOf({ ...made, prefix: '', size }, 'gnu');
  return Buffer.concat([...long('K', made.link), ...long('L', made.name), header]);
}

/** What the seventh edition can say: short names, files, directories and links. */
function inSeventh(made: Made, size: number): Buffer {
  const { typeflag, name, link } = made;
  const isKnown = typeflag !== '3' && typeflag !== '6';
  const isDirectory = typeflag === '5';
  return headerOf(
    {
      ...made,
      typeflag: isDirectory || typeflag === '0' || !isKnown ? '\0' : typeflag,
      name: isDirectory ? `${name.slice(0, 98).replace(/\/*$/, '')}/` : name.slice(0, 100).replace(/\/+$/, ''),
      link: isKnown ? link.slice(0, 100) : '',
      uid: made.uid % 8 ** 6,
      gid: made.gid % 8 ** 6,
      mtime: Math.abs(made.mtime) % 8 ** 10,
      size,
      prefix: '',
    },
    'v7',
  );
}

const styles = { pax: inPax, gnu: inGnu, v7: inSeventh } as const;

function encoded(members: readonly Made[], style: Style): Buffer {
  const parts = members.map(made => {
    const body = Buffer.from(made.typeflag === '0' ? made.body : '', 'latin1');
    const link = made.typeflag === '1' || made.typeflag === '2' ? made.link : '';
    const name = made.typeflag === '5' ? `${made.name}/` : made.name;
    return Buffer.concat([styles[style]({ ...made, link, name }, body.length), padded(body)]);
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

const word = fc.stringMatching(/^[a-zA-Z0-9_.+~-]{1,12}$/).filter(text => !/^\.+$/.test(text) && !text.startsWith('-'));
const name = fc.oneof(
  { weight: 4, arbitrary: fc.array(word, { minLength: 1, maxLength: 3 }).map(words => words.join('/')) },
  fc.constantFrom(
    'a b',
    'caf\xc3\xa9',
    `${'d'.repeat(99)}`,
    'n'.repeat(100),
    'n'.repeat(101),
    `${'p'.repeat(60)}/${'n'.repeat(90)}`,
  ),
  fc
    .array(fc.constantFrom('directory-with-a-long-name', 'x', 'y'.repeat(70)), { minLength: 4, maxLength: 9 })
    .map(words => words.join('/')),
);

const member: fc.Arbitrary<Made> = fc.record({
  typeflag: fc.constantFrom('0', '0', '0', '1', '2', '3', '5', '6'),
  name,
  link: name,
  mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o1777, 0o600, 0),
  uid: fc.constantFrom(0, 1000, 2_097_151, 2_097_152, 3_000_000_000),
  gid: fc.constantFrom(0, 50, 2_097_151, 2_097_152),
  mtime: fc.constantFrom(0, 1_700_000_000, 8_589_934_591, 8_589_934_592, -1, -315_619_200),
  fraction: fc.constantFrom(0, 0, 5, 123_456_789),
  body: fc
    .oneof(fc.string({ maxLength: 20 }), fc.constantFrom('x'.repeat(512), 'y'.repeat(513), 'z'.repeat(1500)))
    .map(text => Buffer.from(text).toString('latin1')),
});

/** A tar that nothing is wrong with, as one of the programs that there have been writes it. */
export const arbitraryTar: fc.Arbitrary<Buffer> = fc
  .tuple(fc.array(member, { minLength: 1, maxLength: 6 }), fc.constantFrom<Style>('pax', 'gnu', 'v7'))
  .map(([members, style]) => encoded(members, style));
