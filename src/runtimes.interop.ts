import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './testing/temporary.ts';
import { installed, isRoot, run } from './testing/witness.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'bin/ocikit.cjs');

/** A runtime as npm gives it: the words that run a file. */
function runtime(name: 'node' | 'deno', version: string): readonly string[] {
  const binary = join(installed(name, version), name);
  return name === 'deno' ? [binary, 'run', '--allow-all'] : [binary];
}

/** A root filesystem whose every attribute is set, beside a program that uses the library. */
function workplace(t: TestContext): string {
  const place = temporaryDirectory(t);
  chmodSync(place, 0o777);
  mkdirSync(join(place, 'rootfs/etc/ünï'), { recursive: true });
  writeFileSync(join(place, 'rootfs/etc/motd'), 'hello\n'.repeat(20_000));
  writeFileSync(
    join(place, 'rootfs/etc/ünï/zahl'),
    Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at) >> 7)),
  );
  symlinkSync('motd', join(place, 'rootfs/etc/link'));
  for (const path of ['etc/motd', 'etc/ünï/zahl', 'etc/ünï', 'etc', '.']) {
    chmodSync(join(place, 'rootfs', path), path.includes('/') && !path.endsWith('ï') ? 0o644 : 0o755);
    utimesSync(join(place, 'rootfs', path), 1_700_000_000, 1_700_000_000);
  }
  writeFileSync(join(place, 'library.mjs'), library);
  return place;
}

const library = `
import { argv } from 'node:process';
const [, , entry, rootfs, out, words] = argv;
const { commit, saveStream } = await import(entry);
const options = { platform: 'linux/amd64', created: '2026-01-01T00:00:00Z', owner: '0:0', message: 'é', ...JSON.parse(words) };
const made = await commit(rootfs, out, options);
let length = 0;
for await (const chunk of (await saveStream([out])).bytes) length += chunk.length;
console.log(JSON.stringify({ manifest: made.manifest, diffID: made.diffID, warnings: made.warnings.length, length }));
`;

interface Answer {
  readonly manifest: string;
  readonly diffID: string;
  readonly warnings: number;
}

/** What the library makes on a runtime; what the program makes must be the same. */
function madeBy(
  words: readonly string[],
  place: string,
  options: { compression: string; compressor?: string; out: string },
): Answer {
  const [command = '', ...first] = words;
  const { out, ...asked } = options;
  const entry = join(root, 'dist/index.js');
  const text = run(
    place,
    command,
    ...first,
    'library.mjs',
    entry,
    'rootfs',
    join(place, `${out}:x`),
    JSON.stringify(asked),
  );
  const answer = JSON.parse(text) as Answer;
  const flags = Object.entries(asked).flatMap(([name, value]) => [`--${name}`, value]);
  const line = [
    'commit',
    'rootfs',
    `${out}-cli:x`,
    '--quiet',
    '--owner',
    '0:0',
    '-m',
    'é',
    '--platform',
    'linux/amd64',
    ...flags,
  ];
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1767225600' };
  const printed = execFileSync(command, [...first, program, ...line], { cwd: place, encoding: 'utf8', env });
  assert.equal(printed.trim(), answer.manifest, 'the program makes what the library makes');
  return answer;
}

test('every Node makes the same bytes; Deno does where no zlib is asked, and says so where it does not', t => {
  const place = workplace(t);
  const runtimes = {
    20: runtime('node', '20'),
    22: runtime('node', '22'),
    24: runtime('node', '24'),
    26: runtime('node', '26'),
    deno: runtime('deno', '2'),
  };
  for (const kind of [
    { compression: 'gzip' },
    { compression: 'gzip', compressor: 'portable' },
    { compression: 'zstd' },
    { compression: 'none' },
  ]) {
    const title = Object.values(kind).join('-');
    const here = madeBy([process.execPath], place, { ...kind, out: `here-${title}` });
    for (const [name, words] of Object.entries(runtimes)) {
      const there = madeBy(words, place, { ...kind, out: `${name}-${title}` });
      assert.equal(there.diffID, here.diffID, `${name} ${title}`);
      if (name !== 'deno' || title !== 'gzip') assert.deepEqual(there, here, `${name} ${title}`);
      else assert.equal(there.warnings, there.manifest === here.manifest ? 0 : 1, 'other bytes are told');
    }
  }
});

test('user, umask, time zone, locale and directory make no difference', t => {
  if (!isRoot(t)) return;
  const place = workplace(t);
  const kind = { compression: 'gzip' };
  const here = madeBy([process.execPath], place, { ...kind, out: 'here' });
  const surroundings: Readonly<Record<string, readonly string[]>> = {
    umask: ['sh', '-c', 'umask 077; exec "$0" "$@"'],
    zone: ['env', 'TZ=Pacific/Chatham', 'LC_ALL=tr_TR.UTF-8', 'LANG=tr_TR.UTF-8'],
    poor: ['env', '-i', `PATH=${process.env['PATH']}`, 'LC_ALL=C', 'SOURCE_DATE_EPOCH=1767225600'],
    directory: [
      'sh',
      '-c',
      'mkdir -p elsewhere && ln -sfn ../rootfs ../library.mjs elsewhere/ && cd elsewhere && exec "$0" "$@"',
    ],
    user: ['setpriv', '--reuid=12345', '--regid=12345', '--clear-groups'],
  };
  for (const [name, words] of Object.entries(surroundings))
    assert.deepEqual(madeBy([...words, process.execPath], place, { ...kind, out: name }), here, name);
  assert.ok(readFileSync(join(place, 'here/index.json')).length > 0);
});
