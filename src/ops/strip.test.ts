import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { arbitraryLayers, randomLayout } from '../testing/random-layout.ts';
import { layerTars, readWholeImage } from '../testing/read-image.ts';
import { directory, symlink, textFile } from '../testing/scripts.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { LayerEntry } from '../tree/node.ts';
import { encodeText, exactTextOf } from '../tree/path.ts';
import { strip } from './strip.ts';

const textOf = (source: string): Uint8Array => Buffer.from(source.slice('text '.length));
const tarOf = (entries: readonly LayerEntry[]): Buffer =>
  Buffer.from(layerTar(entries, node => textOf(node.content.source)));
const file = (path: string, text: string): LayerEntry => ({ kind: 'node', path, node: textFile(text) });
const dir = (path: string, mode = 0o755): LayerEntry => ({ kind: 'node', path, node: directory(mode) });
const whiteout = (path: string): LayerEntry => ({ kind: 'whiteout', path });
const secret = 'the very secret that nobody may see';

/** A layout with an image `app` of these tars. */
function layoutOf(t: TestContext, tars: readonly Uint8Array[]): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putName(layout, 'app', putImage(layout, { layers: tars.map(tar => ({ tar })) }));
  return `${layout}:app`;
}

async function isNowhere(app: string, text = secret): Promise<void> {
  for (const tar of await layerTars(app)) assert.equal(tar.includes(text), false);
}

test('a file is gone from every layer that holds it, with its whiteout; layers without it keep their bytes', async t => {
  const app = layoutOf(t, [
    tarOf([dir('root'), file('root/.ssh', secret), file('root/kept', 'kept')]),
    tarOf([file('other', 'other')]),
    tarOf([dir('root'), whiteout('root/.ssh'), file('root/new', 'new')]),
    tarOf([dir('root'), file('root/.ssh', `again: ${secret}`)]),
    tarOf([file('last', 'last')]),
  ]);
  const before = await readWholeImage(app);
  const result = await strip(app, ['/root/.ssh']);
  const after = await readWholeImage(app);
  await isNowhere(app);
  assert.deepEqual(result.images[0]?.layers, [1, 3, 4]);
  const expected = new Map(before.exact);
  expected.delete('root/.ssh');
  assert.deepEqual(after.exact, expected);
  const [was, is] = [before, after].map(({ image }) => image.manifest.value.layers.map(({ digest }) => digest));
  assert.deepEqual([is?.[1], is?.[4]], [was?.[1], was?.[4]]);
  assert.deepEqual(
    after.layers[2]?.map(({ kind, path }) => `${kind} ${path}`),
    ['node root', 'node root/new'],
  );
  assert.match(result.warnings.join('\n'), /the old layers stay in the layout until gc/);
  await isValid(app.replace(/:app$/, ''));
});

test('hardlinks to the file go with it, in its own layer and in others, unless they are to stay', async t => {
  const link = (path: string, target: string): LayerEntry => ({ kind: 'hardlink', path, target });
  const whole = tarOf([file('a', ''), link('later', 'a')]);
  const tars = [
    tarOf([file('a', secret), link('b', 'a'), file('kept', 'kept')]),
    tarOf([file('x', 'x')]),
    whole.subarray(512),
    tarOf([whiteout('b'), file('y', 'y')]),
  ];
  const app = layoutOf(t, tars);
  const gone = await strip(app, ['/a']);
  await isNowhere(app);
  assert.deepEqual([...(await readWholeImage(app)).exact.keys()], ['kept', 'x', 'y']);
  assert.deepEqual(gone.images[0]?.links, ['/b', '/later']);
  assert.match(gone.warnings.join('\n'), /hardlinks to what was removed are gone as well: \/b, \/later/);
  const other = layoutOf(t, tars);
  const kept = await strip(other, ['/a'], { keepLinks: true });
  const after = await readWholeImage(other);
  assert.deepEqual([...after.exact.keys()], ['kept', 'later', 'x', 'y']);
  assert.deepEqual(
    after.layers[0]?.map(({ kind, path }) => `${kind} ${path}`),
    ['node b', 'node kept'],
  );
  assert.deepEqual(kept.images[0]?.links, []);
});

