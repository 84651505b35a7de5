import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { DiffResult } from '../ops/results.ts';
import { runCommand } from '../testing/command-line.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { byteStringOf, bytesOf, textOf } from '../tree/path.ts';

test('no two names have one text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (one, other) => {
      const [a, b] = [byteStringOf(one), byteStringOf(other)];
      assert.equal(textOf(a) === textOf(b), a === b);
    }),
    { numRuns: 2000 },
  );
  assert.notEqual(textOf('nl\nx'), textOf('nl\\x0ax'));
});

/** Files whose names are hard to write, in a directory. */
async function awkward(t: TestContext): Promise<{ readonly empty: string; readonly full: string }> {
  const place = temporaryDirectory(t);
  const [empty, full] = [join(place, 'empty'), join(place, 'full')];
  for (const directory of [empty, full]) mkdirSync(directory);
  for (const name of ['nl\nx', 'nl\\x0ax', 'caf\xe9'])
    writeFileSync(Buffer.concat([Buffer.from(`${full}/`), bytesOf(name)]), '');
  return { empty, full };
}

test('paths are exact in JSON, unambiguous in text, and bare with -z', async t => {
  const { empty, full } = await awkward(t);
  const { changes } = JSON.parse((await runCommand(['diff', empty, full, '--json'])).out) as DiffResult;
  assert.deepEqual(
    changes.map(({ path, pathBytes }) => [path, pathBytes]),
    [
      ['/caf\\xe9', Buffer.from('/caf\xe9', 'latin1').toString('base64')],
      ['/nl\nx', undefined],
      ['/nl\\x0ax', undefined],
    ],
  );
  assert.equal((await runCommand(['diff', empty, full])).out, 'A /caf\\xe9\nA /nl\\x0ax\nA /nl\\\\x0ax\n');
  const raw = await runCommand(['diff', empty, full, '-z', '--name-only']);
  assert.equal(raw.out, '/caf\xe9\0/nl\nx\0/nl\\x0ax\0');
});

test('fields of the config are rows in every form of output', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const words = ['diff', `${layout}:base`, `${layout}:base`];
  await runCommand(['tag', `${layout}:base`, 'two']);
  const made = await runCommand(['diff', `${layout}:base`, `${layout}:app`, '--config', '--name-only']);
  assert.match(made.out, /^config:\/rootfs\/diff_ids\/1$/m);
  const format = ['--config', '--format', '{{.Kind}} {{.Type}} {{.Path}}'];
  assert.match(
    (await runCommand(['diff', `${layout}:base`, `${layout}:app`, ...format])).out,
    /^A config config:\/rootfs\/diff_ids\/1$/m,
  );
  assert.match(
    (await runCommand(['diff', `${layout}:base`, `${layout}:app`, '--config', '--stat'])).out,
    /^config +\d/m,
  );
  assert.equal((await runCommand([...words, '--config'])).out, '');
});

test('a semantic comparison of two images counts config that changes behaviour, and how they were made not', async t => {
  const place = temporaryDirectory(t);
  const { layout } = await preparePlace(place);
  const [rootfs, image] = [join(place, 'rootfs'), join(layout)];
  const commit = async (name: string, ...more: readonly string[]): Promise<void> => {
    const { status, err } = await runCommand(['commit', rootfs, `${image}:${name}`, ...more]);
    assert.equal(status, 0, err);
  };
  await commit('one', '-a', 'Ann', '-m', 'first');
  await commit('two', '-a', 'Bob', '-m', 'second');
  await commit('three', '-c', 'CMD ["sh"]');
  const compare = (other: string) =>
    runCommand(['diff', `${image}:one`, `${image}:${other}`, '--semantic', '--exit-code']);
  assert.deepEqual(await compare('two'), { status: 0, out: '', err: '' });
  assert.deepEqual(await compare('three'), { status: 1, out: 'A config:/config/Cmd  ["sh"]\n', err: '' });
  const directory = await runCommand(['diff', `${image}:one`, rootfs, '--semantic', '--exit-code']);
  assert.deepEqual(directory, { status: 0, out: '', err: '' });
});

test('a template that names an unknown field is told the fields there are', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  for (const words of [
    ['images', layout],
    ['history', `${layout}:app`],
    ['inspect', `${layout}:app`],
    ['diff', `${layout}:base`, `${layout}:app`],
  ]) {
    const { status, err } = await runCommand([...words, '--format', '{{.Nonsense}}']);
    assert.equal(status, 2, words.join(' '));
    assert.match(err, /map has no entry for key "Nonsense" \(there are \.\w+ /, words.join(' '));
  }
});

test("docker's lines leave the root out, and a warning says that it differs", async t => {
  const place = temporaryDirectory(t);
  const [one, other] = [join(place, 'one'), join(place, 'other')];
  for (const directory of [one, other]) mkdirSync(directory);
  chmodSync(one, 0o755);
  chmodSync(other, 0o711);
  const reason = 'mode 0755→0711';
  for (const form of [[], ['--name-only'], ['-z']]) {
    const { status, out, err } = await runCommand(['diff', one, other, '--exit-code', ...form]);
    assert.deepEqual([status, out], [1, ''], form.join());
    assert.match(err, new RegExp(`warning: /: the root directory itself differs \\(${reason}\\)`));
  }
  const listed = await runCommand(['diff', one, other, '--reasons']);
  assert.deepEqual(listed, { status: 0, out: `C /  ${reason}\n`, err: '' });
  const json = await runCommand(['diff', one, other, '--json']);
  assert.equal((JSON.parse(json.out) as DiffResult).changes[0]?.path, '/');
  assert.equal((await runCommand(['diff', one, other, '--exit-code', '--ignore', 'mode'])).status, 0);
});

