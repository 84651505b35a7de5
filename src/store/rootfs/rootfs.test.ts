import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../../errors.ts';
import { systemPathLimit } from '../../limits.ts';
import { asNobodyNow, nobody } from '../../testing/as-nobody.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { tick } from '../../testing/tick.ts';
import { arbitraryTree, treeOf } from '../../testing/trees.ts';
import { hasTools, isRoot, run } from '../../testing/witness.ts';
import { Draft } from '../../tree/draft.ts';
import { emptyTree, type FileNode, type Meta, type Node, type Path, type Tree } from '../../tree/node.ts';
import type { Operation } from '../../tree/operation.ts';
import { atOnce } from '../../tree/parts.ts';
import { filesOf, find, walk } from '../../tree/walk.ts';
import { loadNative, type Native } from '../disk/native.ts';
import { prepareTarget } from '../disk/target.ts';
import { openRootfsDirectory } from './directory.ts';
import { scanDirectory } from './scan.ts';
import { RootfsWriter } from './writer.ts';

const noon = 1_700_000_000_000_000_000n;
/** VFS_CAP_REVISION_2 with cap_net_raw, permitted and effective. */
const capability = Uint8Array.from([1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

const meta = (some: Partial<Meta> = {}): Meta => ({
  mode: 0o644,
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
  mtime: noon,
  xattrs: new Map(),
  ...some,
});
const file = (size: number, some: Partial<Meta> = {}): FileNode => ({
  kind: 'file',
  meta: meta(some),
  size,
  content: { source: 'test', member: size },
});
const directory = (some: Partial<Meta> = {}): Node => ({
  kind: 'directory',
  meta: meta({ mode: 0o755, ...some }),
  children: new Map(),
});
const bytesOfText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const contentOf = (node: FileNode): Uint8Array => new Uint8Array(node.size).fill(97 + (node.content.member % 26));

function play(writer: RootfsWriter, operations: readonly Operation[]): void {
  for (const _ of writer.playing(operations) ?? []);
}

/** Writes a tree as a layer would: parents first, contents as `contentOf` says. */
function writeTree(
  root: string,
  tree: Tree,
  options: { native?: Native | undefined } = { native: loadNative() },
): readonly string[] {
  const writer = new RootfsWriter(root, { native: options.native });
  const first = new Map<Node, Path>();
  try {
    for (const [path, node] of walk(tree)) {
      const target = first.get(node);
      if (target !== undefined) {
        play(writer, [{ kind: 'link', path, target }]);
        continue;
      }
      first.set(node, path);
      play(writer, [{ kind: 'create', path, node }]);
      if (node.kind === 'file') writer.write(contentOf(node));
      writer.end();
    }
    atOnce(writer.finishing(tree));
  } finally {
    writer.close();
  }
  return [...writer.warnings, ...[...writer.obstacles].map(([kind, reason]) => `${kind}: ${reason}`)];
}

/** All that a tree says, as plain data; only which paths share a node is left of identities. */
function shown(tree: Tree): unknown {
  const first = new Map<Node, Path>();
  return [['', tree] as const, ...walk(tree)].map(([path, node]) => {
    const link = first.get(node);
    if (node.kind === 'file' && link === undefined) first.set(node, path);
    const { mode, uid, gid, mtime, xattrs } = node.meta;
    const values = [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('hex')]).sort();
    const own = {
      ...(node.kind === 'file' ? { size: node.size } : {}),
      ...(node.kind === 'symlink' ? { target: node.target } : { mode: mode.toString(8) }),
      ...(node.kind === 'device' ? { type: node.type, major: node.major, minor: node.minor } : {}),
    };
    return { path, kind: node.kind, uid, gid, mtime, values, link, ...own };
  });
}

const scan = async (root: string): Promise<Tree> =>
  (await scanDirectory(root, { native: loadNative(), source: 'scan' })).tree;

function ownDirectory(t: TestContext, owner?: number): string {
  const root = join(temporaryDirectory(t), 'root');
  mkdirSync(root);
  chmodSync(join(root, '..'), 0o777);
  if (owner !== undefined) chownSync(root, owner, owner);
  return root;
}

function hasNative(t: TestContext): boolean {
  if (loadNative() === undefined) t.skip('needs the optional package koffi');
  return loadNative() !== undefined;
}

const isError =
  (code: OciError['code'], words: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof OciError, `${error}`);
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  };

