import fc from 'fast-check';
import { arbitraryTar } from './random-tar.ts';
import { block, withSum } from './tar-blocks.ts';

/** Writes over something of a tar. */
type Spoil = (bytes: Buffer, at: number, value: number) => Buffer;

const headerAt = (bytes: Buffer, at: number): Buffer => {
  const start = (at % Math.max(1, bytes.length / block - 2)) * block;
  return bytes.subarray(start, start + block);
};

const fieldsOf = [0, 100, 108, 116, 124, 136, 148, 156, 157, 257, 263, 329, 345] as const;

const spoils: readonly Spoil[] = [
  // A byte of a header, and its sum made right or not.
  (bytes, at, value) => {
    const header = headerAt(bytes, at);
    header[value % block] = (at * 31 + value) & 0xff;
    if (at % 2 === 0) withSum(header);
    return bytes;
  },
  // A field of a header.
  (bytes, at, value) => {
    const header = headerAt(bytes, at);
    const texts = [
      '',
      ' ',
      '\0',
      '7',
      '00000000012\0',
      '-1',
      '0x10',
      '99999',
      ' 12 ',
      '\x80\0\0\0\0\0\0\x05',
      'x',
      '../a',
      '/a',
    ];
    header.write(texts[value % texts.length] as string, fieldsOf[(value >> 4) % fieldsOf.length] as number, 'latin1');
    withSum(header);
    return bytes;
  },
  (bytes, at) => bytes.subarray(0, at % (bytes.length + 1)),
  (bytes, at) => {
    headerAt(bytes, at).fill(0);
    return bytes;
  },
  (bytes, at, value) => {
    const start = (at % Math.ceil(bytes.length / block)) * block;
    return Buffer.concat([bytes.subarray(0, start), Buffer.alloc(block, value & 0xff), bytes.subarray(start)]);
  },
  (bytes, at) => {
    const start = (at % Math.ceil(bytes.length / block)) * block;
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + block)]);
  },
  bytes => bytes.subarray(0, bytes.length - 2 * block),
  (bytes, _at, value) => Buffer.concat([bytes, Buffer.alloc(value % 2000, 'x')]),
];

/** The same after something has happened to it. */
export const spoiledTar: fc.Arbitrary<Buffer> = fc
  .tuple(
    arbitraryTar,
    fc.array(fc.tuple(fc.constantFrom(...spoils), fc.nat(10_000), fc.nat(10_000)), { minLength: 1, maxLength: 2 }),
  )
  .map(([bytes, done]) =>
    done.reduce((tar, [spoil, at, value]) => (tar.length < block ? tar : spoil(Buffer.from(tar), at, value)), bytes),
  );
