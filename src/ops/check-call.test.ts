import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { commands } from '../cli/commands.ts';
import { flagOf } from '../cli/option-words.ts';
import { optionsOf } from '../cli/options-of.ts';
import { OciError } from '../errors.ts';
import * as library from '../index.ts';
import { canRun } from '../testing/busybox.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { optionTables, type Verb } from './calls.ts';
import { checkCall } from './check-call.ts';

type Call = (...given: readonly unknown[]) => Promise<unknown>;

const functions = library as unknown as Readonly<Record<string, Call>>;
const verbs = Object.keys(optionTables) as readonly Verb[];
/** How many arguments stand before the options, and which may be left out. */
const argumentsOf: Readonly<Record<Verb, readonly string[]>> = {
  analyze: ['rootfs'],
  append: ['image', 'steps'],
  build: ['context', 'images'],
  checkBuild: ['context'],
  checkBase: ['image', 'base?'],
  blame: ['rootfs', 'path'],
  catStream: ['rootfs', 'paths'],
  attach: ['subject', 'files'],
  referrers: ['image'],
  report: ['images', 'file'],
  reportStream: ['images'],
  commit: ['rootfs', 'image?'],
  commitLayer: ['rootfs', 'file'],
  commitLayerStream: ['rootfs'],
  config: ['image'],
  convert: ['image'],
  copy: ['from', 'to'],
  cp: ['from', 'target'],
  cpStream: ['from'],
  diff: ['before', 'after?'],
  diffLayers: ['before', 'after'],
  diffPackages: ['before', 'after'],
  diffPlatforms: ['before', 'after'],
  dockerfileOf: ['image'],
  drop: ['image'],
  fix: ['image'],
  exportImage: ['image', 'file'],
  exportStream: ['image'],
  gc: ['layout'],
  files: ['rootfs', 'paths?'],
  history: ['image'],
  packages: ['rootfs'],
  sbom: ['rootfs'],
  images: ['places'],
  importRootfs: ['file', 'image'],
  addToIndex: ['target', 'images'],
  createIndex: ['target', 'images'],
  listIndex: ['target'],
  removeFromIndex: ['target', 'images'],
  init: ['layout'],
  inspect: ['images'],
  inspectRaw: ['image', 'what'],
  load: ['archive', 'layout'],
  save: ['images', 'file'],
  saveStream: ['images'],
  rebase: ['image'],
  run: ['rootfs', 'words'],
  sharing: ['place'],
  squash: ['image'],
  strip: ['image', 'paths'],
  tag: ['image', 'names'],
  unpack: ['image', 'directory'],
  untag: ['images'],
  validate: ['place'],
};
const lists = new Set(['images', 'places', 'names', 'paths', 'words', 'paths?', 'steps', 'files']);

async function refused(call: Promise<unknown>, pattern: RegExp): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof OciError, String((error as Error).stack));
    assert.equal(error.code, 'usage', error.message);
    assert.match(error.message, pattern);
    return true;
  });
}

test('every function of the library that does something has a table of its options', () => {
  // Errors do nothing, and what reads a text or says what codes mean has no place to read.
  const pure = [
    'OciError',
    'DockerfileError',
    'ProgramSignals',
    'checkDockerfile',
    'explainFindings',
    'parseDockerfile',
  ];
  const found = Object.keys(library).filter(name => !pure.includes(name));
  assert.deepEqual(found.sort(), [...verbs].sort());
});

test('what a function is given is checked before anything is read or written', async t => {
  const place = join(temporaryDirectory(t), 'new');
  const good = (name: string): unknown =>
    name === 'files'
      ? [{ file: place }]
      : name === 'steps'
        ? [{ tar: place }]
        : lists.has(name)
          ? [`${place}:x`]
          : name === 'what'
            ? 'config'
            : name === 'image?'
              ? `${place}:x`
              : `${place}:x`;
  for (const verb of verbs) {
    const names = argumentsOf[verb];
    const call = functions[verb] as Call;
    for (const [at, name] of names.entries()) {
      for (const bad of [
        null,
        7,
        {},
        { path: 7 },
        { path: place, tag: 'x' },
        true,
        '',
        ...(name.endsWith('?') ? [] : [undefined]),
      ]) {
        const given = names.map((other, position) => (position === at ? bad : good(other)));
        await refused(call(...given, {}), name.endsWith('?') || bad === '' ? /./ : new RegExp(`^${name}\\b|^''`));
      }
    }
    for (const [option, value] of [
      ['nonsense', true],
      ['signal', 'stop'],
      ['progress', 5],
    ] as const)
      await refused(call(...names.map(good), { [option]: value }), new RegExp(`^${option}: expected `));
    for (const bad of ['text', 7, null, []])
      await refused(call(...names.map(good), bad), /^options: expected an object/);
  }
  assert.equal(existsSync(place), false);
});