test('a tree of every kind comes back from disk as it was, attribute for attribute', async t => {
  if (!isRoot(t) || !hasNative(t)) return;
  const root = ownDirectory(t);
  const linked = file(5, { uid: 7, mode: 0o4711, xattrs: new Map([['user.linked', bytesOfText('yes')]]) });
  const tree = treeOf(
    [
      ['bin', directory({ mtime: 1n })],
      ['bin/ping', file(9, { uid: 1000, xattrs: new Map([['security.capability', capability]]), mode: 0o755 })],
      ['bin/su', file(3, { uid: 1000, gid: 1000, mode: 0o6755 })],
      ['a', linked],
      ['z', linked],
      ['closed', directory({ mode: 0, uid: 4_000_000_000 })],
      ['closed/inside', file(2_500_000, { mode: 0 })],
      ['sticky', directory({ mode: 0o1777, xattrs: new Map([['user.on-directory', new Uint8Array([0, 255, 10])]]) })],
      ['trusted', file(0, { xattrs: new Map([['trusted.a\xff', bytesOfText('')]]), mode: 0o444 })],
      ['old', file(1, { mtime: -1n })],
      ['older', file(1, { mtime: -1_876_543_211n })],
      ['exact', file(1, { mtime: 1_700_000_000_123_456_789n })],
      [
        'link',
        { kind: 'symlink', meta: meta({ mtime: -5_000_000_001n, uid: 3, mode: 0o777 }), target: '/no\xffwhere' },
      ],
      ['pipe', { kind: 'fifo', meta: meta({ mode: 0o620, gid: 5 }) }],
      ['null', { kind: 'device', meta: meta({ mode: 0o666 }), type: 'char', major: 1, minor: 3 }],
      ['disk', { kind: 'device', meta: meta({ mode: 0o660 }), type: 'block', major: 4095, minor: 1_048_575 }],
      ['caf\xe9', directory()],
      [`caf\xe9/${'\xff'.repeat(255)}`, file(4)],
      ['caf\xe9/pipe', { kind: 'fifo', meta: meta({ mtime: 1_000_000_001n }) }],
      ['n'.repeat(255), file(4)],
      ['__proto__', directory({ mtime: 2n ** 33n * 1_000_000_000n })],
    ],
    meta({ mode: 0o711, uid: 12, mtime: 3_000_000_003n }),
  );
  assert.deepEqual(writeTree(root, tree), []);
  const back = await scan(root);
  assert.deepEqual(shown(back), shown(tree));
  assert.equal(find(back, 'a'), find(back, 'z'));
  assert.deepEqual(readFileSync(join(root, 'closed/inside')), Buffer.from(contentOf(file(2_500_000))));
  assert.equal(lstatSync(join(root, 'exact'), { bigint: true }).mtimeNs, 1_700_000_000_123_456_789n);
  assert.equal(run(root, 'stat', '-c', '%t:%T', 'disk'), 'fff:fffff\n');
});

test('random trees come back from disk as they were', async t => {
  if (!isRoot(t) || !hasNative(t)) return;
  const parent = temporaryDirectory(t);
  let count = 0;
  const carried = (node: Node): Meta['xattrs'] =>
    new Map([...node.meta.xattrs].filter(([name]) => name.startsWith('user.') && /^(file|directory)$/.test(node.kind)));
  await fc.assert(
    fc.asyncProperty(arbitraryTree, async tree => {
      const kept = new Map<Node, Node>();
      const keep = (node: Node): Node =>
        kept.get(node) ?? kept.set(node, { ...node, meta: { ...node.meta, xattrs: carried(node) } }).get(node) ?? node;
      const plain = treeOf([...walk(tree)].map(([path, node]) => [path, keep(node)] as const));
      const root = join(parent, `${count++}`);
      mkdirSync(root);
      assert.deepEqual(writeTree(root, plain), []);
      assert.deepEqual(shown(await scan(root)), shown(plain));
    }),
    { numRuns: 100 },
  );
});

