import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { collected } from '../testing/drained.ts';
import type { Operands } from '../testing/prepared-place.ts';
import { type OperandKind, preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { everything, hostPlatform, images } from '../testing/verb-use.ts';
import { find } from '../tree/walk.ts';
import { analyze } from './analyze.ts';
import { blame } from './blame.ts';
import { catStream } from './cat.ts';
import { files } from './files.ts';
import { lookInto } from './look.ts';

const withoutLayers = everything.filter(kind => !images.includes(kind));

async function operandsOf(t: TestContext): Promise<(kind: OperandKind) => Operands> {
  return (await preparePlace(temporaryDirectory(t))).operands;
}

async function textOf(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of bytes) text += Buffer.from(chunk).toString('utf8');
  return text;
}

test('whatever holds a root filesystem lists the same files, and those of an image say which layer made them so', async t => {
  const operands = await operandsOf(t);
  for (const kind of everything) {
    const options = { recursive: true, hostPlatform };
    const { files: rows, layers } = await files(operands(kind).source, [], options);
    const paths = rows.map(row => row.path).filter(path => !path.startsWith('/added'));
    assert.deepEqual(paths, ['/etc', '/etc/motd', '/lib', '/lib/one', '/lib/two', '/link', '/var', '/var/new'], kind);
    const made = Object.fromEntries(rows.map(({ path, layer }) => [path, layer]));
    const ofLayers = {
      '/etc': 2,
      '/etc/motd': 2,
      '/lib': 3,
      '/lib/one': 1,
      '/lib/two': 3,
      '/link': 3,
      '/var': 2,
      '/var/new': 2,
    };
    assert.deepEqual(
      made,
      images.includes(kind) ? ofLayers : { ...made, ...Object.fromEntries(paths.map(path => [path, null])) },
    );
    assert.equal(layers.length, images.includes(kind) ? 3 : 0);
  }
});

test('what is listed is what lies in a directory, what was named itself, or as deep as was asked', async t => {
  const { source } = (await operandsOf(t))('image');
  const listed = async (paths: readonly string[], options = {}): Promise<readonly string[]> =>
    (await files(source, paths, { hostPlatform, ...options })).files.map(({ path }) => path);
  assert.deepEqual(await listed([]), ['/etc', '/lib', '/link', '/var']);
  assert.deepEqual(await listed(['/etc', 'link']), ['/etc/motd', '/link']);
  assert.deepEqual(await listed(['lib/../etc//']), ['/etc/motd']);
  assert.deepEqual(await listed(['/'], { depth: 2 }), await listed([], { recursive: true }));
  assert.deepEqual(await listed(['/lib/one'], { recursive: true }), ['/lib/one']);
  await assert.rejects(listed(['/etc/gone']), refusal(/:app: expected '\/etc\/gone', got nothing/, 'not-found'));
});

test('contents are read out of whatever holds them, in the order in which they were named', async t => {
  const operands = await operandsOf(t);
  for (const kind of everything) {
    const { bytes, size } = await catStream(operands(kind).source, ['/var/new', 'etc/motd', '/var/new'], {
      hostPlatform,
    });
    const text = 'new\nhello, world\nnew\n';
    assert.equal(await textOf(bytes), text, kind);
    assert.equal(size, text.length);
  }
  const { source } = operands('image');
  await assert.rejects(catStream(source, ['/etc']), refusal(/: \/etc: expected a file, got a directory/, 'invalid'));
  await assert.rejects(catStream(source, ['/etc/motd', '/no']), refusal(/expected '\/no', got nothing/, 'not-found'));
});

test("a path's story names the layers that touched it and their lines of history", async t => {
  const { source } = (await operandsOf(t))('image');
  const story = async (path: string): Promise<readonly string[]> =>
    (await blame(source, path, { hostPlatform })).steps.map(({ layer, kind, by }) =>
      [layer, kind, by].filter(Boolean).join(' '),
    );
  assert.deepEqual(await story('/etc/motd'), ['1 add', '2 modify']);
  assert.deepEqual(await story('/etc/gone'), ['1 add', '2 delete']);
  assert.deepEqual(await story('/var/old'), ['1 add', '2 opaque /var']);
  assert.deepEqual(await story('/lib/two'), ['1 add', '3 modify']);
  assert.deepEqual(await story('/link'), ['1 add', '3 replace']);
  const [step] = (await blame(source, '/var', { hostPlatform })).steps.slice(1);
  assert.deepEqual(step?.reasons, [{ aspect: 'mode', before: '0755', after: '0700' }]);
  await assert.rejects(blame(source, '/never'), refusal(/expected '\/never' in some layer, got nothing/, 'not-found'));
});

