import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { walk } from '../graph/walk.ts';
import type { Digest } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';
import { openLayout } from '../store/layout/layout.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { bundledScript, ended } from '../testing/bundled-script.ts';
import { runCommand } from '../testing/command-line.ts';
import { fixture, fixtureCases } from '../testing/fixtures.ts';
import { arbitraryGraph, layoutOf } from '../testing/graphs.ts';
import {
  blobFile,
  layerTar,
  makeLayout,
  putBytes,
  putImage,
  putIndex,
  putJson,
  putName,
} from '../testing/layout-files.ts';
import type { MemoryLayout } from '../testing/memory-layout.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { symlink } from '../testing/scripts.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { makeWritable, temporaryDirectory } from '../testing/temporary.ts';
import { config } from './config.ts';
import { gc } from './gc.ts';
import { inspect } from './inspect.ts';
import { tag } from './tag.ts';
import { untag } from './untag.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const now = 1_800_000_000_000;
const hour = 3_600_000;

/** Gives a file an age before `now`, in milliseconds. */
const age = (file: string, milliseconds: number): void =>
  utimesSync(file, (now - milliseconds) / 1000, (now - milliseconds) / 1000);

const blobsOf = (layout: string): readonly string[] =>
  readdirSync(join(layout, 'blobs/sha256'))
    .map(name => `sha256:${name}`)
    .sort();

const image = (layout: string, text: string, more: object = {}): ReturnType<typeof putImage> =>
  putImage(layout, { layers: [{ tar: layerTar([{ kind: 'node', path: text, node: symlink('x') }]) }], ...more });

/** What a walk meets, and what refers to that, and to what that leads: by the walk alone, as often as anything is found. */
async function needed(memory: MemoryLayout, roots: readonly Descriptor[]): Promise<ReadonlySet<string>> {
  const all = [...roots];
  for (;;) {
    const met = new Set<string>(
      (await walk(memory, all, { subjects: true })).nodes.map(({ descriptor }) => descriptor.digest),
    );
    const more = [...memory.blobs].flatMap(([digest, bytes]): readonly Descriptor[] => {
      const text = Buffer.from(bytes).toString();
      const document = text.startsWith('{') ? (JSON.parse(text) as { mediaType?: string; subject?: Descriptor }) : {};
      const refers = document.subject !== undefined && met.has(document.subject.digest) && !met.has(digest);
      return refers ? [{ mediaType: document.mediaType ?? '', digest: digest as Digest, size: bytes.length }] : [];
    });
    if (more.length === 0) return met;
    all.push(...more);
  }
}

function listed(layout: string, entries: readonly unknown[]): void {
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: entries }));
}

/** A layout with the named image `kept`, and what else a test puts there. */
function layoutWith(t: TestContext): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putName(layout, 'kept', image(layout, 'kept'));
  return layout;
}

interface GcCase {
  readonly layout: string;
  readonly remove: readonly string[];
}

test('the published layouts lose exactly the blobs that nothing reaches', async t => {
  for (const { layout, remove } of fixtureCases<GcCase>(t, 'change/gc/gc.json') ?? []) {
    const source = fixture(t, layout.startsWith('images/') ? layout : `change/${layout}`);
    if (source === undefined) return;
    const copied = join(temporaryDirectory(t), 'img');
    cpSync(source, copied, { recursive: true });
    makeWritable(copied);
    mkdirSync(join(copied, 'blobs/sha256'), { recursive: true });
    const before = blobsOf(copied);
    const { removed } = await gc(copied, { grace: '0' });
    assert.deepEqual(removed.map(({ digest }) => digest).sort(), [...remove].sort(), layout);
    assert.deepEqual(
      blobsOf(copied),
      before.filter(digest => !remove.includes(digest)),
      layout,
    );
  }
});

