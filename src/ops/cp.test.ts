import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { directory, symlink, textFile } from '../testing/scripts.ts';
import { snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { everything, hostPlatform } from '../testing/verb-use.ts';
import type { LayerEntry, Node } from '../tree/node.ts';
import { commit } from './commit.ts';
import { cp, cpStream } from './cp.ts';
import { files } from './files.ts';
import { importRootfs } from './import-rootfs.ts';
import { unpack } from './unpack.ts';

const node = (path: string, made: Node): LayerEntry => ({ kind: 'node', path, node: made });

/** An image with a directory of everything, a link to it and one that leads out. */
function imageIn(place: string): string {
  const layout = makeLayout(join(place, 'img'));
  const tar = layerTar(
    [
      node('d', directory(0o750)),
      node('d/file', textFile('hello\n', 0o4755)),
      { kind: 'hardlink', path: 'd/link', target: 'd/file' },
      node('d/sub', directory(0o700)),
      node('d/sub/deep', textFile('deep\n', 0o600)),
      node('d/to', symlink('sub/deep')),
      node('short', symlink('d')),
      node('out', symlink('/../../etc')),
    ],
    file => Buffer.from(file.content.source.slice('text '.length)),
  );
  putName(layout, 'app', putImage(layout, { layers: [{ tar }] }));
  return `${layout}:app`;
}

const placeOf = (t: TestContext): { place: string; image: string } => {
  const place = temporaryDirectory(t);
  return { place, image: imageIn(place) };
};

test('what is copied out of whatever holds it is the same', async t => {
  const place = temporaryDirectory(t);
  const { operands } = await preparePlace(place);
  for (const kind of everything) {
    const out = join(place, `out-${kind}`);
    await cp({ rootfs: operands(kind).source, path: '/lib' }, out, { hostPlatform });
    assert.deepEqual(readdirSync(out).sort(), ['one', 'two'], kind);
    assert.equal(readFileSync(join(out, 'two'), 'utf8'), 'a file of its own now\n');
    assert.equal(lstatSync(out).mode & 0o7777, 0o750);
  }
});

test('a copy goes where cp puts it', async t => {
  const { place, image } = placeOf(t);
  const at = (path: string): string => join(place, path);
  mkdirSync(at('into'));
  assert.equal((await cp(`${image}:/d`, at('into'))).target, at('into/d'));
  assert.deepEqual(readdirSync(at('into/d')).sort(), ['file', 'link', 'sub', 'to']);
  await cp(`${image}:/d`, at('new'));
  assert.deepEqual(readdirSync(at('new')).sort(), ['file', 'link', 'sub', 'to']);
  mkdirSync(at('empty'));
  await cp(`${image}:/d/.`, at('empty'));
  assert.deepEqual(readdirSync(at('empty')).sort(), ['file', 'link', 'sub', 'to']);
  await cp(`${image}:/d/file`, at('one'));
  writeFileSync(at('two'), 'old');
  await cp(`${image}:/d/file`, at('two'));
  assert.equal(readFileSync(at('one'), 'utf8') + readFileSync(at('two'), 'utf8'), 'hello\nhello\n');
  await cp(`${image}:/`, at('all'));
  assert.deepEqual(readdirSync(at('all')).sort(), ['d', 'out', 'short']);
});

test('hardlinks, links and modes are kept; set-id bits and owners only when asked', async t => {
  const { place, image } = placeOf(t);
  await cp(`${image}:/d`, join(place, 'plain'));
  await cp(`${image}:/d`, join(place, 'archive'), { archive: true });
  const [plain, archive] = [lstatSync(join(place, 'plain/file')), lstatSync(join(place, 'archive/file'))];
  assert.equal(plain.mode & 0o7777, 0o755);
  assert.equal(archive.mode & 0o7777, 0o4755);
  assert.equal(plain.uid, process.geteuid?.());
  assert.equal(plain.ino, lstatSync(join(place, 'plain/link')).ino);
  assert.equal(readlinkSync(join(place, 'plain/to')), 'sub/deep');
  assert.equal(lstatSync(join(place, 'plain/sub')).mode & 0o7777, 0o700);
});

test('links on the way are followed inside the image, the last one when asked, and none leads out', async t => {
  const { place, image } = placeOf(t);
  await cp(`${image}:/short/sub`, join(place, 'sub'));
  assert.deepEqual(readdirSync(join(place, 'sub')), ['deep']);
  await cp(`${image}:/short`, join(place, 'link'));
  assert.equal(readlinkSync(join(place, 'link')), 'd');
  await cp(`${image}:/short`, join(place, 'followed'), { followLink: true });
  assert.deepEqual(readdirSync(join(place, 'followed')).sort(), ['file', 'link', 'sub', 'to']);
  await assert.rejects(cp(`${image}:/out/passwd`, join(place, 'no')), refusal(/expected '\/out\/passwd', got nothing/));
  assert.ok(!existsSync(join(place, 'no')));
});

test('what is in the way stays, unless force is given', async t => {
  const { place, image } = placeOf(t);
  mkdirSync(join(place, 'into/d'), { recursive: true });
  writeFileSync(join(place, 'into/d/mine'), 'mine');
  await assert.rejects(
    cp(`${image}:/d`, join(place, 'into')),
    refusal(/expected an empty or new directory/, 'conflict'),
  );
  assert.deepEqual(readdirSync(join(place, 'into/d')), ['mine']);
  await cp(`${image}:/d`, join(place, 'into'), { force: true });
  assert.deepEqual(readdirSync(join(place, 'into/d')).sort(), ['file', 'link', 'sub', 'to']);
  await assert.rejects(
    cp(`${image}:/d/file`, join(place, 'nodir/')),
    refusal(/expected a directory that is there, got nothing/),
  );
  // A file takes the place of a file, below a directory as well, and of nothing else.
  writeFileSync(join(place, 'into/file'), 'mine');
  for (const time of ['once', 'again']) {
    await cp(`${image}:/out`, join(place, 'into'));
    assert.equal(readlinkSync(join(place, 'into/out')), '/../../etc', time);
    await cp(`${image}:/d/to`, join(place, 'into'));
    assert.equal(readlinkSync(join(place, 'into/to')), 'sub/deep', time);
    await cp(`${image}:/d/file`, join(place, 'into'));
    assert.equal(readFileSync(join(place, 'into/file'), 'utf8'), 'hello\n', time);
  }
  mkdirSync(join(place, 'other/file'), { recursive: true });
  await assert.rejects(
    cp(`${image}:/d/file`, join(place, 'other')),
    refusal(/other\/file: expected a place for a file, got a directory/, 'conflict'),
  );
  writeFileSync(join(place, 'file'), 'mine');
  await assert.rejects(cp(`${image}:/d`, join(place, 'file')), refusal(/expected a place for a directory, got a file/));
  assert.equal(readFileSync(join(place, 'file'), 'utf8'), 'mine');
});

test('force replaces neither the directory that this is done in, nor one that holds what is read, whoever spells them how', async t => {
  const { place, image } = placeOf(t);
  const back = process.cwd();
  t.after(() => process.chdir(back));
  mkdirSync(join(place, 'here/below'), { recursive: true });
  symlinkSync('here', join(place, 'link'));
  process.chdir(join(place, 'here/below'));
  const layout = image.slice(0, image.lastIndexOf(':'));
  const before = readdirSync(place, { recursive: true });
  for (const [target, got] of [
    [join(place, 'here'), /got the one that this is done in$/],
    ['..', /got the one that this is done in$/],
    [`${place}/link/.`, /got the one that this is done in$/],
    [layout, /got one that holds what is read, /],
  ] as const)
    for (const call of [
      () => cp(`${image}:/d/.`, target, { force: true }),
      () => unpack(image, target, { force: true }),
      () => unpack(image, target, { force: true, bundle: true }),
    ])
      await assert.rejects(call, error => {
        assert.ok(error instanceof OciError);
        assert.match(error.message, /expected a directory that may be replaced/);
        assert.match(error.message, got);
        return error.code === 'conflict';
      });
  // Nobody is told of an option that would not help.
  await assert.rejects(unpack(image, '..'), error => error instanceof OciError && error.hint === undefined);
  assert.deepEqual(readdirSync(place, { recursive: true }), before);
  // What is empty is filled, and stays the directory that it is.
  await unpack(image, '.', { force: true });
  assert.ok(readdirSync('.').includes('d'));
});

test('a tar of what is copied has it at its top, as it is', async t => {
  const { place, image } = placeOf(t);
  const { bytes } = await cpStream(`${image}:/short/.`);
  await importRootfs(bytes, `${join(place, 'img')}:again`, { platform: 'linux/amd64' });
  const { files: rows } = await files(`${join(place, 'img')}:again`, [], { recursive: true });
  assert.deepEqual(
    rows.map(({ path, mode }) => `${path} ${mode}`),
    ['/d 0750', '/d/file 4755', '/d/link 4755', '/d/sub 0700', '/d/sub/deep 0600', '/d/to 0777'],
  );
});

test('the path inside begins where the place of the image ends', async t => {
  const { place, image } = placeOf(t);
  const out = join(place, 'x');
  for (const from of [`${image}:/d/file`, `oci:${image}:/d/file`, `${join(place, 'img')}:/d/file`]) {
    const { status, err } = await runCommand(['cp', from, out, '--json']);
    assert.equal(status, 0, err);
    assert.equal(readFileSync(out, 'utf8'), 'hello\n');
  }
  for (const from of [image, `${image}:d/file`, '/etc', `${join(place, 'nothing')}:/d`]) {
    const { status, err } = await runCommand(['cp', from, out]);
    assert.equal(status, 2);
    assert.match(err, /expected IMAGE:PATH, an image that is there and an absolute path in it/);
  }
  assert.equal((await runCommand(['cp', `${image}:/d/file`, '-', '--force'])).status, 2);
});

test('merge puts files into a directory that is there, replaces files of their names, and leaves what else is there', async t => {
  const { place, image } = placeOf(t);
  const at = (path: string): string => join(place, path);
  mkdirSync(at('into/d/sub'), { recursive: true, mode: 0o750 });
  chmodSync(at('into/d/sub'), 0o750);
  for (const file of ['mine', 'file', 'sub/mine']) writeFileSync(at(`into/d/${file}`), 'mine');
  symlinkSync('/nowhere', at('into/d/to'));
  const result = await cp(`${image}:/d`, at('into'), { merge: true });
  assert.deepEqual([result.target, result.warnings], [at('into/d'), []]);
  assert.deepEqual(readdirSync(at('into/d')).sort(), ['file', 'link', 'mine', 'sub', 'to']);
  assert.deepEqual(readdirSync(at('into/d/sub')).sort(), ['deep', 'mine']);
  assert.equal(readFileSync(at('into/d/file'), 'utf8') + readFileSync(at('into/d/sub/mine'), 'utf8'), 'hello\nmine');
  assert.equal(lstatSync(at('into/d/file')).ino, lstatSync(at('into/d/link')).ino);
  assert.equal(readlinkSync(at('into/d/to')), 'sub/deep');
  assert.equal(lstatSync(at('into/d/sub')).mode & 0o777, 0o750);
  // Again, and its contents alone, and a file where one is.
  await cp(`${image}:/d/.`, at('into/d'), { merge: true });
  await cp(`${image}:/d/file`, at('into/d'), { merge: true });
  assert.deepEqual(readdirSync(at('into/d')).sort(), ['file', 'link', 'mine', 'sub', 'to']);
  await cp(`${image}:/d`, at('new'), { merge: true });
  assert.deepEqual(readdirSync(at('new')).sort(), ['file', 'link', 'sub', 'to']);
});

test('where a file and a directory would meet, merge changes nothing, and no link leads out of where it goes', async t => {
  const { place, image } = placeOf(t);
  const at = (path: string): string => join(place, path);
  mkdirSync(at('outside'));
  const cases: readonly (readonly [make: (directory: string) => void, message: RegExp])[] = [
    [directory => writeFileSync(join(directory, 'sub'), ''), /\/sub: expected a place for a directory, got a file/],
    [directory => symlinkSync(at('outside'), join(directory, 'sub')), /\/sub: expected a place for a directory, got a/],
    [directory => mkdirSync(join(directory, 'to')), /\/to: expected a place for a file, got a directory/],
    [directory => mkdirSync(join(directory, 'sub/deep'), { recursive: true }), /\/sub\/deep: expected a place for a f/],
  ];
  for (const [number, [make, message]] of cases.entries()) {
    const directory = at(`case-${number}`);
    mkdirSync(directory);
    make(directory);
    const before = snapshotOf(directory);
    await assert.rejects(cp(`${image}:/d/.`, directory, { merge: true }), refusal(message, 'conflict'));
    assert.deepEqual(snapshotOf(directory), before);
  }
  assert.deepEqual(readdirSync(at('outside')), []);
  mkdirSync(at('with/file'), { recursive: true });
  await assert.rejects(
    cp(`${image}:/d/file`, at('with'), { merge: true }),
    refusal(/with\/file: expected a place for a file, got a directory/, 'conflict'),
  );
  await assert.rejects(cp(`${image}:/d`, at('x'), { merge: true, force: true }), refusal(/option force/, 'usage'));
});

test('directories that nobody may write to are merged as well', async t => {
  const { place, image } = placeOf(t);
  const root = join(place, 'rootfs');
  mkdirSync(join(root, 'shut/in'), { recursive: true });
  writeFileSync(join(root, 'shut/a'), 'a');
  writeFileSync(join(root, 'shut/in/b'), 'b');
  for (const path of ['shut/in', 'shut']) chmodSync(join(root, path), 0o555);
  t.after(() => spawnSync('chmod', ['-R', 'u+w', place]));
  const layout = image.replace(/:[^:]*$/, ':shut');
  await commit(root, layout, { platform: 'linux/amd64' });
  const into = join(place, 'into');
  mkdirSync(join(into, 'shut'), { recursive: true });
  writeFileSync(join(into, 'shut/mine'), '');
  chmodSync(join(into, 'shut'), 0o555);
  await cp(`${layout}:/.`, into, { merge: true });
  assert.deepEqual(readdirSync(join(into, 'shut')).sort(), ['a', 'in', 'mine']);
  assert.deepEqual(readdirSync(join(into, 'shut/in')), ['b']);
  for (const path of ['shut', 'shut/in']) assert.equal(lstatSync(join(into, path)).mode & 0o777, 0o555, path);
});

test('a file takes the place of a link to whatever directory, and what that holds stays as it is', async t => {
  const { place, image } = placeOf(t);
  const at = (name: string): string => join(place, name);
  mkdirSync(at('into'));
  for (const name of ['empty', 'full']) {
    mkdirSync(at(name));
    symlinkSync(`../${name}`, at('into/file'));
    if (name === 'full') writeFileSync(at('full/kept'), '');
    await cp(`${image}:/d/file`, at('into'));
    assert.ok(lstatSync(at('into/file')).isFile(), name);
    rmSync(at('into/file'));
  }
  assert.deepEqual([readdirSync(at('empty')), readdirSync(at('full'))], [[], ['kept']]);
});
