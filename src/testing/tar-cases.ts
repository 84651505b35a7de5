import type { LayerEntry, Meta } from '../tree/node.ts';
import { type FindingCases, fileAt, plainTar } from './finding-case.ts';
import { tars, withHeader } from './layer-cases.ts';
import { layerTar } from './layout-files.ts';
import { paxRecord } from './tar-blocks.ts';

const meta: Meta = { mode: 0o755, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };
const directoryAt = (path: string): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'directory', meta, children: new Map() },
});
const symlinkAt = (path: string, target: string): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'symlink', meta, target },
});
const whiteoutAt = (path: string): LayerEntry => ({ kind: 'whiteout', path });

/** An image of layers of these entries, bottom first. */
const layers = (...of: readonly (readonly LayerEntry[])[]) => ({
  make: (layout: string): void => tars(...of.map(entries => layerTar(entries)))(layout),
});

/** A file whose attributes are these. */
const file = (attributes: Partial<Meta>): LayerEntry => {
  const entry = fileAt('file');
  return entry.kind === 'node'
    ? { ...entry, node: { ...entry.node, meta: { ...meta, ...attributes } } as never }
    : entry;
};

/** The plain tar whose one entry has this name instead. */
const named = (name: string) => ({
  make: tars(
    withHeader(plainTar, 0, header => {
      header.fill(0, 0, 100);
      header.write(name, 0, 'latin1');
    }),
  ),
});

const d = directoryAt('d');
/** cap_net_bind_service=ep, as Linux keeps it (capability.h, VFS_CAP_REVISION_2). */
const capability = Uint8Array.of(1, 0, 0, 2, 0, 4, ...new Array<number>(14).fill(0));
const end = Buffer.alloc(1024);

/** The header of a hardlink, which the writer of layers makes only where it can be. */
function hardlink(path: string, target: string): Buffer {
  return withHeader(plainTar.subarray(0, 512), 0, header => {
    header.fill(0, 0, 100);
    header.write(path, 0);
    header.write(`${'0'.repeat(11)}\0`, 124);
    header.write('1', 156);
    header.write(target, 157);
  });
}

/** Whiteouts in the wrong place. */
const whiteoutCases: FindingCases = {
  'tar-whiteout-after-entry': layers([fileAt('a')], [fileAt('a'), whiteoutAt('a')]),
  'tar-whiteout-after-directory': layers([d], [d, whiteoutAt('d')]),
  'tar-whiteout-before-directory': layers([d], [whiteoutAt('d'), d]),
  'tar-whiteout-before-entry': layers([fileAt('a')], [whiteoutAt('a'), fileAt('a')]),
  'tar-whiteout-below-file': layers([d, fileAt('d/a')], [fileAt('d'), whiteoutAt('d/a')]),
  'tar-whiteout-under-whiteout': layers([d, fileAt('d/a')], [whiteoutAt('d'), whiteoutAt('d/a')]),
  'tar-whiteout-late': layers([d, fileAt('d/a')], [d, fileAt('d/b'), whiteoutAt('d/a')]),
  'tar-whiteout-lowest': layers([whiteoutAt('a')]),
  'tar-whiteout-without-target': layers([fileAt('b')], [whiteoutAt('a')]),
};

/** Entries that do not go together. */
export const tarCases: FindingCases = {
  ...whiteoutCases,
  'tar-duplicate-path': layers([fileAt('a'), fileAt('a')]),
  'tar-below-file': layers([fileAt('a'), fileAt('a/b')]),
  'tar-below-whiteout': { ...layers([d], [whiteoutAt('d'), fileAt('d/a')]) },
  'tar-parent-late': layers([fileAt('d/a'), d]),
  'tar-parent-missing': layers([fileAt('d/a')]),
  'tar-hardlink-forward': { make: tars(Buffer.concat([hardlink('a', 'file'), plainTar])) },
  'tar-hardlink-lower': { make: tars(plainTar, Buffer.concat([hardlink('b', 'file'), end])) },
  'tar-hardlink-missing': { make: tars(Buffer.concat([hardlink('b', 'file'), end])) },
  'tar-hardlink-directory': {
    make: tars(Buffer.concat([layerTar([d]).subarray(0, 512), hardlink('b', 'd'), end])),
  },
  'tar-hardlink-deleted': {
    make: tars(
      plainTar,
      Buffer.concat([layerTar([fileAt('file'), whiteoutAt('file')]).subarray(0, 1536), hardlink('b', 'file'), end]),
    ),
    also: ['tar-whiteout-after-entry'],
  },
  'tar-symlink-dangling': layers([symlinkAt('a', 'b')]),
  'tar-symlink-outside': layers([symlinkAt('a', '../b'), fileAt('b')]),
  'tar-case-collision': layers([fileAt('README'), fileAt('readme')]),
  'tar-unicode-collision': layers([fileAt('\xc3\xa9'), fileAt('e\xcc\x81')]),
  'tar-entry-refused': { ...named('.wh.'), also: ['tar-whiteout-odd'] },
};

