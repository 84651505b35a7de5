import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isValid, refusal } from '../testing/answers.ts';
import { fixture } from '../testing/fixtures.ts';
import { fillDirectory, randomOf } from '../testing/random-directory.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { history } from './history.ts';
import { images } from './images.ts';
import { init } from './init.ts';
import { inspect } from './inspect.ts';
import { tag } from './tag.ts';
import { unpack } from './unpack.ts';
import { untag } from './untag.ts';
import { validate } from './validate.ts';

const platform = 'linux/amd64';

/** A place of the test's own whose layout is validated when the test ends. */
function workplace(t: TestContext): string {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs/etc'), { recursive: true });
  writeFileSync(join(place, 'rootfs/etc/motd'), 'hello\n');
  writeFileSync(join(place, 'rootfs/etc/hosts'), 'localhost\n');
  symlinkSync('motd', join(place, 'rootfs/etc/link'));
  return place;
}

test('every kind of file survives commit, unpack and a second commit, which writes no layer', async t => {
  const place = workplace(t);
  for (let round = 0; round < 4; round++) fillDirectory(join(place, 'rootfs'), randomOf(42 + round));
  const made = await commit(join(place, 'rootfs'), join(place, 'img:base'), { platform });
  assert.notEqual(made.layer, null);
  await unpack(join(place, 'img:base'), join(place, 'out'), {});
  assert.deepEqual((await diff(join(place, 'rootfs'), join(place, 'out'))).changes, []);
  assert.deepEqual((await diff(join(place, 'img:base'), join(place, 'out'))).changes, []);
  await unpack(join(place, 'img:base'), join(place, 'bundle'), { bundle: true });
  const again = await commit(join(place, 'bundle'), join(place, 'img:again'), {});
  assert.equal(again.layer, null);
  assert.equal(again.changes, 0);
  assert.ok((await history(join(place, 'img:again')))[0]?.emptyLayer);
  await isValid(join(place, 'img'));
});

test('the same input and options give the same digests', async t => {
  const place = workplace(t);
  const options = {
    platform,
    author: 'Ann',
    message: 'm',
    created: '2026-01-01T00:00:00Z',
    clampMtime: 1_600_000_000,
    owner: '0:0',
  };
  const first = await commit(join(place, 'rootfs'), join(place, 'one:x'), options);
  utimesSync(join(place, 'rootfs/etc/motd'), 1_800_000_000, 1_800_000_000);
  const dry = await commit(join(place, 'rootfs'), join(place, 'two:x'), { ...options, dryRun: true });
  const second = await commit(join(place, 'rootfs'), join(place, 'two:x'), options);
  assert.equal(first.manifest, second.manifest);
  assert.equal(dry.manifest, second.manifest);
  await isValid(join(place, 'one'));
});

test('a dry run writes nothing', async t => {
  const place = workplace(t);
  await commit(join(place, 'rootfs'), join(place, 'img:x'), { platform, dryRun: true });
  assert.ok(!existsSync(join(place, 'img')));
});

test('a change of the same size within one clock tick is not missed', async t => {
  const place = workplace(t);
  await commit(join(place, 'rootfs'), join(place, 'img:base'), { platform });
  for (let attempt = 0; attempt < 5; attempt++) {
    const bundle = join(place, `bundle${attempt}`);
    await unpack(join(place, 'img:base'), bundle, { bundle: true });
    const file = join(bundle, 'rootfs/etc/motd');
    const { mtime } = await import('node:fs').then(fs => fs.statSync(file));
    writeFileSync(file, 'HELLO\n');
    utimesSync(file, mtime, mtime);
    const { changes } = await diff(bundle, undefined);
    assert.deepEqual(
      changes.map(row => `${row.kind} ${row.path}`),
      ['C /etc', 'C /etc/motd'],
    );
  }
});

test('a lost, damaged or foreign stat index costs time, never a change', async t => {
  const place = workplace(t);
  await commit(join(place, 'rootfs'), join(place, 'img:base'), { platform });
  const bundle = join(place, 'bundle');
  await unpack(join(place, 'img:base'), bundle, { bundle: true });
  writeFileSync(join(bundle, 'rootfs/etc/new'), 'new\n');
  const expected = (await diff(bundle, undefined)).changes;
  assert.deepEqual(
    expected.map(row => `${row.kind} ${row.path}`),
    ['C /etc', 'A /etc/new'],
  );
  const index = join(bundle, 'ocikit.index');
  writeFileSync(index, readFileSync(index, 'utf8').replace('motd', 'MOTD'));
  assert.deepEqual((await diff(bundle, undefined)).changes, expected);
  rmSync(index);
  assert.deepEqual((await diff(bundle, undefined)).changes, expected);
});

