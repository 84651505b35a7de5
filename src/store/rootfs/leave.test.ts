import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../../errors.ts';
import { asNobody, nobody } from '../../testing/as-nobody.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { tick } from '../../testing/tick.ts';
import { isRoot } from '../../testing/witness.ts';
import { atOnce } from '../../tree/parts.ts';
import { filesOf, find } from '../../tree/walk.ts';
import { readStatIndex, writingStatIndex } from '../bundle/stat-index.ts';
import { loadNative } from '../disk/native.ts';
import { openRootfsDirectory } from './directory.ts';

/** A directory of nobody's with what its owner may not read as it stands: files, an empty directory, and one within another. */
function closedDirectory(t: TestContext): string {
  const root = temporaryDirectory(t);
  chmodSync(root, 0o755);
  for (const path of ['etc', 'none', 'none/deeper', 'unlisted', 'unentered']) mkdirSync(join(root, path));
  for (const path of ['etc/gshadow', 'none/deeper/file', 'unlisted/a', 'unentered/b'])
    writeFileSync(join(root, path), `contents of ${path}`);
  symlinkSync('deeper', join(root, 'none/link'));
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' }))
    if (path !== 'none/link') chownSync(join(root, path), nobody, nobody);
  for (const path of ['etc/gshadow', 'none/deeper/file', 'none/deeper', 'none']) chmodSync(join(root, path), 0);
  chmodSync(join(root, 'unlisted'), 0o300);
  chmodSync(join(root, 'unentered'), 0o600);
  return root;
}

const modesOf = (root: string): readonly number[] =>
  ['etc/gshadow', 'none', 'none/deeper', 'none/deeper/file', 'unlisted', 'unentered'].map(
    path => statSync(join(root, path)).mode & 0o7777,
  );
const closedModes = [0, 0, 0, 0, 0o300, 0o600];

async function textsOf(root: string): Promise<ReadonlyMap<string, string>> {
  const rootfs = openRootfsDirectory(root);
  const texts = new Map<string, string>();
  for (const [path, node] of filesOf(await rootfs.tree())) {
    await rootfs.digests(new Set([node]));
    const chunks: Uint8Array[] = [];
    for await (const chunk of rootfs.body(path, node)) chunks.push(Buffer.from(chunk));
    texts.set(path, Buffer.concat(chunks).toString());
  }
  return texts;
}

test('what its owner may not read is listed, hashed and read as if that were allowed, and keeps its mode', async t => {
  if (!isRoot(t)) return;
  const root = closedDirectory(t);
  const texts = await asNobody(() => textsOf(root));
  assert.deepEqual([...texts.keys()].sort(), ['etc/gshadow', 'none/deeper/file', 'unentered/b', 'unlisted/a']);
  for (const [path, text] of texts) assert.equal(text, `contents of ${path}`);
  assert.deepEqual(modesOf(root), closedModes);
  const tree = await asNobody(() => openRootfsDirectory(root).tree());
  assert.deepEqual(find(tree, 'none')?.meta.mode, 0);
  assert.equal(find(tree, 'none/link')?.kind, 'symlink');
});

test('what another owns stays closed, and the error names it', async t => {
  if (!isRoot(t)) return;
  for (const path of ['etc/gshadow', 'none', 'none/deeper']) {
    const root = closedDirectory(t);
    chownSync(join(root, path), 1, 1);
    await assert.rejects(
      asNobody(() => textsOf(root)),
      (error: OciError) =>
        error instanceof OciError && error.message.startsWith(`/${path}`) && /EACCES/.test(error.message),
    );
    assert.deepEqual(modesOf(root), closedModes);
  }
});

test('a file that changed after it was listed is a change, whatever its mode', async t => {
  if (!isRoot(t)) return;
  const root = closedDirectory(t);
  const rootfs = openRootfsDirectory(root);
  const gshadow = find(await asNobody(() => rootfs.tree()), 'etc/gshadow');
  assert.equal(gshadow?.kind, 'file');
  writeFileSync(join(root, 'etc/gshadow'), 'contents of etc/gshadov');
  if (gshadow?.kind !== 'file') return;
  await assert.rejects(
    asNobody(() => rootfs.digests(new Set([gshadow]))),
    /gshadow: expected a file that stays as it is/,
  );
});

test('an index of what may not be read is written, and knows it again', async t => {
  if (!isRoot(t) || loadNative() === undefined) return;
  const root = closedDirectory(t);
  const file = `${root}.index`;
  await asNobody(async () => {
    const tree = await openRootfsDirectory(root).tree();
    await tick();
    process.seteuid?.(0);
    for (const _ of writingStatIndex(file, { root, tree, digests: new Map() }));
    process.seteuid?.(nobody);
    const index = atOnce(readStatIndex(file));
    assert.ok(index !== undefined);
    const again = await openRootfsDirectory(root, { known: index.known }).tree();
    for (const [path, node] of filesOf(again)) assert.equal(node, find(index.tree, path), path);
  });
  assert.deepEqual(modesOf(root), closedModes);
});
