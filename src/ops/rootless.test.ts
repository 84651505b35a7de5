import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
  type Stats,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { DiffRow } from '../index.ts';
import { removeTreeNow } from '../store/disk/remove-tree.ts';
import { asNobody, nobody } from '../testing/as-nobody.ts';
import { fixture, fixtureCases } from '../testing/fixtures.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { arbitraryTree, hasHidingDevice } from '../testing/trees.ts';
import { isRoot } from '../testing/witness.ts';
import { diff as diffTrees } from '../tree/diff.ts';
import type { FileNode, LayerEntry, Meta, Node, Tree } from '../tree/node.ts';
import { emptyTree, impliedMeta } from '../tree/node.ts';
import { toLayer } from '../tree/to-layer.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { files } from './files.ts';
import { unpack } from './unpack.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const capability = Uint8Array.from([1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

const meta = (mode: number, uid = 0, gid = 0, more: Partial<Meta> = {}): Meta => ({
  ...impliedMeta,
  mode,
  uid,
  gid,
  mtime: 1_000_000_000_000_000_000n,
  ...more,
});
const text = (content: string, some: Meta): Node => ({
  kind: 'file',
  meta: some,
  size: content.length,
  content: { source: content, member: 0 },
});
const folder = (some: Meta = meta(0o755)): Node => ({ kind: 'directory', meta: some, children: new Map() });
const device = (type: 'char' | 'block', major: number, minor: number, some: Meta): Node => ({
  kind: 'device',
  type,
  major,
  minor,
  meta: some,
});

/** What umoci's own tests of rootless bundles hold: every owner, mode and type that a user cannot make. */
const nodes: readonly (readonly [string, Node])[] = [
  ['big', text('b', meta(0o644, 300_000, 300_000))],
  ['bin', folder()],
  ['bin/ping', text('ping', meta(0o755, 0, 0, { xattrs: new Map([['security.capability', capability]]) }))],
  ['bin/su', text('su', meta(0o4755))],
  ['bin/wall', text('wall', meta(0o2755, 0, 5))],
  ['dev', folder()],
  ['dev/null', device('char', 1, 3, meta(0o666))],
  ['dev/sda', device('block', 8, 0, meta(0o660, 0, 6))],
  ['etc', folder()],
  ['etc/gshadow', text('g', meta(0, 0, 42))],
  ['home', folder()],
  ['home/node', folder(meta(0o700, 1000, 1000))],
  ['home/node/f', text('f', meta(0o600, 1000, 1000))],
  ['home/node/link', { kind: 'symlink', meta: meta(0o777, 1000, 1000), target: 'f' }],
  ['home/node/x', text('x', meta(0o600, 1000, 1000))],
  ['none', folder(meta(0, 7, 7))],
  ['none/inside', text('inside', meta(0o644, 7, 7))],
  ['odd \\ #=\xff', text('odd', meta(0o644, 1, 2))],
  ['ro', folder(meta(0o555))],
  ['ro/f', text('r', meta(0o444))],
  ['run', folder()],
  ['run/fifo', { kind: 'fifo', meta: meta(0o600, 7) }],
  ['srv', folder(meta(0o1777))],
  ['top', text('t', meta(0o644, 4_294_967_294, 4_294_967_294))],
];

const entries: readonly LayerEntry[] = [
  ...nodes.map(([path, node]): LayerEntry => ({ kind: 'node', path, node })),
  { kind: 'hardlink', path: 'home/node/hard', target: 'home/node/f' },
];

interface Place {
  readonly directory: string;
  readonly image: string;
  readonly out: string;
}

/** A layout that everybody may read, and room for nobody to work in. */
function placeOf(
  t: TestContext,
  layer: readonly LayerEntry[] = entries,
  bytesOf: (node: FileNode) => Uint8Array = node => Buffer.from(node.content.source),
): Place {
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o777);
  const layout = makeLayout(join(directory, 'img'));
  putName(layout, 'v1', putImage(layout, { layers: [{ tar: layerTar(layer, bytesOf) }] }));
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', `${nobody}:${nobody}`, directory]);
  return { directory, image: `${layout}:v1`, out: join(directory, 'out') };
}

