import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../../errors.ts';
import { randomOf } from '../../testing/random-directory.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { run } from '../../testing/witness.ts';
import type { FileNode, Node, Path } from '../../tree/node.ts';
import { joinPath } from '../../tree/path.ts';
import { filesOf, walk } from '../../tree/walk.ts';
import { Descent } from '../disk/descent.ts';
import type { Native } from '../disk/native.ts';
import { loadNative } from '../disk/native.ts';
import { systemCode } from '../disk/system-error.ts';
import { openRootfsDirectory, type RootfsDirectory } from './directory.ts';
import type { Known } from './scan.ts';

const directories = ['a', 'a/b', 'a/b/c', 'd'];

/** The same names twice: what is outside says so in its contents, its targets and its sizes. */
function twins(t: TestContext): { readonly root: string; readonly outside: string } {
  const parent = temporaryDirectory(t);
  for (const [place, mark] of [
    ['root', 'inside'],
    ['outside', 'OUTSIDE'],
  ] as const) {
    for (const directory of ['', ...directories]) {
      mkdirSync(join(parent, place, directory), { recursive: true });
      writeFileSync(join(parent, place, directory, 'file'), mark);
      symlinkSync(mark, join(parent, place, directory, 'link'));
      writeFileSync(join(parent, place, directory, `only-${mark}`), mark);
    }
  }
  return { root: join(parent, 'root'), outside: join(parent, 'outside') };
}

/** Puts a symbolic link to the other tree where a directory was; the answer undoes it. */
function swap({ root, outside }: ReturnType<typeof twins>, path: Path): () => void {
  const [place, aside] = [join(root, path), join(outside, '..', 'aside')];
  renameSync(place, aside);
  symlinkSync(join(outside, path), place);
  return () => {
    rmSync(place);
    renameSync(aside, place);
  };
}

/** Calls that a walk makes between two looks at the disk, so that a test can step in. */
function stepsIn(step: () => void): { readonly known: Known; readonly native: Native | undefined } {
  const native = loadNative();
  const readXattrs = (path: string | Uint8Array): ReturnType<Native['readXattrs']> => {
    step();
    return native?.readXattrs(path);
  };
  const look = (): undefined => {
    step();
    return undefined;
  };
  const known: Known = { lookup: look, directory: look };
  const watched = native && { ...native, readXattrs };
  return { known, native: watched };
}

const textOfNode = (node: Node): string => (node.kind === 'symlink' ? node.target : '');

async function checkInside(rootfs: RootfsDirectory, between: (path: Path) => void): Promise<void> {
  const tree = await rootfs.tree();
  for (const [path, node] of walk(tree)) assert.doesNotMatch(`${path} ${textOfNode(node)}`, /OUTSIDE/);
  for (const [path, file] of [...filesOf(tree)].sort()) {
    between(path);
    const room = Buffer.alloc(file.size);
    rootfs.fill(path, file, room);
    assert.equal(room.toString(), 'inside', path);
    const text = [...rootfs.body(path, file)].map(chunk => Buffer.from(chunk).toString()).join('');
    assert.equal(text, 'inside', path);
  }
}

/** Nothing at all, or a conflict. */
async function inConflict(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    assert.equal(error.code, 'conflict', error.message);
    assert.match(error.message, /changed while it was read$/);
    return true;
  }
}

test('a directory that is swapped for a symlink at any step of the walk lets nothing of the outside in', async t => {
  const place = twins(t);
  let [conflicts, runs] = [0, 0];
  for (const directory of directories) {
    for (const length of [1, 7, 1000]) {
      for (let at = 0, isReached = true; isReached; at++) {
        let steps = 0;
        let undo: (() => void) | undefined;
        const step = (): void => {
          if (steps === at) undo = swap(place, directory);
          if (steps++ !== at + length || undo === undefined) return;
          undo();
          undo = undefined;
        };
        const rootfs = openRootfsDirectory(place.root, stepsIn(step));
        const isConflict = await inConflict(() => checkInside(rootfs, () => undefined));
        isReached = steps > at;
        undo?.();
        if (isConflict) conflicts++;
        runs++;
      }
    }
  }
  t.diagnostic(`${runs} swaps, ${conflicts} conflicts`);
  assert.ok(conflicts > 20 && conflicts < runs, `${conflicts} of ${runs}`);
});