test('without the native calls what cannot be carried is said once, and the rest is there', async t => {
  if (!isRoot(t)) return;
  const root = ownDirectory(t);
  const xattrs = new Map([['user.a', bytesOfText('1')]]);
  const pipe: Node = { kind: 'fifo', meta: meta() };
  const tree = treeOf(
    [
      ['a', file(1, { xattrs, mtime: 1_000_000_001n })],
      ['b', file(1, { xattrs, mtime: 1_000_000_002n })],
      ['before-1970', file(1, { mtime: -1_500_000_000n })],
      ['device', { kind: 'device', meta: meta(), type: 'char', major: 1, minor: 3 }],
      ['link', { kind: 'symlink', meta: meta({ mtime: -2_000_000_000n }), target: 'a' }],
      ['pipe', pipe],
      ['pipe2', pipe],
    ],
    meta({ mode: 0o755 }),
  );
  const koffi = 'the optional package koffi is not there';
  assert.deepEqual(writeTree(root, tree, {}), [
    `/a: times are kept to microseconds: ${koffi}`,
    `xattr user.a: ${koffi}`,
    `device: ${koffi}`,
    `fifo: ${koffi}`,
  ]);
  const { tree: back, warnings } = await scanDirectory(root, { native: undefined, source: 'scan' });
  assert.deepEqual(warnings, [`extended attributes are not read: ${koffi}`]);
  assert.deepEqual(
    // Newer versions of Node carry nanoseconds after all.
    [...walk(back)].map(([path, node]) => [path, node.meta.mtime - (node.meta.mtime % 1000n)]),
    [
      ['a', 1_000_000_000n],
      ['b', 1_000_000_000n],
      ['before-1970', -1_500_000_000n],
      ['link', -2_000_000_000n],
    ],
  );
});

test('without root the owner is kept and said once, devices are left out, and closed directories can be filled', async t => {
  if (!isRoot(t) || !hasNative(t)) return;
  const root = ownDirectory(t, nobody);
  const own = { uid: nobody, gid: nobody };
  const device: Node = { kind: 'device', meta: meta(own), type: 'char', major: 1, minor: 3 };
  const tree = treeOf(
    [
      ['closed', directory({ ...own, mode: 0 })],
      ['closed/inside', file(2, own)],
      ['device', device],
      ['fifo', { kind: 'fifo', meta: meta(own) }],
      ['read-only', file(2, { ...own, mode: 0o444, xattrs: new Map([['user.kept', bytesOfText('yes')]]) })],
      ['roots', file(2, { uid: 0, gid: 0, mode: 0o4755 })],
      ['roots-too', directory({ uid: 0, gid: 0 })],
    ],
    meta({ ...own, mode: 0o555 }),
  );
  assert.deepEqual(
    asNobodyNow(() => writeTree(root, tree)),
    ['device: not root', 'owner: not root'],
  );
  const nodes = new Map([...walk(await scan(root))]);
  assert.equal(nodes.get('device'), undefined);
  assert.deepEqual(nodes.get('roots')?.meta, meta({ ...own, mode: 0o4755 }));
  assert.equal(nodes.get('closed')?.meta.mode, 0);
  assert.equal(nodes.get('fifo')?.kind, 'fifo');
  assert.deepEqual([...(nodes.get('read-only')?.meta.xattrs.keys() ?? [])], ['user.kept']);
});

test('an attribute that the file system refuses is a warning, not a failure', async t => {
  if (!isRoot(t) || !hasNative(t)) return;
  const xattrs = new Map([
    ['user.fine', bytesOfText('1')],
    ['nonsense', bytesOfText('1')],
  ]);
  const root = ownDirectory(t);
  assert.match(writeTree(root, treeOf([['a', file(1, { xattrs })]])).join(), /^xattr nonsense: E\w+$/);
  assert.deepEqual([...(find(await scan(root), 'a')?.meta.xattrs.keys() ?? [])], ['user.fine']);
});

