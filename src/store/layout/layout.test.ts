import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../../errors.ts';
import type { ImageSource } from '../../graph/source.ts';
import { layersOf } from '../../image/layers.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import { nameOf, withName } from '../../spec/name.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { bundledScript, ended } from '../../testing/bundled-script.ts';
import { fixture } from '../../testing/fixtures.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { openImage } from '../open-operand.ts';
import { createLayout } from './create-layout.ts';
import { openLayout } from './layout.ts';

const encoder = new TextEncoder();
const utf8 = (text: string): Uint8Array => encoder.encode(text);

async function* streamOf(...chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}

async function bytesOf(store: ImageSource, descriptor: Descriptor): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.open(descriptor)) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

function descriptorOf(bytes: Uint8Array, algorithm = 'sha256'): Descriptor {
  const encoded = createHash(algorithm).update(bytes).digest('hex');
  return { mediaType: 'application/octet-stream', digest: `${algorithm}:${encoded}`, size: bytes.length };
}

function write(layout: string, descriptor: Descriptor, bytes: Uint8Array): string {
  const path = join(layout, 'blobs', ...descriptor.digest.split(':'));
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

/** What the scripts of child processes begin with. */
const storeImports = `
  import { createLayout } from '${new URL('create-layout.ts', import.meta.url).pathname}';
  import { withName } from '${new URL('../../spec/name.ts', import.meta.url).pathname}';`;

const leftovers = (layout: string): string[] =>
  readdirSync(layout).filter(name => !['blobs', 'index.json', 'oci-layout'].includes(name));

const refusal =
  (code: OciError['code'], message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof OciError, `${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };

test('a new layout has the parts that the spec asks for, and making it again changes nothing', async t => {
  const path = join(temporaryDirectory(t), 'deep', 'layout');
  await createLayout(path);
  assert.equal(readFileSync(join(path, 'oci-layout'), 'utf8'), '{"imageLayoutVersion":"1.0.0"}');
  assert.equal(
    readFileSync(join(path, 'index.json'), 'utf8'),
    `{"schemaVersion":2,"mediaType":"${mediaTypes.index}","manifests":[]}`,
  );
  assert.ok(statSync(join(path, 'blobs/sha256')).isDirectory());
  assert.equal(statSync(join(path, 'index.json')).mode & 0o777, 0o644);
  assert.deepEqual(leftovers(path), []);
  const before = statSync(join(path, 'index.json')).ino;
  const store = await createLayout(path);
  await store.updateIndex(index => withName(index, 'v1', descriptorOf(utf8('manifest'))));
  assert.equal((await (await createLayout(path)).index()).value.manifests.length, 1);
  assert.notEqual(statSync(join(path, 'index.json')).ino, before);
});

test('a layout is not made over something else, and a half-made one is finished', async t => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'notes'), 'mine');
  await assert.rejects(createLayout(directory), refusal('conflict', /'notes'/));
  await assert.rejects(createLayout(join(directory, 'notes')), refusal('conflict', /got a file/));
  await assert.rejects(createLayout(join(directory, 'notes', 'below')), refusal('invalid', /ENOTDIR/));
  mkdirSync(join(directory, 'half', 'blobs', 'sha256'), { recursive: true });
  await createLayout(join(directory, 'half'));
  unlinkSync(join(directory, 'half', 'index.json'));
  await assert.rejects(createLayout(join(directory, 'half')), refusal('invalid', /without the file index.json/));
});

test('a layout that is only tried out tells digests and writes nothing', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path, { dryRun: true });
  assert.equal((await store.put(streamOf(utf8('a'), utf8('b')))).digest, descriptorOf(utf8('ab')).digest);
  const changed = await store.updateIndex(index => withName(index, 'v1', descriptorOf(utf8('ab'))));
  assert.equal(changed.value.manifests.length, 1);
  assert.ok(!existsSync(path));
});

test('what is put comes back, however it was cut, and leaves one file of mode 0644', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  const content = fc.array(fc.uint8Array({ maxLength: 4000 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(content, async chunks => {
      const whole = Buffer.concat(chunks);
      const stored = await store.put(streamOf(...chunks));
      const descriptor = descriptorOf(whole);
      assert.deepEqual({ ...stored }, { digest: descriptor.digest, size: whole.length });
      assert.deepEqual(Buffer.from(await store.read(descriptor)), whole);
      assert.ok(await store.has(descriptor));
    }),
    { numRuns: 30 },
  );
  const large = Buffer.alloc(3_500_000, 'x');
  await store.put(streamOf(large));
  assert.ok(Buffer.from(await bytesOf(store, descriptorOf(large))).equals(large));
  assert.deepEqual(leftovers(path), []);
  for (const name of readdirSync(join(path, 'blobs/sha256'))) {
    assert.equal(statSync(join(path, 'blobs/sha256', name)).mode & 0o7777, 0o644);
  }
});

test('a blob that is there is kept, and one cut short is replaced', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  const bytes = utf8('some layer');
  const file = write(path, descriptorOf(bytes), bytes);
  const before = statSync(file).ino;
  await store.put(streamOf(bytes));
  assert.equal(statSync(file).ino, before);
  writeFileSync(file, 'some');
  await store.put(streamOf(bytes));
  assert.deepEqual(Buffer.from(await store.read(descriptorOf(bytes))), Buffer.from(bytes));
});

test('a stream that ends in an error leaves nothing behind', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  async function* broken(): AsyncIterable<Uint8Array> {
    yield utf8('begin');
    throw new Error('cut');
  }
  await assert.rejects(store.put(broken()), /cut/);
  assert.deepEqual(leftovers(path), []);
  assert.deepEqual(readdirSync(join(path, 'blobs/sha256')), []);
});

test('every registered algorithm is checked: size before the first byte, digest after the last', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  const bytes = utf8('content');
  const long = descriptorOf(bytes, 'sha512');
  write(path, long, bytes);
  assert.deepEqual(Buffer.from(await store.read(long)), Buffer.from(bytes));
  const blake3 = {
    ...long,
    digest: 'blake3:3fba5250be9ac259c56e7250c526bc83bacb4be825f2799d3d59e5b4878dd74e',
  } as const;
  write(path, blake3, bytes);
  assert.deepEqual(Buffer.from(await store.read(blake3)), Buffer.from(bytes));
  const descriptor = descriptorOf(bytes);
  const file = write(path, descriptor, utf8('Content'));
  await assert.rejects(store.read(descriptor), refusal('invalid', /expected digest sha256:.*, got sha256:/));
  await assert.rejects(store.read({ ...descriptor, size: 8 }), refusal('invalid', /expected a size of 8 bytes, got 7/));
  write(path, descriptor, utf8('content and more'));
  await assert.rejects(store.read(descriptor), refusal('invalid', /expected a size of 7 bytes, got 16/));
  write(path, descriptor, bytes);
  await assert.rejects(store.read(descriptor, 6), refusal('invalid', /size of at most 6 bytes, got 7/));
  unlinkSync(file);
  await assert.rejects(store.read(descriptor), refusal('not-found', /blob sha256:/));
  assert.equal(await store.has(descriptor), false);
});

test('only a parsed digest becomes a path', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  for (const digest of [
    'sha256:../../index.json',
    '../..:index.json',
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
  ] as const) {
    await assert.rejects(store.read({ mediaType: 'x', digest, size: 72 }), refusal('invalid', /digest/));
  }
  const unknown = { mediaType: 'x', digest: 'md5:d41d8cd98f00b204e9800998ecf8427e', size: 0 } as const;
  await assert.rejects(store.read(unknown), refusal('unsupported', /md5/));
});

test('a blob may be a symlink, as the digest vouches for it, but nothing that blocks', async t => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'layout');
  const store = await createLayout(path);
  const bytes = utf8('shared');
  const file = write(path, descriptorOf(bytes), bytes);
  writeFileSync(join(directory, 'shared'), bytes);
  unlinkSync(file);
  symlinkSync(join(directory, 'shared'), file);
  assert.deepEqual(Buffer.from(await store.read(descriptorOf(bytes))), Buffer.from(bytes));
  unlinkSync(file);
  execFileSync('mkfifo', [file]);
  await assert.rejects(store.read(descriptorOf(bytes)), refusal('invalid', /a regular file/));
  unlinkSync(file);
  mkdirSync(file);
  await assert.rejects(store.read(descriptorOf(bytes)), refusal('invalid', /a regular file/));
});

test('data in a descriptor is checked, and serves where the blob is missing', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  const bytes = utf8('{}');
  const descriptor = { ...descriptorOf(bytes), data: 'e30=' };
  assert.ok(await store.has(descriptor));
  assert.deepEqual(Buffer.from(await store.read(descriptor)), Buffer.from(bytes));
  write(path, descriptor, bytes);
  for (const [data, message] of [
    ['eyA=', /data: expected digest/],
    ['e30', /base64/],
    ['e30=\n', /base64/],
    ['e30gIA==', /data: expected a size/],
  ] as const) {
    await assert.rejects(store.read({ ...descriptor, data }), refusal('invalid', message));
  }
});

test('unknown fields of an index survive, and a change that changes nothing writes nothing', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  const odd = `{\n  "manifests": [], "schemaVersion": 2, "x-mine": {"b": 1, "a": [2]}\n}`;
  writeFileSync(join(path, 'index.json'), odd);
  const same = await store.updateIndex(index => ({ ...index, manifests: [...index.manifests] }));
  assert.equal(readFileSync(join(path, 'index.json'), 'utf8'), odd);
  assert.equal(Buffer.from(same.bytes).toString(), odd);
  await store.updateIndex(index => withName(index, 'v1', descriptorOf(utf8('m'))));
  assert.match(readFileSync(join(path, 'index.json'), 'utf8'), /"x-mine":\{"b":1,"a":\[2\]\}/);
  await assert.rejects(
    store.updateIndex(() => {
      throw new Error('no');
    }),
    /no/,
  );
  assert.deepEqual(leftovers(path), []);
});

test('a process that exits in the middle of a blob takes its half with it', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const script = await bundledScript(
    t,
    `${storeImports}
    const store = await createLayout(process.argv[2]);
    await store.put((async function* () { yield Buffer.alloc(99); process.exit(3); })());`,
  );
  assert.equal((await ended(spawn(process.execPath, [script, path]))).code, 3);
  assert.deepEqual(leftovers(path), []);
});

test('a process killed at any moment leaves a layout that opens and whose named blobs are whole', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const script = await bundledScript(
    t,
    `${storeImports}
    const store = await createLayout(process.argv[2]);
    for (let n = 0; ; n++) {
      const blob = await store.put((async function* () { for (let k = 0; k < 9; k++) yield Buffer.alloc(65536, process.argv[3] + n + k); })());
      await store.updateIndex(index => withName(index, 'name-' + n % 5, { mediaType: '${mediaTypes.manifest}', ...blob }));
      if (n === 0) process.stdout.write('ready');
    }`,
  );
  let killed = 0;
  for (const delay of [0, 1, 3, 8, 13, 21, 34]) {
    // Nothing but a wait of five seconds would follow a lock that a killed process left.
    rmSync(join(path, 'index.json.lock'), { recursive: true, force: true });
    const child = spawn(process.execPath, [script, path, `${delay}`]);
    await new Promise(resolve => child.stdout.once('data', resolve));
    await new Promise(resolve => setTimeout(resolve, delay));
    child.kill('SIGKILL');
    if ((await ended(child)).code === null) killed++;
    const store = await openLayout(path);
    const { manifests } = (await store.index()).value;
    assert.ok(manifests.length > 0);
    for (const descriptor of manifests.filter(entry => nameOf(entry) !== undefined)) await bytesOf(store, descriptor);
  }
  assert.equal(killed, 7);
});

/** A small file system of its own, or undefined after the test has been skipped. */
function smallDisk(t: TestContext): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'ocikit-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    rmdirSync(path);
    t.skip('mounting a small file system needs root');
    return undefined;
  }
  t.after(() => {
    execFileSync('umount', [path]);
    rmdirSync(path);
  });
  return path;
}

test('a full disk is one clear error, leaves nothing of the blob and the layout as it was', async t => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const path = join(disk, 'layout');
  const store = await createLayout(path);
  const large = Buffer.alloc(300_000, 'y');
  await assert.rejects(
    store.put(streamOf(large, large)),
    refusal('conflict', /layout: expected room for a blob, got no space left.*ENOSPC/),
  );
  assert.deepEqual(leftovers(path), []);
  assert.deepEqual(readdirSync(join(path, 'blobs/sha256')), []);
  await store.put(streamOf(large));
  const annotations = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`key-${n}`, 'z'.repeat(100)]));
  const change = store.updateIndex(index => withName(index, 'v1', { ...descriptorOf(large), annotations }));
  await assert.rejects(change, refusal('conflict', /expected room for a new index.json, got no space left/));
  assert.deepEqual(leftovers(path), []);
  assert.deepEqual((await (await openLayout(path)).index()).value.manifests, []);
});

test('a read-only layout is read without a lock, and every write is one clear error', async t => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const path = join(disk, 'layout');
  const descriptor = descriptorOf(utf8('x'));
  const writable = await createLayout(path);
  await writable.put(streamOf(utf8('x')));
  await writable.updateIndex(index => withName(index, 'v1', descriptor));
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  const store = await openLayout(path);
  assert.equal((await store.index()).value.manifests.length, 1);
  assert.deepEqual(Buffer.from(await store.read(descriptor)), Buffer.from('x'));
  await assert.rejects(
    store.put(streamOf(utf8('y'))),
    refusal('conflict', /a layout that can be written to, got a read-only file system/),
  );
  await assert.rejects(
    store.updateIndex(index => withName(index, 'v2', descriptor)),
    refusal('conflict', /a layout that can be written to, got a read-only file system/),
  );
  await assert.rejects(
    createLayout(join(disk, 'other', 'deep')),
    refusal('conflict', /a place for an image layout, got a read-only/),
  );
});

interface HostileCase {
  readonly name: string;
  readonly kind: string;
  readonly expected: 'accept' | 'contain' | 'reject';
  readonly names?: readonly string[];
  readonly tag?: string;
}

/** Verdicts that reading an image does not give, each with the reason. */
const elsewhere: Readonly<Record<string, string>> = {
  'l-no-oci-layout': 'read, with a warning, as docker-library publishes such',
  'j-artifact-ok': 'the same artifact as j-artifact, which is no image: it is validated, not read',
};

async function readAll(layout: string, name: string): Promise<void> {
  const { source, image } = await openImage(`${layout}:${name}`);
  for (const { descriptor } of layersOf(image)) await bytesOf(source, descriptor);
}

test('hostile layouts get their verdicts when the image documents and blobs are read', async t => {
  const table = fixture(t, 'hostile/manifest.json');
  if (table === undefined) return;
  const { cases } = JSON.parse(readFileSync(table, 'utf8')) as { cases: readonly HostileCase[] };
  const ours = cases.filter(
    ({ name, kind }) => kind === 'layout' && /^[djl]-/.test(name) && !Object.hasOwn(elsewhere, name),
  );
  assert.ok(ours.length > 80);
  for (const { name, expected, names = [], tag = 'latest' } of ours) {
    const error: unknown = await readAll(join(table, '..', name), tag).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined)
      assert.ok(error instanceof OciError, `${name}: ${error instanceof Error ? error.stack : error}`);
    if (expected === 'accept') assert.equal(error, undefined, `${name}: ${error}`);
    if (expected !== 'reject') continue;
    assert.ok(error instanceof OciError, `${name} was accepted`);
    const text = error.message.toLowerCase();
    assert.ok(names.length === 0 || names.some(word => text.includes(word.toLowerCase())), `${name}: ${error.message}`);
  }
});

/** Published directories that the spec does not count as layouts: they have no oci-layout. */
const noLayouts = ['image_oci_layout_fixtures_name_lookups', 'image_oci_layout_fixtures_two_images_manifest'];

test('real layouts all open, and every blob of theirs that is there is what its digest says', async t => {
  const images = fixture(t, 'images');
  if (images === undefined) return;
  const layouts = readdirSync(images)
    .map(project => join(images, project, 'layouts'))
    .filter(existsSync)
    .flatMap(directory => readdirSync(directory).map(name => join(directory, name)));
  assert.ok(layouts.length > 15);
  for (const path of layouts) {
    if (noLayouts.includes(basename(path))) {
      await assert.rejects(openLayout(path), refusal('invalid', /without the file oci-layout/));
      continue;
    }
    const store = await openLayout(path);
    assert.ok((await store.index()).value.manifests.length > 0, path);
    for (const encoded of readdirSync(join(path, 'blobs/sha256'))) {
      const { size } = lstatSync(join(path, 'blobs/sha256', encoded));
      await bytesOf(store, { mediaType: 'x', digest: `sha256:${encoded}`, size });
    }
  }
});
