import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand as ocikit } from '../testing/command-line.ts';
import { fixture } from '../testing/fixtures.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commands } from './commands.ts';
import { failureText } from './failure.ts';
import type { Io } from './io.ts';
import { optionsOf } from './options-of.ts';
import { version } from './version.ts';

async function done(words: readonly string[], world: Partial<Io> = {}): Promise<string> {
  const { status, out, err } = await ocikit(words, world);
  assert.equal(err.replace(/^ocikit: new layout .*\n/, ''), '', words.join(' '));
  assert.equal(status, 0, words.join(' '));
  return out;
}

/** A layout with the image `base` out of a small root filesystem, and that root filesystem changed. */
async function sample(
  t: TestContext,
): Promise<{ readonly place: string; readonly image: string; readonly rootfs: string }> {
  const place = temporaryDirectory(t);
  const rootfs = join(place, 'rootfs');
  mkdirSync(join(rootfs, 'etc'), { recursive: true });
  writeFileSync(join(rootfs, 'etc/motd'), 'hello\n');
  writeFileSync(join(rootfs, 'etc/gone'), '');
  const image = join(place, 'img:base');
  await done([
    'commit',
    rootfs,
    image,
    '-a',
    'Ann',
    '-m',
    'first',
    '-c',
    'CMD ["sh"]',
    '-cENV A=1',
    '--platform=linux/amd64',
  ]);
  spawnSync('rm', [join(rootfs, 'etc/gone')]);
  writeFileSync(join(rootfs, 'etc/motd'), 'hello, world\n');
  writeFileSync(join(rootfs, 'new\x1b[31m\nname'), 'x');
  return { place, image, rootfs };
}

test('every verb has help with two examples or more, and help VERB is VERB --help', async () => {
  const general = await done(['--help']);
  assert.equal(await done(['help']), general);
  assert.equal(await done([]), general);
  for (const command of commands) {
    const text = await done([command.name, '--help']);
    assert.equal(await done(['help', command.name]), text);
    assert.match(general, new RegExp(`ocikit ${command.name} `));
    assert.ok(command.examples.length >= 2, command.name);
    for (const { name } of optionsOf(command)) assert.match(text, new RegExp(`--${name}\\b`), command.name);
  }
  assert.equal(await done(['--version']), `${version}\n`);
});

/** Words that stand for each operand up to one, which is empty. */
const wordsWithEmpty = ({ name, positionals }: (typeof commands)[number], empty: number): readonly string[] => [
  name,
  ...positionals.slice(0, empty).map(({ choices }) => choices?.[0] ?? 'x'),
  '',
  ...positionals.slice(empty + 1).map(({ choices }) => choices?.[0] ?? 'x'),
];

test('an operand that is empty, as a variable that nobody has set, is refused by every verb', async () => {
  for (const command of commands)
    for (const [at, { name, many }] of command.positionals.entries()) {
      // What a program is called with may be empty.
      if (many === true && command.endsOptions === true) continue;
      const { status, out, err } = await ocikit(wordsWithEmpty(command, at));
      const said = `ocikit: ${command.name}: expected ${name.toUpperCase()}, got an empty word (ocikit ${command.name} --help)\n`;
      assert.deepEqual([status, out, err], [2, '', said]);
    }
});

test('the version is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  assert.equal(version, manifest.version);
});