test('a directory that is swapped between the walk and the reading of a file lets nothing of the outside in', async t => {
  const place = twins(t);
  for (const directory of directories) {
    for (const at of ['a/b/c/file', 'a/b/file', 'a/file', 'd/file', 'file']) {
      for (const isPrepared of [false, true]) {
        const rootfs = openRootfsDirectory(place.root);
        let undo: (() => void) | undefined;
        await rootfs.tree();
        const close = isPrepared ? await rootfs.prepare([], '') : undefined;
        await inConflict(() =>
          checkInside(rootfs, path => {
            if (path === at) undo = swap(place, directory);
          }),
        );
        close?.();
        undo?.();
      }
    }
  }
});

test('files are hashed as the walk found them, or it is a conflict', async t => {
  const place = twins(t);
  const rootfs = openRootfsDirectory(place.root);
  const files = new Set([...filesOf(await rootfs.tree())].map(([, file]) => file as FileNode));
  const before = new Set((await openAndHash(place.root)).values());
  for (const directory of directories) {
    const undo = swap(place, directory);
    await inConflict(async () => {
      assert.deepEqual(new Set((await rootfs.digests(files)).values()), before);
    });
    undo();
  }
});

async function openAndHash(root: string): Promise<ReadonlyMap<FileNode, string>> {
  const rootfs = openRootfsDirectory(root);
  return rootfs.digests(new Set([...filesOf(await rootfs.tree())].map(([, file]) => file)));
}

test('a way back up through a directory that was moved out of the root is a conflict', t => {
  const { root, outside } = twins(t);
  const deep = Array.from({ length: 40 }, () => 'n').join('/');
  mkdirSync(join(root, deep), { recursive: true });
  const descent = new Descent(root);
  t.after(() => descent.close());
  descent.enter(deep);
  renameSync(join(root, 'n/n/n'), join(outside, 'moved'));
  assert.throws(() => descent.enter('a'), { code: 'conflict' });
});

test('without /proc a swap that stays is noticed', t => {
  const place = twins(t);
  const descent = new Descent(place.root, { handles: undefined });
  t.after(() => descent.close());
  descent.enter('a/b');
  assert.deepEqual(descent.names().sort(), ['c', 'file', 'link', 'only-inside']);
  descent.check();
  const undo = swap(place, 'a');
  assert.throws(() => descent.check(), { code: 'conflict' });
  undo();
  descent.check();
  descent.enter('');
  descent.enter('d');
  descent.check();
});

/** Where a link leads; undefined where that is too long to be said. */
function leadOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? '' : undefined;
  }
}

test('a tree deeper than a system call takes is walked and read, with few directories open and none afterwards', async t => {
  const root = join(temporaryDirectory(t), 'root');
  // What else is open is Node's own, and comes and goes.
  const openFiles = (): number =>
    readdirSync('/proc/self/fd').filter(file => leadOf(`/proc/self/fd/${file}`)?.startsWith(root) !== false).length;
  mkdirSync(root);
  assert.equal(openFiles(), 0);
  const depth = 2200;
  const descent = new Descent(root);
  let path = '';
  for (let level = 0; level < depth; level++) {
    descent.enter(path);
    mkdirSync(descent.place('n'));
    path = joinPath(path, 'n');
  }
  descent.enter(path);
  writeFileSync(descent.place('file'), 'inside');
  assert.ok(openFiles() < 20);
  descent.close();
  try {
    let [steps, most] = [0, 0];
    const step = (): void => {
      if (steps++ % 100 === 0) most = Math.max(most, openFiles());
    };
    const rootfs = openRootfsDirectory(root, stepsIn(step));
    await checkInside(rootfs, step);
    assert.equal([...walk(await rootfs.tree())].length, depth + 1);
    assert.ok(most > 2 && most < 20, `${most}`);
    assert.equal(openFiles(), 0);
  } finally {
    // Node's own way calls itself for every level.
    run(root, 'rm', '-rf', 'n');
  }
});

test('whatever is swapped in a loop while a tree is walked and read, what comes out was inside', async t => {
  const place = twins(t);
  const random = randomOf(7);
  for (let run = 0; run < 200; run++) {
    let undo: (() => void) | undefined;
    const step = (): void => {
      if (random(4) > 0) return;
      if (undo === undefined) undo = swap(place, directories[random(directories.length)] as Path);
      else {
        undo();
        undo = undefined;
      }
    };
    await inConflict(() => checkInside(openRootfsDirectory(place.root, stepsIn(step)), step));
    undo?.();
  }
});