const rowText = ({ kind, path, reasons, before, after }: DiffRow): string => {
  const shown = after ?? before;
  const why = reasons.map(({ aspect }) => aspect).filter(aspect => aspect !== 'mtime');
  return `${kind} ${path} ${shown?.uid}:${shown?.gid} ${shown?.mode} ${shown?.type} ${why.join()}`.trimEnd();
};
const rowsOf = (changes: readonly DiffRow[]): readonly string[] =>
  changes.filter(({ kind, reasons }) => kind !== 'C' || reasons.length > 0).map(rowText);

const ways = [
  { bundle: true, rootless: true },
  { bundle: true, rootless: false },
  { bundle: false, rootless: true },
] as const;

/** A directory as an operand of `diff` or `commit`, and what it is compared with where it does not know that itself. */
const against = ({ bundle }: { readonly bundle: boolean }, { image, out }: Place): [string, string | undefined] =>
  bundle ? [out, undefined] : [image, out];

for (const way of ways) {
  const called = `${way.rootless ? 'rootless' : 'without root'}, ${way.bundle ? 'a bundle' : 'a directory'}`;
  test(`${called} that nobody changed does not differ and makes no layer`, async t => {
    const place = placeOf(t);
    await asNobody(async () => {
      const { warnings, sidecar } = await unpack(place.image, place.out, { ...way, hostPlatform });
      assert.equal(sidecar, way.bundle ? `${place.out}/rootfs.mtree` : `${place.out}.mtree`);
      if (way.rootless) assert.deepEqual(warnings, []);
      else
        assert.match(
          warnings.join(),
          /^2 device nodes, 1 extended attribute 'security\.capability' and 2\d owners not set: not root$/,
        );
      assert.deepEqual((await diff(...against(way, place), { hostPlatform })).changes, []);
      const base = way.bundle ? {} : { base: place.image };
      const made = await commit(place.out, `${place.directory}/new:v2`, { ...base, hostPlatform });
      assert.equal(made.layer, null);
    });
  });
}

interface RootlessRow {
  /** Several, parted by commas; `.` is the root. */
  readonly path: string;
  /** `file 0600 1000:1000 user.k=v`, or null for what an edit makes. */
  readonly image: string | null;
}

test("what umoci's own table says of an image stays as it is through an ordinary user's disk", async t => {
  const rows = fixtureCases<RootlessRow>(t, 'change/rootless/umoci.json') ?? [];
  const layer = fixture(t, 'change/rootless/layer.tar');
  if (layer === undefined) return;
  const place = placeOf(t, []);
  putName(
    `${place.directory}/img`,
    'v3',
    putImage(`${place.directory}/img`, { layers: [{ tar: readFileSync(layer) }] }),
  );
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', `${nobody}:${nobody}`, place.directory]);
  const image = place.image.replace(/v1$/, 'v3');
  await asNobody(async () => {
    await unpack(image, place.out, { rootless: true, hostPlatform });
    const { changes } = await diff(image, place.out, { hostPlatform });
    assert.deepEqual(changes, []);
    const { layer: made } = await commit(place.out, `${place.directory}/new:v2`, { base: image, hostPlatform });
    assert.equal(made, null);
    // As the directory is read, every attribute is the image's.
    await commit(place.out, `${place.directory}/new:whole`, { hostPlatform });
  });
  const { files: entries } = await files(`${place.directory}/new:whole`, [], { recursive: true, hostPlatform });
  const types: Readonly<Record<string, string>> = { dir: 'directory', char: 'char device', block: 'block device' };
  for (const { path, image: said } of rows) {
    const [, type = '', mode = '', owner = ''] = /^(\w+) (?:\d+:\d+ )?(\d{4,5}) (\d+:\d+)/.exec(said ?? '') ?? [];
    for (const name of said === null || type === '' ? [] : path.split(', ')) {
      const found = entries.find(entry => entry.path === `/${name.replace(/\/$/, '')}`);
      const shown = [found?.type, found?.mode.replace(/^0+/, ''), `${found?.uid}:${found?.gid}`];
      assert.deepEqual(shown, [types[type] ?? type, mode.replace(/^0+/, ''), owner], name);
    }
  }
});

test('nothing lies beside a directory that was unpacked without a word of root', async t => {
  const place = placeOf(t);
  await asNobody(async () => {
    const before = readdirSync(place.directory);
    const { warnings, sidecar } = await unpack(place.image, place.out, { hostPlatform });
    assert.deepEqual([sidecar, readdirSync(place.directory)], [null, [...before, 'out']]);
    assert.match(warnings.join(), /2 device nodes.*not root$/);
  });
});