test('a usage error is one line, says what was expected, and exits with 2', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['frob'], /^ocikit: frob: expected a verb, got something else/],
    [['dif'], /did you mean diff\?/],
    [['help', 'frob'], /^ocikit: frob: expected a verb/],
    [['-q'], /^ocikit: -q: expected a verb, got an option/],
    [['tag', 'x'], /^ocikit: tag: expected IMAGE NAME, got only 1/],
    [['history', 'a', 'b'], /^ocikit: history: expected no further argument, got 'b'/],
    [['history', 'a', '--frob'], /^ocikit: history: expected one of its options, got '--frob'/],
    [['history', 'a', '--no-format'], /expected one of its options/],
    [
      ['images', '--digset', 'img'],
      /^ocikit: images: expected one of its options, got '--digset' \(did you mean --digests\?\)/,
    ],
    [['history', '-x', 'img'], /^ocikit: history: expected one of its options, got '-x'/],
    [['history', 'img', '--platfrom=linux/arm64'], /got '--platfrom=linux\/arm64' \(did you mean --platform\?\)/],
    [
      ['commit', 'r', 'i', '-m'],
      /^ocikit: --message: expected a value, got none \(a value that starts with '-' is written --message=VALUE\)/,
    ],
    [['commit', 'r', 'i', '-m', '-x'], /--message=VALUE/],
    [['commit', 'r', 'i', '-m', 'a', '-m', 'b'], /^ocikit: --message: expected it once, got it 2 times/],
    [
      ['commit', 'r', 'i', '--compression', 'lz4'],
      /^ocikit: --compression: expected one of gzip, zstd, none, got 'lz4'/,
    ],
    [['commit', 'r', 'i', '--level', '0x10'], /^ocikit: --level: expected a number, got '0x10'/],
    [['commit', 'r', 'i', '--squash=maybe'], /^ocikit: --squash: expected true or false, got 'maybe'/],
    [['commit', 'r', 'i', '--__proto__.x', '1'], /^ocikit: commit: /],
    [['inspect', 'a', 'b', '--raw', 'config'], /^ocikit: --raw: expected one image, got 2/],
    [['completion', 'tcsh'], /^ocikit: completion: expected one of bash, zsh, fish, got 'tcsh'/],
  ];
  for (const [words, message] of cases) {
    const { status, out, err } = await ocikit(words);
    assert.match(err, message, words.join(' '));
    assert.deepEqual([status, out, err.split('\n').length], [2, '', 2], words.join(' '));
  }
});

test('SOURCE_DATE_EPOCH is seconds in digits, and --clamp-mtime needs it', async () => {
  for (const value of ['now', '-1', '1e9', '253402300800']) {
    const { status, err } = await ocikit(['commit', 'r', 'i'], { env: { SOURCE_DATE_EPOCH: value } });
    assert.equal(status, 2);
    assert.match(err, /^ocikit: SOURCE_DATE_EPOCH: expected seconds since 1970 in digits/);
  }
  const { err } = await ocikit(['commit', 'r', 'i', '--clamp-mtime'], { env: { SOURCE_DATE_EPOCH: '' } });
  assert.match(err, /^ocikit: --clamp-mtime: expected SOURCE_DATE_EPOCH in the environment, got none/);
});

test('errors of the system are one line, bugs say that they are bugs', async () => {
  const system = Object.assign(new Error('ENOSPC: no space left'), {
    code: 'ENOSPC',
    syscall: 'write',
    path: '/x\x1b',
  });
  assert.equal(
    failureText(system),
    'ocikit: /x\\x1b: expected write to work, got no space left on the device (ENOSPC)\n',
  );
  const many = Object.assign(new Error('EMLINK: too many links'), { code: 'EMLINK', syscall: 'link', path: '/x' });
  assert.match(failureText(many), /got as many hardlinks of one file as the file system takes \(EMLINK\)\n$/);
  assert.match(
    failureText(new TypeError('x is undefined')),
    /^ocikit: this is a bug in ocikit [\d.]+\nTypeError: x is undefined\n/,
  );
  const { status, err } = await ocikit(['history', '/nowhere/at\x1ball']);
  assert.equal(status, 2);
  assert.match(err, /^ocikit: \/nowhere\/at\\x1ball: expected [^\n]+\n$/);
});

