import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DiffResult } from '../ops/results.ts';
import { runCommand } from '../testing/command-line.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { encodeText } from '../tree/path.ts';
import { quotedPath } from './patch-text.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Two directories with these files, whose times and modes are the same. */
function directoriesOf(t: TestContext, before: Files, after: Files): readonly [string, string] {
  const place = temporaryDirectory(t);
  const made = (name: string, files: Files): string => {
    const root = join(place, name);
    mkdirSync(root);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
      chmodSync(join(root, path), 0o644);
    }
    return root;
  };
  return [made('old', before), made('new', after)];
}

interface GitCase {
  readonly id: string;
  readonly old: Readonly<Record<string, string | { readonly base64: string }>>;
  readonly new: GitCase['old'];
  readonly nameStatus: readonly string[];
  readonly diff: string;
  readonly stat: string;
}

const contentsOf = (files: GitCase['old']): Files =>
  Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'),
    ]),
  );

test("patches, counts and renames are git's", async t => {
  const cases = fixtureCases<GitCase>(t, 'insight/gitdiff/cases.json');
  if (cases === undefined) return;
  for (const one of cases)
    await t.test(one.id, async t => {
      const words = [
        'diff',
        ...directoriesOf(t, contentsOf(one.old), contentsOf(one.new)),
        '--renames',
        '--text',
        '**',
      ];
      assert.equal((await runCommand(words)).out, one.diff.replace(/^index .*\n/gm, ''));
      assert.equal((await runCommand([...words, '--stat'])).out, one.stat);
      const { changes } = JSON.parse((await runCommand([...words, '--json'])).out) as DiffResult;
      const statuses = changes
        .filter(({ type, kind, text }) => type === 'file' && (kind !== 'C' || text !== undefined))
        .map(({ kind, from, path, similarity }) =>
          kind === 'R'
            ? `R${`${similarity}`.padStart(3, '0')}\t${from?.slice(1)}\t${path.slice(1)}`
            : `${kind === 'C' ? 'M' : kind}\t${path.slice(1)}`,
        );
      assert.deepEqual(statuses.sort(), [...one.nameStatus].sort());
    });
});

test('every pairing of operands gives one patch', async t => {
  const { layout, operands } = await preparePlace(temporaryDirectory(t));
  const kinds = ['image', 'oci-archive', 'docker-archive', 'rootfs', 'tar', 'bundle'] as const;
  const patchOf = async (before: string, after: string): Promise<string> => {
    const { out, err, status } = await runCommand([
      'diff',
      before,
      after,
      '--text',
      '{[!a]*,[!a]*/**}',
      '--ignore',
      'mode',
      '--exit-code',
    ]);
    assert.equal(status, 1, err);
    return out;
  };
  const [base, source] = [`${layout}:base`, `${layout}:app`];
  const [forth, back] = [await patchOf(base, source), await patchOf(source, base)];
  assert.match(forth, /^--- a\/etc\/motd\n\+\+\+ b\/etc\/motd\n@@ -1 \+1 @@\n-hello\n\+hello, world\n/m);
  for (const kind of kinds) {
    assert.equal(await patchOf(base, operands(kind).source), forth, kind);
    assert.equal(await patchOf(operands(kind).source, base), back, kind);
  }
});

test('a bundle against its own image is read where only its index is known', async t => {
  const { operands } = await preparePlace(temporaryDirectory(t));
  const bundle = operands('bundle').source;
  writeFileSync(join(bundle, 'rootfs/etc/motd'), 'other words\n');
  rmSync(join(bundle, 'rootfs/lib/one'));
  const { out } = await runCommand(['diff', bundle, '--text', '**']);
  assert.match(out, /^-hello, world\n\+other words\n/m);
  assert.match(out, /^diff --git a\/lib\/one b\/lib\/one\ndeleted file mode 100644\n--- a\/lib\/one\n/m);
});

test('what has another type is deleted and made anew, a link is its target, and what is binary or large says so', async t => {
  const large = 'line\n'.repeat(2_000_000);
  const [old, next] = directoriesOf(
    t,
    { binary: 'a\0b', large, mode: 'x\n', turned: 'file\n', 'a b': 'one\n' },
    { binary: 'a\0c', large: `${large}more\n`, mode: 'x\n', 'a b': 'two\n' },
  );
  chmodSync(join(next, 'mode'), 0o4755);
  symlinkSync('elsewhere', join(next, 'turned'));
  symlinkSync('one', join(old, 'link'));
  symlinkSync('two', join(next, 'link'));
  const { out } = await runCommand(['diff', old, next, '--text', '**']);
  const unended = '\\ No newline at end of file\n';
  assert.deepEqual(out.split(/^(?=diff --git)/m), [
    'diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-one\n+two\n',
    'diff --git a/binary b/binary\nBinary files a/binary and b/binary differ\n',
    'diff --git a/large b/large\nFiles a/large and b/large differ: they are too large to be compared line by line\n',
    `diff --git a/link b/link\n--- a/link\n+++ b/link\n@@ -1 +1 @@\n-one\n${unended}+two\n${unended}`,
    'diff --git a/mode b/mode\nold mode 100644\nnew mode 104755\n',
    'diff --git a/turned b/turned\ndeleted file mode 100644\n--- a/turned\n+++ /dev/null\n@@ -1 +0,0 @@\n-file\n',
    `diff --git a/turned b/turned\nnew file mode 120000\n--- /dev/null\n+++ b/turned\n@@ -0,0 +1 @@\n+elsewhere\n${unended}`,
  ]);
  const stat = (await runCommand(['diff', old, next, '--text', '**', '--stat'])).out;
  assert.match(stat, /^ binary \| Bin 3 -> 3 bytes$/m);
  assert.match(stat, /^ 6 files changed, 3 insertions\(\+\), 3 deletions\(-\)$/m);
});