for (const bundle of [true, false]) {
  test(`an edit of a rootless ${bundle ? 'bundle' : 'directory'} is all that differs, and owners stay`, async t => {
    const place = placeOf(t);
    const rootfs = bundle ? join(place.out, 'rootfs') : place.out;
    const at = (path: string): string => join(rootfs, path);
    await asNobody(async () => {
      await unpack(place.image, place.out, { bundle, rootless: true, hostPlatform });
      chmodSync(at('bin/wall'), 0o755);
      appendFileSync(at('bin/ping'), 'more');
      writeFileSync(at('dev/null'), '');
      unlinkSync(at('dev/sda'));
      chmodSync(at('etc/gshadow'), 0o600);
      appendFileSync(at('etc/gshadow'), 'more');
      chmodSync(at('etc/gshadow'), 0);
      appendFileSync(at('home/node/f'), 'more');
      linkSync(at('home/node/f'), at('home/a-link'));
      renameSync(at('home/node/x'), at('home/node/y'));
      unlinkSync(at('home/node/link'));
      symlinkSync('other', at('home/node/link'));
      writeFileSync(at('home/node/new'), '');
      mkdirSync(at('new'));
      chmodSync(at('new'), 0o755);
      chmodSync(at('home/node/new'), 0o644);
      unlinkSync(at('big'));
      mkdirSync(at('big'));
      chmodSync(at('big'), 0o755);
      chmodSync(at('ro'), 0o755);
      writeFileSync(at('ro/g'), '');
      chmodSync(at('ro/g'), 0o644);
      chmodSync(at('ro'), 0o555);
      const { changes } = await diff(...against({ bundle }, place), { hostPlatform });
      const expected = [
        'C /big 0:0 0755 directory type,mode,owner',
        'C /bin/ping 0:0 0755 file size,xattr',
        'C /bin/wall 0:5 0755 file mode',
        'C /dev/null 0:0 0666 char device',
        'D /dev/sda 0:6 0660 block device',
        'C /etc/gshadow 0:42 0000 file size',
        'A /home/a-link 1000:1000 0600 file',
        'C /home/node/f 1000:1000 0600 file size,links',
        'C /home/node/hard 1000:1000 0600 file size,links',
        'C /home/node/link 1000:1000 0777 symlink target',
        'A /home/node/new 0:0 0644 file',
        'D /home/node/x 1000:1000 0600 file',
        'A /home/node/y 0:0 0600 file',
        'A /new 0:0 0755 directory',
        'A /ro/g 0:0 0644 file',
      ];
      assert.deepEqual(rowsOf(changes), expected);
      const base = bundle ? {} : { base: place.image };
      await commit(place.out, `${place.directory}/new:v2`, { ...base, hostPlatform });
      const made = await diff(place.image, `${place.directory}/new:v2`, { hostPlatform });
      assert.deepEqual(rowsOf(made.changes), expected);
    });
  });
}

test('random trees that are unpacked without root do not differ, and of an edit only the edit is in the layer', async t => {
  if (!isRoot(t)) return;
  await fc.assert(
    fc.asyncProperty(arbitraryTree, fc.boolean(), fc.boolean(), async (tree: Tree, bundle, asked) => {
      fc.pre(bundle || !hasHidingDevice(tree));
      const rootless = asked || !bundle;
      const layer = toLayer(diffTrees(emptyTree(), tree), tree);
      const place = placeOf(t, layer, node => Buffer.alloc(node.size, 97 + node.content.member));
      const base = bundle ? {} : { base: place.image };
      await asNobody(async () => {
        await unpack(place.image, place.out, { bundle, rootless, hostPlatform });
        assert.deepEqual((await diff(...against({ bundle }, place), { hostPlatform })).changes, []);
        assert.equal((await commit(place.out, `${place.directory}/new:v2`, { ...base, hostPlatform })).layer, null);
        const rootfs = bundle ? join(place.out, 'rootfs') : place.out;
        chmodSync(rootfs, 0o755);
        writeFileSync(join(rootfs, 'a new one'), 'new');
        chmodSync(join(rootfs, 'a new one'), 0o644);
        await commit(place.out, `${place.directory}/new:v3`, { ...base, hostPlatform });
      });
      const { changes } = await diff(place.image, `${place.directory}/new:v3`, { hostPlatform });
      assert.deepEqual(rowsOf(changes), ['A /a new one 0:0 0644 file']);
      removeTreeNow(place.directory);
    }),
    { numRuns: 12 },
  );
});