/** Headers that are odd. */
export const headerCases: FindingCases = {
  'tar-name-outside': named('../file'),
  'tar-name-dotdot': named('d/../file'),
  'tar-name-absolute': named('/file'),
  'tar-name-dot': named('./file'),
  'tar-name-encoding': layers([fileAt('\xff')]),
  'tar-name-control': layers([fileAt('a\x1b[31m')]),
  'tar-name-twice': {
    make: tars(Buffer.concat([longName('file'), paxHeader('x', 'path=other'), plainTar])),
  },
  'tar-extension-twice': {
    make: tars(Buffer.concat([paxHeader('x', 'path=one'), paxHeader('x', 'path=other'), plainTar])),
  },
  'tar-root-entry': layers([directoryAt('')]),
  'tar-whiteout-odd': { ...named('.wh.a'), also: ['tar-whiteout-lowest'] },
  'tar-time-range': layers([file({ mtime: -1_000_000_000n })]),
  'tar-id-large': layers([file({ uid: 1 << 21 })]),
  'tar-setuid': layers([file({ mode: 0o4755 })]),
  'tar-capability': layers([file({ xattrs: new Map([['security.capability', capability]]) })]),
  'tar-world-writable': layers([file({ mode: 0o666 })]),
  'tar-device': layers([{ kind: 'node', path: 'a', node: { kind: 'device', meta, type: 'char', major: 1, minor: 3 } }]),
  'tar-sparse': {
    make: tars(
      Buffer.concat([
        paxHeader('x', 'GNU.sparse.size=513', 'GNU.sparse.numblocks=1', 'GNU.sparse.map=512,1'),
        plainTar,
      ]),
    ),
  },
  'tar-sparse-gnu': { make: tars(sparseTar()) },
  'tar-size-ignored': { make: tars(withHeader(layerTar([d]), 0, header => header.write('00000000005\0', 124))) },
  'tar-size-conflict': {
    make: tars(
      Buffer.concat([paxHeader('x', 'size=1'), withHeader(plainTar, 0, header => header.write('00000000002\0', 124))]),
    ),
  },
  'tar-pax-global': { make: tars(Buffer.concat([paxHeader('g', 'comment=a'), plainTar])) },
  'tar-pax-unknown': { make: tars(Buffer.concat([paxHeader('x', 'OCIKIT.x=a'), plainTar])) },
  'tar-xattr-libarchive': { make: tars(Buffer.concat([paxHeader('x', 'LIBARCHIVE.xattr.user.a=YQ=='), plainTar])) },
  'tar-xattr-host': { make: tars(Buffer.concat([paxHeader('x', 'SCHILY.xattr.security.selinux=a'), plainTar])) },
  'tar-xattr-large': {
    make: tars(Buffer.concat([paxHeader('x', `SCHILY.xattr.user.a=${'a'.repeat(65537)}`), plainTar])),
    also: ['tar-xattr-together'],
  },
  'tar-xattr-link': {
    make: tars(Buffer.concat([paxHeader('x', 'SCHILY.xattr.user.a=a'), layerTar([symlinkAt('file', 'gone')])])),
    also: ['tar-symlink-dangling'],
  },
  'tar-xattr-invalid': {
    make: tars(Buffer.concat([paxHeader('x', 'SCHILY.xattr.security.capability=a'), plainTar])),
    also: ['tar-capability'],
  },
  'tar-xattr-together': {
    make: tars(Buffer.concat([paxHeader('x', `SCHILY.xattr.user.a=${'a'.repeat(5000)}`), plainTar])),
  },
  'tar-symlink-target': { ...layers([symlinkAt('a', 'b'.repeat(4096))]), also: ['tar-symlink-dangling'] },
  'tar-path-long': { ...layers([fileAt(`${'a/'.repeat(2040)}a`)]), also: ['tar-parent-missing'] },
  'tar-below-link': { ...layers([symlinkAt('l', 'gone'), fileAt('l/a')]), also: ['tar-symlink-dangling'] },
  'tar-end-missing': { make: tars(plainTar.subarray(0, plainTar.length - 1024)) },
  'tar-padding': { make: tars(Buffer.concat([plainTar, Buffer.from('left')])) },
};

/** A header of GNU's own before a member whose name is long. */
function longName(name: string): Buffer {
  const block = Buffer.alloc(1024);
  Buffer.from(plainTar.subarray(0, 512)).copy(block);
  const header = withHeader(block, 0, bytes => {
    bytes.write('L', 156);
    bytes.write(`${(name.length + 1).toString(8).padStart(11, '0')}\0`, 124);
  });
  header.write(name, 512);
  return header;
}

/** A PAX header of records `key=value`, of the members that follow (`g`) or of the next (`x`). */
function paxHeader(typeflag: 'g' | 'x', ...records: readonly string[]): Buffer {
  const record = records.map(paxRecord).join('');
  const block = Buffer.alloc(512 + Math.ceil(record.length / 512) * 512);
  Buffer.from(plainTar.subarray(0, 512)).copy(block);
  const header = withHeader(block, 0, bytes => {
    bytes.fill(0, 0, 100);
    bytes.write('pax_header', 0);
    bytes.write(typeflag, 156);
    bytes.write(`${record.length.toString(8).padStart(11, '0')}\0`, 124);
  });
  header.write(record, 512);
  return header;
}

/** A file of the old GNU form: a hole of 512 bytes, and one byte. */
function sparseTar(): Buffer {
  return withHeader(plainTar, 0, header => {
    header.write('S', 156);
    header.write('ustar  \0', 257, 'latin1');
    header.fill(0, 345, 500);
    header.write('00000001000\0', 386);
    header.write('00000000001\0', 398);
    header.write('00000001001\0', 483);
  });
}