test('a file capability that is none is not written, and one that the kernel does not give back is left out, each said once', async t => {
  if (!isRoot(t) || !hasNative(t) || !hasTools(t, 'setfattr')) return;
  const root = ownDirectory(t);
  const empty = { xattrs: new Map([['security.capability', bytesOfText('')]]) };
  const nonsense = { xattrs: new Map([['security.capability', bytesOfText('?')]]) };
  for (const xattrs of [empty, nonsense]) {
    const place = join(root, `${xattrs === empty}`);
    mkdirSync(place);
    const tree = treeOf([['a', file(1, xattrs)]]);
    assert.deepEqual(writeTree(place, tree, { native: loadNative() }), ['xattr security.capability: EINVAL']);
  }
  const strange = join(root, 'strange');
  mkdirSync(strange);
  for (const name of ['a', 'b']) {
    writeFileSync(join(strange, name), '');
    run(strange, 'setfattr', '-n', 'user.kept', '-v', 'yes', name);
    run(strange, 'setfattr', '-n', 'security.capability', name);
  }
  const { tree, warnings } = await scanDirectory(strange, { native: loadNative(), source: 'scan' });
  assert.match(warnings.join(), /^\/[ab]: extended attribute 'security.capability' is not read \(EINVAL\)$/);
  for (const name of ['a', 'b']) assert.deepEqual([...(find(tree, name)?.meta.xattrs.keys() ?? [])], ['user.kept']);
});

test('modes do not depend on the umask, and it stays as it is', t => {
  const root = ownDirectory(t);
  const old = process.umask(0o077);
  try {
    writeTree(
      root,
      treeOf(
        [
          ['a', file(1, { mode: 0o666 })],
          ['b', directory({ mode: 0o777 })],
        ],
        meta({ mode: 0o775 }),
      ),
    );
    assert.equal(process.umask(), 0o077);
  } finally {
    process.umask(old);
  }
  assert.deepEqual(
    ['a', 'b', '.'].map(name => lstatSync(join(root, name)).mode & 0o7777),
    [0o666, 0o777, 0o775],
  );
});

test('removing follows no symlink and takes everything that is beneath, however deep', t => {
  const root = ownDirectory(t);
  const outside = join(temporaryDirectory(t), 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'kept'), 'kept');
  const deep = Array.from({ length: 400 }, () => 'd').join('/');
  mkdirSync(join(root, 'tree', deep), { recursive: true });
  symlinkSync(outside, join(root, 'tree/link'));
  symlinkSync(outside, join(root, 'link'));
  const writer = new RootfsWriter(root, { native: undefined });
  for (const path of ['tree', 'link']) play(writer, [{ kind: 'remove', path }]);
  writer.close();
  assert.deepEqual(readdirSync(root), []);
  assert.deepEqual(readdirSync(outside), ['kept']);
});

test('nothing that is there is written over or through, and the error names the path', t => {
  const root = ownDirectory(t);
  symlinkSync('elsewhere', join(root, 'link'));
  const writer = new RootfsWriter(root, { native: undefined });
  const create = (path: Path) => () => play(writer, [{ kind: 'create', path, node: file(1) }]);
  assert.throws(create('link'), isError('conflict', /^\/link: .*got something that is there already \(EEXIST\)$/));
  assert.throws(create('x'.repeat(256)), isError('invalid', /^\/x{256}: .*a name that is too long \(ENAMETOOLONG\)$/));
  assert.throws(create('no/a'), isError('conflict', /^\/no: expected a directory that stays as it is/));
  writer.close();
  assert.equal(existsSync(join(root, 'elsewhere')), false);
});

