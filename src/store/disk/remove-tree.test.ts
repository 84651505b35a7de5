import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { asNobodyNow, nobody } from '../../testing/as-nobody.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { removeTree, removeTreeNow } from './remove-tree.ts';

/** All names below a directory. No symlink is followed: one that leads back would be listed again and again. */
const namesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();

/** A path of so many levels, built from below: no system call takes a name that long. */
function deepTree(place: string, levels: number): void {
  const name = 'd'.repeat(50);
  mkdirSync(place);
  for (let n = 0; n < levels; n++) {
    const outer = `${place}-outer`;
    mkdirSync(outer);
    renameSync(place, join(outer, name));
    if (n % 100 === 0) writeFileSync(join(outer, 'file'), '');
    renameSync(outer, place);
  }
}

for (const [way, remove, numRuns] of [
  ['while the event loop turns', (path: string) => removeTree(path), 30],
  ['with the help of a thread', (path: string) => removeTree(path, 0), 8],
  ['at once', removeTreeNow, 30],
] as const) {
  test(`a tree of any depth is removed ${way}`, async t => {
    const place = join(temporaryDirectory(t), 'deep');
    deepTree(place, 2100);
    await remove(place);
    assert.equal(existsSync(place), false);
  });

  test(`every tree is removed ${way}, and nothing that its symlinks lead to`, async t => {
    const parent = temporaryDirectory(t);
    const outside = join(parent, 'outside');
    const name = fc.constantFrom('a', 'b', 'left-0', 'left-1', '\u00ff', '-');
    const paths = fc.array(
      fc.tuple(fc.array(name, { minLength: 1, maxLength: 6 }), fc.constantFrom('dir', 'file', 'link')),
    );
    await fc.assert(
      fc.asyncProperty(paths, async entries => {
        const place = join(parent, 'tree');
        mkdirSync(place);
        mkdirSync(join(outside, 'kept'), { recursive: true });
        for (const [names, kind] of entries) {
          const path = join(place, ...names);
          try {
            mkdirSync(join(path, '..'), { recursive: true });
            if (kind === 'dir') mkdirSync(path);
            else if (kind === 'file') writeFileSync(path, '');
            else symlinkSync(outside, path);
          } catch {
            // The name is taken by something else.
          }
        }
        const before = namesBelow(outside);
        await remove(place);
        assert.deepEqual(readdirSync(parent), ['outside']);
        assert.deepEqual(namesBelow(outside), before);
        // What was made through the tree's links may lead back to itself, and must not grow from run to run.
        rmSync(outside, { recursive: true });
      }),
      { numRuns, endOnFailure: true },
    );
  });
}

test('the event loop turns while a large tree is removed', async t => {
  const place = join(temporaryDirectory(t), 'large');
  for (let n = 0; n < 40; n++) {
    mkdirSync(join(place, `${n}`), { recursive: true });
    for (let k = 0; k < 60; k++) writeFileSync(join(place, `${n}`, `${k}`), '');
  }
  let turns = 0;
  const count = (): void => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await removeTree(place);
  clearImmediate(next);
  assert.ok(turns >= 8, `${turns} turns`);
});

test('a directory that becomes a symlink while its tree is removed leads nowhere', async t => {
  const parent = temporaryDirectory(t);
  const outside = join(parent, 'outside');
  mkdirSync(join(outside, 'kept'), { recursive: true });
  const place = join(parent, 'tree');
  for (let n = 0; n < 300; n++) mkdirSync(join(place, `${n}`, 'inner'), { recursive: true });
  let swapped = 0;
  const swap = (): void => {
    for (const name of readdirSync(place).slice(0, 1)) {
      try {
        renameSync(join(place, name), join(parent, `moved-${swapped}`));
        symlinkSync(outside, join(place, name));
        swapped++;
      } catch {
        // It is gone already.
      }
    }
    if (existsSync(place)) next = setImmediate(swap);
  };
  let next = setImmediate(swap);
  await removeTree(place).finally(() => clearImmediate(next));
  assert.deepEqual(readdirSync(outside), ['kept']);
  assert.ok(swapped > 0);
  assert.equal(existsSync(place), false);
});

/** Whether this process may act as another user. */
function mayBeOthers(t: TestContext): boolean {
  if (process.geteuid?.() !== 0) t.skip('acting as another user needs root');
  return process.geteuid?.() === 0;
}

test('without root, a deep tree whose directories may be neither read nor written to is removed', t => {
  if (!mayBeOthers(t)) return;
  const parent = temporaryDirectory(t);
  chownSync(parent, nobody, nobody);
  asNobodyNow(() => {
    const place = join(parent, 'tree');
    const names = Array.from({ length: 30 }, (_, n) => `${n}`);
    mkdirSync(join(place, ...names), { recursive: true });
    for (let n = names.length; n >= 0; n--) {
      const directory = join(place, ...names.slice(0, n));
      writeFileSync(join(directory, 'file'), '');
      chmodSync(directory, n % 2 === 0 ? 0 : 0o555);
    }
    removeTreeNow(place);
    assert.equal(existsSync(place), false);
  });
});

test('what cannot be removed is told once everything else is gone', t => {
  if (!mayBeOthers(t)) return;
  const parent = temporaryDirectory(t);
  const place = join(parent, 'tree');
  for (const name of ['a', 'theirs', 'z']) {
    mkdirSync(join(place, name), { recursive: true });
    writeFileSync(join(place, name, 'file'), '');
  }
  for (const path of [parent, place, join(place, 'a'), join(place, 'z')]) chownSync(path, nobody, nobody);
  asNobodyNow(() => {
    assert.throws(() => removeTreeNow(place), { code: 'EACCES' });
    assert.deepEqual(readdirSync(place, { recursive: true }), ['theirs', join('theirs', 'file')]);
  });
});
