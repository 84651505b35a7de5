import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isValid } from '../../testing/answers.ts';
import { readWholeImage } from '../../testing/read-image.ts';
import { snapshotOf } from '../../testing/snapshot.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { catStream } from '../cat.ts';
import { copy } from '../copy.ts';
import { gc } from '../gc.ts';
import { save } from '../save.ts';
import type { BuildEvent } from './log.ts';
import type { BuildOptions, BuildResult } from './options.ts';

const dockerfile = `FROM scratch AS made
COPY lib /lib
FROM scratch
WORKDIR /app
COPY src .
COPY --from=made /lib /lib
ENV A=1
`;

interface Place {
  readonly context: string;
  readonly layout: string;
  readonly at: (name: string) => string;
  readonly run: (options?: BuildOptions, layout?: string) => Promise<BuildResult>;
}

function place(t: TestContext, text: string = dockerfile): Place {
  const directory = temporaryDirectory(t);
  const at = (name: string): string => join(directory, name);
  const context = at('context');
  for (const name of ['', 'src', 'lib', 'src/deep']) mkdirSync(join(context, name), { recursive: true });
  const files = { Dockerfile: text, 'src/one': 'one', 'src/deep/two': 'two', 'lib/three': 'three' };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(context, name), content);
  const layout = at('layout');
  const platforms = ['linux/amd64'];
  const run: Place['run'] = (options, to = layout) => build(context, [`${to}:x`], { platforms, ...options });
  return { context, layout, at, run };
}

/** Which steps were found, of those that are looked for. */
const found = ({ images }: BuildResult): readonly boolean[] =>
  images.flatMap(({ steps }) => steps.flatMap(({ cached }) => (cached === null ? [] : [cached])));

test('an unchanged build finds every step, and leaves the layout as it is', async t => {
  const { layout, run } = place(t);
  const first = await run({ now: '2024-01-01T00:00:00Z' });
  assert.deepEqual(found(first), [false, false, false]);
  const before = snapshotOf(layout);
  const second = await run({ now: '2025-01-01T00:00:00Z' });
  assert.deepEqual(found(second), [true, true, true]);
  assert.equal(second.manifest, first.manifest);
  assert.deepEqual(snapshotOf(layout), before);
  await isValid(layout);
});

const changes: Readonly<Record<string, (context: string) => void>> = {
  'other contents': context => writeFileSync(join(context, 'src/one'), 'eno'),
  'a mode': context => chmodSync(join(context, 'src/one'), 0o640),
  "a directory's mode": context => chmodSync(join(context, 'src/deep'), 0o750),
  'one more file': context => writeFileSync(join(context, 'src/more'), ''),
  'a file less': context => rmSync(join(context, 'src/one')),
  'an empty directory': context => mkdirSync(join(context, 'src/empty')),
  'a link to one file': context => linkSync(join(context, 'src/one'), join(context, 'src/same')),
  'a symbolic link for a file': context => {
    rmSync(join(context, 'src/one'));
    symlinkSync('deep/two', join(context, 'src/one'));
  },
};
for (const [what, change] of Object.entries(changes)) {
  test(`${what} in what a step copies does it anew, and what comes after it; the image is as without a cache`, async t => {
    const { context, at, run } = place(t);
    await run();
    change(context);
    const again = await run();
    assert.deepEqual(found(again), [true, false, false]);
    assert.equal(again.manifest, (await run({ noCache: true }, at('fresh'))).manifest);
  });
}

test('times do not count, nor what no step copies', async t => {
  const { context, run } = place(t);
  const { manifest } = await run();
  utimesSync(join(context, 'src/one'), 1, 1);
  utimesSync(join(context, 'lib'), 1, 1);
  writeFileSync(join(context, 'unused'), 'new');
  const again = await run();
  assert.deepEqual(found(again), [true, true, true]);
  assert.equal(again.manifest, manifest);
});

test('a stage that comes to the same files lets what copies of it be found, however it was changed', async t => {
  const { context, run } = place(t);
  await run();
  writeFileSync(join(context, 'Dockerfile'), dockerfile.replace('COPY lib /lib', 'WORKDIR /other\nCOPY lib /lib'));
  assert.deepEqual(found(await run()), [true, true, true]);
  writeFileSync(join(context, 'lib/three'), '3');
  assert.deepEqual(found(await run()), [true, true, false]);
});

