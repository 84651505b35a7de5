import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { isValid, refusal } from '../../testing/answers.ts';
import { runCommand } from '../../testing/command-line.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';

interface Here {
  readonly context: string;
  /** Where the pipe is, and nothing else. */
  readonly beside: string;
  readonly pipe: string;
  readonly temporary: string;
}

function prepare(t: TestContext): Here {
  const place = temporaryDirectory(t);
  const at = (name: string): string => join(place, name);
  for (const name of ['context', 'beside', 'temporary']) mkdirSync(at(name));
  writeFileSync(at('context/a'), 'a\n');
  writeFileSync(at('context/Dockerfile'), 'FROM scratch\nCOPY a /a\n');
  execFileSync('mkfifo', [at('beside/pipe')]);
  return { context: at('context'), beside: at('beside'), pipe: at('beside/pipe'), temporary: at('temporary') };
}

test('what goes to a pipe is made where temporary files are, as nobody may have room beside the pipe', async t => {
  const { context, beside, pipe, temporary } = prepare(t);
  const output = { kind: 'tar', path: pipe } as const;
  await assert.rejects(
    build(context, [], { output, temporary: join(temporary, 'none') }),
    refusal(/none.*: expected a place for/),
  );
  const reader = spawn('tar', ['-tf', pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [listed, made] = await Promise.all([text(reader.stdout), build(context, [], { output, temporary })]);
  assert.deepEqual([listed, made.names], ['a\n', []]);
  assert.deepEqual([readdirSync(temporary), readdirSync(beside)], [[], ['pipe']]);
});

test("what goes into a directory that is there is made in it, as the one above it may be another's", async t => {
  const { context, beside, temporary } = prepare(t);
  const output = { kind: 'local', path: beside } as const;
  await build(context, [], { output, temporary: join(temporary, 'none') });
  assert.deepEqual([readdirSync(temporary), readdirSync(beside).sort()], [[], ['a', 'pipe']]);
  await build(context, [], { output: { ...output, path: join(beside, 'new') }, temporary: join(temporary, 'none') });
  assert.deepEqual(readdirSync(beside).sort(), ['a', 'new', 'pipe']);
});

test('a dry run needs no place for the image, and says what a build into one would make', async t => {
  const { context, beside, temporary } = prepare(t);
  const dry = await build(context, [], { dryRun: true, temporary });
  assert.deepEqual([dry.names, readdirSync(temporary)], [[], []]);
  const made = await build(context, join(beside, 'img'), {});
  assert.equal(dry.manifest, made.manifest);
  await assert.rejects(build(context, []), refusal(/expected LAYOUT\[:NAME\], or option output, got neither/));
  const { status, out, err } = await runCommand(['build', context, '--dry-run', '--json']);
  assert.equal(status, 0, err);
  assert.equal((JSON.parse(out) as { readonly names: readonly string[] }).names.length, 0);
  assert.match(err, /exporting to no place$/m);
  const named = await runCommand(['build', context, '-o', join(beside, 'out')]);
  assert.match(named.err, new RegExp(`exporting to ${beside}/out$`, 'm'));
  assert.doesNotMatch(named.err, /\.ocikit|naming to/);
});

test('an open file of the process is written to, and neither it nor a link to it is replaced', async t => {
  const { context, beside, temporary } = prepare(t);
  const at = (name: string): string => join(beside, name);
  writeFileSync(at('out'), 'before\n');
  const file = openSync(at('out'), 'a');
  try {
    symlinkSync(`/proc/self/fd/${file}`, at('link'));
    const { ino } = lstatSync(at('out'));
    await build(context, [], { output: { kind: 'tar', path: at('link') }, temporary });
    assert.deepEqual([lstatSync(at('link')).isSymbolicLink(), lstatSync(at('out')).ino], [true, ino]);
    assert.equal(readFileSync(at('out'), 'latin1').slice(0, 9), 'before\na\0');
    assert.deepEqual(readdirSync(beside).sort(), ['link', 'out', 'pipe']);
  } finally {
    closeSync(file);
  }
});

test('a directory that a build puts its files into may be one that it takes them from', async t => {
  const { context, temporary } = prepare(t);
  mkdirSync(join(context, 'src'));
  writeFileSync(join(context, 'src/in'), '');
  const dockerfile = 'FROM scratch\nCOPY src /\nCOPY a /made\n';
  const { warnings } = await build(context, [], {
    dockerfile,
    output: { kind: 'local', path: join(context, 'src') },
    temporary,
  });
  assert.deepEqual([warnings, readdirSync(join(context, 'src')).sort()], [[], ['in', 'made']]);
});

test('an archive takes the place of the one of an earlier build, has the names of the layouts, and comes on standard output as well', async t => {
  const { context, beside, temporary } = prepare(t);
  const at = (name: string): string => join(beside, name);
  const created = '2024-01-01T00:00:00Z';
  const tagsOf = (path: string, list: 'manifest' | 'index'): unknown => {
    const document = JSON.parse(execFileSync('tar', ['-xOf', path, `${list}.json`], { encoding: 'utf8' }));
    const name = 'org.opencontainers.image.ref.name';
    return list === 'index'
      ? document.manifests.map((entry: { annotations: Record<string, string> }) => entry.annotations[name])
      : document[0].RepoTags;
  };
  for (const [kind, list] of [
    ['oci', 'index'],
    ['docker', 'manifest'],
  ] as const) {
    const path = at(`${kind}.tar`);
    const into = (images: readonly string[], name?: string): Promise<unknown> =>
      build(context, images, { created, output: { kind, path, ...(name === undefined ? {} : { name }) } });
    await into([]);
    assert.deepEqual(tagsOf(path, list), kind === 'oci' ? ['latest'] : null);
    await into([], 'box:1');
    assert.deepEqual(tagsOf(path, list), kind === 'oci' ? ['box:1'] : ['docker.io/library/box:1']);
    await into([at('img:app'), at('img:v2'), at('two:app')]);
    const full = ['img:app', 'img:v2', 'two:app'].map(name => `docker.io/library/${name}`);
    assert.deepEqual(tagsOf(path, list), kind === 'oci' ? ['app', 'v2'] : full);
    await isValid(path);
    const file = openSync(at('out'), 'w');
    try {
      const output = { kind, path: `/proc/self/fd/${file}` };
      await build(context, [at('img:app'), at('img:v2'), at('two:app')], { created, output, temporary });
    } finally {
      closeSync(file);
    }
    assert.ok(readFileSync(at('out')).equals(readFileSync(path)), kind);
  }
});

test('where a file that is written in the end has no place, nothing is built; one in what the build makes has', async t => {
  const { context, beside } = prepare(t);
  const at = (name: string): string => join(beside, name);
  const image = `${at('img')}:app`;
  mkdirSync(at('there'));
  for (const path of [at('no/file'), at('there'), at('slash/')])
    for (const options of [{ iidFile: path }, { metadataFile: path }, { output: { kind: 'tar', path } as const }]) {
      await assert.rejects(
        build(context, [image], options),
        refusal(/expected (a place for a file|the directory \S+no)/),
      );
      assert.deepEqual(readdirSync(beside).sort(), ['pipe', 'there']);
    }
  writeFileSync(at('file'), '');
  const onFile = { kind: 'local', path: at('file') } as const;
  await assert.rejects(build(context, [image], { output: onFile }), refusal(/file: expected a place for a directory/));
  assert.deepEqual(readdirSync(beside).sort(), ['file', 'pipe', 'there']);
  const output = { kind: 'local', path: at('out') } as const;
  const cacheTo = at('cache');
  await build(context, [image], { output, iidFile: at('out/iid'), metadataFile: at('img/metadata'), cacheTo });
  await build(context, [image], { cacheTo: at('other'), iidFile: at('other/iid') });
  assert.deepEqual(readdirSync(at('out')).sort(), ['a', 'iid']);
  assert.ok(readdirSync(at('img')).includes('metadata'));
});