test('as root, rootless gives what a user would get', async t => {
  if (!isRoot(t)) return;
  const place = placeOf(t);
  await unpack(place.image, place.out, { bundle: true, rootless: true, hostPlatform });
  const at = (path: string): Stats => lstatSync(join(place.out, 'rootfs', path));
  assert.deepEqual([at('home/node').uid, at('dev/null').isFile(), at('run/fifo').isFIFO()], [0, true, true]);
  const asUser = `${place.directory}/other`;
  await asNobody(() => unpack(place.image, asUser, { bundle: true, rootless: true, hostPlatform }));
  const linesOf = (bundle: string): readonly string[] =>
    readFileSync(join(bundle, 'rootfs.mtree'), 'latin1')
      .split('\n')
      .filter(line => line.startsWith('.'));
  assert.ok(linesOf(place.out).length > 5);
  assert.deepEqual(linesOf(place.out), linesOf(asUser));
  assert.deepEqual((await diff(place.out)).changes, []);
});

test('with maps, root gives files to the IDs of the host, and a commit maps them back', async t => {
  if (!isRoot(t)) return;
  const place = placeOf(t);
  const maps = { uidMap: ['0:100000:1001'], gidMap: ['0:200000:6', '1000:300000'] };
  for (const bundle of [true, false]) {
    const out = `${place.out}-${bundle}`;
    const rootfs = bundle ? `${out}/rootfs` : out;
    await unpack(place.image, out, { bundle, ...maps, hostPlatform });
    const ownerOf = (path: string): readonly number[] => {
      const { uid, gid } = lstatSync(join(rootfs, path));
      return [uid, gid];
    };
    assert.deepEqual(ownerOf('bin/wall'), [100_000, 200_005]);
    assert.deepEqual(ownerOf('home/node/link'), [101_000, 300_000]);
    assert.deepEqual(ownerOf('big'), [100_000, 200_000]);
    const sides = against({ bundle }, { ...place, out });
    assert.deepEqual((await diff(...sides, { hostPlatform })).changes, []);
    chownSync(join(rootfs, 'bin/su'), 100_007, 200_001);
    writeFileSync(join(rootfs, 'hosts'), '');
    chmodSync(join(rootfs, 'hosts'), 0o644);
    assert.deepEqual(rowsOf((await diff(...sides, { hostPlatform })).changes), [
      'C /bin/su 7:1 0755 file mode,owner',
      'A /hosts 0:0 0644 file',
    ]);
  }
  for (const uidMap of [['0'], ['0:1:0'], ['a:b:c'], ['0:4294967295:1']])
    await assert.rejects(unpack(place.image, place.out, { uidMap }), { code: 'usage', option: 'uidMap' });
});

test('a sidecar goes with its directory: another file in its place is a conflict, one of what was there is replaced', async t => {
  const place = placeOf(t);
  const beside = `${place.out}.mtree`;
  await asNobody(async () => {
    writeFileSync(beside, '#mtree\n./a type=file uid=7\n');
    const options = { rootless: true, hostPlatform };
    await assert.rejects(unpack(place.image, place.out, options), { code: 'conflict', subject: beside });
    assert.ok(!existsSync(place.out));
    assert.match(readFileSync(beside, 'utf8'), /uid=7/);
    await unpack(place.image, place.out, { ...options, force: true });
    removeTreeNow(place.out);
    await unpack(place.image, place.out, options);
    const text = readFileSync(beside, 'latin1');
    assert.deepEqual((await diff(place.image, place.out, { hostPlatform })).changes, []);
    writeFileSync(beside, text.replace('uid=1000', 'uid=many'));
    await assert.rejects(diff(place.image, place.out, { hostPlatform }), { code: 'invalid', subject: beside });
    writeFileSync(beside, text.replace('ocikit sidecar 1', 'ocikit sidecar 2'));
    await assert.rejects(diff(place.image, place.out, { hostPlatform }), { code: 'unsupported', subject: beside });
  });
  if (process.getuid?.() !== 0) return;
  await unpack(place.image, place.out, { force: true, hostPlatform });
  assert.ok(existsSync(beside), 'a file of another version is not ours to remove');
});