test('excluded paths are neither added, changed nor deleted', async t => {
  const place = workplace(t);
  await commit(join(place, 'rootfs'), join(place, 'img:base'), { platform });
  writeFileSync(join(place, 'rootfs/etc/motd'), 'changed\n');
  writeFileSync(join(place, 'rootfs/etc/secret'), 'secret\n');
  rmSync(join(place, 'rootfs/etc/hosts'));
  writeFileSync(join(place, 'ignore'), '**/secret\n');
  const options = { base: join(place, 'img:base'), exclude: ['etc/hosts'], ignoreFile: join(place, 'ignore') };
  await commit(join(place, 'rootfs'), join(place, 'img:next'), options);
  const { changes } = await diff(join(place, 'img:base'), join(place, 'img:next'));
  assert.deepEqual(
    changes.map(row => `${row.kind} ${row.path}`),
    ['C /etc', 'C /etc/motd'],
  );
  await isValid(join(place, 'img'));
});

test('instructions, annotations, squash and compressions do what they say', async t => {
  const place = workplace(t);
  const img = join(place, 'img');
  await commit(join(place, 'rootfs'), `${img}:base`, {
    platform,
    instructions: ['CMD ["a"]', 'ENV A=1'],
    compression: 'none',
  });
  writeFileSync(join(place, 'rootfs/etc/new'), 'new\n');
  for (const compression of ['gzip', 'zstd', 'none'] as const) {
    await commit(join(place, 'rootfs'), `${img}:${compression}`, {
      base: `${img}:base`,
      compression,
      annotations: ['k=v'],
    });
    await unpack(`${img}:${compression}`, join(place, compression), {});
    assert.deepEqual((await diff(join(place, 'rootfs'), join(place, compression))).changes, []);
  }
  await commit(join(place, 'rootfs'), `${img}:portable`, { base: `${img}:base`, compressor: 'portable' });
  const squashed = await commit(join(place, 'rootfs'), `${img}:squashed`, { base: `${img}:base`, squash: true });
  const [object] = (await inspect([`${img}:squashed`])) as unknown as {
    Config: { Cmd: string[]; Env: string[] };
    RootFS: { Layers: string[] };
  }[];
  assert.deepEqual(object?.Config.Cmd, ['a']);
  assert.deepEqual(object?.RootFS.Layers, [squashed.diffID]);
  assert.equal((await history(`${img}:squashed`)).length, 1);
  await isValid(img);
});

test('names are given, listed, filtered and taken away', async t => {
  const place = workplace(t);
  const img = join(place, 'img');
  await init(img);
  await commit(join(place, 'rootfs'), `${img}:base`, {
    platform,
    created: '2026-01-01T00:00:00Z',
    instructions: ['LABEL tier=web'],
  });
  await tag(`${img}:base`, ['latest', 'docker.io/library/figlet:1.0']);
  const names = async (...filters: string[]): Promise<string[]> =>
    (await images([img], { filters, now: Date.parse('2026-06-01T00:00:00Z') })).map(
      row => `${row.repository}:${row.tag}`,
    );
  assert.deepEqual(await names(), ['figlet:1.0', 'null:base', 'null:latest']);
  assert.deepEqual(await names('reference=fig*'), ['figlet:1.0']);
  assert.deepEqual(await names('label=tier=web', 'reference=figlet:*'), ['figlet:1.0']);
  assert.deepEqual(await names('label!=tier'), []);
  assert.deepEqual(await names('until=24h', 'dangling=false', 'reference=base'), ['null:base']);
  await assert.rejects(names('colour=red'), refusal(/colour/, 'usage'));
  await untag([`${img}:latest`, `${img}:figlet:1.0`]);
  assert.deepEqual(await names(), ['null:base']);
  await untag([`${img}:base`]);
  assert.equal((await images([img])).length, 1);
  await isValid(img);
});

test('bad input is one clear error, and nothing is lost or half-written', async t => {
  const place = workplace(t);
  const img = join(place, 'img');
  await commit(join(place, 'rootfs'), `${img}:base`, { platform });
  const before = readFileSync(join(img, 'index.json'));
  const cases: readonly [() => Promise<unknown>, RegExp][] = [
    [() => commit(join(place, 'nowhere'), `${img}:x`, { platform }), /nowhere: expected/],
    [
      () => commit(join(place, 'rootfs'), `${img}:x`, { base: `${img}:nobody` }),
      /nobody: expected an image of that name.*/,
    ],
    [
      () => commit(join(place, 'rootfs'), `${img}:x`, { platform, instructions: ['RUN x'] }),
      /RUN is not a valid change command/i,
    ],
    [() => commit(join(place, 'rootfs'), `${img}:bad name`, { platform }), /name/],
    [() => commit(join(place, 'rootfs'), `${img}:x`, { platform, level: 12 }), /level/],
    [() => diff(join(place, 'rootfs'), undefined), /two operands/],
    [() => diff(`${img}:base`, join(place, 'rootfs'), { ignore: ['colour'] }), /colour/],
    [() => unpack(`${img}:base`, join(place, 'rootfs'), {}), /empty or new directory/],
    [() => history(join(place, 'rootfs')), /layout/],
    [() => tag(`${img}:base`, ['ok', 'not ok']), /not ok/],
  ];
  for (const [action, pattern] of cases) await assert.rejects(action(), refusal(pattern), String(pattern));
  assert.deepEqual(readFileSync(join(img, 'index.json')), before);
  assert.deepEqual(readdirSync(img).sort(), ['blobs', 'index.json', 'oci-layout']);
  assert.deepEqual(readdirSync(place).sort(), ['img', 'rootfs']);
  await isValid(img);
});