test('a full disk is one clear error that names the file', t => {
  if (!isRoot(t)) return;
  const root = ownDirectory(t);
  try {
    run(root, 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', root);
  } catch {
    t.skip('mounting is not allowed here');
    return;
  }
  try {
    assert.throws(
      () => writeTree(root, treeOf([['big', file(1 << 20)]])),
      isError('conflict', /^\/big: expected room for the file, got no space left on the device \(ENOSPC\)$/),
    );
  } finally {
    run('/', 'umount', root);
  }
});

test('the walk goes through a symlink to the root and through no other, and leaves out sockets by name', async t => {
  const root = ownDirectory(t);
  mkdirSync(join(root, 'etc'));
  symlinkSync('/etc', join(root, 'away'));
  symlinkSync(root, join(root, '../alias'));
  const server = createServer();
  await new Promise<void>(resolve => server.listen(join(root, 'etc/socket'), resolve));
  t.after(() => server.close());
  const { tree, warnings } = await scanDirectory(join(root, '../alias'), { native: undefined, source: 'scan' });
  assert.deepEqual(
    [...walk(tree)].map(([path, node]) => [path, node.kind]),
    [
      ['away', 'symlink'],
      ['etc', 'directory'],
    ],
  );
  assert.deepEqual(
    warnings.filter(text => text.includes('socket')),
    ['/etc/socket: a socket, which no layer can hold, is left out'],
  );
});

test('what is no directory, or not there, is one clear error', async t => {
  const root = ownDirectory(t);
  writeFileSync(join(root, 'file'), '');
  symlinkSync('loop', join(root, 'loop'));
  await assert.rejects(scan(join(root, 'file')), isError('invalid', /file: expected a directory, got a file$/));
  await assert.rejects(scan(join(root, 'none')), isError('not-found', /none: expected a directory, got nothing/));
  await assert.rejects(scan(join(root, 'loop')), isError('invalid', /loop: expected a directory, got symbolic links/));
});

test('a path that is too long for a system call is refused before any of it is made', t => {
  const root = ownDirectory(t);
  const writer = new RootfsWriter(root, { native: undefined });
  const draft = new Draft(emptyTree(), 'layer');
  draft.beginLayer();
  const room = systemPathLimit - root.length - 1;
  const entry = (length: number) =>
    ({ kind: 'node', path: `${'d/'.repeat(length / 2 - 1)}dd${length % 2 === 0 ? '' : 'd'}`, node: file(0) }) as const;
  assert.throws(
    () => play(writer, draft.apply(entry(room + 1))),
    isError('unsupported', /at most 4095 bytes.*got 4096$/),
  );
  assert.deepEqual(readdirSync(root), []);
  const fresh = new Draft(emptyTree(), 'layer');
  fresh.beginLayer();
  play(writer, fresh.apply(entry(room)));
  writer.close();
  assert.equal(existsSync(`${root}/${entry(room).path}`), true);
  run(root, 'rm', '-rf', 'd');
});

test('a directory is walked however deep it is', async t => {
  const root = ownDirectory(t);
  const name = 'd'.repeat(250);
  const half = Array.from({ length: 10 }, () => name).join('/');
  mkdirSync(join(root, half), { recursive: true });
  assert.equal([...walk(await scan(root))].length, 10);
  mkdirSync(join(root, 'more', half), { recursive: true });
  renameSync(join(root, name), join(root, 'more', half, 'e'));
  assert.equal([...walk(await scan(root))].length, 21);
  renameSync(join(root, 'more', half, 'e'), join(root, name));
});

test('contents are hashed once for each file, whatever its names', async t => {
  const root = ownDirectory(t);
  const contents = new Map([
    ['empty', ''],
    ['small', 'small'],
    ['large', 'x'.repeat(3_000_000)],
  ]);
  for (const [name, text] of contents) writeFileSync(join(root, name), text);
  linkSync(join(root, 'small'), join(root, 'again'));
  const rootfs = openRootfsDirectory(root);
  const files = new Map(filesOf(await rootfs.tree()));
  const digests = await rootfs.digests(new Set(files.values()));
  assert.equal(digests.size, 3);
  for (const [path, node] of files) {
    const expected = createHash('sha256')
      .update(contents.get(path) ?? 'small')
      .digest('hex');
    assert.equal(digests.get(node), expected, path);
  }
});

test('files that are hashed ahead have the digests that they have when asked for', async t => {
  const root = ownDirectory(t);
  for (const [name, length] of Object.entries({ a: 5_000_000, b: 3_000_000, c: 7 }))
    writeFileSync(join(root, name), name.repeat(length));
  const digestsOf = async (ahead: boolean, turns: number): Promise<unknown> => {
    const rootfs = openRootfsDirectory(root, { ahead });
    const files = [...filesOf(await rootfs.tree())].sort();
    for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));
    const digests = await rootfs.digests(new Set(files.map(([, node]) => node)));
    return files.map(([path, node]) => [path, digests.get(node)]);
  };
  const expected = await digestsOf(false, 0);
  for (const turns of [0, 1, 2, 20]) assert.deepEqual(await digestsOf(true, turns), expected);
});