test('hostile contents are escaped on a terminal, are their very bytes elsewhere, and end with NUL where rows do', async t => {
  const hostile = Buffer.from('\x1b]0;title\x07\x9b31m \xff\tc\\d\n', 'latin1');
  const [old, next] = directoriesOf(t, { f: 'one\n' }, { f: hostile });
  const words = ['diff', old, next, '--text', 'f'];
  const terminal = await runCommand(words, { stdoutIsTerminal: true });
  assert.ok(!/[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[\d+m)/.test(terminal.out), terminal.out);
  assert.match(terminal.out, /\x1b\[31m-one\x1b\[39m\n\x1b\[32m\+\\x1b\]0;title\\x07/);
  assert.match(terminal.out, /\x1b\[36m@@ -1 \+1 @@\x1b\[39m\n/);
  const piped = await runCommand(words);
  assert.ok(piped.out.includes(`+${hostile.toString('latin1')}`));
  const { out } = await runCommand([...words, '-z'], { stdoutIsTerminal: true });
  assert.equal(out, `${piped.out}\0`);
  const { changes } = JSON.parse((await runCommand([...words, '--json'])).out) as DiffResult;
  const [row] = changes;
  assert.ok(row?.text?.kind === 'text');
  const line = row.text.hunks[0]?.lines[1];
  assert.deepEqual(Buffer.from(line?.textBytes ?? '', 'base64'), hostile.subarray(0, -1));
});

test('a patch that says nothing says what there is otherwise', async t => {
  const [old, next] = directoriesOf(t, { f: 'one\n' }, { f: 'two\n' });
  const { out, err } = await runCommand(['diff', old, next, '--text', 'other']);
  assert.equal(out, '');
  assert.match(err, /nothing that --text names differs/);
  assert.equal((await runCommand(['diff', old, old, '--text', 'other'])).err, '');
});

test('a renamed file is one row in every form, and a lower bound finds less alike ones', async t => {
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, at) => `line ${1000 + from + at}\n`).join('');
  const [old, next] = directoriesOf(
    t,
    { 'd/same': 'same\n', 'd/alike': lines(0, 100), stays: 'x\n' },
    { 'e/same': 'same\n', 'e/other': lines(60, 160), stays: 'x\n' },
  );
  const run = async (...options: readonly string[]): Promise<string> =>
    (await runCommand(['diff', old, next, '--ignore', 'mtime', '--renames', ...options])).out;
  assert.equal(await run(), 'D /d\nA /e\nA /e/other\nR /d/same → /e/same\n');
  assert.equal(await run('--similarity', '40'), 'D /d\nA /e\nR /d/alike → /e/other\nR /d/same → /e/same\n');
  assert.match(await run('--similarity=40', '--reasons'), /^R \/d\/alike → \/e\/other {2}40% the same, content$/m);
  assert.equal(await run('-z'), 'D /d\0A /e\0A /e/other\0R /d/same\0/e/same\0');
  assert.equal(await run('--name-only'), '/d\n/e\n/e/other\n/e/same\n');
  assert.match(await run('--stat'), /RENAMED.*\n(?:.*\n)*total +2 +0 +1 +1 /);
  assert.equal(await run('--format', '{{.Kind}} {{.From}} {{.Similarity}}'), 'D  \nA  \nA  \nR /d/same 100\n');
});

test('fields of manifests are rows, and names of images are none of them', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const [one, two] = [`${layout}:app`, `${layout}:noted`];
  assert.equal((await runCommand(['config', one, '--annotation', 'team=a', '-t', 'noted'])).status, 0);
  const { out } = await runCommand(['diff', one, two, '--manifest', '--exit-code']);
  assert.match(out, /^A manifest:\/annotations\/team {2}"a"$/m);
  assert.doesNotMatch(out, /ref\.name/);
  assert.equal((await runCommand(['diff', one, one, '--manifest', '--exit-code'])).status, 0);
  assert.match((await runCommand(['diff', one, layout, '--manifest'])).err, /./);
});

test('a path is quoted as git quotes it where it holds what is no text', () => {
  assert.equal(quotedPath('a/plain name'), 'a/plain name');
  assert.equal(quotedPath(encodeText('a/größe')), '"a/gr\\303\\266\\303\\237e"');
  assert.equal(quotedPath('a/caf\xe9'), '"a/caf\\351"');
  assert.equal(quotedPath('a/nl\n"q"\\'), '"a/nl\\n\\"q\\"\\\\"');
  assert.equal(quotedPath('a/\x1b'), '"a/\\033"');
});