test('commit, tag, images, history and inspect print what docker prints', async t => {
  const { place, image } = await sample(t);
  const layout = join(place, 'img');
  assert.equal(await done(['tag', '-f', image, 'latest', 'docker.io/library/figlet:1.0']), '');
  const lines = (await done(['images', layout])).split('\n');
  assert.match(lines[0] ?? '', /^REPOSITORY {3}TAG {7}IMAGE ID {7}CREATED {7}SIZE$/);
  assert.equal(lines.length, 5);
  assert.match(await done(['ls', layout]), /^figlet {7}1\.0 {7}[0-9a-f]{12} {3}2 hours ago {3}\d+B$/m);
  assert.match(await done(['images', layout, '-q', '--no-trunc']), /^(sha256:[0-9a-f]{64}\n){3}$/);
  assert.match(
    await done(['images', layout, '--format', 'json']),
    /^\{"Containers":"N\/A","CreatedAt":"2023-11-14 22:13:20 \+0000 UTC"/,
  );
  const history = await done(['history', image]);
  assert.match(
    history,
    /^IMAGE {10}CREATED {7}CREATED BY {3}SIZE {6}COMMENT\n[0-9a-f]{12} {3}2 hours ago {3}sh {11}\d+B {5,6}first\n$/,
  );
  assert.match(
    await done(['history', image, '--human=false', '--format', '{{.CreatedAt}}\\t{{.Size}}']),
    /^2023-11-14T22:13:20Z\t\d+\n$/,
  );
  assert.equal(
    await done(['inspect', image, '-f', '{{.Author}} {{.Config.Cmd}} {{.Config.Env}} {{.Created}}']),
    'Ann [sh] [A=1] 2023-11-14T22:13:20Z\n',
  );
  assert.match(await done(['inspect', image]), /^\[\n {4}\{\n {8}"Id": "sha256:/);
  const [object] = JSON.parse(await done(['inspect', image, '--json'])) as [{ Id: string }];
  const config = await done(['inspect', image, '--raw', 'config']);
  assert.equal(object.Id, `sha256:${spawnSync('sha256sum', { input: config, encoding: 'utf8' }).stdout.slice(0, 64)}`);
});

test('inspect prints what it finds and exits with 2 for what it does not', async t => {
  const { image } = await sample(t);
  const { status, out, err } = await ocikit(['inspect', image, `${image}-not`, '--format', '{{.Os}}']);
  assert.deepEqual([status, out], [2, 'linux\n']);
  assert.match(err, /^ocikit: .*base-not: expected/);
});

test("diff prints docker's lines, with reasons, names, counts or through a template", async t => {
  const { image, rootfs } = await sample(t);
  const words = ['diff', image, rootfs, '--ignore', 'mtime,owner'];
  assert.equal(await done(words), 'C /etc\nD /etc/gone\nC /etc/motd\nA /new\\x1b[31m\\x0aname\n');
  assert.match(await done([...words, '--reasons']), /^C \/etc\/motd {2}content size 6→13$/m);
  assert.equal(await done([...words, '--name-only']), '/etc\n/etc/gone\n/etc/motd\n/new\\x1b[31m\\x0aname\n');
  assert.match(await done([...words, '--stat']), /^total +1 +2 +1 +\+8B$/m);
  assert.equal(
    await done([...words, '--format', '{{.Kind}}{{len .Reasons}} {{with .After}}{{.Type}}{{end}}']),
    'C0 directory\nD0 \nC1 file\nA0 file\n',
  );
  assert.equal((await ocikit([...words, '--exit-code'])).status, 1);
  assert.equal(await done(['diff', image, image, '--exit-code']), '');
  assert.equal((JSON.parse(await done([...words, '--json'])) as { changes: object[] }).changes.length, 4);
  assert.match(await done(words, { stdoutIsTerminal: true }), /\x1b\[31mD\x1b\[39m \/etc\/gone/);
  assert.doesNotMatch(await done(words, { stdoutIsTerminal: true, env: { NO_COLOR: '1' } }), /\x1b/);
});

test('unpack prints nothing, commit of the bundle prints a digest, and a dry run writes nothing', async t => {
  const { place, image } = await sample(t);
  const bundle = join(place, 'work');
  assert.equal(await done(['unpack', image, bundle, '--bundle', '--quiet'], {}), '');
  writeFileSync(join(bundle, 'rootfs/added'), 'x');
  assert.match(await done(['diff', bundle]), /^A \/added$/m);
  const dry = await done(['commit', bundle, `${image}2`, '--dry-run', '-q']);
  assert.match(dry, /^sha256:[0-9a-f]{64}\n$/);
  assert.equal((await ocikit(['history', `${image}2`])).status, 2);
  assert.equal(await done(['commit', bundle, `${image}2`, '-q']), dry);
  assert.match(await done(['validate', join(place, 'img')]), /: valid, \d+ blobs \([\d.]+k?B\) checked\n$/);
});

test('import takes a file or stdin, prints a digest, and says what is wrong with stdin by that name', async t => {
  const { place } = await sample(t);
  const { layer } = JSON.parse(
    await done(['commit', join(place, 'rootfs'), join(place, 'tar'), '--compression', 'none', '--json']),
  ) as { layer: { digest: string } };
  const file = join(place, 'tar/blobs', layer.digest.replace(':', '/'));
  const image = join(place, 'img:imported');
  const words = ['--platform', 'linux/arm64', '-c', 'CMD ["sh"]', '-m', 'from a tar'];
  const digest = await done(['import', file, image, ...words]);
  assert.match(digest, /^sha256:[0-9a-f]{64}\n$/);
  const stdin = async function* (): AsyncIterable<Uint8Array> {
    yield readFileSync(file);
  };
  assert.equal(await done(['import', '-', image, ...words, '--dry-run'], { stdin }), digest);
  assert.equal(await done(['import', '-', `${image}2`, ...words], { stdin }), digest);
  assert.match(
    await done(['history', image, '--format', '{{.CreatedBy}}|{{.Comment}}|{{.CreatedAt}}']),
    /^\|from a tar\|2023-/,
  );
  const { name, diffID } = JSON.parse(await done(['import', file, image, ...words, '--json'])) as Record<
    string,
    unknown
  >;
  assert.deepEqual([name, diffID], ['imported', layer.digest]);
  assert.match(await done(['validate', join(place, 'img')]), /: valid/);
  const page = async function* (): AsyncIterable<Uint8Array> {
    yield new TextEncoder().encode('<html></html>'.repeat(99));
  };
  const { status, err } = await ocikit(['import', '-', image], { stdin: page });
  assert.match(err, /^ocikit: input: tar entry at offset 0: expected [^\n]+\n$/);
  assert.equal(status, 2);
  assert.match(
    (await ocikit(['import', place, image])).err,
    /: expected a file, got a directory \(`ocikit commit` makes an image of a directory\)\n$/,
  );
});

test('stdin may be a file or a pipe, and a directory is told', async t => {
  const { place } = await sample(t);
  const { layer } = JSON.parse(
    await done(['commit', join(place, 'rootfs'), join(place, 'tar'), '--compression', 'none', '--json']),
  ) as { layer: { digest: string } };
  const file = join(place, 'tar/blobs', layer.digest.replace(':', '/'));
  const words = [
    '--import',
    'tsx',
    fileURLToPath(new URL('bin.ts', import.meta.url)),
    'import',
    '-',
    join(place, 'new'),
  ];
  const program = (stdin: { input: Buffer } | { stdio: ['pipe' | number, 'pipe', 'pipe'] }): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, words, { encoding: 'utf8', env: { ...process.env, SOURCE_DATE_EPOCH: '1' }, ...stdin });
  const opened = (path: string): { stdio: [number, 'pipe', 'pipe'] } => ({
    stdio: [openSync(path, 'r'), 'pipe', 'pipe'],
  });
  const byPipe = program({ input: readFileSync(file) });
  assert.match(byPipe.stdout, /^sha256:/, byPipe.stderr);
  assert.equal(program(opened(file)).stdout, byPipe.stdout);
  assert.match(program(opened(place)).stderr, /^ocikit: .*expected read to work, got a directory \(EISDIR\)\n$/);
});

test('validate exits with 1 where something is wrong, and names it', async t => {
  const { place, image } = await sample(t);
  const { manifest } = JSON.parse(await done(['commit', join(place, 'rootfs'), `${image}3`, '--json'])) as {
    manifest: string;
  };
  writeFileSync(join(place, 'img/blobs', manifest.replace(':', '/')), '{}');
  const { status, out } = await ocikit(['validate', join(place, 'img')]);
  assert.equal(status, 1);
  assert.match(out, /^error: [a-z-]+: /);
  assert.match(out, /\d+ errors?, (\d+ warnings?, )?\d+ blobs? \(.*\) checked\n$/);
});

test('untag takes names away, under its alias too', async t => {
  const { image } = await sample(t);
  assert.match(await done(['untag', image, '--dry-run']), /^sha256:[0-9a-f]{64}\n$/);
  assert.equal(await done(['rm', image]), '');
  assert.equal((await ocikit(['rm', image])).status, 2);
});

test('a hostile history reaches the terminal without a control character', async t => {
  const layout = fixture(t, 'hostile/e-terminal-history');
  if (layout === undefined) return;
  for (const words of [
    ['history'],
    ['history', '--no-trunc'],
    ['history', '--json'],
    ['inspect'],
    ['inspect', '-f', '{{.}}'],
  ]) {
    const [verb = '', ...options] = words;
    const { status, out, err } = await ocikit([verb, `${layout}:v1`, ...options]);
    assert.equal(status, 0, err);
    assert.doesNotMatch(out.replace(/[\n\t]/g, ''), /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u, words.join(' '));
  }
});

test("images go out as a tar and come in again, by file and by pipe, with docker's words", async t => {
  const { place, image } = await sample(t);
  const archive = join(place, 'a.tar');
  assert.equal(await done(['save', image, '-o', archive]), '');
  const piped = await done(['save', image]);
  assert.equal(Buffer.from(piped, 'latin1').equals(readFileSync(archive)), true);
  assert.equal(await done(['load', '-i', archive, join(place, 'one')]), 'Loaded image: img:base\n');
  assert.equal(await done(['load', archive, join(place, 'two')]), 'Loaded image: img:base\n');
  const stdin = async function* (): AsyncIterable<Uint8Array> {
    yield readFileSync(archive);
  };
  assert.equal(await done(['load', '-', join(place, 'three')], { stdin }), 'Loaded image: img:base\n');
  assert.equal(await done(['load', join(place, 'four')], { stdin }), 'Loaded image: img:base\n');
  const { manifests } = JSON.parse(await done(['inspect', image, '--raw', 'index'])) as {
    manifests: { digest: string }[];
  };
  assert.equal(await done(['copy', `${archive}:base`, join(place, 'five:x')]), `${manifests[0]?.digest}\n`);
  assert.match(await done(['images', archive]), /^img +base /m);
  assert.deepEqual(JSON.parse(await done(['save', image, '-o', join(place, 'no.tar'), '--dry-run', '--json'])), {
    images: [{ name: 'docker.io/library/img:base', digest: manifests[0]?.digest }],
    warnings: [],
  });
  assert.equal(await done(['save', image, '--dry-run']), `${manifests[0]?.digest}\n`);
});

test('an export goes to a file or a pipe, and no tar is ever written to a terminal', async t => {
  const { place, image } = await sample(t);
  assert.equal(await done(['export', image, '-o', join(place, 'x.tar')]), '');
  assert.equal(
    Buffer.from(await done(['export', image, '-o', '-']), 'latin1').equals(readFileSync(join(place, 'x.tar'))),
    true,
  );
  assert.equal(await done(['diff', image, join(place, 'x.tar')]), '');
  for (const verb of ['save', 'export']) {
    const { status, out, err } = await ocikit([verb, image], { stdoutIsTerminal: true });
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, /^ocikit: stdout: expected a file or a pipe, got a terminal/);
  }
  const { status, err } = await ocikit(['load', join(place, 'out')], { stdinIsTerminal: true });
  assert.equal(status, 2);
  assert.match(err, /^ocikit: stdin: expected an archive, got a terminal/);
  for (const words of [
    ['load', 'a', 'b', 'c'],
    ['load', '-i', 'a', 'b', 'c'],
    ['save', '--format', 'oci'],
    ['copy', image],
  ])
    assert.equal((await ocikit(words)).status, 2, words.join(' '));
});

test('a new layout is announced in one line, unless nobody wants to hear of it, and only where one is made', async t => {
  const place = temporaryDirectory(t);
  const rootfs = join(place, 'rootfs');
  mkdirSync(rootfs);
  const errOf = async (...words: readonly string[]): Promise<string> => {
    const { status, err } = await ocikit(words);
    assert.equal(status, 0, words.join(' '));
    return err;
  };
  const at = (name: string): string => join(place, name);
  const said = (name: string): string => `ocikit: new layout ${at(name)}\n`;
  assert.equal(await errOf('commit', rootfs, `${at('a')}:x`, '--dry-run'), '');
  assert.equal(await errOf('commit', rootfs, `${at('a')}:x`), said('a'));
  assert.equal(await errOf('commit', rootfs, `${at('a')}:y`), '');
  assert.equal(await errOf('commit', rootfs, `${at('quiet')}:x`, '--quiet'), '');
  assert.equal(await errOf('copy', `${at('a')}:x`, `${at('b')}:x`), said('b'));
  assert.equal(await errOf('copy', `${at('a')}:x`, `oci-archive:${at('b.tar')}:x`), '');
  await errOf('save', `${at('a')}:x`, '-o', at('saved.tar'));
  assert.equal(await errOf('load', '-i', at('saved.tar'), at('c')), said('c'));
  await errOf('export', `${at('a')}:x`, '-o', at('exported.tar'));
  assert.equal(await errOf('import', at('exported.tar'), `${at('d')}:x`), said('d'));
  const { status, err } = await ocikit(['export', `${at('a')}:x`, '-o', at('nowhere/x.tar')]);
  assert.deepEqual(
    [status, err],
    [2, `ocikit: ${at('nowhere/x.tar')}: expected the directory ${at('nowhere')} to write it in, got nothing\n`],
  );
});
