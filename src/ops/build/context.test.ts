import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isValid, refusal } from '../../testing/answers.ts';
import { snapshotOf } from '../../testing/snapshot.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { images } from '../images.ts';

const dockerfile = `FROM scratch
COPY . /all/
ADD deep/inner.tar /inner/
ADD deep/two deep/link /
`;
const options = { platforms: ['linux/amd64'], noCache: true };

/** A context with a tar in it, links and what is to be left out. */
function place(t: TestContext): { readonly context: string; readonly at: (name: string) => string } {
  const directory = temporaryDirectory(t);
  const at = (name: string): string => join(directory, name);
  const context = at('context');
  mkdirSync(join(context, 'deep'), { recursive: true });
  const files = { Dockerfile: dockerfile, '.dockerignore': 'left*\n', 'left out': 'x', one: '1', 'deep/two': '2' };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(context, name), content);
  symlinkSync('two', join(context, 'deep/link'));
  execFileSync('tar', ['-C', context, '--mtime=@5', '--owner=7', '--group=7', '-cf', at('inner.tar'), 'one']);
  writeFileSync(join(context, 'deep/inner.tar'), readFileSync(at('inner.tar')));
  return { context, at };
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

test('a context is the same as a directory and as a tar, plain or compressed, as a file or as it comes', async t => {
  const { context, at } = place(t);
  const { manifest } = await build(context, [`${at('layout')}:directory`], options);
  const tar = execFileSync('tar', ['-C', context, '--format=pax', '-c', '.']);
  writeFileSync(at('context.tar'), tar);
  execFileSync('gzip', ['-k', at('context.tar')]);
  const forms = [at('context.tar'), at('context.tar.gz'), chunksOf(tar), chunksOf(readFileSync(at('context.tar.gz')))];
  for (const form of forms)
    assert.equal((await build(form, [`${at('layout')}:tar`], options)).manifest, manifest, String(form));
  await isValid(at('layout'));
  assert.deepEqual(readdirSync(at('')).sort(), ['context', 'context.tar', 'context.tar.gz', 'inner.tar', 'layout']);
});

test('a stream that is no tar is the Dockerfile, and there is nothing to copy', async t => {
  const { at } = place(t);
  const text = (words: string): AsyncGenerator<Uint8Array> => chunksOf(Buffer.from(words));
  await build(text('FROM scratch\nCOPY <<A /a\nhello\nA\n'), [`${at('layout')}:x`], options);
  await assert.rejects(build(text('FROM scratch\nCOPY a /\n'), [`${at('layout')}:x`], options), /"\/a" not found/);
});

test('a context that comes as a stream and is cut off is called the context, and an archive in it by its path', async t => {
  const { context, at } = place(t);
  writeFileSync(join(context, 'random'), randomBytes(50_000));
  const tar = execFileSync('tar', ['-C', context, '-c', '.']);
  const run = (bytes: Uint8Array, dockerfile: string): Promise<unknown> =>
    build(chunksOf(bytes), `${at('layout')}:x`, { ...options, dockerfile });
  await assert.rejects(run(tar.subarray(0, 30_000), 'FROM scratch\nCOPY . /\n'), /^OciError: the context: tar entry/);
  const inner = execFileSync('tar', ['-C', context, '-c', 'random']);
  rmSync(join(context, 'random'));
  writeFileSync(join(context, 'cut.tar'), inner.subarray(0, 30_000));
  const outer = execFileSync('tar', ['-C', context, '-c', '.']);
  await assert.rejects(run(outer, 'FROM scratch\nADD cut.tar /\n'), /: the context: cut\.tar: tar entry/);
});

