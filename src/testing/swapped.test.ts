import assert from 'node:assert/strict';
import { lchownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { build } from '../ops/build.ts';
import { config } from '../ops/config.ts';
import { copy } from '../ops/copy.ts';
import { cp } from '../ops/cp.ts';
import { gc } from '../ops/gc.ts';
import { init } from '../ops/init.ts';
import { save } from '../ops/save.ts';
import { tag } from '../ops/tag.ts';
import { unpack } from '../ops/unpack.ts';
import { systemCode } from '../store/disk/system-error.ts';
import { once } from '../stream/once.ts';
import { makeLayout, putImage, putName } from './layout-files.ts';
import { rawTar } from './raw-tar.ts';
import { isSame, snapshotOf } from './snapshot.ts';
import { temporaryDirectory } from './temporary.ts';

const isRoot = process.geteuid?.() === 0;

type Call = (...values: unknown[]) => unknown;

const fs = createRequire(import.meta.url)('node:fs') as Record<string, Call>;
const calls = [
  'openSync',
  'mkdirSync',
  'mkdtempSync',
  'renameSync',
  'linkSync',
  'chmodSync',
  'chownSync',
  'rmdirSync',
  'unlinkSync',
  'opendirSync',
  'readdirSync',
  'lstatSync',
  'statSync',
  'copyFileSync',
] as const;

/** Does work, and before its call number `at` (from 1) of the disk what somebody else does there. Answers how many calls there were. */
async function interrupted(at: number, other: () => void, work: () => Promise<unknown>): Promise<number> {
  const originals = calls.map(name => [name, fs[name] as Call] as const);
  const restore = (): void => {
    for (const [name, original] of originals) fs[name] = original;
    syncBuiltinESMExports();
  };
  let count = 0;
  const put = (): void => {
    for (const [name, original] of originals) {
      fs[name] = (...values: unknown[]) => {
        if (++count === at) {
          restore();
          other();
          put();
        }
        return original(...values);
      };
    }
    syncBuiltinESMExports();
  };
  put();
  try {
    await work();
  } catch (error) {
    // Only what is taken away at the very end, after the work, may say no more than what the system does.
    assert.ok(error instanceof OciError || systemCode(error) !== undefined, String((error as Error).stack));
  } finally {
    restore();
  }
  return count;
}

/** Puts a link to the same name outside in the place of a directory. */
function swap(target: string, name: string, outside: string): void {
  const place = join(target, name);
  if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  renameSync(place, join(target, '../taken'));
  symlinkSync(outside, place);
  // Somebody else's, where that can be.
  if (isRoot) lchownSync(place, 65534, 65534);
}

/** What is done to the directory that a verb writes to: its temporary directories, or one that was there, are swapped for links. */
const swaps: Readonly<Record<string, (target: string, outside: string) => void>> = {
  'a temporary directory': (target, outside) => {
    const names = readdirSync(target).filter(name => name.startsWith('.ocikit-') && name !== '.ocikit-lock');
    for (const name of names.slice(-1)) swap(target, name, outside);
  },
  'the lock': (target, outside) => swap(target, '.ocikit-lock', outside),
  'a directory': (target, outside) => swap(target, 'a', join(outside, 'a')),
  'the directory of blobs': (target, outside) => swap(target, 'blobs', join(outside, 'blobs')),
  'that of an algorithm': (target, outside) => swap(target, 'blobs/sha256', join(outside, 'blobs/sha256')),
  'a directory in it': (target, outside) => swap(target, 'a/b', join(outside, 'a/b')),
};

interface Case {
  readonly prepare: (target: string) => Promise<unknown> | unknown;
  readonly verb: (app: string, target: string) => Promise<unknown>;
  readonly swapped: readonly string[];
}

const own = 'a temporary directory';

/** A user's own links to blobs that layouts share are followed. */
const blobs = isRoot ? ['the directory of blobs', 'that of an algorithm'] : [];
const platform = 'linux/amd64';
const created = '2026-01-01T00:00:00Z';
const makeTree = (target: string): void => {
  mkdirSync(join(target, 'a/b'), { recursive: true });
  writeFileSync(join(target, 'a/b/f'), 'old');
};
const makeOther = (target: string): void => {
  putName(makeLayout(target), 'old', putImage(target, { layers: [{ tar: rawTar([['old', 'old']]) }] }));
};

const cases: Readonly<Record<string, Case>> = {
  'cp merged into a directory': {
    prepare: makeTree,
    verb: (app, target) => cp(`${app}:/top/.`, target, { merge: true, platform }),
    swapped: [own, 'a directory', 'a directory in it'],
  },
  'unpack into an empty directory': {
    prepare: target => mkdirSync(target),
    verb: (app, target) => unpack(app, target, { platform }),
    swapped: [own],
  },
  'copy into a layout': {
    prepare: target => init(target),
    verb: (app, target) => copy(app, `${target}:new`),
    swapped: [own, ...blobs],
  },
  'config of an image': {
    prepare: makeOther,
    verb: (_app, target) => config(`${target}:old`, { set: ['author=Ann'], created }),
    swapped: [own, ...blobs],
  },
  'tag of an image': {
    prepare: makeOther,
    verb: (_app, target) => tag(`${target}:old`, ['new']),
    swapped: ['the lock'],
  },
  'gc of a layout': {
    prepare: target => {
      makeOther(target);
      putImage(target, { layers: [{ tar: rawTar([['lost', 'lost']]) }] });
    },
    verb: (_app, target) => gc(target, { grace: '0s' }),
    swapped: [own, 'the lock'],
  },
  'copy into an archive, compressed otherwise': {
    prepare: target => mkdirSync(target),
    verb: (app, target) => copy(app, `oci-archive:${join(target, 'copied.tar')}`, { compression: 'none' }),
    swapped: [own],
  },
  'build into an archive': {
    prepare: target => mkdirSync(target),
    verb: (_app, target) =>
      build(once(Buffer.from('FROM scratch\nCOPY <<A /a\nhello\nA\n')), [], {
        platforms: [platform],
        output: { kind: 'oci', path: join(target, 'built.tar') },
        created,
      }),
    swapped: [own],
  },
  'save to a file': {
    prepare: target => mkdirSync(target),
    verb: (app, target) => save([app], join(target, 'saved.tar'), { platform }),
    swapped: [own],
  },
};

/** Directories of the names that are written to. */
function makeOutside(place: string): string {
  const outside = join(place, 'outside');
  for (const name of ['a/b', 'blobs/sha256', 'new', 'layout/blobs/sha256'])
    mkdirSync(join(outside, name), { recursive: true });
  for (const name of ['a/f', 'a/b/f', 'a/b/kept', 'new/f']) writeFileSync(join(outside, name), 'OUTSIDE');
  return outside;
}

async function swapAt(t: TestContext, { prepare, verb, swapped }: Case): Promise<void> {
  const place = temporaryDirectory(t);
  const [outside, layout, target] = [makeOutside(place), makeLayout(join(place, 'img')), join(place, 'target')];
  const tar = rawTar([
    ['top/'],
    ['top/a/'],
    ['top/a/b/'],
    ['top/a/b/f', 'new'],
    ['top/a/g', 'new'],
    ['top/c/'],
    ['top/c/h', 'new'],
  ]);
  putName(layout, 'app', putImage(layout, { layers: [{ tar }] }));
  const before = snapshotOf(outside);
  for (const what of swapped) {
    let [count, done] = [1, 0];
    // The first time nothing is swapped.
    for (let at = 0; at <= count; at++) {
      for (const path of [target, join(place, 'taken')]) rmSync(path, { recursive: true, force: true });
      await prepare(target);
      const act = (): void => {
        swaps[what]?.(target, outside);
        if (lstatSync(join(place, 'taken'), { throwIfNoEntry: false }) !== undefined) done++;
      };
      const made = await interrupted(at, act, () => verb(`${layout}:app`, target));
      if (at === 0) count = made;
      isSame(snapshotOf(outside), before, `${what} is swapped before call ${at} of ${count}`);
    }
    t.diagnostic(`${what} is swapped ${done} times`);
    assert.ok(done > 0, what);
  }
}

for (const [name, one] of Object.entries(cases))
  test(`${name}: whenever what is written to is swapped for a link, nothing is written outside`, t => swapAt(t, one));