test('a directory goes with all that is in it, and an opaque mark inside as well', async t => {
  const app = layoutOf(t, [
    tarOf([dir('d'), file('d/a', secret), dir('d/e'), file('d/e/b', secret), file('dd', 'no child of d')]),
    tarOf([dir('d'), { kind: 'opaque', path: 'd' }, file('d/new', secret)]),
  ]);
  const result = await strip(app, ['d/']);
  await isNowhere(app);
  const after = await readWholeImage(app);
  assert.deepEqual([...after.exact.keys()], ['dd']);
  assert.equal(after.image.manifest.value.layers.length, 1);
  assert.deepEqual(
    after.image.config.value.history?.map(row => row.empty_layer === true),
    [false, true],
  );
  assert.deepEqual(result.images[0]?.layers, [1, 2]);
});

test('a path counts as it is spelled and where it leads through symbolic links, whichever layer has them', async t => {
  const link: LayerEntry = { kind: 'node', path: 'lnk', node: symlink('real') };
  const tars = [tarOf([dir('real'), file('real/s', secret)]), tarOf([link]), tarOf([file('lnk/s', `new ${secret}`)])];
  for (const path of ['/lnk/s', '/real/s']) {
    const app = layoutOf(t, tars);
    await strip(app, [path]);
    await isNowhere(app);
    assert.deepEqual([...(await readWholeImage(app)).exact.keys()], ['lnk', 'real']);
  }
});

test('the same contents elsewhere are told of, and a path that no layer has is an error', async t => {
  const app = layoutOf(t, [
    tarOf([file('a', secret), file('copy', secret), file('same-size', secret.replace('the', 'THE'))]),
  ]);
  const result = await strip(app, ['/a'], { dryRun: true });
  assert.deepEqual(result.images[0]?.copies, ['/copy']);
  await assert.rejects(
    strip(app, ['/a', '/none']),
    refusal(/img:app \(linux\/amd64\): expected a path of some layer, got .*'\/none', which is in none/, 'not-found'),
  );
  for (const paths of [[], ['/'], ['a', '..']])
    await assert.rejects(strip(app, paths), refusal(/expected paths below the root/, 'usage'));
});

const names = ['s', 'd', 'd/s', 'a', 'd/a'] as const;
const arbitraryStep = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    path: fc.constantFrom('s', 'd/s', 'a', 'd/a'),
    secret: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('link' as const), path: fc.constantFrom('s', 'd/s', 'a', 'd/a') }),
  fc.record({ kind: fc.constant('hide' as const), path: fc.constantFrom(...names) }),
);

test('whatever layers do to a secret, no byte of it is in any layer, and all else is as it was', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(arbitraryStep, { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      async layers => {
        let count = 0;
        const tars = layers.map(steps => {
          const entries = new Map<string, LayerEntry>();
          for (const { kind, path, ...step } of steps) {
            if (kind === 'hide' && !entries.has(path) && !entries.has(`${path}/s`) && !entries.has(`${path}/a`))
              entries.set(path, whiteout(path));
            if (kind === 'write' && !entries.has('d')) {
              const isSecret = path === 's' || ('secret' in step && step.secret && path.endsWith('s'));
              const text = isSecret && path === 's' ? `${secret} ${count++}` : `plain ${count++}`;
              if (!entries.has(path)) entries.set(path, file(path, text));
            }
            if (
              kind === 'link' &&
              path !== 's' &&
              entries.get('s')?.kind === 'node' &&
              !entries.has('d') &&
              !entries.has(path)
            )
              entries.set(path, { kind: 'hardlink', path, target: 's' });
          }
          return tarOf([...entries.values()]);
        });
        const app = layoutOf(t, tars);
        const before = await readWholeImage(app);
        if (!before.layers.flat().some(({ kind, path }) => kind === 'node' && path === 's')) return;
        if (!(await layerTars(app)).some(tar => tar.includes(secret))) return;
        const { images } = await strip(app, ['s']);
        await isNowhere(app);
        const after = await readWholeImage(app);
        const links = new Set(images[0]?.links);
        const expected = [...before.exact].filter(
          ([path, line]) => path !== 's' && !(links.has(`/${path}`) && line.includes(' = ')),
        );
        const kept = expected.filter(([path]) => !links.has(`/${path}`));
        for (const [path, line] of kept)
          if (!line.startsWith('directory')) assert.equal(after.exact.get(path), line, path);
        for (const path of after.exact.keys()) assert.ok(before.exact.has(path), path);
      },
    ),
    { numRuns: 60 },
  );
});

