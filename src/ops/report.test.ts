import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { column, filesOf, pathOf, shapeOf, totalsOf } from '../report/browser/decode.ts';
import { type ImagePage, letters, type PageData, type PairPage } from '../report/page-data.ts';
import { refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { collected } from '../testing/drained.ts';
import { layeredImage } from '../testing/layered-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { analyze } from './analyze.ts';
import { exportImage } from './export-image.ts';
import { report, reportStream } from './report.ts';
import { unpack } from './unpack.ts';

const status = (...packages: readonly string[]): string =>
  packages
    .map(one => one.split(' '))
    .map(([name, version]) => `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n\n`)
    .join('');

const base = {
  'usr/': '',
  'usr/lib/': '',
  'usr/lib/libone.so': 'x'.repeat(1000),
  'usr/lib/link.so': '=> usr/lib/libone.so',
  'usr/lib/other.so': '-> libone.so',
  'var/lib/dpkg/info/one.list': '/.\n/usr\n/usr/lib\n/usr/lib/libone.so\n/usr/lib/link.so\n',
  'var/lib/dpkg/status': status('one 1.0-1'),
  'root/secret.key': 's'.repeat(500),
  'etc/big': 'b'.repeat(300),
  'opt/old/a': 'a'.repeat(40),
  'opt/old/b': 'b'.repeat(2),
};
const upper = {
  'root/.wh.secret.key': '',
  'etc/big': 'B'.repeat(200),
  '4755|usr/bin/su': 'su',
  'opt/.wh.old': '',
  'var/lib/dpkg/status': status('one 1.0-2', 'two 3'),
};
const config = { config: { User: '0:0', Env: ['A=b'], Labels: { tier: '<script>alert(1)</script>' } } };

const imagesOf = (t: TestContext): { readonly old: string; readonly app: string } => {
  const place = temporaryDirectory(t);
  return {
    old: layeredImage(join(place, 'old'), [base], config),
    app: layeredImage(join(place, 'app'), [base, upper], { config: { ...config.config, User: '1:1' } }),
  };
};

/** What a page holds. */
async function dataOf(images: string | readonly string[]): Promise<PageData> {
  const { bytes } = await reportStream(images, { hostPlatform });
  const [, data = ''] = /id="data">(.*)<\/script>/.exec(`${await collected(bytes)}`) ?? [];
  return JSON.parse(data) as PageData;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('a page of an image says what analyze says, and its files add up to that', async t => {
  const { app } = imagesOf(t);
  const page = (await dataOf(app)) as ImagePage;
  const { size, layers, packages, dive } = await analyze(app, { hostPlatform });
  assert.deepEqual(page.head.size, size);
  assert.equal(page.efficiency, dive.efficiency);
  assert.deepEqual(
    page.layers.map(({ visible, hidden, tar, stored }) => [visible, hidden, tar, stored]),
    layers.map(({ visible, hidden, tar, size: stored }) => [visible, hidden, tar, stored]),
  );
  assert.deepEqual(
    page.layers.map(({ added, changed, deleted }) => [added, changed, deleted]),
    [
      [19, 0, 0],
      [2, 2, 2],
    ],
  );
  const files = filesOf(page.files);
  assert.equal(files.total[0], size.visible);
  for (const [at, { size: bytes }] of packages.entries()) {
    const owned = sum([...files.size].filter((_, node) => files.package[node] === at + 1));
    assert.equal(owned, bytes);
    assert.equal(page.packages[at]?.[5], bytes);
  }
  const paths = Array.from({ length: files.shape.count }, (_, node) => pathOf(files.shape, node));
  const [link, first] = ['/usr/lib/link.so', '/usr/lib/libone.so'].map(path => paths.indexOf(path)) as [number, number];
  assert.deepEqual([...files.first], [[Math.max(link, first), Math.min(link, first)]]);
  assert.equal(files.targets.get(paths.indexOf('/usr/lib/other.so')), 'libone.so');
  assert.equal(files.layer[paths.indexOf('/etc/big')], 2);
  assert.equal(files.layer[paths.indexOf('/usr/lib/libone.so')], 1);
});

test('a page of two images says what differs, and the bytes of it are the difference', async t => {
  const { old, app } = imagesOf(t);
  const page = (await dataOf([old, app])) as PairPage;
  const { changes } = page;
  const shape = shapeOf(changes);
  const letter = column(changes.letter, shape.count);
  const said = Array.from(
    { length: shape.count },
    (_, node) =>
      `${letters[letter[node] ?? -1] || '.'} ${pathOf(shape, node)} ${changes.before[node]} ${changes.after[node]}`,
  );
  assert.deepEqual(said, [
    '. / 0 0',
    '. /etc 0 0',
    'C /etc/big 300 200',
    '. /opt 0 0',
    'D /opt/old 42 0',
    '. /root 0 0',
    'D /root/secret.key 500 0',
    '. /usr 0 0',
    'A /usr/bin 0 0',
    'A /usr/bin/su 0 2',
    '. /var 0 0',
    '. /var/lib 0 0',
    '. /var/lib/dpkg 0 0',
    `C /var/lib/dpkg/status ${status('one 1.0-1').length} ${status('one 1.0-2', 'two 3').length}`,
  ]);
  const total = (bytes: readonly number[]): number => totalsOf(shape, node => bytes[node] ?? 0)[0] ?? 0;
  assert.equal(total(changes.after) - total(changes.before), page.after.size.visible - page.before.size.visible);
  assert.deepEqual(page.packages, [
    ['U', 'deb', 'one', '1.0-1', '1.0-2', 0],
    ['A', 'deb', 'two', null, '3', 0],
  ]);
  assert.deepEqual(
    page.layers.map(({ kind }) => kind),
    ['=', '+'],
  );
  assert.deepEqual(page.config, [['/config/User', '0:0', '1:1']]);
});

test('the page is in the file that is named, whole and the same each time; a dry run says its digest and writes nothing', async t => {
  const { old, app } = imagesOf(t);
  const out = join(temporaryDirectory(t), 'page.html');
  const dry = await runCommand(['report', old, app, '-o', out, '--dry-run']);
  assert.equal(existsSync(out), false);
  const done = await runCommand(['report', old, app, '-o', out, '--json']);
  const { digest, size, images } = JSON.parse(done.out);
  assert.equal(dry.out, `${digest}\n`);
  assert.equal(statSync(out).size, size);
  assert.equal(images.length, 2);
  const streamed = await runCommand(['report', old, app]);
  assert.equal(streamed.out, readFileSync(out, 'utf8'));
  // A newer page takes the place of an older one.
  assert.equal((await runCommand(['report', app, '-o', out])).status, 0);
  assert.match(readFileSync(out, 'utf8'), /"kind":"image"/);
});

test('a page of a directory or a tar has its files and packages, and beside an image what differs', async t => {
  const { old, app } = imagesOf(t);
  const place = temporaryDirectory(t);
  const [directory, tar] = [join(place, 'rootfs'), join(place, 'rootfs.tar')];
  await unpack(app, directory, { hostPlatform, rootless: true });
  await exportImage(app, tar, { hostPlatform });
  const ofImage = (await dataOf(app)) as ImagePage;
  for (const rootfs of [directory, tar]) {
    const page = (await dataOf(rootfs)) as ImagePage;
    assert.deepEqual([page.head.digest, page.head.platform, page.layers, page.history], [null, '', [], []]);
    assert.equal(page.files.names, ofImage.files.names);
    assert.deepEqual(page.files.sizes, ofImage.files.sizes);
    assert.deepEqual(
      page.packages.map(row => row.with(4, 0)),
      ofImage.packages.map(row => row.with(4, 0)),
    );
    assert.equal(((await dataOf([app, rootfs])) as PairPage).changes.names, '');
    const [ofImages, pair] = [(await dataOf([old, app])) as PairPage, (await dataOf([old, rootfs])) as PairPage];
    assert.deepEqual([pair.changes, pair.texts, pair.packages], [ofImages.changes, ofImages.texts, ofImages.packages]);
    assert.deepEqual([pair.layers, pair.config], [[], []]);
  }
  const { images } = await report(tar, join(place, 'out'));
  assert.deepEqual(images, [{ name: 'rootfs.tar', digest: null }]);
});

test('more images than two and a page onto a terminal are refused', async t => {
  const { app } = imagesOf(t);
  const place = temporaryDirectory(t);
  await assert.rejects(report([], join(place, 'out')), refusal(/got 0 images/, 'usage'));
  await assert.rejects(report([app, app, app], join(place, 'out')), refusal(/got 3 images/, 'usage'));
  const { status: left, err } = await runCommand(['report', app], { stdoutIsTerminal: true });
  assert.equal(left, 2);
  assert.match(err, /expected a file or a pipe, got a terminal/);
  assert.equal(existsSync(join(place, 'out')), false);
});

test('of small text files that differ, were added or deleted a page has the lines, of others none', async t => {
  const place = temporaryDirectory(t);
  const before = {
    'etc/conf': 'one\ntwo\n',
    'etc/end': 'a',
    'etc/binary': 'a\0b',
    'etc/large': 'x'.repeat(70_000),
    'etc/same': 's',
    'etc/gone': 'old\n',
    'etc/gone-binary': '\0',
  };
  const after = {
    'etc/conf': 'one\n2 </script>\n',
    'etc/end': 'b\n',
    'etc/binary': 'a\0c',
    'etc/large': 'y'.repeat(70_000),
    'etc/same': 's',
    'etc/added': 'new\n',
    'etc/empty': '',
    'etc/added-binary': '\0',
    'etc/link': '-> added',
  };
  const old = layeredImage(join(place, 'old'), [before]);
  const page = (await dataOf([old, layeredImage(join(place, 'new'), [after])])) as PairPage;
  const shape = shapeOf(page.changes);
  assert.deepEqual(
    page.texts.map(([row, ...rest]) => [pathOf(shape, row), ...rest]),
    [
      ['/etc/added', '@@ -0,0 +1 @@\n+new', 1, 0],
      ['/etc/conf', '@@ -1,2 +1,2 @@\n one\n-two\n+2 </script>', 1, 1],
      ['/etc/end', '@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b', 1, 1],
      ['/etc/gone', '@@ -1 +0,0 @@\n-old', 0, 1],
    ],
  );
  assert.equal(page.textsLeft, 0);
});

test('a page has some thirty bytes a file: one of forty thousand files is less than two megabytes', async t => {
  const names = [
    'libcrypto',
    'changelog.Debian.gz',
    'copyright',
    '__init__.cpython-311.pyc',
    'messages.mo',
    'index.d.ts',
  ];
  const layer = Object.fromEntries(
    Array.from({ length: 4000 }, (_, at) => [
      `usr/share/package-${Math.floor(at / 12)}/${names[at % names.length]}.${at % 12}.${(at * 7919) % 1000}`,
      'x'.repeat((at * 31) % 90),
    ]),
  );
  const image = layeredImage(join(temporaryDirectory(t), 'img'), [layer]);
  const { size } = await report(image, '', { hostPlatform, dryRun: true });
  const { size: least } = await report(layeredImage(join(temporaryDirectory(t), 'img'), [{}]), '', {
    hostPlatform,
    dryRun: true,
  });
  assert.ok((size - least) * 10 + least < 2_000_000, `${size} bytes`);
});