test('nothing is looked for with noCache, and not in the stages of noCacheStages; what is made is found the next time', async t => {
  const { run } = place(t, dockerfile.replace('FROM scratch\n', 'FROM scratch AS last\n'));
  await run({ noCache: true });
  assert.deepEqual(found(await run()), [true, true, true]);
  assert.deepEqual(found(await run({ noCache: true })), [false, false, false]);
  assert.deepEqual(found(await run({ noCacheStages: ['LAST'] })), [false, false, false]);
  assert.deepEqual(found(await run({ noCacheStages: ['made'] })), [true, true, true]);
});

test('how layers are stored, and the time that theirs are set to, are a part of what is looked for', async t => {
  const { run } = place(t);
  await run();
  assert.deepEqual(found(await run({ compression: 'zstd' })), [false, false, false]);
  assert.deepEqual(found(await run({ buildArguments: ['SOURCE_DATE_EPOCH=5'] })), [false, false, false]);
  assert.deepEqual(found(await run({ buildArguments: ['SOURCE_DATE_EPOCH=5'] })), [true, true, true]);
});

test('a cache of its own is a layout: it can be copied and put into an archive, and steps are found there', async t => {
  const { layout, at, run } = place(t);
  const cacheTo = at('cache');
  const { manifest } = await run({ cacheFrom: [cacheTo], cacheTo });
  await isValid(cacheTo);
  rmSync(layout, { recursive: true });
  const again = await run({ cacheFrom: [cacheTo] });
  assert.deepEqual(found(again), [true, true, true]);
  assert.equal(again.manifest, manifest);
  await isValid(layout);
});

test('records are artifacts that copy takes along by their digests, and that gc keeps until it is told not to', async t => {
  const { layout, run } = place(t);
  await run();
  await gc(layout, { grace: '0' });
  assert.deepEqual(found(await run()), [true, true, true]);
  await gc(layout, { grace: '0', untagged: true });
  assert.deepEqual(found(await run()), [false, false, false]);
});

test('a record that is damaged, or that another key is put before, is told of and not used', async t => {
  const { layout, at, run } = place(t);
  const { manifest, images } = await run();
  const [first, second] = (images[0]?.steps ?? []).flatMap(({ key }) => (key === null ? [] : [key]));
  const index = join(layout, 'index.json');
  const text = readFileSync(index, 'utf8');
  writeFileSync(
    index,
    text
      .replace(first as string, 'PLACE')
      .replace(second as string, first as string)
      .replace('PLACE', second as string),
  );
  const mixed = await run();
  assert.deepEqual(found(mixed), [false, false, true]);
  assert.match(mixed.warnings.join('\n'), /is not used/);
  assert.equal(mixed.manifest, manifest);
  const blob = join(layout, 'blobs/sha256', (images[0]?.steps.at(-1)?.layer?.digest ?? '').slice('sha256:'.length));
  const bytes = readFileSync(blob);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  chmodSync(blob, 0o644);
  writeFileSync(blob, bytes);
  const healed = await run({ cacheFrom: [layout] }, at('fresh'));
  assert.deepEqual(found(healed), [true, true, false]);
  assert.match(healed.warnings.join('\n'), /is not used/);
  assert.equal(healed.manifest, manifest);
  await isValid(at('fresh'));
});

test('with an epoch no file of a new layer is younger, and the image is the same whenever it is built', async t => {
  const { context, at, run } = place(t);
  const buildArguments = ['SOURCE_DATE_EPOCH=1000000000'];
  const first = await run({ buildArguments, now: '2024-01-01T00:00:00Z' });
  const { tree, image } = await readWholeImage(`${at('layout')}:x`);
  assert.equal(image.config.value.created, '2001-09-09T01:46:40Z');
  for (const node of tree.children.values()) assert.ok(node.meta.mtime <= 1_000_000_000_000_000_000n);
  utimesSync(join(context, 'src/one'), 1_700_000_000, 1_700_000_000);
  const other = await run({ buildArguments, now: '2025-01-01T00:00:00Z' }, at('other'));
  assert.equal(other.manifest, first.manifest);
});

