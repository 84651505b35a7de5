import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { once } from '../stream/once.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { rawTar } from '../testing/raw-tar.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { directory, entryOf, symlink, textFile } from '../testing/scripts.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { LayerEntry } from '../tree/node.ts';
import { find } from '../tree/walk.ts';
import { append } from './append.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { inspectRaw } from './inspect.ts';
import type { AppendOptions, AppendStep, ChangeOptions } from './options.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const passwd = 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n';
const group = 'root:x:0:\nstaff:x:50:\nnode:x:1001:\n';
const body = (content: { readonly source: string }): Uint8Array => Buffer.from(content.source.slice('text '.length));
const tarOf = (entries: readonly LayerEntry[]): Uint8Array => layerTar(entries, ({ content }) => body(content));
const node = (path: string, what = textFile('x')): LayerEntry => ({ kind: 'node', path, node: what });
const place = (path: string, what: ReturnType<typeof directory>): LayerEntry => ({ kind: 'node', path, node: what });

/** A tar in which a hardlink stands first, or alone: ocikit writes none. */
function linkTar(target: string): Uint8Array {
  const made = Buffer.from(tarOf([node('a'), { kind: 'hardlink', path: 'b', target: 'a' }]));
  // A header and a block of one file; then the link's header.
  const [file, link, end] = [made.subarray(0, 1024), Buffer.from(made.subarray(1024, 1536)), made.subarray(1536)];
  link.fill(0, 157, 257).write(target, 157);
  link.fill(' ', 148, 156);
  link.write(
    `${link
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat(target === 'a' ? [link, file, end] : [link, end]);
}

/** A layout with `img:app`: users, a symlinked directory, a few files. */
function layoutOf(t: TestContext): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const tar = tarOf([
    place('bin', symlink('usr/bin')),
    place('etc', directory()),
    node('etc/group', textFile(group)),
    node('etc/passwd', textFile(passwd)),
    place('usr', directory()),
    place('usr/bin', directory(0o711)),
    node('usr/bin/sh', textFile('sh')),
    place('var', directory()),
    place('var/cache', directory()),
    node('var/cache/big', textFile('big')),
  ]);
  putName(layout, 'app', putImage(layout, { layers: [{ tar }] }));
  return layout;
}

/** `dist/` with a program, a map, a link and a directory; every time is fixed. */
function sourceOf(t: TestContext): string {
  const source = temporaryDirectory(t);
  mkdirSync(join(source, 'dist/lib'), { recursive: true });
  writeFileSync(join(source, 'dist/main.js'), 'main');
  writeFileSync(join(source, 'dist/main.js.map'), 'map');
  writeFileSync(join(source, 'dist/lib/a'), 'a');
  writeFileSync(join(source, 'package.json'), '{}');
  symlinkSync('main.js', join(source, 'dist/link'));
  for (const path of ['dist/main.js', 'dist/main.js.map', 'dist/lib/a', 'package.json', 'dist/lib', 'dist'])
    chmodSync(join(source, path), path.endsWith('dist') || path.endsWith('lib') ? 0o755 : 0o644);
  for (const path of ['dist/main.js', 'dist/main.js.map', 'dist/lib/a', 'package.json', 'dist/lib', 'dist'])
    utimesSync(join(source, path), 1_700_000_000, 1_700_000_000);
  return source;
}

/** What an append changed, a line each: kind, path, mode and owner. */
async function changesOf(layout: string, steps: readonly AppendStep[], options: AppendOptions = {}) {
  const result = await append(`${layout}:app`, steps, { hostPlatform, tag: 'new', ...options });
  const { changes } = await diff(`${layout}:app`, `${layout}:new`, { hostPlatform });
  await isValid(layout);
  const lines = changes
    .filter(({ reasons, kind }) => kind !== 'C' || reasons.length > 0)
    .map(
      ({ kind, path, after }) => `${kind} ${path}${after === null ? '' : ` ${after.mode} ${after.uid}:${after.gid}`}`,
    );
  return { ...result, lines };
}

test('files and directories go where cp puts them, by the names of the image, through its links', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const { lines, images } = await changesOf(
    layout,
    [
      { add: join(source, 'dist'), to: '/app/dist' },
      { add: join(source, 'package.json'), to: '/app/' },
      { add: join(source, 'dist/main.js'), to: '/bin/main' },
    ],
    { owner: 'node', exclude: ['**/*.map'] },
  );
  assert.deepEqual(lines, [
    'A /app 0755 1000:1001',
    'A /app/dist 0755 1000:1001',
    'A /app/dist/lib 0755 1000:1001',
    'A /app/dist/lib/a 0644 1000:1001',
    'A /app/dist/link 0777 1000:1001',
    'A /app/dist/main.js 0644 1000:1001',
    'A /app/package.json 0644 1000:1001',
    'A /usr/bin/main 0644 1000:1001',
  ]);
  assert.equal(images[0]?.layers.length, 1);
  assert.equal(images[0]?.changes, 8);
});

test('what is deleted is hidden, what is added again in its place stays, and nothing that stays is written', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const { lines } = await changesOf(layout, [
    { delete: '/var/cache' },
    { add: join(source, 'dist/lib'), to: '/var/cache' },
    { delete: 'bin/sh' },
  ]);
  assert.deepEqual(lines, ['D /usr/bin/sh', 'A /var/cache/a 0644 0:0', 'D /var/cache/big']);
  await assert.rejects(
    append(`${layout}:app`, [{ delete: '/nothing' }], { hostPlatform }),
    refusal(/path of the image/, 'not-found'),
  );
});

test('what is there already makes no layer, and twice is once', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const steps: readonly AppendStep[] = [{ add: `${source}/dist/.`, to: '/app' }];
  const first = await append(`${layout}:app`, steps, { hostPlatform, now: '2024-01-01T00:00:00Z' });
  const before = snapshotOf(layout);
  const again = await append(`${layout}:app`, steps, { hostPlatform, now: '2025-01-01T00:00:00Z' });
  assert.deepEqual([again.isChanged, again.manifest, again.images[0]?.layers], [false, first.manifest, []]);
  isSame(snapshotOf(layout), before, 'the layout');
});

test('a tar is a layer byte for byte, whatever it is compressed with, and its place is where it was said', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const tar = tarOf([place('opt', directory()), node('opt/one')]);
  const files = { plain: tar, gzip: gzipSync(tarOf([node('opt/two')])) };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(source, name), bytes);
  const { images } = await append(
    `${layout}:app`,
    [
      { tar: join(source, 'plain') },
      { add: join(source, 'package.json'), to: '/opt/' },
      { tar: join(source, 'gzip') },
      { delete: '/opt/one' },
    ],
    { hostPlatform, tag: 'new', instructions: ['WORKDIR /opt'], message: 'why', now: '2024-01-01T00:00:00Z' },
  );
  const layers = images[0]?.layers ?? [];
  assert.deepEqual(
    layers.map(({ layer }) => layer.mediaType.split('.').at(-1)),
    ['tar', 'tar+gzip', 'tar+gzip'],
  );
  assert.equal(layers[0]?.layer.size, tar.length);
  assert.equal(layers[0]?.layer.digest, layers[0]?.diffID);
  assert.equal(layers[2]?.layer.size, files.gzip.length);
  const { changes } = await diff(`${layout}:app`, `${layout}:new`, { hostPlatform });
  assert.deepEqual(
    changes.map(({ path }) => path),
    ['/opt', '/opt/package.json', '/opt/two'],
  );
  const { config, history } = JSON.parse(Buffer.from(await inspectRaw(`${layout}:new`, 'config')).toString());
  assert.equal(config.WorkingDir, '/opt');
  assert.deepEqual(
    history
      .slice(-3)
      .map((row: { created_by: string; comment: string; created: string }) => [row.comment, row.created]),
    Array.from({ length: 3 }, () => ['why', '2024-01-01T00:00:00Z']),
  );
  await isValid(layout);
});

test('a tar that an engine would refuse is refused, with the reason, and nothing is changed', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const before = snapshotOf(layout);
  const hidden = entryOf({ type: 'file', path: 'etc/.wh.group' });
  const refused: readonly (readonly [string, readonly LayerEntry[] | Uint8Array, RegExp])[] = [
    ['twice', [node('a'), node('a', textFile('y'))], /'a' stands there twice: podman refuses it/],
    ['late link', linkTar('a'), /hardlink 'b' to 'a', which is not earlier/],
    ['lower link', linkTar('usr/bin/sh'), /not earlier in the layer/],
    ['own whiteout', [node('etc/group'), hidden], /and its whiteout in one layer/],
    ['below a file', [node('etc'), hidden], /below what is no directory/],
    ['no tar', Buffer.from('this is no tar'), /expected/],
  ];
  for (const [name, entries, reason] of refused) {
    writeFileSync(join(source, name), entries instanceof Uint8Array ? entries : tarOf(entries));
    await assert.rejects(
      append(`${layout}:app`, [{ tar: join(source, name) }], { hostPlatform }),
      refusal(reason),
      name,
    );
  }
  isSame(snapshotOf(layout), before, 'the layout');
});

test('a tar that an engine would refuse is written anew where that is asked for, over what the same call put there before', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const write = (name: string, tar: Uint8Array): { readonly tar: string } => {
    writeFileSync(join(source, name), tar);
    return { tar: join(source, name) };
  };
  const hidden = entryOf({ type: 'file', path: 'opt/.wh.package.json' });
  const steps = [
    { add: join(source, 'package.json'), to: '/opt/' },
    write('late', linkTar('a')),
    write('lower', gzipSync(linkTar('usr/bin/sh'))),
    write('twice', tarOf([node('twice'), hidden, node('twice', textFile('last'))])),
  ];
  const { images, lines, warnings } = await changesOf(layout, steps, { normalize: true });
  assert.deepEqual(lines, [
    'A /a 0644 0:0',
    'A /b 0644 0:0',
    'A /opt 0755 0:0',
    'A /twice 0644 0:0',
    'C /usr/bin/sh 0644 0:0',
  ]);
  assert.deepEqual([images[0]?.layers.length, warnings], [4, []]);
  await assert.rejects(
    append(`${layout}:app`, [write('none', linkTar('none'))], { hostPlatform, normalize: true }),
    refusal(/the hardlink 'b' to name a file, got 'none'/, 'invalid'),
  );
});

test('a tar may come as a stream: every image gets it, and its line says where it came from', async t => {
  const place = temporaryDirectory(t);
  const { layout } = await preparePlace(place);
  const bytes = rawTar([['streamed', 'new']]);
  const before = readdirSync(place);
  for (const [options, image] of [
    [{ allPlatforms: true }, 'multi'],
    [{ normalize: true }, 'app'],
  ] as const) {
    const { images } = await append(`${layout}:${image}`, [{ tar: once(bytes) }], { ...options, tag: 'new' });
    for (const { platform } of images) {
      const after = await readWholeImage(`${layout}:new`, platform);
      assert.ok(find(after.tree, 'streamed'), platform);
      assert.equal(after.image.config.value.history?.at(-1)?.created_by, 'append stdin');
    }
  }
  const typed = (input: Uint8Array, ...words: readonly string[]) =>
    runCommand(['append', `${layout}:app`, ...words, '--dry-run'], { stdin: () => once(input) });
  assert.equal((await typed(bytes, '--tar', '-')).status, 0);
  assert.match((await typed(new Uint8Array(), '--tar', '-')).err, /^ocikit: stdin: expected a tar, got nothing$/m);
  assert.match((await typed(bytes, '--tar', '-', '--tar', '-')).err, /--tar: expected standard input once/);
  assert.match((await typed(bytes.subarray(0, 300), '--tar', '-')).err, /^ocikit: stdin: .*truncated/m);
  const empty = join(place, 'empty.tar');
  writeFileSync(empty, '');
  await assert.rejects(append(`${layout}:app`, [{ tar: empty }]), refusal(/empty\.tar: expected a tar, got nothing/));
  assert.deepEqual(readdirSync(place).sort(), [...before, 'empty.tar'].sort());
});

test('a path below a symbolic link of the same tar is where the link leads, as engines have it', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const merged = tarOf([
    place('opt', directory()),
    place('opt/usr', directory()),
    place('opt/lib', symlink('usr')),
    node('opt/lib/x'),
  ]);
  writeFileSync(join(source, 'merged'), merged);
  const { lines } = await changesOf(layout, [{ tar: join(source, 'merged') }], {});
  assert.ok(
    lines.some(line => line.startsWith('A /opt/usr/x ')),
    lines.join(),
  );
});

test('modes, numbers and unknown owners are taken as chmod and chown take them', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const lines = async (options: AppendOptions): Promise<readonly string[]> =>
    (await changesOf(layout, [{ add: join(source, 'dist/lib'), to: '/opt' }], options)).lines;
  assert.deepEqual(await lines({ owner: '7' }), ['A /opt 0755 7:7', 'A /opt/a 0644 7:7']);
  assert.deepEqual(await lines({ owner: '1000' }), ['A /opt 0755 1000:1001', 'A /opt/a 0644 1000:1001']);
  assert.deepEqual(await lines({ owner: 'node:staff', mode: 'u=rwX,go=' }), [
    'A /opt 0700 1000:50',
    'A /opt/a 0600 1000:50',
  ]);
  await assert.rejects(
    lines({ owner: 'nod' }),
    (error: Error & { hint?: string }) => /got 'nod'/.test(error.message) && /node/.test(error.hint ?? ''),
  );
  await assert.rejects(lines({ owner: 'node:nobody' }), refusal(/a group of the image/, 'usage'));
  await assert.rejects(lines({ mode: 'all' }), refusal(/expected octal digits/, 'usage'));
});

test('what is not there, and what would replace a directory, is refused', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  const run = (step: AppendStep): Promise<unknown> => append(`${layout}:app`, [step], { hostPlatform });
  await assert.rejects(
    run({ add: join(source, 'none'), to: '/' }),
    refusal(/expected a file or a directory/, 'not-found'),
  );
  await assert.rejects(run({ tar: join(source, 'none') }), refusal(/none/, 'not-found'));
  writeFileSync(join(source, 'etc'), '');
  await assert.rejects(run({ add: `${source}/.`, to: '/' }), refusal(/expected no directory where a file is put/));
  await assert.rejects(append(`${layout}:app`, [], {}), refusal(/expected something to append/, 'usage'));
});

test('every platform gets the same files, and an image of docker stays one of docker', async t => {
  const prepared = await preparePlace(temporaryDirectory(t));
  const source = sourceOf(t);
  const steps: readonly AppendStep[] = [{ add: join(source, 'dist'), to: '/app' }];
  const all: ChangeOptions = { allPlatforms: true, tag: 'all' };
  const { images } = await append(`${prepared.layout}:multi`, steps, all);
  assert.equal(images.length, 2);
  assert.equal(images[0]?.layers[0]?.diffID, images[1]?.layers[0]?.diffID);
  await isValid(prepared.layout);
});

test('the command does its steps in the order in which they are typed', async t => {
  const [layout, source] = [layoutOf(t), sourceOf(t)];
  writeFileSync(join(source, 'one.tar'), tarOf([node('first')]));
  writeFileSync(join(source, 'two.tar'), tarOf([node('last')]));
  const words = ['append', `${layout}:app`, '-t', 'new', '--tar', `${source}/two.tar`, '--delete=/var', '--add'];
  const { status, out, err } = await runCommand([
    ...words,
    `${source}/package.json:/var/`,
    '--tar',
    `${source}/one.tar`,
    '--json',
  ]);
  assert.equal(status, 0, err);
  const { history } = JSON.parse(Buffer.from(await inspectRaw(`${layout}:new`, 'config')).toString());
  assert.deepEqual(
    history.slice(-3).map((row: { created_by: string }) => row.created_by.replaceAll(`${source}/`, '')),
    ['append two.tar', 'delete /var; add package.json /var/', 'append one.tar'],
  );
  assert.equal(JSON.parse(out).images[0].layers.length, 3);
  await exportImage(`${layout}:new`, join(source, 'out.tar'), { hostPlatform });
});
