import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { init } from './init.ts';
import { unpack } from './unpack.ts';

interface Place {
  readonly layout: string;
  readonly root: string;
}

async function prepared(t: TestContext): Promise<Place> {
  const place = temporaryDirectory(t);
  const [layout, root] = [join(place, 'img'), join(place, 'root')];
  await init(layout);
  for (const name of ['etc', 'proc', 'tmp', 'srv', 'data/in']) mkdirSync(join(root, name), { recursive: true });
  chmodSync(root, 0o755);
  writeFileSync(join(root, 'etc/a'), 'a');
  writeFileSync(join(root, 'srv/kept'), 'of the base');
  writeFileSync(join(root, 'hosts'), 'of the base');
  writeFileSync(join(root, 'data/in/f'), 'f');
  return { layout, root };
}

/** Works with something mounted, innermost last; skips, with a message, where that is not to be had. */
async function withMounts(
  t: TestContext,
  mounts: readonly (readonly string[])[],
  work: () => Promise<void>,
): Promise<void> {
  const [first, ...others] = mounts;
  if (first === undefined) return work();
  const made = spawnSync('mount', first, { encoding: 'utf8' });
  if (made.status !== 0)
    return t.skip(`needs root and the right to mount: ${made.stderr?.trim() ?? made.error?.message}`);
  try {
    await withMounts(t, others, work);
  } finally {
    execFileSync('umount', [first.at(-1) as string]);
  }
}

const rows = (changes: readonly { readonly kind: string; readonly path: string }[]): readonly string[] =>
  changes.map(({ kind, path }) => `${kind} ${path}`);

test('a mount stays as it is in the base, and one warning names them all: proc, a tmpfs, binds of directories and files', async t => {
  const { layout, root } = await prepared(t);
  await commit(root, `${layout}:base`);
  await withMounts(
    t,
    [
      ['-t', 'proc', 'proc', join(root, 'proc')],
      ['-t', 'tmpfs', 'tmpfs', join(root, 'tmp')],
      ['--bind', join(root, 'data'), join(root, 'srv')],
      ['--bind', join(root, 'etc/a'), join(root, 'hosts')],
    ],
    async () => {
      writeFileSync(join(root, 'tmp/x'), 'x');
      const same = await commit(root, `${layout}:same`, { base: `${layout}:base` });
      assert.equal(same.layer, null);
      assert.deepEqual(same.warnings, [
        '/hosts, /proc, /srv, /tmp: mounts, which are not walked and stay as they are in the base',
      ]);
      for (const [one, other] of [
        [`${layout}:base`, root],
        [root, `${layout}:base`],
        [root, root],
      ] as const)
        assert.deepEqual(rows((await diff(one, other)).changes), []);

      writeFileSync(join(root, 'etc/b'), 'b');
      await commit(root, `${layout}:more`, { base: `${layout}:base` });
      assert.deepEqual(rows((await diff(`${layout}:base`, `${layout}:more`)).changes), ['C /etc', 'A /etc/b']);
      const excluded = await commit(root, `${layout}:quiet`, {
        base: `${layout}:base`,
        exclude: ['proc', 'srv', 'tmp/**', 'hosts'],
        strict: true,
      });
      assert.deepEqual(excluded.warnings, []);
    },
  );
});

test('what is mounted is walked where that is asked for', async t => {
  const { layout, root } = await prepared(t);
  await commit(root, `${layout}:base`);
  await withMounts(t, [['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', join(root, 'tmp')]], async () => {
    writeFileSync(join(root, 'tmp/x'), 'x');
    const { changes, warnings } = await diff(`${layout}:base`, root, { crossMounts: true });
    assert.deepEqual(rows(changes), ['C /tmp', 'A /tmp/x']);
    assert.deepEqual(warnings, []);
    await commit(root, `${layout}:more`, { base: `${layout}:base`, crossMounts: true });
    assert.deepEqual(rows((await diff(`${layout}:base`, `${layout}:more`)).changes), ['C /tmp', 'A /tmp/x']);
  });
});

test('without a base a mount is an empty directory of the mode and the owner that are seen', async t => {
  const { layout, root } = await prepared(t);
  await withMounts(t, [['-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', join(root, 'tmp')]], async () => {
    writeFileSync(join(root, 'tmp/x'), 'x');
    await commit(root, `${layout}:base`);
    const { changes } = await diff(join(root, 'data'), `${layout}:base`);
    const tmp = changes.find(({ path }) => path === '/tmp');
    assert.deepEqual([tmp?.after?.mode, tmp?.after?.mtime], ['1777', '1970-01-01T00:00:00Z']);
    assert.ok(!changes.some(({ path }) => path === '/tmp/x'));
  });
});

test('a bundle in which something is still mounted has no change', async t => {
  const { layout, root } = await prepared(t);
  await commit(root, `${layout}:base`);
  const bundle = join(layout, '../bundle');
  await unpack(`${layout}:base`, bundle, { bundle: true });
  await withMounts(t, [['-t', 'proc', 'proc', join(bundle, 'rootfs/proc')]], async () => {
    const { changes, warnings } = await diff(bundle);
    assert.deepEqual(rows(changes), []);
    assert.match(warnings.join(), /^\/proc: a mount/);
    assert.equal((await commit(bundle)).layer, null);
  });
});

/** A directory that nobody can walk without a word: there is a socket in it. */
async function withSocket(t: TestContext, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const server = createServer().listen(join(directory, 's'));
  t.after(() => server.close());
  await new Promise(resolve => server.once('listening', resolve));
}

test('what is excluded is not visited: by --exclude, by a file of patterns, by --paths', async t => {
  const { layout, root } = await prepared(t);
  await commit(root, `${layout}:base`);
  await withSocket(t, join(root, 'run/deep'));
  const base = `${layout}:base`;
  const ignoreFile = join(layout, '../ignore');
  writeFileSync(ignoreFile, 'run\n!etc\n');
  const told = await commit(root, `${layout}:told`, { base });
  assert.match(told.warnings.join(), /a socket/);
  for (const options of [{ exclude: ['run'] }, { exclude: ['run/**'] }, { exclude: ['run/deep'] }, { ignoreFile }]) {
    const { warnings, changes } = await commit(root, `${layout}:x`, { base, ...options });
    assert.deepEqual([warnings, changes], [[], options.exclude?.[0] === 'run/deep' ? 1 : 0], JSON.stringify(options));
  }
  for (const paths of [['etc/**'], ['etc'], ['e*/?'], ['/etc/a']])
    assert.deepEqual(await diff(base, root, { paths }), { changes: [], config: [], manifest: [], warnings: [] });
  writeFileSync(ignoreFile, 'run\n!run/deep/kept\n');
  writeFileSync(join(root, 'run/deep/kept'), 'kept');
  const back = await commit(root, `${layout}:back`, { base, ignoreFile });
  assert.deepEqual([back.warnings, back.changes], [[], 3]);
});

test('only paths that are asked for are compared, and links of a file to others are none', async t => {
  const { layout, root } = await prepared(t);
  execFileSync('ln', [join(root, 'etc/a'), join(root, 'srv/a')]);
  await commit(root, `${layout}:base`);
  writeFileSync(join(root, 'etc/a'), 'other bytes');
  const { changes } = await diff(`${layout}:base`, root, { paths: ['etc/**'], ignore: ['mtime'] });
  assert.deepEqual(rows(changes), ['C /etc', 'C /etc/a']);
  assert.deepEqual(
    changes[1]?.reasons.map(({ aspect }) => aspect),
    ['size'],
  );
});
