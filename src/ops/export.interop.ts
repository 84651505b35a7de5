import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withDocker } from '../testing/engines.ts';
import { changeDirectory, fillDirectory, randomOf } from '../testing/random-directory.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, isRoot, listTree, ocikit, run } from '../testing/witness.ts';

/** Extended attributes of every file of a tree, as getfattr tells them. */
const xattrsOf = (root: string): string => run(root, 'sh', '-c', 'getfattr -Rhd -m - -e hex . 2>/dev/null | sort');

/** Directories whose modes get into the way of who extracts them, and what an upper layer puts into them. */
const firstModes =
  'mkdir -p 0shut/in 1set/none 1set/low/deep 2later && echo a | tee 0shut/f 0shut/in/f 1set/low/f 2later/f >/dev/null && chmod 2775 1set 1set/low && chmod 0 0shut 1set/none';
const secondModes =
  'mkdir -p 0shut/new 1set/new/deep 1set/low/new 1set/low/empty && echo b | tee 0shut/new/g 1set/new/deep/g 1set/low/new/g >/dev/null && chmod 2770 1set/new && chmod 0 1set/new/deep && chmod 755 1set/low/new 1set/low/empty';

test('plain GNU tar and bsdtar make of an export the tree that umoci unpacks, attribute for attribute', async t => {
  if (!isRoot(t) || !hasTools(t, 'umoci', 'tar', 'bsdtar', 'getfattr', 'setfattr')) return;
  for (const seed of [3, 5, 8]) {
    const place = temporaryDirectory(t);
    const rootfs = join(place, 'rootfs');
    mkdirSync(rootfs);
    const random = randomOf(seed);
    for (let round = 0; round < 3; round++) fillDirectory(rootfs, random);
    run(rootfs, 'sh', '-c', firstModes);
    ocikit(place, 'commit', 'rootfs', 'img:base', '--platform', 'linux/amd64');
    changeDirectory(rootfs, random);
    run(rootfs, 'sh', '-c', secondModes);
    run(place, 'sh', '-c', 'echo caps > rootfs/caps && setfattr -n user.note -v hello rootfs/caps');
    run(
      place,
      'setfattr',
      '-n',
      'security.capability',
      '-v',
      '0x0100000200200000000000000000000000000000',
      'rootfs/caps',
    );
    ocikit(place, 'commit', 'rootfs', 'img:next', '--base', 'img:base');
    ocikit(place, 'export', 'img:next', '-o', 'out.tar');
    mkdirSync(join(place, 'gnu'));
    mkdirSync(join(place, 'bsd'));
    run(place, 'tar', '-xpf', 'out.tar', '-C', 'gnu', '--xattrs', '--xattrs-include=*');
    // bsdtar warns of names that are not UTF-8, of GNU tar's archives as well, and then writes them as they are.
    const extract = 'LC_ALL=C.UTF-8 bsdtar -xpf out.tar -C bsd 2>warnings';
    run(place, 'sh', '-c', `${extract} || ! grep -Ev "can.t be converted|Error exit delayed" warnings`);
    run(place, 'umoci', 'unpack', '--image', 'img:next', 'bundle');
    const expected = listTree(join(place, 'bundle/rootfs'));
    assert.deepEqual(listTree(join(place, 'gnu')), expected, `GNU tar, seed ${seed}`);
    assert.deepEqual(listTree(join(place, 'bsd')), expected, `bsdtar, seed ${seed}`);
    const attributes = xattrsOf(join(place, 'bundle/rootfs'));
    assert.match(attributes, /security.capability/);
    assert.equal(xattrsOf(join(place, 'gnu')), attributes);
    assert.equal(xattrsOf(join(place, 'bsd')), attributes);
  }
});

test('docker imports an export, and what docker exports of it is the same root filesystem', async t => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs/etc'), { recursive: true });
  run(place, 'sh', '-c', 'echo hello > rootfs/etc/motd && ln rootfs/etc/motd rootfs/etc/zz && ln -s motd rootfs/etc/a');
  ocikit(place, 'commit', 'rootfs', 'img:base', '--platform', 'linux/amd64');
  ocikit(place, 'export', 'img:base', '-o', 'out.tar');
  await withDocker(t, async ({ docker }) => {
    docker(['import', join(place, 'out.tar'), 'exported']);
    const id = docker(['create', 'exported', '/nothing']).toString().trim();
    const tar = docker(['export', id]);
    ocikit(place, 'import', 'out.tar', 'img:imported', '--platform', 'linux/amd64');
    writeFileSync(join(place, 'docker.tar'), tar);
    const rows = ocikit(place, 'diff', 'img:base', 'docker.tar', '--ignore', 'mtime').trim().split('\n');
    // What docker makes for every container, and nothing else.
    const made = /^[AC] \/(\.dockerenv|dev(\/.*)?|proc|sys|etc(\/(hostname|hosts|resolv\.conf|mtab))?)$/;
    assert.deepEqual(
      rows.filter(row => !made.test(row)),
      [],
    );
    assert.equal(ocikit(place, 'diff', 'img:base', 'img:imported'), '');
  });
});
