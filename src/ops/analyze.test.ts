import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { layeredImage } from '../testing/layered-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { analyze } from './analyze.ts';

const status = (...names: readonly string[]): string =>
  names.map(name => `Package: ${name}\nStatus: install ok installed\nVersion: 1.0-1\n\n`).join('');

/** A package, a secret that is deleted, a file that is replaced, one with a set-id bit, and one that all may write to. */
const layers = [
  {
    'usr/': '',
    'usr/lib/': '',
    'usr/lib/libone.so': 'x'.repeat(1000),
    'usr/lib/link.so': '=> usr/lib/libone.so',
    'var/lib/dpkg/info/one.list': '/.\n/usr\n/usr/lib\n/usr/lib/libone.so\n/usr/lib/link.so\n',
    'var/lib/dpkg/status': status('one'),
    'root/secret.key': 's'.repeat(500),
    'etc/big': 'b'.repeat(300),
  },
  { 'root/.wh.secret.key': '', 'etc/big': 'B'.repeat(200), '4755|usr/bin/su': 'su', '0666|etc/open': 'o' },
];
const config = { config: { User: '0:0', ExposedPorts: { '22/tcp': {}, '80/tcp': {} }, Labels: { tier: 'test' } } };

const imageOf = (t: TestContext): string => layeredImage(join(temporaryDirectory(t), 'img'), layers, config);

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('what layers, directories and packages have adds up to the byte', async t => {
  const { size, layers: rows, directories, packages, unowned } = await analyze(imageOf(t), { hostPlatform });
  for (const { tar, visible, hidden, overhead } of rows) assert.equal(visible + hidden + overhead, tar);
  assert.equal(sum(rows.map(({ tar }) => tar)), size.tar);
  assert.equal(sum(rows.map(({ size: stored }) => stored)), size.stored);
  assert.equal(size.visible + size.hidden, size.files);
  assert.equal(size.hidden, 500 + 300);
  assert.equal(sum(directories.map(({ own }) => own)), size.visible);
  assert.equal(directories[0]?.size, size.visible);
  assert.equal(sum(packages.map(one => one.size)) + unowned, size.visible);
  assert.deepEqual(packages, [{ type: 'deb', name: 'one', version: '1.0-1', layer: 1, size: 1000 }]);
});

test('a layer that an image has twice counts twice, as its manifest lists it, and adds up to the byte', async t => {
  const [lowest, other] = layers as [(typeof layers)[0], (typeof layers)[1]];
  const image = layeredImage(join(temporaryDirectory(t), 'img'), [lowest, other, lowest], config);
  const { size, layers: rows, directories, waste } = await analyze(image, { hostPlatform });
  assert.equal(rows[0]?.diffID, rows[2]?.diffID);
  assert.equal(rows[0]?.tar, rows[2]?.tar);
  for (const { tar, visible, hidden, overhead } of rows) assert.equal(visible + hidden + overhead, tar);
  assert.equal(sum(rows.map(({ tar }) => tar)), size.tar);
  assert.equal(sum(rows.map(({ size: stored }) => stored)), size.stored);
  assert.equal(size.visible + size.hidden, size.files);
  assert.equal(sum(directories.map(({ own }) => own)), size.visible);
  assert.equal(sum(waste.map(one => one.size)), size.hidden);
  assert.deepEqual(waste.find(({ path }) => path === '/root/secret.key')?.layers, [1]);
});

test('paths with bytes that nothing reaches are listed by size, with the layers that have and hid them', async t => {
  const { waste, dive } = await analyze(imageOf(t), { hostPlatform });
  assert.deepEqual(waste, [
    { path: '/root/secret.key', size: 500, copies: 1, how: 'deleted', layers: [1], by: [2] },
    { path: '/etc/big', size: 300, copies: 1, how: 'replaced', layers: [1], by: [2] },
  ]);
  assert.deepEqual(
    dive.inefficient.map(({ file, count, sizeBytes }) => [file, count, sizeBytes]),
    [
      ['/etc/big', 2, 500],
      ['/root/secret.key', 2, 500],
    ],
  );
});