test('json in a template has the exact path, what is printed of it an escaped one', async t => {
  const place = temporaryDirectory(t);
  const [one, other] = [join(place, 'one'), join(place, 'other')];
  for (const directory of [one, other]) mkdirSync(directory);
  for (const name of ['nl\nx', 'nl\\nx', 'ü']) writeFileSync(join(other, name), '');
  const lines = async (format: string): Promise<readonly string[]> =>
    (await runCommand(['diff', one, other, '--format', format])).out.split('\n').slice(0, -1);
  const exact = ['/nl\nx', '/nl\\nx', '/ü'];
  assert.deepEqual(
    (await lines('{{json .Path}}')).map(line => JSON.parse(line)),
    exact,
  );
  assert.deepEqual(
    (await lines('{{json .}}')).map(line => (JSON.parse(line) as { path: string }).path),
    exact,
  );
  assert.deepEqual(
    (await lines('json')).map(line => (JSON.parse(line) as { path: string }).path),
    exact,
  );
  assert.deepEqual(await lines('{{.Path}}'), ['/nl\\x0ax', '/nl\\\\nx', '/ü']);
  assert.deepEqual(await lines('{{printf "%s" .Path}}'), ['/nl\\x0ax', '/nl\\\\nx', '/ü']);
});

test('the bytes of --stat are by how much the files grew: what a directory that is gone held counts, and a file with two names once', async t => {
  const place = temporaryDirectory(t);
  const [old, next] = [join(place, 'old'), join(place, 'next')];
  for (const directory of ['old/gone/in', 'old/was', 'old/kept', 'next/kept', 'next/new'])
    mkdirSync(join(place, directory), { recursive: true });
  writeFileSync(join(old, 'gone/in/some'), 'x'.repeat(300));
  linkSync(join(old, 'gone/in/some'), join(old, 'gone/twin'));
  writeFileSync(join(old, 'was/moved'), 'moved\n');
  writeFileSync(join(old, 'was/stays'), '');
  writeFileSync(join(old, 'kept/two'), 'y'.repeat(50));
  linkSync(join(old, 'kept/two'), join(old, 'kept/a'));
  mkdirSync(join(next, 'was'));
  writeFileSync(join(next, 'was/stays'), '');
  writeFileSync(join(next, 'kept/two'), 'y'.repeat(50));
  writeFileSync(join(next, 'new/one'), 'z'.repeat(70));
  linkSync(join(next, 'new/one'), join(next, 'new/other'));
  writeFileSync(join(next, 'new/moved'), 'moved\n');
  const stat = async (...options: readonly string[]): Promise<readonly string[]> => {
    const { out } = await runCommand(['diff', old, next, '--ignore', 'mtime', '--stat', ...options]);
    return out
      .trimEnd()
      .split('\n')
      .slice(1)
      .map(line => line.replaceAll(/ +/g, ' '));
  };
  assert.deepEqual(await stat(), [
    '/gone 0 0 1 -300B',
    '/kept 0 1 1 +0B',
    '/new 4 0 0 +76B',
    '/was 0 1 1 -6B',
    'total 4 2 3 -230B',
  ]);
  assert.deepEqual(await stat('--renames'), [
    '/gone 0 0 1 0 -300B',
    '/kept 0 1 1 0 +0B',
    '/new 3 0 0 1 +76B',
    '/was 0 1 0 0 -6B',
    'total 3 2 2 1 -230B',
  ]);
});

test('--paths lists what went with a directory that it does not name', async t => {
  const place = temporaryDirectory(t);
  const [old, next] = [join(place, 'old'), join(place, 'next')];
  for (const directory of ['gone/a/in', 'gone/b', 'was/in']) mkdirSync(join(old, directory), { recursive: true });
  for (const file of ['gone/a/in/x', 'gone/a/y', 'gone/b/x', 'was/in/x']) writeFileSync(join(old, file), 'text\n');
  mkdirSync(next);
  writeFileSync(join(next, 'was'), '');
  const listed = async (...options: readonly string[]): Promise<string> =>
    (await runCommand(['diff', old, next, '--ignore', 'mtime', ...options])).out;
  assert.equal(await listed(), 'D /gone\nC /was\n');
  assert.equal(await listed('--paths', '/gone/a/**'), 'D /gone/a\n');
  assert.equal(await listed('--paths', '**/x'), 'D /gone/a/in/x\nD /gone/b/x\nD /was/in/x\n');
  assert.match(await listed('--paths', '**/x', '--stat'), /^total +0 +0 +3 +-15B$/m);
  assert.match(await listed('--paths', '**/b/x', '--text', '**'), /^--- a\/gone\/b\/x$/m);
  assert.equal((await runCommand(['diff', old, next, '--paths', '**/b/x', '--exit-code'])).status, 1);
});