test('a file that cannot be hashed ahead is an error only for who asks for it', async t => {
  const root = ownDirectory(t);
  for (const name of ['a', 'b']) writeFileSync(join(root, name), name);
  const rootfs = openRootfsDirectory(root, { ahead: true });
  const files = new Map(filesOf(await rootfs.tree()));
  unlinkSync(join(root, 'a'));
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
  const digest = createHash('sha256').update('b').digest('hex');
  const b = files.get('b') as FileNode;
  assert.deepEqual([...(await rootfs.digests(new Set([b])))], [[b, digest]]);
  await assert.rejects(rootfs.digests(new Set([files.get('a') as FileNode])), isError('conflict', /^\/a: /));
});

test('readers that take turns, and hashing between them, do not share bytes', async t => {
  const root = ownDirectory(t);
  const size = 2_500_000;
  for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), name.repeat(size));
  const rootfs = openRootfsDirectory(root);
  const tree = await rootfs.tree();
  const node = (path: Path): FileNode => new Map(filesOf(tree)).get(path) as FileNode;
  const readers = ['a', 'b'].map(path => [path, rootfs.body(path, node(path))[Symbol.iterator]()] as const);
  for (let round = 0; round < 3; round++) {
    const chunks = readers.map(([path, reader]) => [path, reader.next().value as Uint8Array] as const);
    await rootfs.digests(new Set([node('c')]));
    for (const [path, chunk] of chunks) assert.ok(chunk.every(byte => byte === path.charCodeAt(0)));
  }
});

test('a file that changed since it was listed is not read as if it were the same', async t => {
  const changes: Readonly<Record<string, (place: string) => void>> = {
    longer: place => appendFileSync(place, 'more'),
    'other bytes, same size and time': place => {
      const { atime, mtime } = statSync(place);
      writeFileSync(place, 'after!');
      utimesSync(place, atime, mtime);
    },
    'nothing but its mode and back': place => {
      chmodSync(place, 0o600);
      chmodSync(place, 0o644);
    },
    'another file': place => {
      writeFileSync(`${place}.new`, 'before');
      renameSync(`${place}.new`, place);
    },
    'a symlink': place => {
      unlinkSync(place);
      symlinkSync('/etc/passwd', place);
    },
    'a directory': place => {
      unlinkSync(place);
      mkdirSync(place);
    },
    nothing: place => unlinkSync(place),
  };
  for (const [name, change] of Object.entries(changes)) {
    const root = ownDirectory(t);
    const place = join(root, 'file');
    writeFileSync(place, 'before');
    const rootfs = openRootfsDirectory(root);
    const node = find(await rootfs.tree(), 'file') as FileNode;
    await tick();
    change(place);
    assert.throws(
      () => [...rootfs.body('file', node)],
      isError('conflict', /^\/file: expected a file that stays as it is, got one that changed while it was read$/),
      name,
    );
    await assert.rejects(rootfs.digests(new Set([node])), OciError, name);
  }
});

test('a file that changes while it is read, its size and its time as they were, is a conflict', async t => {
  const root = ownDirectory(t);
  const place = join(root, 'file');
  writeFileSync(place, 'x'.repeat(3_000_000));
  utimesSync(place, 1000, 1000);
  const rootfs = openRootfsDirectory(root);
  const node = find(await rootfs.tree(), 'file') as FileNode;
  await tick();
  const reader = rootfs.body('file', node)[Symbol.iterator]();
  reader.next();
  writeFileSync(place, 'y'.repeat(3_000_000));
  utimesSync(place, 1000, 1000);
  assert.throws(
    () => {
      while (reader.next().done !== true);
    },
    isError('conflict', /changed while it was read$/),
  );
});

