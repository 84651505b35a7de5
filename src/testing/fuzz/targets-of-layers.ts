import assert from 'node:assert/strict';
import { estargz } from '../../codec/estargz.ts';
import { readLayer } from '../../codec/layer-reader.ts';
import { chunkedFooter, estargzTableAt, isComplete, lazyFormOf } from '../../codec/lazy.ts';
import { decodePax } from '../../codec/pax.ts';
import { blockSize, sumOf } from '../../codec/tar-header.ts';
import { encodeHeader, type HeaderFields } from '../../codec/tar-writer.ts';
import { writeTree } from '../../codec/tree-writer.ts';
import { zstdChunked } from '../../codec/zstd-chunked.ts';
import type { Bytes } from '../../engine/engine.ts';
import { invalid, OciError } from '../../errors.ts';
import { once } from '../../stream/once.ts';
import { Draft } from '../../tree/draft.ts';
import { emptyTree, noXattrs, type Tree } from '../../tree/node.ts';
import { secondsOf } from '../../tree/time.ts';
import { walk } from '../../tree/walk.ts';
import { collected } from '../drained.ts';
import { fresh } from '../reused.ts';
import { sparseMember } from '../sparse.ts';
import { enough, limited, outputOf } from './enough.ts';
import { fixtureSeeds } from './seed-files.ts';
import type { FuzzTarget } from './target.ts';

const words = [
  'GNU.sparse.major',
  'GNU.sparse.map',
  'GNU.sparse.size',
  'GNU.sparse.realsize',
  'GNU.sparse.name',
  'path',
  'linkpath',
];
const moreWords = [
  'size',
  'mtime',
  'uid',
  'SCHILY.xattr.user.x',
  'LIBARCHIVE.xattr.',
  'ustar\x0000',
  'ustar  \0',
  '../',
  './',
  '.wh.',
  '.wh..wh..opq',
];

const plain: HeaderFields = {
  typeflag: '0',
  path: 'f',
  link: '',
  mode: 0o644,
  uid: 1,
  gid: 2,
  size: 0,
  mtime: 0,
  major: 0,
  minor: 0,
  xattrs: noXattrs,
};
const header = (fields: Partial<HeaderFields>): Uint8Array => encodeHeader({ ...plain, ...fields });
const end = Buffer.alloc(2 * blockSize);

/** Headers of every kind, long names, extended attributes, numbers out of octal's range, and a sparse file. */
function ownTars(): readonly Uint8Array[] {
  const file = [header({ path: 'a/file', size: 3 }), Buffer.from('abc'.padEnd(blockSize, '\0'))];
  const kinds = [
    header({ typeflag: '5', path: 'a/' }),
    ...file,
    header({ typeflag: '1', path: 'hard', link: 'a/file' }),
  ];
  const more = [
    header({ typeflag: '2', path: 'soft', link: '../a' }),
    header({ typeflag: '3', path: 'char', major: 1, minor: 3 }),
    header({ typeflag: '6', path: 'pipe' }),
    header({ path: '.wh.b' }),
    header({ path: 'a/.wh..wh..opq' }),
  ];
  const long = header({ path: `${'d'.repeat(150)}/${'n'.repeat(150)}`, mtime: -5, nanoseconds: 3, uid: 3_000_000_000 });
  const extended = header({ path: 'x', xattrs: new Map([['user.x', Buffer.from('value')]]) });
  return [
    Buffer.concat([...kinds, ...more, end]),
    Buffer.concat([long, extended, end]),
    Buffer.concat([sparseMember('sparse', 5000, 7), end]),
  ];
}

const isTar = (path: string): boolean => /\.tar$|\.layer$|\.tar@/.test(path);
const tarSeeds = (): readonly Uint8Array[] => [
  ...ownTars(),
  ...fixtureSeeds('tar-samples', isTar),
  ...fixtureSeeds('hostile', isTar),
];