test('what a walk from the index meets stays, and what it does not meet goes, in random graphs; a second time nothing goes', async t => {
  const directory = temporaryDirectory(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryGraph, fc.nat(20), async (steps, keep) => {
      const { layout: memory, made } = layoutOf(steps);
      const roots = made.filter(({ digest }, at) => at % 3 === keep % 3 && memory.blobs.has(digest));
      const layout = makeLayout(join(directory, `${runs++}`));
      for (const [digest, bytes] of memory.blobs) writeFileSync(blobFile(layout, digest), bytes);
      listed(layout, roots);
      const { removed } = await gc(layout, { grace: '0' });
      const kept = await needed(memory, roots);
      const gone = [...memory.blobs.keys()].filter(digest => !kept.has(digest)).sort();
      assert.deepEqual(removed.map(({ digest }) => digest).sort(), gone);
      assert.deepEqual(blobsOf(layout), [...memory.blobs.keys()].filter(digest => kept.has(digest)).sort());
      assert.deepEqual((await gc(layout, { grace: '0' })).removed, []);
    }),
    { numRuns: 60 },
  );
});

test('a dry run says what goes, with its bytes and what it once was, and removes nothing', async t => {
  const layout = layoutWith(t);
  const lost = image(layout, 'lost');
  const before = snapshotOf(layout);
  const dry = await gc(layout, { grace: '0', dryRun: true });
  isSame(snapshotOf(layout), before, 'dry run');
  assert.deepEqual(await gc(layout, { grace: '0' }), dry);
  assert.equal(dry.removed.length, 3);
  assert.equal(dry.removed.find(({ digest }) => digest === lost.digest)?.mediaType, manifestType);
  assert.ok(dry.removed.every(({ mediaType }) => mediaType !== null));
  assert.equal(
    dry.bytes,
    dry.removed.reduce((total, { size }) => total + size, 0),
  );
  await isValid(layout);
});

test('a blob that has other names gives no room back', async t => {
  const layout = layoutWith(t);
  const { digest } = putBytes(layout, 'x', Buffer.alloc(9000, 1));
  linkSync(blobFile(layout, digest), join(layout, 'elsewhere'));
  const { bytes, diskBytes } = await gc(layout, { grace: '0' });
  assert.deepEqual([bytes, diskBytes], [9000, 0]);
});

test('what is younger than the grace time stays, with all that it names', async t => {
  const layout = layoutWith(t);
  const lost = image(layout, 'lost');
  for (const digest of blobsOf(layout)) age(blobFile(layout, digest), 2 * hour);
  age(blobFile(layout, lost.digest), hour / 2);
  const { removed, kept, warnings } = await gc(layout, { now });
  assert.deepEqual(removed, []);
  assert.equal(kept.young, 3);
  assert.match(warnings[0] ?? '', /3 blobs that nothing names are younger than 1h/);
  assert.equal((await gc(layout, { now: now + hour })).removed.length, 3);
});

test('a grace time needs a time to count from, and has the form of a duration', async t => {
  const layout = layoutWith(t);
  await assert.rejects(gc(layout), refusal(/now: expected the time/, 'usage'));
  await assert.rejects(gc(layout, { grace: 'soon' }), refusal(/grace: expected a duration/, 'usage'));
});

test('documents are known by what they say, whatever their media types and however damaged they are', async t => {
  const layout = layoutWith(t);
  const hidden = image(layout, 'hidden');
  const odd = putJson(layout, 'text/plain', { layers: [{ ...hidden, mediaType: 'x' }], unknown: true });
  putName(layout, 'odd', odd);
  const inner = image(layout, 'inner');
  putName(layout, 'lie', { ...putIndex(layout, [{ ...inner, size: 1 }]), size: 7 });
  const before = blobsOf(layout);
  const { removed } = await gc(layout, { grace: '0' });
  assert.deepEqual(removed, []);
  assert.deepEqual(blobsOf(layout), before);
});

test('what an entry names that is no descriptor of ours stays as well', async t => {
  const layout = layoutWith(t);
  const { digest } = image(layout, 'odd');
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: object[] };
  listed(layout, [...manifests, { digest, size: 'many' }, 7, null]);
  assert.deepEqual((await gc(layout, { grace: '0' })).removed, []);
});

