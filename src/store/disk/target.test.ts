import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../../errors.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { loadNative } from './native.ts';
import { prepareTarget } from './target.ts';

const fs = createRequire(import.meta.url)('node:fs') as Record<string, unknown>;

/** Lets renames fail from the given one on (counted from 1) for as long as it says; without native calls to exchange paths. */
function failRenames(t: TestContext, first: number, last: number): void {
  const native = loadNative();
  const { exchange } = native ?? {};
  if (native !== undefined)
    native.exchange = () => {
      throw Object.assign(new Error('ENOSYS: renameat2'), { code: 'ENOSYS', syscall: 'renameat2' });
    };
  const original = fs['renameSync'] as (from: string, to: string) => void;
  let count = 0;
  fs['renameSync'] = (from: string, to: string) => {
    count++;
    if (count >= first && count <= last)
      throw Object.assign(new Error('EIO: rename'), { code: 'EIO', syscall: 'rename' });
    original(from, to);
  };
  syncBuiltinESMExports();
  t.after(() => {
    fs['renameSync'] = original;
    syncBuiltinESMExports();
    if (native !== undefined && exchange !== undefined) native.exchange = exchange;
  });
}

function oldPlace(t: TestContext): string {
  const place = join(temporaryDirectory(t), 'place');
  mkdirSync(place);
  writeFileSync(join(place, 'old'), 'precious');
  return place;
}

test('without an exchange the old directory waits beside its place, and goes once the new one is there', async t => {
  const place = oldPlace(t);
  failRenames(t, 100, 100);
  const target = await prepareTarget(place, { force: true, isDirectory: true });
  writeFileSync(join(target.work, 'new'), '');
  await target.commit();
  assert.deepEqual(readdirSync(place), ['new']);
  assert.deepEqual(readdirSync(join(place, '..')), ['place']);
});

test('the old directory comes back where the new one cannot take its place', async t => {
  const place = oldPlace(t);
  failRenames(t, 2, 2);
  const target = await prepareTarget(place, { force: true, isDirectory: true });
  await assert.rejects(target.commit(), OciError);
  await target.abandon();
  assert.deepEqual(readdirSync(place), ['old']);
  assert.deepEqual(readdirSync(join(place, '..')), ['place']);
});

test('where it cannot even come back, the old directory is kept whole, and the error says where', async t => {
  const place = oldPlace(t);
  failRenames(t, 2, 3);
  const target = await prepareTarget(place, { force: true, isDirectory: true });
  const error: unknown = await target.commit().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await target.abandon();
  assert.ok(error instanceof OciError);
  const kept = /in (.*)$/.exec(error.hint ?? '')?.[1] ?? '';
  assert.equal(readFileSync(join(kept, 'old'), 'utf8'), 'precious');
  assert.equal(existsSync(place), false);
});

test('directories above that were there before stay when the work fails', async t => {
  const parent = temporaryDirectory(t);
  mkdirSync(join(parent, 'there'));
  const target = await prepareTarget(join(parent, 'there/n1/n2/n3'), { force: false, isDirectory: true });
  assert.ok(existsSync(join(parent, 'there/n1/n2')));
  await target.abandon();
  assert.deepEqual(readdirSync(join(parent, 'there')), []);
});

test('an empty directory that is there stays the one that it is, and gets what is in the work, and its attributes', async t => {
  const place = join(temporaryDirectory(t), 'place');
  mkdirSync(place, { mode: 0o700 });
  const { ino } = lstatSync(place);
  const target = await prepareTarget(place, { force: false, isDirectory: true });
  mkdirSync(join(target.work, 'shut/in'), { recursive: true });
  writeFileSync(join(target.work, 'file'), '');
  chmodSync(join(target.work, 'shut'), 0o555);
  chmodSync(target.work, 0o1751);
  utimesSync(target.work, 1, 12);
  await target.commit();
  const now = lstatSync(place);
  assert.deepEqual([now.ino, now.mode & 0o7777, now.mtimeMs], [ino, 0o1751, 12_000]);
  assert.deepEqual(readdirSync(place).sort(), ['file', 'shut']);
  assert.deepEqual(readdirSync(join(place, '..')), ['place']);
  chmodSync(join(place, 'shut'), 0o755);
  await assert.rejects(prepareTarget(place, { force: false, isDirectory: true }), /got one with files in it/);
});

test('what is being put into an empty directory is gone where it cannot be put there', async t => {
  const place = join(temporaryDirectory(t), 'place');
  mkdirSync(place);
  const { ino } = lstatSync(place);
  failRenames(t, 2, 2);
  const target = await prepareTarget(place, { force: false, isDirectory: true });
  for (const name of ['a', 'b']) writeFileSync(join(target.work, name), '');
  await assert.rejects(target.commit(), OciError);
  assert.deepEqual(readdirSync(target.work).sort(), ['a', 'b']);
  await target.abandon();
  assert.deepEqual(readdirSync(place), []);
  const again = await prepareTarget(place, { force: true, isDirectory: true });
  writeFileSync(join(again.work, 'new'), '');
  await again.commit();
  assert.deepEqual([readdirSync(place), lstatSync(place).ino], [['new'], ino]);
});

test('what has come into an empty directory meanwhile stays, and nothing else does', async t => {
  const place = join(temporaryDirectory(t), 'place');
  mkdirSync(place);
  const target = await prepareTarget(place, { force: false, isDirectory: true });
  for (const name of ['a', 'mine']) writeFileSync(join(target.work, name), 'theirs');
  writeFileSync(join(place, 'mine'), 'mine');
  await assert.rejects(target.commit(), /expected an empty directory, got one with files in it/);
  await target.abandon();
  assert.deepEqual(readdirSync(place), ['mine']);
  assert.equal(readFileSync(join(place, 'mine'), 'utf8'), 'mine');
});

test('a symbolic link to an empty directory is that directory, and with a slash behind it to any; else it is what is in the way', async t => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'led'));
  symlinkSync('led', join(place, 'link'));
  const into = async (directory: string, name: string, force = false): Promise<void> => {
    const target = await prepareTarget(directory, { force, isDirectory: true });
    writeFileSync(join(target.work, name), '');
    await target.commit();
  };
  const found = (): readonly unknown[] => [
    lstatSync(join(place, 'link')).isSymbolicLink(),
    readdirSync(join(place, 'led')),
  ];
  // Somebody else's leads nowhere.
  if (process.geteuid?.() === 0) {
    lchownSync(join(place, 'link'), 65534, 65534);
    await assert.rejects(into(join(place, 'link'), 'one'), /expected a place for a directory, got a symbolic link/);
    lchownSync(join(place, 'link'), 0, 0);
  }
  await into(join(place, 'link'), 'one');
  assert.deepEqual(found(), [true, ['one']]);
  await assert.rejects(into(`${place}/link/`, 'two'), /expected an empty or new directory, got one with files in it/);
  await assert.rejects(into(join(place, 'link'), 'two'), /expected a place for a directory, got a symbolic link/);
  await into(`${place}/link/.`, 'two', true);
  assert.deepEqual(found(), [true, ['two']]);
  await into(join(place, 'link'), 'three', true);
  assert.deepEqual(found(), [false, ['two']]);
  assert.deepEqual(readdirSync(join(place, 'link')), ['three']);
});

test('what is read is not replaced, whatever is asked for', async t => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, 'read');
  for (const isDirectory of [true, false])
    await assert.rejects(prepareTarget(file, { force: true, isDirectory, reads: file }), /got what is read$/);
  assert.equal(readFileSync(file, 'utf8'), 'read');
});
