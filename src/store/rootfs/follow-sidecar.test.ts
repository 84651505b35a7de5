import assert from 'node:assert/strict';
import { existsSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { atOnce } from '../../tree/parts.ts';
import { walk } from '../../tree/walk.ts';
import { openRootfsDirectory } from './directory.ts';
import { followSidecar } from './follow-sidecar.ts';
import { encodeSidecar, sidecarOf } from './sidecar.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** Whether who asks when a file was made gets an answer there. */
function tellsBirth(t: TestContext, directory: string): boolean {
  const isTold = lstatSync(directory, { bigint: true }).birthtimeNs > 0n;
  if (!isTold) t.skip('a file system that does not tell when a file was made');
  return isTold;
}

/** A directory of files whose owners stand beside it: each file's contents are its owner's number, 0 for what nothing is said of. */
function make(directory: string): string {
  const root = join(directory, 'rootfs');
  mkdirSync(root);
  const entries = new Map();
  for (const [at, name] of ['a', 'b', 'd'].entries()) {
    mkdirSync(join(root, name));
    if (name !== 'd') entries.set(name, { type: 'dir', uid: 100 + at, gid: 0 });
    for (const file of ['x', 'y', 'z']) {
      const uid = file === 'z' ? 0 : 10 * (at + 1) + (file === 'x' ? 1 : 2);
      writeFileSync(join(root, name, file), `${uid}`);
      if (uid !== 0) entries.set(`${name}/${file}`, { type: 'file', uid, gid: uid });
    }
  }
  writeFileSync(sidecarOf(root), atOnce(encodeSidecar({ maps: { uids: [], gids: [] }, owner, entries })));
  return root;
}

/** Owners of all files, whose contents say what they should be. */
async function owners(root: string): Promise<readonly string[]> {
  const rootfs = openRootfsDirectory(root);
  const tree = await rootfs.tree();
  const found: string[] = [];
  for (const [path, node] of walk(tree)) {
    if (node.kind !== 'file') continue;
    let text = '';
    for await (const chunk of rootfs.body(path, node)) text += Buffer.from(chunk).toString();
    found.push(`${text}:${node.meta.uid}`);
  }
  return found;
}

const step = fc.record({
  from: fc.constantFrom('a', 'b', 'd', 'a/x', 'a/y', 'b/x', 'b/z', 'd/y', 'd/z', 'new', 'a/new', 'new/x'),
  to: fc.constantFrom('new', 'a/new', 'b/new', 'd/new', 'new/x', 'other', 'b/other'),
});

test('a file keeps its owner under whatever new name programs have given it, one run after another', async t => {
  const directory = temporaryDirectory(t);
  if (!tellsBirth(t, directory)) return;
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 3 }), async runs => {
      const place = join(directory, `${count++}`);
      mkdirSync(place);
      const root = make(place);
      for (const steps of runs) {
        const follow = await followSidecar(root);
        for (const { from, to } of steps) {
          const [one, other] = [join(root, from), join(root, to)];
          const isRoom = statSync(dirname(other), { throwIfNoEntry: false })?.isDirectory() === true;
          const isWithin = `${other}/`.startsWith(`${one}/`);
          if (existsSync(one) && !existsSync(other) && isRoom && !isWithin) renameSync(one, other);
        }
        await follow?.();
      }
      for (const text of await owners(root)) assert.equal(text, `${text.split(':')[0]}:${text.split(':')[0]}`);
    }),
    { numRuns: 60 },
  );
});

test('two files that change places change owners, one that is new has none, and one that is rewritten in place keeps its', async t => {
  const directory = temporaryDirectory(t);
  if (!tellsBirth(t, directory)) return;
  const root = make(directory);
  const at = (name: string): string => join(root, name);
  const follow = await followSidecar(root);
  renameSync(at('a/x'), at('held'));
  renameSync(at('b/x'), at('a/x'));
  renameSync(at('held'), at('b/x'));
  // As editors and tools of users do: a new file goes where the old one was.
  writeFileSync(at('a/new'), '12');
  renameSync(at('a/new'), at('a/y'));
  linkSync(at('b/y'), at('b/w'));
  rmSync(at('d/x'));
  renameSync(at('d/y'), at('d/moved'));
  await follow?.();
  writeFileSync(at('d/y'), '0');
  for (const text of await owners(root)) assert.equal(text, `${text.split(':')[0]}:${text.split(':')[0]}`);
});

test('nothing is written where nothing has moved, and nothing is looked at where there is no sidecar', async t => {
  const directory = temporaryDirectory(t);
  const root = make(directory);
  const before = lstatSync(sidecarOf(root), { bigint: true }).ctimeNs;
  const follow = await followSidecar(root);
  writeFileSync(join(root, 'a/x'), '11');
  writeFileSync(join(root, 'more'), '0');
  await follow?.();
  assert.equal(lstatSync(sidecarOf(root), { bigint: true }).ctimeNs, before);
  rmSync(sidecarOf(root));
  assert.equal(await followSidecar(root), undefined);
});