test('a file that its owner may not read is committed all the same, and stays as it was', async t => {
  const place = workplace(t);
  const [rootfs, img] = [join(place, 'rootfs'), join(place, 'img')];
  chmodSync(join(rootfs, 'etc/motd'), 0);
  await commit(rootfs, `${img}:x`, { platform });
  assert.equal(lstatSync(join(rootfs, 'etc/motd')).mode & 0o7777, 0);
  assert.deepEqual((await diff(`${img}:x`, rootfs)).changes, []);
});

test('a damaged blob is refused by digest, whatever reads it', async t => {
  const place = workplace(t);
  const img = join(place, 'img');
  const made = await commit(join(place, 'rootfs'), `${img}:base`, { platform });
  const blob = join(img, 'blobs', (made.layer?.digest ?? '').replace(':', '/'));
  const bytes = readFileSync(blob);
  bytes[bytes.length - 12] = (bytes.at(-12) as number) ^ 1;
  writeFileSync(blob, bytes);
  await assert.rejects(unpack(`${img}:base`, join(place, 'out'), {}), refusal(/digest|gzip/, 'invalid'));
  assert.ok(!existsSync(join(place, 'out')));
  const { findings } = await validate(img);
  assert.equal(findings.length, 1);
});

interface ExpectedNode {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size?: number;
  readonly mtime?: number;
}
interface Expected {
  readonly kind: string;
  readonly input: string;
  /** Null for a docker-archive. */
  readonly manifest: string | null;
  readonly tags: readonly (string | null)[];
  readonly diff_ids: readonly string[];
  readonly rootfs: readonly ExpectedNode[];
}

/** A published layout whose manifest has a media type of its own, which ocikit refuses by name. */
const refusedLayouts: readonly string[] = [
  'google_go-containerregistry-pkg_v1_layout_testdata_test_index-32589985.json',
];

/** How a published image is called. */
const operandOf = (expected: Expected, place: string): string =>
  expected.manifest === null ? `${place}:${expected.tags[0]}` : `${place}@${expected.manifest}`;

test('real images unpack to the root filesystems that others agree on', async t => {
  const directory = fixture(t, 'expected-rootfs');
  if (directory === undefined) return;
  let compared = 0;
  for (const name of readdirSync(directory)) {
    const expected = JSON.parse(readFileSync(join(directory, name), 'utf8')) as Expected;
    const operand = operandOf(expected, fixture(t, expected.input) as string);
    if (refusedLayouts.includes(name)) continue;
    const place = temporaryDirectory(t);
    await unpack(operand, join(place, 'out'), {});
    const [image] = (await inspect([operand])) as { RootFS: { Layers: readonly string[] } }[];
    assert.deepEqual(image?.RootFS.Layers, expected.diff_ids, name);
    mkdirSync(join(place, 'nothing'));
    const rows = (await diff(join(place, 'nothing'), join(place, 'out'))).changes;
    const found = rows
      .map(
        ({ path, after }) =>
          `${path} ${after?.type} ${after?.type === 'symlink' ? '' : after?.mode} ${after?.uid}:${after?.gid} ${after?.size ?? ''}`,
      )
      .sort();
    const wanted = expected.rootfs
      .filter(({ path, type }) => path !== '/' && (process.getuid?.() === 0 || type !== 'device'))
      .map(
        ({ path, type, mode, uid, gid, size }) =>
          `${path} ${{ dir: 'directory', char: 'char device', block: 'block device' }[type] ?? type} ${type === 'symlink' ? '' : mode} ${uid}:${gid} ${type === 'file' ? size : ''}`,
      )
      .sort();
    if (process.getuid?.() === 0) assert.deepEqual(found, wanted, name);
    compared++;
  }
  assert.equal(compared, 52);
});

test('published differences between real images are found', async t => {
  const file = fixture(t, 'expected-diffs/apko-amd64-vs-arm64--31.json');
  if (file === undefined) return;
  const expected = JSON.parse(readFileSync(file, 'utf8')) as {
    a: string;
    b: string;
    added: string[];
    deleted: string[];
    changed: [string, string[]][];
  };
  const operand = (name: string): string => {
    const { input, manifest } = JSON.parse(
      readFileSync(fixture(t, `expected-rootfs/${name}.json`) as string, 'utf8'),
    ) as Expected;
    return `${fixture(t, input)}@${manifest}`;
  };
  const { changes } = await diff(operand(expected.a), operand(expected.b), { ignore: ['mtime'] });
  const changed = changes.filter(row => row.kind === 'C' && row.reasons.length > 0).map(row => row.path);
  assert.deepEqual(changed.sort(), expected.changed.map(([path]) => path).sort());
  assert.deepEqual(
    changes.filter(row => row.kind === 'A').map(row => row.path),
    expected.added,
  );
  assert.deepEqual(
    changes.filter(row => row.kind === 'D').map(row => row.path),
    expected.deleted,
  );
});