test('who copies what is left out of a context is told what leaves it out', async t => {
  const { context, at } = place(t);
  writeFileSync(join(context, '.dockerignore'), 'one\ndeep\n');
  execFileSync('tar', ['-C', context, '-cf', at('context.tar'), '.']);
  const image = join(context, 'img:x');
  await build(context, image, { ...options, dockerfile: 'FROM scratch\nWORKDIR /x\n' });
  const refused = (from: string, line: string, words: RegExp): Promise<void> =>
    assert.rejects(build(from, image, { ...options, dockerfile: `FROM scratch\n${line}\n` }), words, line);
  for (const [line, path] of [
    ['COPY one /', 'one'],
    ['COPY deep/down/x /', 'deep/down/x'],
    ['COPY deep/* /', 'deep'],
    ['COPY --parents one /', 'one'],
  ] as const)
    for (const from of [context, at('context.tar')])
      await refused(from, line, new RegExp(`"/${path}" not found: .*\\.dockerignore leaves it out`));
  await refused(context, 'COPY img /', /"\/img" not found: what is written meanwhile is left out/);
  await refused(context, 'COPY img/* /', /"\/img" not found: what is written/);
  await refused(context, 'COPY nothing /', /"\/nothing" not found(?!:)/);
});

test('a Dockerfile may be given as it is; in a tar, a file is one of the tar', async t => {
  const { context, at } = place(t);
  const text = 'FROM scratch\nCOPY one /\n';
  const { manifest } = await build(context, [`${at('layout')}:x`], { ...options, dockerfile: text });
  writeFileSync(join(context, 'deep/Other'), text);
  execFileSync('tar', ['-C', context, '-cf', at('context.tar'), '.']);
  const other = await build(at('context.tar'), [`${at('layout')}:x`], { ...options, file: 'deep/Other' });
  assert.equal(other.manifest, manifest);
  await assert.rejects(build(at('context.tar'), [`${at('layout')}:x`], { ...options, file: 'no' }), /no: expected a D/);
});

test('what is on the network, a file that is no tar and a directory that is not there are refused before anything is written', async t => {
  const { context, at } = place(t);
  for (const bad of ['https://example.com/x.git', 'git@example.com:x', join(context, 'one'), at('nothing')])
    await assert.rejects(build(bad, [`${at('layout')}:x`], options), refusal(/expected a directory/));
  assert.deepEqual(readdirSync(at('')).sort(), ['context', 'inner.tar']);
});

test('an image comes out as an archive, a tar or a directory as well, and alone where it has no name', async t => {
  const { context, at } = place(t);
  const beside = { ...options, iidFile: at('iid'), metadataFile: at('metadata') };
  const made = await build(context, [`${at('layout')}:x`], {
    ...beside,
    output: { kind: 'oci', path: at('oci.tar'), name: 'app:v1' },
  });
  assert.equal(readFileSync(at('iid'), 'utf8'), made.images[0]?.imageID);
  assert.equal(JSON.parse(readFileSync(at('metadata'), 'utf8'))['containerimage.digest'], made.manifest);
  await isValid(at('oci.tar'));
  const { manifest, names } = await build(context, [], {
    ...options,
    output: { kind: 'docker', path: at('docker.tar') },
  });
  assert.deepEqual([manifest, names], [made.manifest, []]);
  assert.equal((await images([at('docker.tar')])).length, 1);
  await build(context, [], { ...options, output: { kind: 'tar', path: at('files.tar') } });
  const listed = execFileSync('tar', ['-tf', at('files.tar')], { encoding: 'utf8' });
  assert.match(listed, /^all\/\nall\/\.dockerignore\n/);
  await build(context, [], { ...options, output: { kind: 'local', path: at('files') } });
  assert.deepEqual(readdirSync(at('files')).sort(), ['all', 'inner', 'link', 'two']);
  assert.deepEqual(
    snapshotOf(at('')).filter(line => line.includes('.ocikit')),
    [],
  );
});

test('a build without a place for its image is refused', async t => {
  const { context } = place(t);
  await assert.rejects(build(context, [], options), refusal(/expected LAYOUT\[:NAME\]/, 'usage'));
});