test('what refers to what stays is kept without an entry, and so is what refers to that; what it is about stays with an entry', async t => {
  const layout = layoutWith(t);
  const [kept] = (await (await openLayout(layout)).index()).value.manifests;
  const referrer = (subject: object, text: string): ReturnType<typeof image> =>
    image(layout, text, { manifest: { subject } });
  const signature = referrer(kept as object, 'signature');
  referrer(signature, 'signature of the signature');
  const other = image(layout, 'other');
  putName(layout, 'about', referrer(other, 'about the other'));
  const gone = referrer({ ...other, digest: `sha256:${'0'.repeat(64)}` }, 'about nothing');
  const { removed } = await gc(layout, { grace: '0' });
  assert.ok(removed.some(({ digest }) => digest === gone.digest));
  assert.equal(removed.length, 3);
  await isValid(layout);
});

/** The image `old` with a signature, an entry without a name; without its own name where `isBare`. */
function signedImage(layout: string, { isBare }: { readonly isBare: boolean }): readonly string[] {
  const old = image(layout, 'old');
  if (!isBare) putName(layout, 'old', old);
  const signature = image(layout, 'signature', { manifest: { subject: old } });
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: object[] };
  listed(layout, [...manifests, ...(isBare ? [old] : []), signature]);
  return [old.digest, signature.digest].sort();
}

test('an image that another tool lists without a name stays until those are asked for, with what is about it', async t => {
  const layout = layoutWith(t);
  const both = signedImage(layout, { isBare: true });
  const first = await gc(layout, { grace: '0' });
  assert.deepEqual([first.removed, first.entries], [[], []]);
  assert.equal(first.kept.untagged.length, 1);
  const said = (await runCommand(['gc', layout, '--grace', '0'])).out;
  assert.equal(said, 'kept   1 image without a name: --untagged takes it\ntotal  0B\n');
  const second = await gc(layout, { grace: '0', untagged: true });
  assert.deepEqual(second.entries.map(({ digest }) => digest).sort(), both);
  assert.equal(second.removed.length, 6);
  await isValid(layout);
});

test('an image whose name was taken away goes with what is about it, unless it gets a name or is young', async t => {
  const layout = layoutWith(t);
  const both = signedImage(layout, { isBare: false });
  await untag([`${layout}:old`]);
  assert.deepEqual(
    (await gc(layout, { grace: '1h', now: Math.ceil(statSync(join(layout, 'index.json')).mtimeMs) })).entries,
    [],
  );
  const dry = await gc(layout, { grace: '0', dryRun: true });
  assert.deepEqual(dry.entries.map(({ digest }) => digest).sort(), both);
  await tag(`${layout}@${both[0] ?? ''}`, ['again']);
  await tag(`${layout}@${both[1] ?? ''}`, ['again-too']);
  assert.deepEqual((await gc(layout, { grace: '0' })).removed, []);
  await untag([`${layout}:again`, `${layout}:again-too`]);
  assert.deepEqual((await gc(layout, { grace: '0' })).entries.map(({ digest }) => digest).sort(), both);
  assert.deepEqual((await gc(layout, { grace: '0' })).removed, []);
  await isValid(layout);
});

test('an image that a change replaced is reachable by its digest until a collection, and no other goes', async t => {
  const layout = layoutWith(t);
  putName(layout, 'app', image(layout, 'app'));
  const { images } = await config(`${layout}:app`, { unset: ['cmd'] });
  const before = images[0]?.before ?? '';
  assert.equal((await inspect([`${layout}@${before}`])).length, 1);
  const { entries } = await gc(layout, { grace: '0' });
  assert.deepEqual(entries, [{ name: null, digest: before }]);
  await assert.rejects(inspect([`${layout}@${before}`]), { code: 'not-found' });
  assert.equal((await inspect([`${layout}:app`])).length, 1);
  await isValid(layout);
});

test('a layout that names nothing keeps its images, and so does an index that is one image', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  listed(layout, [image(layout, 'one'), image(layout, 'other', { architecture: 'arm64' })]);
  assert.deepEqual((await gc(layout, { grace: '0', untagged: true })).entries, []);
  await isValid(layout);
});

