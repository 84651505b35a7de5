import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../testing/temporary.ts';
import { append } from './append.ts';
import { build } from './build.ts';
import { commit } from './commit.ts';
import { commitLayer } from './commit-layer.ts';
import { files } from './files.ts';

const platform = 'linux/amd64';
const stranger = '.ocikit-notes';
/** As a process names its temporary directories. */
const temporary = '.ocikit-70072350-4026531836-12570-397085-l9cxeTI';

/** A directory with a file, and what is in an image as the user sees it. */
function prepare(t: TestContext): { place: string; listed: (image: string) => Promise<readonly string[]> } {
  const place = temporaryDirectory(t);
  for (const name of ['a', stranger]) writeFileSync(join(place, name), name);
  mkdirSync(join(place, temporary, 'new'), { recursive: true });
  const listed = async (image: string): Promise<readonly string[]> =>
    (await files(image, [], { recursive: true })).files.map(({ path }) => path);
  return { place, listed };
}

test('an image that goes into the directory that it is made of is no part of itself, and neither is what is being made there', async t => {
  const { place, listed } = prepare(t);
  const image = join(place, 'sub/img:app');
  mkdirSync(join(place, 'sub'));
  const options = { platform, created: '2024-01-01T00:00:00Z' };
  // Making the layout changes the time of the directory that it is in.
  const { warnings } = await commit(place, image, options);
  const [first, again] = [await commit(place, image, options), await commit(place, image, options)];
  assert.equal(again.manifest, first.manifest);
  assert.deepEqual(
    [warnings, again.warnings],
    [[], ['sub/img is left out of the root filesystem: it is what is written']],
  );
  assert.deepEqual(await listed(image), [`/${stranger}`, '/a', '/sub']);
  // Over a base, what is left out is as it is there.
  assert.equal((await commit(place, image, { ...options, base: image })).layer, null);
  // Another layout is a directory as any other.
  const other = await commit(place, `${temporaryDirectory(t)}/img`, options);
  assert.notEqual(other.manifest, first.manifest);
});

test('a directory that is made for an image, or holds nothing but what is being made, is no part of it either', async t => {
  const { place, listed } = prepare(t);
  writeFileSync(join(place, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
  const image = join(place, 'out/deep/img:app');
  const options = { platforms: [platform], created: '2024-01-01T00:00:00Z' };
  const first = await build(place, image, options);
  mkdirSync(join(place, 'out/deep', temporary));
  const again = await build(place, image, options);
  assert.equal(again.manifest, first.manifest);
  const left = again.warnings.filter(text => text.includes('left out'));
  assert.deepEqual(left, ['out is left out of the context: it holds nothing but what is written']);
  assert.deepEqual(await listed(image), [`/${stranger}`, '/Dockerfile', '/a']);
  for (const [path, others] of [
    ['out/other', ['/out', '/out/other']],
    [
      `out/deep/${temporary.replace('12570', '1')}`,
      ['/out', '/out/deep', `/out/deep/${temporary.replace('12570', '1')}`, '/out/other'],
    ],
  ] as const) {
    writeFileSync(join(place, path), '');
    await build(place, image, options);
    assert.deepEqual(await listed(image), [`/${stranger}`, '/Dockerfile', '/a', ...others]);
  }
});

test('the tar of a layer that goes into the directory that it is made of is no part of itself', async t => {
  const { place } = prepare(t);
  const tar = join(place, 'layer.tar');
  await commitLayer(place, tar);
  const [first, again] = [await commitLayer(place, tar), await commitLayer(place, tar)];
  assert.equal(again.diffID, first.diffID);
  assert.deepEqual(execFileSync('tar', ['-tf', tar], { encoding: 'utf8' }).split('\n').sort(), [
    '',
    './',
    stranger,
    'a',
  ]);
});

test('a build whose image, cache and reports go into its context makes the same twice, all of it cached', async t => {
  const { place, listed } = prepare(t);
  const at = (name: string): string => join(place, name);
  writeFileSync(at('Dockerfile'), 'FROM scratch\nCOPY . /\n');
  let kinds: string[] = [];
  const run = async (): ReturnType<typeof build> =>
    build(place, `${at('img')}:app`, {
      platforms: [platform],
      cacheTo: at('cache'),
      cacheFrom: [at('cache')],
      iidFile: at('iid'),
      metadataFile: at('metadata'),
      output: { kind: 'tar', path: at('out.tar') },
      events: { push: ({ kind }) => void kinds.push(kind) },
    });
  const first = await run();
  assert.deepEqual(
    first.warnings.filter(text => text.includes('left out')),
    [],
  );
  assert.ok(!kinds.includes('cached'));
  kinds = [];
  const again = await run();
  assert.equal(again.manifest, first.manifest);
  assert.ok(kinds.includes('cached'));
  assert.deepEqual(
    again.warnings.filter(text => text.includes('left out')).map(text => text.split(' ')[0]),
    ['img', 'out.tar', 'cache', 'iid', 'metadata'],
  );
  assert.deepEqual(await listed(`${at('img')}:app`), [`/${stranger}`, '/Dockerfile', '/a']);
  // Who has said so is not told.
  writeFileSync(at('.dockerignore'), 'img\nout.tar\ncache\niid\nmetadata\n');
  assert.deepEqual(
    (await run()).warnings.filter(text => text.includes('left out')),
    [],
  );
});

test('a directory that is added to an image in it is added without the image', async t => {
  const { place, listed } = prepare(t);
  const image = join(place, 'img:app');
  await commit(place, image, { platform });
  const { warnings } = await append(image, [{ add: place, to: '/copy' }], {});
  assert.deepEqual(warnings, [`img is left out of the directory ${place}: it is what is written`]);
  assert.deepEqual(await listed(image), [`/${stranger}`, '/a', '/copy', `/copy/${stranger}`, '/copy/a']);
});

test('an image that goes into a named context is no part of that either', async t => {
  const { place, listed } = prepare(t);
  const [context, image] = [temporaryDirectory(t), join(place, 'img:app')];
  const dockerfile = 'FROM scratch\nCOPY --from=data . /\n';
  const options = { dockerfile, contexts: [`data=${place}`], platforms: [platform], created: '2024-01-01T00:00:00Z' };
  const first = await build(context, image, options);
  const again = await build(context, image, options);
  assert.equal(again.manifest, first.manifest);
  assert.deepEqual(await listed(image), [`/${stranger}`, '/a']);
});

test('a file that is called as a temporary directory is a file as any other', async t => {
  const { place, listed } = prepare(t);
  const name = temporary.replace('12570', '1');
  writeFileSync(join(place, name), '');
  const image = `${temporaryDirectory(t)}/img:app`;
  await commit(place, image, { platform });
  assert.deepEqual(await listed(image), [`/${name}`, `/${stranger}`, '/a']);
});