test('an option that is a list takes no string, and a list is none of its members', async () => {
  await refused(
    functions['commit']?.('r', 'i', { instructions: 'CMD a' }) as Promise<unknown>,
    /^instructions: expected a list/,
  );
});

test('every option of the wrong type is refused by its name, whatever it is', () => {
  for (const verb of verbs)
    for (const option of Object.keys(optionTables[verb]))
      for (const bad of [Symbol('x'), () => 1, 10n, null])
        assert.throws(
          () => checkCall(verb, {}, { [option]: bad }),
          (error: unknown) => error instanceof OciError && error.option === option && error.code === 'usage',
          `${verb} ${option}`,
        );
});

test('a time is RFC 3339 or a Date, and nothing else', async t => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs'));
  writeFileSync(join(place, 'rootfs/a'), 'a');
  const made = async (created: unknown): Promise<string | null | undefined> => {
    const options = { created: created as string, platform: 'linux/amd64' };
    await library.commit(join(place, 'rootfs'), `${join(place, 'img')}:a`, options);
    return (await library.history(`${join(place, 'img')}:a`))[0]?.created;
  };
  for (const bad of ['yesterday', '', 0, 1, '2026-02-30T00:00:00Z', '2026-01-01', new Date(Number.NaN), {}, []])
    await refused(made(bad), /^created: expected an RFC 3339 time or a Date, got /);
  assert.equal(await made('2026-01-02T03:04:05Z'), '2026-01-02T03:04:05Z');
  assert.equal(await made(new Date('2026-01-02T03:04:05Z')), '2026-01-02T03:04:05Z');
  await fc.assert(
    fc.asyncProperty(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }), async created => {
      checkCall('commit', {}, { created });
      checkCall('commit', {}, { created: created.toISOString() });
    }),
  );
});

test('every option has its word on the command line', () => {
  const words = new Set(commands.flatMap(command => optionsOf(command).map(({ name }) => `--${name}`)));
  const unsaid = new Set([
    'signal',
    'progress',
    'hostPlatform',
    'created',
    'now',
    'warnings',
    'notices',
    'errors',
    'events',
  ]);
  // What a process has and a library's caller says.
  for (const option of ['streams', 'terminal', 'signals', 'temporary', 'mountCache', 'contextCache'])
    unsaid.add(option);
  for (const verb of verbs)
    for (const option of Object.keys(optionTables[verb]))
      assert.ok(unsaid.has(option) || words.has(flagOf(option)), `${verb} ${option}`);
});

test('a list with a hole, an empty glob, and what only looks like a signal or a count are refused before they are used', () => {
  // biome-ignore lint/suspicious/noSparseArray: what a caller may give.
  for (const bad of [[,], ['a', , 'b'], Array(3), [undefined]])
    for (const verb of verbs)
      for (const [option, kind] of Object.entries(optionTables[verb]))
        if (kind.expected.startsWith('a list'))
          assert.throws(() => checkCall(verb, {}, { [option]: bad }), /expected a list/, `${verb} ${option}`);
  for (const [verb, option] of [
    ['commit', 'exclude'],
    ['diff', 'paths'],
  ] as const)
    for (const bad of ['', 'a'.repeat(70_000)])
      assert.throws(() => checkCall(verb, {}, { [option]: ['a', bad] }), /expected a list, each of it a glob/);
  for (const verb of verbs) {
    const signal = { throwIfAborted: () => undefined, aborted: false };
    assert.throws(() => checkCall(verb, {}, { signal }), /^OciError: signal: expected an AbortSignal/);
    const progress = Object.freeze({ bytes: 0 });
    assert.throws(() => checkCall(verb, {}, { progress }), /^OciError: progress: expected an object/);
  }
});

test('an error says what was given: the class of an object, the keys of one, the member of a list that is wrong', async t => {
  const place = temporaryDirectory(t);
  const given: readonly (readonly [unknown, RegExp])[] = [
    [new URL(`file://${place}`), /got an object \(URL\)$/],
    [Buffer.from(place), /got an object \(Buffer\)$/],
    [new Map(), /got an object \(Map\)$/],
    [{ file: Buffer.from('x'), too: 1 }, /got an object with file, too$/],
    [() => place, /got a function$/],
  ];
  for (const verb of verbs)
    for (const at of argumentsOf[verb].keys())
      for (const [bad, said] of given) {
        const others = argumentsOf[verb].map(name => (lists.has(name) ? [] : `${place}:x`));
        await refused((functions[verb] as Call)(...others.slice(0, at), bad, ...others.slice(at + 1)), said);
      }
});