test('an entry about an image that is not there stays until that is asked for', async t => {
  const layout = layoutWith(t);
  const nothing = { mediaType: manifestType, digest: `sha256:${'0'.repeat(64)}`, size: 7 };
  const about = image(layout, 'about', { manifest: { subject: nothing } });
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: object[] };
  listed(layout, [...manifests, about]);
  putName(layout, `sha256-${'0'.repeat(64)}.sig`, image(layout, 'signature'));
  const first = await gc(layout, { grace: '0' });
  assert.deepEqual([first.removed, first.kept.dangling.length], [[], 2]);
  const second = await gc(layout, { grace: '0', danglingReferrers: true });
  assert.equal(second.entries.length, 2);
  assert.equal(second.removed.length, 6);
  await isValid(layout);
});

test("what docker's manifest.json names stays, unless it is not to count", async t => {
  const layout = layoutWith(t);
  const { digest } = image(layout, 'docker');
  writeFileSync(
    join(layout, 'manifest.json'),
    JSON.stringify([{ Config: `blobs/${digest.replace(':', '/')}`, Layers: [] }]),
  );
  const { removed, warnings } = await gc(layout, { grace: '0' });
  assert.deepEqual(removed, []);
  assert.match(warnings[0] ?? '', /3 blobs stay that only docker's manifest.json names/);
  assert.equal((await gc(layout, { grace: '0', ignoreManifestJson: true })).removed.length, 3);
});

test('what other tools left unfinished goes when it is old, and nothing whose name says nothing', async t => {
  const layout = layoutWith(t);
  const hex = 'a'.repeat(64);
  const left = [
    'oci-put-blob123',
    'index.json.4711.tmp',
    `blobs/sha256/${hex}.99.tmp`,
    `blobs/sha256/${hex}12345`,
    'ingest/x',
  ];
  const others = ['README', 'oci-put', `blobs/sha256/${hex}.bak`, 'blobs/md5/x', 'index.json.orig'];
  for (const name of ['ingest', 'blobs/md5', '.umoci-7']) mkdirSync(join(layout, name));
  for (const name of [...left, ...others, '.umoci-7/blob']) {
    writeFileSync(join(layout, name), 'xy');
    age(join(layout, name), 2 * hour);
  }
  age(join(layout, '.umoci-7'), 2 * hour);
  age(join(layout, 'ingest/x'), hour / 2);
  const { files, removed } = await gc(layout, { now });
  assert.deepEqual(removed, []);
  const expected = [...left.filter(name => name !== 'ingest/x'), '.umoci-7'];
  assert.deepEqual(files.map(({ path }) => path).sort(), expected.sort());
  for (const name of expected) assert.ok(!existsSync(join(layout, name)), name);
  for (const name of [...others, 'ingest/x']) assert.ok(existsSync(join(layout, name)), name);
  await isValid(layout);
});

test('what a killed process of our own left goes', async t => {
  const layout = layoutWith(t);
  const dead = join(layout, `.ocikit-00000000-0-1-1-p${'x'.repeat(6)}`);
  mkdirSync(dead);
  age(dead, 48 * hour);
  const dry = await gc(layout, { now, dryRun: true });
  assert.deepEqual(dry.files.length, 1);
  await gc(layout, { now });
  assert.ok(!existsSync(dead));
});

test('blobs that may be shared with another layout are not touched', async t => {
  const layout = layoutWith(t);
  image(layout, 'lost');
  renameSync(join(layout, 'blobs'), join(layout, '../store'));
  symlinkSync('../store', join(layout, 'blobs'));
  await assert.rejects(gc(layout, { grace: '0' }), refusal(/expected a directory of its own, got a symbolic link/));
});

test('a blob that is a symlink goes without what it leads to', async t => {
  const layout = layoutWith(t);
  const { digest } = putBytes(layout, 'x', Buffer.from('elsewhere'));
  const file = blobFile(layout, digest);
  renameSync(file, join(layout, '../elsewhere'));
  symlinkSync(join(layout, '../elsewhere'), file);
  await gc(layout, { grace: '0' });
  assert.ok(existsSync(join(layout, '../elsewhere')));
  assert.ok(!blobsOf(layout).includes(digest));
});

test('a blob that a writer found there is as young as the writer, so that it stays', async t => {
  const layout = layoutWith(t);
  const [kept] = (await (await openLayout(layout)).index()).value.manifests;
  const file = blobFile(layout, kept?.digest ?? '');
  age(file, 10_000 * hour);
  await tag(`${layout}:kept`, ['other']);
  assert.deepEqual((await gc(layout, { grace: '1h', now: now - 9000 * hour })).removed, []);
});

test('the command line prints what goes, and takes the words of docker', async t => {
  const layout = layoutWith(t);
  image(layout, 'lost');
  const dry = await runCommand(['image', 'prune', layout, '--grace', '0', '--dry-run']);
  assert.match(dry.out, /^(blob {3}sha256:[0-9a-f]{64} {2}\S+ {2}\S+\n){3}total {2}\S+\n$/);
  const { out, status } = await runCommand(['gc', layout, '--json', '--grace', '0']);
  assert.equal(status, 0);
  assert.equal((JSON.parse(out) as { removed: unknown[] }).removed.length, 3);
  assert.equal((await runCommand(['gc', layout])).out, 'total  0B\n');
});

const at = (path: string): string => new URL(path, import.meta.url).pathname;

test('collectors and writers in one layout: whoever ends well has what he wrote, and the layout validates', async t => {
  const { directory } = await preparePlace(temporaryDirectory(t));
  const out = join(directory, 'out');
  const writer = await bundledScript(
    t,
    `
    import { commit } from '${at('./commit.ts')}';
    import { copy } from '${at('./copy.ts')}';
    import { tag } from '${at('./tag.ts')}';
    import { untag } from '${at('./untag.ts')}';
    import { OciError } from '${at('../errors.ts')}';
    const [place, out, name] = process.argv.slice(2);
    const again = async work => {
      for (;;) try { return await work(); } catch (error) {
        // Somebody has collected what this relied on; it says so, and a second try does it all.
        if (!(error instanceof OciError) || !['conflict', 'not-found'].includes(error.code)) throw error;
      }
    };
    for (let run = 0; run < 12; run++) {
      await again(() => copy(place + '/img:app', out + ':' + name));
      await again(() => commit(place + '/rootfs', out + ':made-' + name, { base: place + '/img:base', message: name }));
      await again(() => tag(out + ':' + name, [name + '-again']));
      if (run < 11) await again(() => untag([out + ':' + name, out + ':' + name + '-again', out + ':made-' + name]));
    }`,
  );
  const collector = await bundledScript(
    t,
    `
    import { gc } from '${at('./gc.ts')}';
    import { existsSync } from 'node:fs';
    const [out, stop] = process.argv.slice(2);
    let removed = 0;
    while (!existsSync(stop)) {
      if (existsSync(out + '/oci-layout')) removed += (await gc(out, { grace: '0', untagged: true })).removed.length;
      await new Promise(resolve => setImmediate(resolve));
    }
    process.stderr.write(String(removed));`,
  );
  const stop = join(directory, 'stop');
  const collectors = [1, 2].map(() => ended(spawn(process.execPath, [collector, out, stop])));
  const writers = ['a', 'b', 'c'].map(name => ended(spawn(process.execPath, [writer, directory, out, name])));
  for (const { code, text } of await Promise.all(writers)) assert.deepEqual({ code, text }, { code: 0, text: '' });
  writeFileSync(stop, '');
  const done = await Promise.all(collectors);
  for (const { code } of done) assert.equal(code, 0, done.map(({ text }) => text).join());
  await isValid(out);
  const names = (await (await openLayout(out)).index()).value.manifests.flatMap(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] ?? [],
  );
  for (const name of ['a', 'b', 'c'])
    for (const one of [name, `${name}-again`, `made-${name}`]) assert.ok(names.includes(one), one);
  rmSync(stop);
});
