import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../../errors.ts';
import { sideFileLimit, statIndexLimit } from '../../limits.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { tick } from '../../testing/tick.ts';
import { arbitraryTree, treeOf } from '../../testing/trees.ts';
import type { FileNode, Node, Path, Tree } from '../../tree/node.ts';
import { impliedMeta, noXattrs } from '../../tree/node.ts';
import { atOnce } from '../../tree/parts.ts';
import { filesOf, find, walk } from '../../tree/walk.ts';
import { loadNative } from '../disk/native.ts';
import { openRootfsDirectory, type RootfsDirectory } from '../rootfs/directory.ts';
import { openBundle, writeBundle } from './bundle.ts';
import { readStatIndex, type StatIndex, writingStatIndex } from './stat-index.ts';
import { type Columns, decodeColumns, encodeColumns } from './stat-index-file.ts';

const hashOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const manifest: Descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'a'.repeat(64)}`,
  size: 7,
  platform: { os: 'linux', architecture: 'amd64' },
  annotations: { 'org.opencontainers.image.ref.name': 'stable' },
};

/** Digests by node, of contents that nobody has. */
const digestsOf = (tree: Tree): Map<FileNode, string> =>
  new Map([...filesOf(tree)].map(([path, node]) => [node, hashOf(path)]));

const links = (tree: Tree): unknown => {
  const names = new Map<FileNode, Path[]>();
  for (const [path, node] of walk(tree)) if (node.kind === 'file') names.set(node, [...(names.get(node) ?? []), path]);
  return [...names.values()];
};

/** All that a tree says but the identities of contents, as plain data. */
const shown = (tree: Tree): unknown => {
  const plain = (node: Node): unknown => {
    const { xattrs } = node.meta;
    const values = [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('hex')]);
    const rest = { ...node, meta: { ...node.meta, xattrs: values } };
    return node.kind === 'file' ? { ...rest, content: 0 } : node.kind === 'directory' ? { ...rest, children: 0 } : rest;
  };
  return [[plain(tree)], ...[...walk(tree)].map(([path, node]) => [path, plain(node)]), links(tree)];
};

/** Writes an index at once. */
function writeStatIndex(file: string, root: string, tree: Tree, digests: ReadonlyMap<FileNode, string>): void {
  atOnce(writingStatIndex(file, { root, tree, digests }));
}

interface Unpacked {
  readonly rootfs: string;
  readonly file: string;
  readonly index: StatIndex;
  readonly scanned: RootfsDirectory;
}

/** A root filesystem of a few files, older than its index unless `young`. */
async function unpacked(t: TestContext, options: { readonly young?: boolean } = {}): Promise<Unpacked> {
  const directory = temporaryDirectory(t);
  const rootfs = join(directory, 'rootfs');
  mkdirSync(join(rootfs, 'etc/empty'), { recursive: true });
  for (const name of ['etc/one', 'etc/two', 'etc/three', 'four']) writeFileSync(join(rootfs, name), `as ${name} was`);
  symlinkSync('one', join(rootfs, 'etc/link'));
  if (options.young !== true) await tick();
  const scanned = openRootfsDirectory(rootfs);
  const tree = await scanned.tree();
  const digests = await scanned.digests(new Set([...filesOf(tree)].map(([, node]) => node)));
  const file = join(directory, 'ocikit.index');
  writeStatIndex(file, rootfs, tree, digests);
  const index = atOnce(readStatIndex(file));
  assert.ok(index);
  return { rootfs, file, index, scanned };
}

/** Paths whose node is not the base's own any more. */
async function renewed({ rootfs, index }: Pick<Unpacked, 'rootfs' | 'index'>): Promise<Path[]> {
  const now = await openRootfsDirectory(rootfs, { known: index.known }).tree();
  return [...walk(now)]
    .filter(([path, node]) => node.kind !== 'directory' && find(index.tree, path) !== node)
    .map(([path]) => path);
}

/** Changes a file's bytes and nothing else that one can choose: neither size nor time. */
function changeQuietly(place: string): void {
  const { atime, mtimeNs } = statSync(place, { bigint: true });
  writeFileSync(place, readFileSync(place, 'latin1').toUpperCase());
  utimesSync(place, atime, `${mtimeNs / 1_000_000_000n}.${`${mtimeNs % 1_000_000_000n}`.padStart(9, '0')}`);
}

test('an index gives back the tree that it was written from, with digests and links', t => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'empty'));
  let count = 0;
  fc.assert(
    fc.property(arbitraryTree, tree => {
      const file = join(root, `${count++}`);
      const digests = digestsOf(tree);
      writeStatIndex(file, join(root, 'empty'), tree, digests);
      const index = atOnce(readStatIndex(file));
      assert.ok(index);
      assert.deepEqual(shown(index.tree), shown(tree));
      assert.deepEqual([...index.digests.values()].sort(), [...digests.values()].sort());
      for (const [path, node] of filesOf(tree))
        assert.equal(index.digests.get(find(index.tree, path) as FileNode), digests.get(node));
    }),
    { numRuns: 60 },
  );
});

test('an index holds what 64 bits do not: far times, large owners, values of any bytes', t => {
  const file = join(temporaryDirectory(t), 'index');
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const far = { ...impliedMeta, mtime: 2n ** 70n, uid: 2 ** 40, xattrs: new Map([['user.__proto__', all]]) };
  const tree = treeOf(
    [
      ['__proto__', { kind: 'symlink', meta: { ...far, mtime: -(2n ** 65n) }, target: '\xff\n"' }],
      ['new\nline', { kind: 'file', meta: far, size: 2 ** 45, content: { source: 'x', member: 0 } }],
    ],
    { ...far, mode: 0o700 },
  );
  writeStatIndex(file, '/nowhere', tree, new Map());
  const index = atOnce(readStatIndex(file));
  assert.ok(index);
  assert.deepEqual(shown(index.tree), shown(tree));
  assert.equal(index.digests.size, 0);
});

test('what nobody touched is the base itself, unread', async t => {
  const bundle = await unpacked(t);
  assert.deepEqual(await renewed(bundle), []);
  assert.deepEqual(
    [...bundle.index.digests.values()].sort(),
    [...filesOf(bundle.index.tree)].map(([path]) => hashOf(`as ${path} was`)).sort(),
  );
});

test('a file that changed but for size and time is noticed', async t => {
  const bundle = await unpacked(t);
  await tick();
  changeQuietly(join(bundle.rootfs, 'etc/one'));
  assert.deepEqual(await renewed(bundle), ['etc/one']);
});

test('a file that changed within the tick of its stat, with its size and time as they were, is noticed', async t => {
  for (let round = 0; round < 20; round++) {
    const bundle = await unpacked(t, { young: true });
    changeQuietly(join(bundle.rootfs, 'four'));
    assert.ok((await renewed(bundle)).includes('four'), `round ${round}`);
  }
});

test('what may change within the tick of its stat is read, be only its ctime that young', async t => {
  const { file, rootfs } = await unpacked(t);
  const columns = atOnce(decodeColumns(readFileSync(file)));
  assert.ok(columns);
  const row = columns.paths.indexOf('four');
  const [ctime, mtime] = [columns.wide.ctime[row] as bigint, columns.wide.statMtime[row] as bigint];
  const isRead = async (since: bigint): Promise<boolean> => {
    writeFileSync(file, atOnce(encodeColumns({ ...columns, since })));
    const index = atOnce(readStatIndex(file));
    assert.ok(index);
    return (await renewed({ rootfs, index })).includes('four');
  };
  assert.equal(ctime >= mtime, true);
  assert.equal(await isRead(ctime + 1n), false);
  assert.equal(await isRead(ctime), true);
  // A time that was set lies before, and the change of the file does not.
  utimesSync(join(rootfs, 'four'), 1, 1);
  const now = lstatSync(join(rootfs, 'four'), { bigint: true });
  columns.wide.ctime[row] = now.ctimeNs;
  columns.wide.statMtime[row] = now.mtimeNs;
  assert.equal(await isRead(now.ctimeNs + 1n), false);
  assert.equal(await isRead(now.ctimeNs), true);
  // Whatever the age, both times have to be what they were.
  for (const times of [columns.wide.ctime, columns.wide.statMtime]) {
    times[row] = (times[row] as bigint) - 1n;
    assert.equal(await isRead(now.ctimeNs + 1n), true);
    times[row] = (times[row] as bigint) + 1n;
  }
  utimesSync(join(rootfs, 'four'), 4e9, 4e9);
  const later = lstatSync(join(rootfs, 'four'), { bigint: true });
  columns.wide.ctime[row] = later.ctimeNs;
  columns.wide.statMtime[row] = later.mtimeNs;
  assert.equal(await isRead(later.mtimeNs), true);
});

test('whatever else happens to a file is noticed: mode, other file, link, type', async t => {
  const bundle = await unpacked(t);
  await tick();
  const place = (name: string): string => join(bundle.rootfs, name);
  chmodSync(place('etc/one'), 0o600);
  copyFileSync(place('etc/two'), place('etc/copy'));
  renameSync(place('etc/copy'), place('etc/two'));
  rmSync(place('etc/link'));
  symlinkSync('two', place('etc/link'));
  rmSync(place('four'));
  mkdirSync(place('four'));
  assert.deepEqual((await renewed(bundle)).sort(), ['etc/link', 'etc/one', 'etc/two']);
});

test('a copy of a bundle is another place: everything is read again', async t => {
  const bundle = await unpacked(t);
  cpSync(bundle.rootfs, `${bundle.rootfs}-copy`, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  const files = await renewed({ ...bundle, rootfs: `${bundle.rootfs}-copy` });
  assert.equal(files.length, 5);
});

test('what changes in a directory leaves the attributes that it had in the image, but for its extended ones', async t => {
  const native = loadNative();
  if (native === undefined) {
    t.skip('needs the optional package koffi');
    return;
  }
  const { rootfs, file, scanned } = await unpacked(t);
  const before = await scanned.tree();
  const image = (node: Node): Node =>
    node.kind === 'directory'
      ? { ...node, meta: { ...node.meta, uid: 4321, xattrs: new Map([['user.a', new Uint8Array([1])]]) } }
      : node;
  rmSync(file);
  writeStatIndex(
    file,
    rootfs,
    treeOf([...walk(before)].map(([path, node]) => [path, image(node)] as const)),
    new Map(),
  );
  await tick();
  writeFileSync(join(rootfs, 'etc/new'), '');
  native.writeXattr(join(rootfs, 'etc'), 'user.b', new Uint8Array([2]));
  const metaOf = async (withNative: boolean): Promise<Node['meta'] | undefined> => {
    const known = atOnce(readStatIndex(file))?.known;
    assert.ok(known);
    return find(await openRootfsDirectory(rootfs, { known, native: withNative ? native : undefined }).tree(), 'etc')
      ?.meta;
  };
  assert.equal((await metaOf(true))?.uid, 4321);
  assert.deepEqual([...((await metaOf(true))?.xattrs.keys() ?? [])], ['user.b']);
  assert.deepEqual([...((await metaOf(false))?.xattrs.keys() ?? [])], ['user.a']);
  // A mode that no umask has given it already.
  chmodSync(join(rootfs, 'etc'), 0o711);
  assert.equal((await metaOf(true))?.uid, lstatSync(rootfs).uid);
});

test('an index that is lost, cut, damaged, foreign or too large is none', async t => {
  const { file } = await unpacked(t);
  const bytes = readFileSync(file);
  const isNone = (damaged: Uint8Array, what: string): void => {
    writeFileSync(file, damaged);
    assert.equal(atOnce(readStatIndex(file)), undefined, what);
  };
  for (let at = 0; at < bytes.length; at += 7) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8((bytes[at] ?? 0) ^ 1, at);
    isNone(damaged, `byte ${at}`);
    isNone(bytes.subarray(0, at), `cut at ${at}`);
  }
  isNone(Buffer.concat([bytes, Buffer.from('x')]), 'more');
  isNone(Buffer.from('DIRC\0\0\0\x02'), 'an index of git');
  writeFileSync(file, bytes);
  assert.ok(atOnce(readStatIndex(file)));
  truncateSync(file, statIndexLimit + 1);
  assert.equal(atOnce(readStatIndex(file)), undefined);
  rmSync(file);
  assert.equal(atOnce(readStatIndex(file)), undefined);
  mkdirSync(file);
  assert.equal(atOnce(readStatIndex(file)), undefined);
});

test('an index with a right checksum and wrong rows is none', async t => {
  const { file } = await unpacked(t);
  const bytes = readFileSync(file);
  const columns = (): Columns => {
    const found = atOnce(decodeColumns(bytes));
    assert.ok(found);
    return found;
  };
  const row = (path: Path): number => columns().paths.indexOf(path);
  const renamed =
    (from: Path, to: Path) =>
    (c: Columns): Columns => ({ ...c, paths: c.paths.map(path => (path === from ? to : path)) });
  const set =
    (name: keyof Columns['numbers'], path: Path, value: number) =>
    (c: Columns): Columns => {
      c.numbers[name][row(path)] = value;
      return c;
    };
  const kind =
    (path: Path, value: number) =>
    (c: Columns): Columns => {
      c.kinds[row(path)] = value;
      return c;
    };
  const extras =
    (some: object) =>
    (c: Columns): Columns => ({ ...c, extras: { ...c.extras, ...some } });
  const damages: readonly ((c: Columns) => Columns)[] = [
    renamed('four', '..'),
    renamed('four', 'etc/four'),
    renamed('four', '../four'),
    renamed('etc/one', 'etc/'),
    set('parent', 'etc/one', 1000),
    set('parent', 'etc/one', Number.NaN),
    set('parent', 'etc/two', row('etc/one')),
    set('mode', 'four', 0o10000),
    set('mode', 'four', 0.5),
    set('uid', 'four', -1),
    set('detail', 'four', Number.POSITIVE_INFINITY),
    kind('four', 99),
    kind('four', 6),
    kind('four', 2),
    kind('', 0),
    extras({ targets: {} }),
    extras({ times: { 1: '0x10' } }),
    extras({ xattrs: { 1: 7 } }),
    extras({ xattrs: { 1: [null] } }),
    c => ({ ...c, count: 2 ** 40 }),
    c => ({ ...c, count: 0 }),
    c => ({ ...c, paths: [...c.paths, 'more'] }),
  ];
  damages.forEach((damage, which) => {
    writeFileSync(file, atOnce(encodeColumns(damage(columns()))));
    assert.equal(atOnce(readStatIndex(file)), undefined, `damage ${which}`);
  });
  writeFileSync(file, atOnce(encodeColumns(columns())));
  assert.ok(atOnce(readStatIndex(file)));
});

async function newBundle(parent: string, layout: string): Promise<string> {
  const place = join(parent, 'bundle');
  mkdirSync(join(place, 'rootfs'), { recursive: true });
  const tree = treeOf([['a', { kind: 'fifo', meta: { ...impliedMeta, xattrs: noXattrs } }]]);
  await writeBundle(place, place, {
    runtimeConfig: { ociVersion: '1.0.2' },
    layout,
    manifest,
    tree,
    digests: new Map(),
  });
  return place;
}

test('a bundle knows its image, also when it moves together with the layout or is reached through a symlink', async t => {
  const parent = temporaryDirectory(t);
  mkdirSync(join(parent, 'together/layouts/one'), { recursive: true });
  mkdirSync(join(parent, 'together/far/away'), { recursive: true });
  symlinkSync(join(parent, 'together/far/away'), join(parent, 'near'));
  const place = await newBundle(join(parent, 'near'), join(parent, 'together/layouts/one'));
  const bundle = openBundle(place);
  assert.equal(statSync(bundle.layout).ino, statSync(join(parent, 'together/layouts/one')).ino);
  assert.deepEqual(bundle.manifest, manifest);
  assert.equal(bundle.rootfs, join(place, 'rootfs'));
  assert.deepEqual(JSON.parse(readFileSync(join(place, 'config.json'), 'utf8')), { ociVersion: '1.0.2' });
  renameSync(join(parent, 'together'), join(parent, 'elsewhere'));
  const moved = openBundle(join(parent, 'elsewhere/far/away/bundle'));
  assert.equal(statSync(moved.layout).ino, statSync(join(parent, 'elsewhere/layouts/one')).ino);
});

test('a damaged side file is one clear error that names it, and a lost index is only slower', async t => {
  const place = await newBundle(temporaryDirectory(t), '/layouts/one');
  const side = join(place, 'ocikit.json');
  const good = JSON.parse(readFileSync(side, 'utf8'));
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /ocikit\.json: /],
    ['{', /ocikit\.json: /],
    ['null', /expected an object/],
    ['[]', /expected an object/],
    ['{}', /expected version 1, got none/],
    [JSON.stringify({ ...good, version: 2 }), /expected version 1, got 2/],
    [JSON.stringify({ ...good, layout: 7 }), /expected the path of a layout/],
    [JSON.stringify({ ...good, layout: '' }), /expected the path of a layout/],
    [JSON.stringify({ ...good, manifest: undefined }), /ocikit\.json: manifest/],
    [JSON.stringify({ ...good, manifest: { ...manifest, digest: 'sha256:../../x' } }), /ocikit\.json: manifest/],
    [`${JSON.stringify(good)}${' '.repeat(sideFileLimit)}`, /expected at most 1048576 bytes/],
  ];
  for (const [text, words] of cases) {
    writeFileSync(side, text);
    assert.throws(
      () => openBundle(place),
      (error: unknown) => error instanceof OciError && error.code === 'invalid' && words.test(error.message),
      text.slice(0, 80),
    );
  }
  writeFileSync(side, JSON.stringify(good));
  rmSync(join(place, 'ocikit.index'));
  assert.equal(atOnce(openBundle(place).index()), undefined);
  rmSync(side);
  assert.throws(
    () => openBundle(place),
    (error: unknown) => error instanceof OciError && error.code === 'not-found',
  );
  mkdirSync(side);
  assert.throws(
    () => openBundle(place),
    (error: unknown) => error instanceof OciError && error.code === 'invalid',
  );
});