test('of several platforms an index is made, whose images share what they copy; every name in every layout is it', async t => {
  const { context, at } = place(t);
  const names = [`${at('one')}:a`, `${at('one')}:b`, `${at('two')}:c`];
  const { manifest, images } = await build(context, names, { platforms: ['linux/amd64', 'linux/arm64'] });
  assert.deepEqual(
    images.map(({ platform }) => platform),
    ['linux/amd64', 'linux/arm64'],
  );
  assert.deepEqual(images[1]?.steps.filter(({ cached }) => cached).length, 3);
  assert.match(images[0]?.steps[0]?.title ?? '', /^\[linux\/amd64 made 1\/1\]/);
  for (const layout of ['one', 'two']) await isValid(at(layout));
  const copied = await copy(`${at('two')}:c`, `${at('three')}:c`, { all: true });
  assert.equal(copied.manifest, manifest);
  await save([`${at('one')}:a`], at('saved.tar'), { platform: 'linux/arm64' });
});

test('a build that fails leaves the layout without a word of it', async t => {
  const { context, layout, run } = place(t);
  await run();
  const before = snapshotOf(layout);
  writeFileSync(join(context, 'Dockerfile'), `${dockerfile}COPY not-there /\n`);
  await assert.rejects(run({ noCache: true }), /"\/not-there" not found/);
  assert.deepEqual(snapshotOf(layout), before);
});

test('who listens hears of each step as it begins and ends, and whether it was found', async t => {
  const { run } = place(t);
  const hear = async (options: BuildOptions = {}): Promise<readonly string[]> => {
    const events: BuildEvent[] = [];
    await run({ ...options, events });
    const titles = new Map(
      events.flatMap(event => (event.kind === 'start' ? [[event.step, event.title] as const] : [])),
    );
    return events.flatMap(({ step, kind }) =>
      kind === 'done' || kind === 'cached' ? [`${titles.get(step)}: ${kind}`] : [],
    );
  };
  assert.deepEqual((await hear()).slice(1, 4), [
    '[stage-1 1/3] WORKDIR /app: done',
    '[stage-1 2/3] COPY src .: done',
    '[made 1/1] COPY lib /lib: done',
  ]);
  assert.deepEqual((await hear()).slice(1, 4), [
    '[stage-1 1/3] WORKDIR /app: cached',
    '[stage-1 2/3] COPY src .: cached',
    '[stage-1 3/3] COPY --from=made /lib /lib: cached',
  ]);
});

test('a dry run has the plan, with the keys of its steps and which are found', async t => {
  const { layout, run } = place(t);
  const dry = await run({ dryRun: true });
  assert.deepEqual(found(dry), [false, false, false]);
  assert.equal(dry.images[0]?.plan?.history.at(-1)?.createdBy, 'ENV A=1');
  assert.deepEqual(dry.images[0]?.plan?.config.Env?.at(-1), 'A=1');
  assert.equal(existsSync(layout), false);
  const { manifest } = await run();
  const again = await run({ dryRun: true });
  assert.deepEqual([found(again), again.manifest], [[true, true, true], manifest]);
});

test('a stage may stand on the image of another platform than what is built for', async t => {
  const { at } = place(t);
  const context = temporaryDirectory(t);
  for (const arch of ['amd64', 'arm64']) writeFileSync(join(context, arch), arch);
  const base = 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /arch\n';
  const platforms = ['linux/amd64', 'linux/arm64'];
  await build(context, [`${at('bases')}:base`], { platforms, dockerfile: base });
  const text = 'FROM --platform=linux/amd64 bases:base AS tools\nFROM bases:base\nCOPY --from=tools /arch /tools\n';
  await build(context, [`${at('layout')}:x`], { platforms, dockerfile: text, bases: [at('bases')] });
  for (const platform of platforms) {
    const read = async (path: string): Promise<string> => {
      const { bytes } = await catStream(`${at('layout')}:x`, [path], { platform });
      const chunks: Uint8Array[] = [];
      for await (const chunk of bytes) chunks.push(Uint8Array.from(chunk));
      return Buffer.concat(chunks).toString();
    };
    assert.deepEqual([await read('/tools'), `linux/${await read('/arch')}`], ['amd64', platform]);
  }
});