async function found(image: string, rules: readonly object[], t: TestContext): Promise<readonly string[]> {
  const file = join(temporaryDirectory(t), 'ocikit.rules.json');
  writeFileSync(file, JSON.stringify({ version: 1, rules }));
  const { findings } = await analyze(image, { hostPlatform, rules: file });
  return findings.map(({ severity, rule, subject, layer }) =>
    [severity, rule, subject, layer].filter(Boolean).join(' '),
  );
}

test('every kind of rule finds what does not keep to it, and nothing where all is well', async t => {
  const image = imageOf(t);
  const cases: readonly (readonly [rule: object, found: readonly string[]])[] = [
    [{ maxSize: '1GB', maxLayers: 2, maxWasted: '99%', minEfficiency: 0.01 }, []],
    [{ maxSize: '1kB' }, ['error maxSize size']],
    [{ maxLayers: 1, severity: 'warning' }, ['warning maxLayers layers']],
    [{ maxWasted: '1%', id: 'waste' }, ['error waste waste']],
    [{ minEfficiency: 0.99 }, ['error minEfficiency efficiency']],
    [{ forbid: ['**/*.key'] }, []],
    [{ forbid: ['**/*.key'], layers: 'any' }, ['error forbid /root/secret.key 1']],
    [{ forbid: ['etc/*'], except: ['etc/open'] }, ['error forbid /etc/big 2']],
    [{ require: ['etc/big', 'etc/none'] }, ['error require etc/none']],
    [{ noSetuid: true }, ['error noSetuid /usr/bin/su 2']],
    [{ noWorldWritable: true }, ['error noWorldWritable /etc/open 2']],
    [{ owners: ['0:0'] }, []],
    [{ owners: ['7'], except: ['usr', 'var', 'root', 'etc/big', 'etc/open'] }, ['error owners /etc 1']],
    [{ noRootUser: true }, ['error noRootUser user']],
    [{ ports: ['80'] }, ['error ports port 22/tcp']],
    [{ labels: { tier: 'te*', other: '*' } }, ['error labels label other']],
    [{ base: ['debian:*'] }, ['error base base']],
    [{ forbidPackages: ['deb/one<1.0-2'] }, ['error forbidPackages package deb/one 1']],
    [{ forbidPackages: ['one<1.0', 'two'], requirePackages: ['one>=1.0-1', 'deb/o*'] }, []],
    [{ requirePackages: ['one>2'] }, ['error requirePackages package one>2']],
  ];
  for (const [rule, expected] of cases) assert.deepEqual(await found(image, [rule], t), expected, JSON.stringify(rule));
});

test('a rule that asks for nothing, or for what there is not, is refused with its place', async t => {
  const image = imageOf(t);
  await assert.rejects(found(image, [{ noSetUid: true }], t), refusal(/rules\/0/, 'invalid'));
  await assert.rejects(
    found(image, [{ id: 'x' }], t),
    refusal(/rules\/0: expected one of maxSize, .*, got none/, 'invalid'),
  );
  await assert.rejects(
    found(image, [{ maxSize: 'much' }], t),
    refusal(/expected a size such as .*, got 'much'/, 'usage'),
  );
  await assert.rejects(
    analyze(image, { maxWasted: '5 apples' }),
    refusal(/^maxWasted: expected a size such as 5%/, 'usage'),
  );
});

test('the command line is a gate that names what broke it', async t => {
  const image = imageOf(t);
  const fine = await runCommand(['analyze', image, '--max-wasted', '90%', '--max-size', '1MB', '--forbid', 'no/such']);
  assert.equal(fine.status, 0, fine.err);
  assert.match(fine.out, /waste: 800B \(\d+\.\d+%\) that no path reaches\ndive: efficiency \d+\.\d+%/);
  assert.match(fine.out, /\n500B +#1 deleted by #2 +\/root\/secret\.key\n/);
  const broken = await runCommand(['analyze', image, '--no-setuid', '--max-wasted', '5%']);
  assert.equal(broken.status, 1);
  assert.match(broken.out, /\nerror: maxWasted: waste: expected at most 5%, got 800 bytes/);
  assert.match(broken.out, /\nerror: noSetuid: \/usr\/bin\/su: expected no set-user-ID .* got mode 4755 \(#2\)\n/);
});