test('what has no layers is a story of one step that no layer made', async t => {
  const operands = await operandsOf(t);
  for (const kind of withoutLayers) {
    const { steps } = await blame(operands(kind).source, '/lib/../etc/motd');
    assert.deepEqual(
      steps.map(({ layer, digest, kind, path }) => [layer, digest, kind, path]),
      [[null, null, 'add', '/etc/motd']],
      kind,
    );
    await assert.rejects(
      blame(operands(kind).source, '/never'),
      refusal(/expected '\/never', got nothing/, 'not-found'),
    );
  }
});

test('a root filesystem without layers is measured as one tree, and a rule about layers or a config is refused', async t => {
  const operands = await operandsOf(t);
  const rules = join(temporaryDirectory(t), 'rules.json');
  for (const kind of withoutLayers) {
    const { source } = operands(kind);
    const all = (await files(source, ['/'], { recursive: true })).files.filter(({ type }) => type === 'file');
    const bytes = all.reduce((sum, { size = 0, links }) => sum + size / links, 0);
    const { size, directories, layers, waste, unowned } = await analyze(source, { maxWasted: '0', noSetuid: true });
    assert.deepEqual(size, { stored: null, tar: null, files: bytes, visible: bytes, hidden: 0 }, kind);
    assert.equal(
      directories.reduce((sum, { own }) => sum + own, 0),
      bytes,
    );
    assert.deepEqual([layers, waste, unowned], [[], [], bytes]);
    for (const rule of [
      { maxLayers: 3 },
      { noRootUser: true },
      { ports: [] },
      { labels: { a: '*' } },
      { base: ['x'] },
    ]) {
      writeFileSync(rules, JSON.stringify({ version: 1, rules: [rule] }));
      const said = new RegExp(`expected an image, for rule .* asks for ${Object.keys(rule)}`);
      await assert.rejects(analyze(source, { rules }), refusal(said, 'unsupported'));
    }
  }
});

test('the command line lists as ls does', async t => {
  const { source } = (await operandsOf(t))('image');
  const printed = async (...words: readonly string[]): Promise<string> =>
    (await runCommand(['files', source, ...words])).out;
  assert.equal(await printed('/lib'), '/lib/one\n/lib/two\n');
  assert.equal(await printed('/lib', '-z'), '/lib/one\0/lib/two\0');
  assert.match(
    await printed('/lib', '-l'),
    /^-rw-r--r-- 1 0 0 5000 \d{4}-\d\d-\d\d \d\d:\d\d #1 \/lib\/one\n-rw-r--r-- 1 0 0 {3}22 .* #3 \/lib\/two\n$/,
  );
  const drawing = '├── /etc\n│   └── motd\n├── /lib\n│   ├── one\n│   └── two\n├── /link\n└── /var\n    └── new\n';
  assert.equal(await printed('--tree'), drawing);
  assert.equal((await runCommand(['cat', source, '/var/new', '/link'])).out, 'new\nno link any more\n');
  assert.match(
    (await runCommand(['blame', source, '/var/old'])).out,
    /^LAYER.*\n#1 +add +4B .*\n#2 +opaque +4B +\/var\/old +with \/var/,
  );
});

test('the contents of several files are whole, in whatever pieces they come', async t => {
  const directory = temporaryDirectory(t);
  const sizes = [10, 40_000, 0, 5, 200_000, 33_000];
  mkdirSync(join(directory, 'files'));
  for (const [at, size] of sizes.entries()) writeFileSync(join(directory, `files/${at}`), Buffer.alloc(size, `${at}+`));
  const tar = join(directory, 'files.tar');
  execFileSync('tar', ['-C', join(directory, 'files'), '--sort=name', '-cf', tar, '.']);
  for (const place of [tar, join(directory, 'files')]) {
    const look = await lookInto(place, {});
    for (let count = 1; count <= sizes.length; count++) {
      const files = sizes.slice(0, count).map((_, at) => {
        const node = find(look.tree, `${at}`);
        assert.ok(node?.kind === 'file');
        return { path: `${at}`, node };
      });
      const expected = Buffer.concat(sizes.slice(0, count).map((size, at) => Buffer.alloc(size, `${at}+`)));
      assert.ok((await collected(look.bytesOf(files))).equals(expected), `${place}: ${count}`);
    }
  }
});
