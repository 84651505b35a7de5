import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as library from '../index.ts';
import { runCommand } from '../testing/command-line.ts';
import { blobFile, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';

/** Every verb that answers for each of several operands: what is called before them, one that is good, one that is bad, and what is said of that. */
const reading: readonly (readonly [before: string, good: string, bad: string, said: RegExp])[] = [
  ['inspect', 'img:app', 'img:none', /img:none: expected an image of that name, got nothing/],
  ['inspect', 'img:app', 'nolay', /nolay: expected an image layout, got nothing/],
  ['inspect --json', 'img:app', 'nolay', /nolay: /],
  ['validate', 'img', 'nolay', /nolay: expected/],
  ['validate --fast', 'img:app', 'img:none', /img:none: /],
  ['images', 'img', 'nolay', /nolay: expected/],
  ['images -q', 'img', 'img@sha256:aa', /img@sha256:aa: expected a LAYOUT or LAYOUT:NAME, got a digest/],
  ['images --json', 'img', 'nolay', /nolay: /],
  ['files img:app', '/etc', '/none', /img:app: expected '\/none'/],
  ['files img:app --json', '/etc', '/none', /img:app: expected '\/none'/],
];

/** Those that make one thing of all of them, or change all of them. */
const whole: readonly (readonly [before: string, good: string, bad: string])[] = [
  ['untag', 'img:app', 'img:none'],
  ['untag', 'img:app', 'nolay:x'],
  ['tag img:app', 'one', 'img:two'],
  ['save -o new.tar', 'img:app', 'img:none'],
  ['index create img:new', 'img:base', 'nolay:x'],
  ['index add img:multi', 'img:base', 'img:none'],
  ['strip img:app', '/etc', '/none'],
  ['cat img:app', '/etc/motd', '/none'],
];

/** Runs a line in a place, whose layout is called img there. */
async function run(directory: string, line: string): Promise<Awaited<ReturnType<typeof runCommand>>> {
  const words = line.split(' ').map(word => word.replace(/^(?:img|nolay|new\.tar)(?=$|[:@])/, `${directory}/$&`));
  const { status, out, err } = await runCommand(words);
  return { status, out: out.replaceAll(`${directory}/`, ''), err: err.replaceAll(`${directory}/`, '') };
}

test('a verb that reads answers for the operands that are good, says what is wrong with the others, and ends with 2', async t => {
  const { directory } = await preparePlace(temporaryDirectory(t));
  for (const [before, good, bad, said] of reading) {
    const alone = await run(directory, `${before} ${good}`);
    assert.equal(alone.status, 0, `${before} ${good}: ${alone.err}`);
    for (const operands of [`${good} ${bad}`, `${bad} ${good}`]) {
      const { status, out, err } = await run(directory, `${before} ${operands}`);
      const answer = before === 'images' ? [/img +/.test(out), alone.out !== ''] : [out, alone.out];
      assert.deepEqual([status, answer[0]], [2, answer[1]], `${before} ${operands}`);
      assert.match(err, new RegExp(`^ocikit: ${said.source}`), `${before} ${operands}`);
      assert.equal(err.split('\n').length, 2, err);
    }
    const none = await run(directory, `${before} ${bad}`);
    const isList = /^inspect|^images --json/.test(before);
    assert.deepEqual([none.status, none.out], [2, isList ? '[]\n' : ''], before);
  }
});

test('a verb that changes something, or makes one thing of all its operands, does all of it or nothing', async t => {
  const { directory } = await preparePlace(temporaryDirectory(t));
  const before = await snapshotOf(directory);
  for (const [verb, good, bad] of whole)
    for (const operands of [`${good} ${bad}`, `${bad} ${good}`]) {
      const { status, out, err } = await run(directory, `${verb} ${operands}`);
      assert.deepEqual([status, out], [2, ''], `${verb} ${operands}: ${err}`);
      assert.deepEqual(await snapshotOf(directory), before, `${verb} ${operands}`);
    }
});

test('validate of several places gives a list of as many, null for one that cannot be read', async t => {
  const { directory } = await preparePlace(temporaryDirectory(t));
  const { out, status } = await run(directory, 'validate --json nolay img img:app');
  const results = JSON.parse(out) as readonly unknown[];
  assert.deepEqual([status, results.length, results[0]], [2, 3, null]);
});

test('all that is wrong with a layout that has no good image is said, and that is an error', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  for (const name of ['one', 'two', 'three']) {
    const image = putImage(layout, { layers: [], config: { created_by: name, author: name } });
    putName(layout, name, image);
    unlinkSync(blobFile(layout, image.digest));
  }
  const { status, out, err } = await runCommand(['images', layout]);
  assert.deepEqual([status, out], [2, '']);
  assert.match(err, /^ocikit: .*sha256:[0-9a-f]{64}.* \(and 2 more of this kind\)\n$/);
  const errors: library.OciError[] = [];
  assert.deepEqual(await library.images(layout, { errors }), []);
  assert.deepEqual([errors.length, new Set(errors.map(({ subject }) => subject)).size], [3, 3]);
  await assert.rejects(library.images(layout), library.OciError);
});

test('whatever the library takes a list of, it takes one of as well', async t => {
  const { layout, directory } = await preparePlace(temporaryDirectory(t));
  const [image, options] = [`${layout}:app`, { hostPlatform: { os: 'linux', architecture: 'amd64' } }];
  const { inspect, images, files, catStream, tag, untag, save, createIndex, strip, append, attach } = library;
  assert.deepEqual(await inspect(image, options), await inspect([image], options));
  assert.deepEqual(await inspect({ path: layout, name: 'app' }, options), await inspect([image], options));
  assert.deepEqual(await images(layout), await images([layout]));
  assert.deepEqual(await files(image, '/etc', options), await files(image, ['/etc'], options));
  assert.equal((await catStream(image, '/etc/motd', options)).size, 13);
  assert.deepEqual((await tag(image, 'other')).names, ['other']);
  assert.equal((await untag(`${layout}:other`)).removed.length, 1);
  assert.equal((await save(image, join(directory, 'one.tar'))).images.length, 1);
  assert.equal((await createIndex(`${layout}:i`, image)).entries.length, 1);
  assert.equal((await strip(image, '/etc', { ...options, tag: 's' })).isChanged, true);
  const step = { delete: '/etc' };
  assert.equal((await append(image, step, { ...options, tag: 'a' })).isChanged, true);
  const file = { file: join(directory, 'one.tar'), mediaType: 'application/x-tar' };
  assert.equal((await attach(image, file, { artifactType: 'application/x' })).files.length, 1);
});
