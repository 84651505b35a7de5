import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import {
  blobFile,
  layerTar,
  type MadeDescriptor,
  makeLayout,
  putBytes,
  putImage,
  putIndex,
  putJson,
  putName,
} from '../testing/layout-files.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { gc } from './gc.ts';
import { untag } from './untag.ts';

const image = (layout: string, user: string): MadeDescriptor =>
  putImage(layout, { layers: [{ tar: layerTar([]) }], config: { author: user } });

interface Made {
  readonly layout: string;
  /** What is listed, by a word for where. */
  readonly listed: ReadonlyMap<string, MadeDescriptor>;
}

/** A layout that lists manifests in every way there is: by a name, inside indexes, as a subject, without a name. */
function manyListed(t: TestContext): Made {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const named = image(layout, 'named');
  const child = image(layout, 'child');
  const inner = putIndex(layout, [child]);
  const outer = putIndex(layout, [inner]);
  const subject = image(layout, 'subject');
  const about = putImage(layout, { layers: [], manifest: { subject } });
  const docker = putJson(layout, 'application/vnd.docker.distribution.manifest.v2+json', {
    config: image(layout, 'd'),
  });
  const twice = image(layout, 'twice');
  putName(layout, 'text', { ...twice, mediaType: 'text/plain' });
  for (const [name, one] of Object.entries({ named, outer, about, docker, twice })) putName(layout, name, one);
  putBytes(layout, 'x', Buffer.from('nothing names this'));
  return { layout, listed: new Map(Object.entries({ named, child, inner, outer, subject, about, docker, twice })) };
}

const damages: Readonly<Record<string, (file: string) => void>> = {
  'cut short': file => writeFileSync(file, '{"schemaVersion":2,"layers":'),
  empty: file => writeFileSync(file, ''),
  'another document': file => writeFileSync(file, '{"schemaVersion":2,"layers":[]}'),
  'no document': file => writeFileSync(file, 'gone'),
  'too long': file => writeFileSync(file, Buffer.alloc(5 << 20, ' ')),
  'a directory': file => {
    rmSync(file);
    mkdirSync(file);
  },
  'a link to itself': file => {
    rmSync(file);
    symlinkSync(file, file);
  },
};

/** Holds that a collection of any kind removes nothing but what a dead writer left, and says why. */
async function isRefused(layout: string, pattern: RegExp, word: string): Promise<void> {
  // As ocikit writes it, whatever the umask: the same bytes again prove that the lock is still held.
  chmodSync(join(layout, 'index.json'), 0o644);
  const before = snapshotOf(layout);
  for (const options of [{}, { untagged: true }, { danglingReferrers: true, ignoreManifestJson: true }]) {
    const left = join(layout, 'oci-put-blob123');
    writeFileSync(left, 'x');
    utimesSync(left, 1, 1);
    await assert.rejects(gc(layout, { grace: '0', dryRun: true, ...options }), refusal(pattern));
    assert.ok(existsSync(left), word);
    await assert.rejects(gc(layout, { grace: '0', ...options }), refusal(pattern));
    isSame(snapshotOf(layout), before, word);
  }
}

for (const [damage, spoil] of Object.entries(damages))
  test(`a manifest or index that is listed and is ${damage} keeps all blobs, wherever it is listed`, async t => {
    for (const word of manyListed(t).listed.keys()) {
      const { layout, listed } = manyListed(t);
      const digest = listed.get(word)?.digest ?? '';
      spoil(blobFile(layout, digest));
      await isRefused(layout, new RegExp(`blob ${digest}: expected .* needs, got a damaged one`), word);
    }
  });

test('an entry whose manifest is not there keeps all blobs, and what an index lists need not be there', async t => {
  for (const word of manyListed(t).listed.keys()) {
    const { layout, listed } = manyListed(t);
    const digest = listed.get(word)?.digest ?? '';
    rmSync(blobFile(layout, digest));
    if (['child', 'inner', 'subject'].includes(word)) await gc(layout, { grace: '0' });
    else await isRefused(layout, new RegExp(`blob ${digest}: expected .* needs, got nothing`), word);
  }
});

test('an entry that has no digest keeps all blobs', async t => {
  const digests = ['sha256:../../../../etc/passwd', 'sha256:abc', 'sha256', '', 7, null, undefined];
  for (const digest of digests) {
    const { layout, listed } = manyListed(t);
    const file = join(layout, 'index.json');
    const index = JSON.parse(readFileSync(file, 'utf8')) as { manifests: object[] };
    const entry = { ...listed.get('named'), digest };
    for (const manifests of [[entry], [...index.manifests, entry], [{ digest }, ...index.manifests]]) {
      writeFileSync(file, JSON.stringify({ ...index, manifests }));
      await isRefused(
        layout,
        /nothing was collected, as an entry does not say what it needs: .*manifests/,
        `${digest}`,
      );
    }
  }
});

test('what is of a type that ocikit does not know needs nothing, damaged or not there', async t => {
  const { layout } = manyListed(t);
  const cut = putBytes(layout, 'application/x-other', Buffer.from('{"layers":'));
  putName(layout, 'cut', cut);
  putName(layout, 'gone', { ...cut, digest: `sha256:${'0'.repeat(64)}` });
  assert.equal((await gc(layout, { grace: '0' })).removed.length, 1);
});

test('a document that its entry carries is known without its blob', async t => {
  const { layout, listed } = manyListed(t);
  const named = image(layout, 'carried');
  const data = readFileSync(blobFile(layout, named.digest)).toString('base64');
  putName(layout, 'carried', { ...named, data } as MadeDescriptor);
  rmSync(blobFile(layout, named.digest));
  assert.equal((await gc(layout, { grace: '0' })).removed.length, 1);
  assert.ok(listed.size > 0);
});

test('untag gives up what is damaged: then the rest is collected', async t => {
  const { layout, listed } = manyListed(t);
  writeFileSync(blobFile(layout, listed.get('named')?.digest ?? ''), '{');
  const { err, out, status } = await runCommand(['gc', layout, '--grace', '0']);
  assert.deepEqual([status, out], [2, '']);
  assert.match(err, /^[^\n]*says what 'named' needs, got a damaged one: nothing was collected \(untag [^\n]*\)\n$/);
  await untag([`${layout}:named`]);
  const { removed, entries } = await gc(layout, { grace: '0' });
  assert.deepEqual(
    entries.map(({ digest }) => digest),
    [listed.get('named')?.digest],
  );
  assert.ok(removed.length >= 2);
});