test('what an object of an option may lack it may have as undefined', () => {
  for (const secret of [
    { id: 'a', file: undefined, value: 'v' },
    { id: 'a', file: 'f', value: undefined },
  ])
    checkCall('build', {}, { secrets: [secret], output: { kind: 'tar', path: 'p', name: undefined } });
  assert.throws(() => checkCall('build', {}, { agents: [{ id: 'a', socket: undefined }] }), /^OciError: agents: /);
});

test('of a list the member is said that is wrong, in every option', () => {
  const good = [
    'a',
    'NAME:127.0.0.1',
    'KEY=VALUE',
    'linux/amd64',
    '0:1000',
    { id: 'a', value: 'b' },
    { id: 'a', socket: 'b' },
  ];
  let lists = 0;
  for (const verb of verbs)
    for (const [option, { each }] of Object.entries(optionTables[verb])) {
      if (each === undefined) continue;
      const first = good.find(each.accepts);
      assert.ok(first !== undefined, `${verb} ${option}`);
      const refusal = (error: unknown): boolean => /, got a list with 7$/.test((error as Error).message);
      assert.throws(() => checkCall(verb, {}, { [option]: [first, 7, first] }), refusal, `${verb} ${option}`);
      lists++;
    }
  assert.ok(lists > 40, `${lists} lists`);
});

test('what a caller is told through is there to be told through: nothing frozen is taken', () => {
  for (const verb of verbs)
    for (const option of ['notices', 'warnings', 'errors', 'events'].filter(name => name in optionTables[verb]))
      for (const bad of [Object.freeze([]), Object.seal(['a'])])
        assert.throws(
          () => checkCall(verb, {}, { [option]: bad }),
          new RegExp(`${option}: expected an array to add to`),
        );
});

test('by - nobody means a file that is called so: what is written never is, but where nothing is', async t => {
  const place = temporaryDirectory(t);
  for (const [verb, names] of Object.entries(argumentsOf))
    for (const at of names.keys()) {
      const isWritten = ['file', 'directory'].includes(names[at] as string) || (verb === 'cp' && at === 1);
      if (!isWritten || verb === 'importRootfs') continue;
      const given = names.map((_, position) => (position === at ? '-' : `${place}:/x`));
      await refused((functions[verb] as Call)(...given), new RegExp(`^${names[at]}: expected a path, got '-'$`));
    }
});

test('a number is a whole one, and below 0 only where that is a time', () => {
  const signed = new Set(['clampMtime', 'now', 'level']);
  for (const verb of verbs)
    for (const [option, { accepts, expected }] of Object.entries(optionTables[verb])) {
      if (!accepts(4)) continue;
      assert.match(expected, /^a whole number/, `${verb} ${option}`);
      for (const bad of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
        assert.ok(!accepts(bad), `${verb} ${option} ${bad}`);
      assert.equal(accepts(-1), signed.has(option), `${verb} ${option}`);
    }
  for (const [similarity, isPercent] of [
    [0, false],
    [1, true],
    [100, true],
    [101, false],
  ] as const)
    assert.equal(optionTables.diff['similarity']?.accepts(similarity), isPercent);
});

/** A layout with an image `a`, of what `rootfs` beside it holds. */
async function smallImage(t: TestContext): Promise<string> {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs'));
  writeFileSync(join(place, 'rootfs/a'), 'a');
  await library.commit(join(place, 'rootfs'), `${place}/img:a`, { platform: 'linux/amd64' });
  return place;
}

const isOf = (option: string) => (error: unknown) =>
  error instanceof OciError && error.code === 'usage' && error.option === option && error.subject.startsWith(option);

test('what is wrong in the text of an option is said of that option, by its name', async t => {
  const place = await smallImage(t);
  for (const instructions of [['FROM x'], ['ENV a'], ['EXPOSE foo']]) {
    await assert.rejects(library.config(`${place}/img:a`, { instructions }), isOf('instructions'));
    await assert.rejects(library.commit(`${place}/rootfs`, `${place}/img:b`, { instructions }), isOf('instructions'));
  }
  await refused(
    library.cp({ rootfs: `${place}/img:a`, path: '/a', to: 'b' } as never, `${place}/out`),
    /^from: expected IMAGE:PATH/,
  );
});

test('a user that an image has not is wrong in the option that says it', async t => {
  if (!canRun(t)) return;
  const place = await smallImage(t);
  for (const user of ['nobody', '0:nobody'])
    await assert.rejects(library.run(`${place}/img:a`, ['x'], { user }), isOf('user'));
});