test('whatever layers hold, no entry of what was stripped is in any, all else is as it was, and there is nothing left to strip', async t => {
  const under = (path: string, above: string): boolean => path === above || path.startsWith(`${above}/`);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryLayers, fc.nat(50), async (layers, number) => {
      const app = randomLayout(temporaryDirectory(t), layers);
      const before = await readWholeImage(app);
      const entries = before.layers.flat().filter(({ kind, path }) => kind === 'node' && path !== '');
      const path = entries[number % Math.max(1, entries.length)]?.path;
      const asked = path === undefined ? undefined : exactTextOf(path);
      if (path === undefined || asked === undefined) return;
      count++;
      const { images } = await strip(app, asked);
      const after = await readWholeImage(app);
      for (const entry of after.layers.flat()) assert.ok(!under(entry.path, path), `${entry.kind} ${entry.path}`);
      const links = new Set(images[0]?.links.map(link => encodeText(link.slice(1))));
      const bare = (line: string | undefined): string | undefined => line?.replace(/ = .*$/, '');
      for (const [kept, line] of after.exact) assert.equal(bare(line), bare(before.exact.get(kept)), kept);
      // What is neither it nor below it, nor another name, is gone only where a symbolic link of some layer led to it.
      const isLinked = before.layers.flat().some(entry => entry.kind === 'node' && entry.node.kind === 'symlink');
      for (const gone of before.exact.keys())
        if (!after.exact.has(gone)) assert.ok(under(gone, path) || links.has(gone) || isLinked, gone);
      await assert.rejects(strip(app, asked), refusal(/which is in none/, 'not-found'));
    }),
    { numRuns: 40, endOnFailure: true },
  );
  assert.ok(count > 20, `${count}`);
});

test('lines of history that name what went are told of, and a text of them goes where it is asked for', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const history = [{ created_by: 'COPY id_rsa /root/' }, { created_by: 'RUN |1 T=hunter2 /bin/sh -c touch other' }];
  const layers = [{ tar: tarOf([file('root/id_rsa', secret)]) }, { tar: tarOf([file('other', 'other')]) }];
  putName(layout, 'app', putImage(layout, { layers, config: { history, config: { Env: ['T=hunter2'] } } }));
  const options = { redact: ['hunter2'], tag: 'new' };
  const { warnings } = await strip(`${layout}:app`, ['/root/id_rsa'], options);
  const said = warnings.join('\n');
  assert.match(said, /the history still names what was removed, in line 1\n/);
  assert.match(said, /a text that was redacted is in the config as well/);
  assert.equal(said.includes('hunter2'), false);
  const { config } = (await readWholeImage(`${layout}:new`)).image;
  assert.deepEqual(config.value.history?.[1], { created_by: 'RUN |1 T=*** /bin/sh -c touch other' });
  await assert.rejects(
    strip(`${layout}:app`, ['/other'], { redact: [''] }),
    refusal(/redact: expected a text/, 'usage'),
  );
  await isValid(layout);
});

test('the command line strips, and of several platforms says where a path is not', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const dry = await runCommand(['strip', `${layout}:app`, '/etc/motd', '/lib', '--dry-run']);
  const done = await runCommand(['strip', `${layout}:app`, '/etc/motd', '/lib']);
  assert.deepEqual([done.status, done.out], [0, dry.out]);
  assert.deepEqual([...(await readWholeImage(`${layout}:app`)).exact.keys()], ['etc', 'link', 'var', 'var/new']);
  const none = await runCommand(['strip', `${layout}:app`, '/none']);
  assert.equal(none.status, 2);
  const all = await runCommand(['strip', `${layout}:multi`, '/lib', '/none', '--all-platforms']);
  assert.equal(all.status, 0);
  assert.match(all.err, /\/none is in no layer/);
  await isValid(layout);
});