test('a file that shrinks while it is read is a conflict', async t => {
  const root = ownDirectory(t);
  writeFileSync(join(root, 'file'), 'x'.repeat(3_000_000));
  const rootfs = openRootfsDirectory(root);
  const node = find(await rootfs.tree(), 'file') as FileNode;
  const reader = rootfs.body('file', node)[Symbol.iterator]();
  reader.next();
  writeFileSync(join(root, 'file'), 'short');
  assert.throws(() => [reader.next(), reader.next()], isError('conflict', /changed while it was read$/));
});

test('a new directory appears whole or not at all, with those above it', async t => {
  const parent = temporaryDirectory(t);
  const place = join(parent, 'new/place');
  const abandoned = await prepareTarget(place, { force: false, isDirectory: true });
  writeFileSync(join(abandoned.work, 'half'), '');
  assert.equal(existsSync(place), false);
  await abandoned.abandon();
  assert.deepEqual(readdirSync(parent), []);
  const target = await prepareTarget(place, { force: false, isDirectory: true });
  writeFileSync(join(target.work, 'whole'), '');
  await target.commit();
  assert.deepEqual(readdirSync(place), ['whole']);
  assert.deepEqual(readdirSync(join(parent, 'new')), ['place']);
});

test('what is in the way is kept without force, and with it until the new one is whole', async t => {
  const parent = temporaryDirectory(t);
  const place = join(parent, 'place');
  const refused = isError('conflict', /expected (an empty or new directory|a place for a directory), got/);
  writeFileSync(place, 'file');
  await assert.rejects(prepareTarget(place, { force: false, isDirectory: true }), refused);
  rmSync(place);
  mkdirSync(place);
  writeFileSync(join(place, 'old'), '');
  await assert.rejects(prepareTarget(place, { force: false, isDirectory: true }), refused);
  const failing = await prepareTarget(place, { force: true, isDirectory: true });
  rmSync(failing.work, { recursive: true });
  await assert.rejects(failing.commit(), OciError);
  await failing.abandon();
  assert.deepEqual(readdirSync(place), ['old']);
  const target = await prepareTarget(place, { force: true, isDirectory: true });
  writeFileSync(join(target.work, 'new'), '');
  assert.deepEqual(readdirSync(place), ['old']);
  await target.commit();
  assert.deepEqual(readdirSync(parent), ['place']);
  assert.deepEqual(readdirSync(place), ['new']);
  const late = await prepareTarget(join(parent, 'late'), { force: false, isDirectory: true });
  mkdirSync(join(parent, 'late/something'), { recursive: true });
  await assert.rejects(late.commit(), OciError);
  await late.abandon();
  assert.deepEqual(readdirSync(parent).sort(), ['late', 'place']);
});

test('without root, directories that may not be written to can be put in place, replaced and abandoned', async t => {
  if (!isRoot(t)) return;
  const parent = ownDirectory(t, nobody);
  const place = join(parent, 'place');
  const own = { uid: nobody, gid: nobody, mode: 0o555 };
  const tree = treeOf(
    [
      ['closed', directory({ ...own, mode: 0 })],
      ['usr', directory(own)],
      ['usr/bin', file(1, own)],
    ],
    meta(own),
  );
  process.seteuid?.(nobody);
  try {
    for (const end of ['abandon', 'commit', 'commit', 'abandon'] as const) {
      const target = await prepareTarget(place, { force: true, isDirectory: true });
      writeTree(target.work, tree);
      await target[end]();
    }
  } finally {
    process.seteuid?.(0);
  }
  assert.deepEqual(readdirSync(parent), ['place']);
  assert.deepEqual(
    [place, join(place, 'usr'), join(place, 'closed')].map(path => lstatSync(path).mode & 0o7777),
    [0o555, 0o555, 0],
  );
});