/** Writes the sum of what is, or nearly is, a header where it is wrong. */
function repairTar(bytes: Buffer): void {
  for (let at = 0; at + blockSize <= bytes.length; at += blockSize) {
    const isNear =
      bytes.toString('latin1', at + 257, at + 262) === 'ustar' ||
      /^[0-7]{6}/.test(bytes.toString('latin1', at + 148, at + 154));
    if (isNear) bytes.write(`${sumOf(bytes, at).toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
}

type Outcome = { readonly tree: readonly string[] } | { readonly error: string };

async function outcomeOf(read: () => Promise<Tree>): Promise<Outcome> {
  try {
    const found = [...walk(await read())].map(
      ([path, node]) => `${path} ${node.kind} ${node.meta.mode} ${secondsOf(node.meta.mtime)}`,
    );
    return { tree: found.sort() };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { error: error.message };
  }
}

async function treeOfLayer(bytes: Bytes): Promise<Tree> {
  const draft = new Draft(emptyTree(), 'fuzz');
  let length = 0;
  draft.beginLayer();
  await readLayer(
    bytes,
    { identity: 'fuzz', subject: 'fuzz', signal: undefined },
    {
      entry: entry => draft.applying(entry, () => undefined),
      data(chunk) {
        length += chunk.length;
        if (length > enough) throw invalid('fuzz', `at most ${enough} bytes`, 'more');
      },
      end: () => undefined,
    },
  );
  return draft.tree();
}

/** However a tar is cut into chunks, the same is read, or the same is wrong with it. */
async function readTwice(bytes: Uint8Array): Promise<Outcome> {
  const whole = await outcomeOf(() => treeOfLayer(once(bytes)));
  assert.deepEqual(await outcomeOf(() => treeOfLayer(fresh(bytes, [1, 700, 13]))), whole);
  return whole;
}

/** What is written of what was read is read as the same. */
async function writeAgain(bytes: Uint8Array): Promise<void> {
  const before = await outcomeOf(() => treeOfLayer(once(bytes)));
  if ('error' in before) return;
  const tar = { identity: 'fuzz', subject: 'fuzz', signal: undefined, open: () => once(bytes) };
  const written = await collected(limited(writeTree(await treeOfLayer(once(bytes)), [tar], 'fuzz')));
  assert.deepEqual(await outcomeOf(() => treeOfLayer(once(written))), before);
}

async function lazyTail(bytes: Uint8Array): Promise<void> {
  for (const compression of ['gzip', 'zstd'] as const) {
    const form = lazyFormOf(compression, bytes);
    if (form !== undefined) isComplete(form, bytes, { 'containerd.io/snapshot/stargz/toc.digest': bytes.join('') });
  }
  estargzTableAt(bytes);
  chunkedFooter(bytes);
}

async function tocOf(bytes: Uint8Array): Promise<void> {
  const options = { level: 1, subject: 'fuzz', signal: undefined };
  for (const layer of [estargz(limited(once(bytes)), options), zstdChunked(limited(once(bytes)), options)]) {
    const made = await outputOf(layer.bytes);
    if (made !== undefined) await lazyTail(made);
  }
}

export const layerTargets: readonly FuzzTarget[] = [
  { name: 'tar', run: readTwice, seeds: tarSeeds, words: [...words, ...moreWords], repair: repairTar },
  { name: 'tar-written-again', run: writeAgain, seeds: tarSeeds, words: [...words, ...moreWords], repair: repairTar },
  {
    name: 'pax',
    run: bytes => decodePax(Buffer.from(bytes), () => 'fuzz'),
    seeds: () => [Buffer.from('12 path=a/b\n20 mtime=1.000000001\n22 GNU.sparse.offset=0\n24 GNU.sparse.numbytes=1\n')],
    words,
  },
  {
    name: 'toc',
    run: tocOf,
    seeds: tarSeeds,
    words: ['stargz.index.json', '.no.prefetch.landmark'],
    repair: repairTar,
  },
  {
    name: 'toc-footer',
    run: lazyTail,
    seeds: () => [
      Buffer.from(
        '\x1f\x8b\b\x04\0\0\0\0\0\xff\x1a\0SG\x16\x0000000000000004b0STARGZ\x01\0\0\xff\xff\0\0\0\0\0\0\0\0',
        'latin1',
      ),
      Buffer.concat([Buffer.alloc(56), Buffer.from('GNUlInUx')]),
      Buffer.concat([Buffer.alloc(32), Buffer.from('GnUlInUx')]),
    ],
  },
];
