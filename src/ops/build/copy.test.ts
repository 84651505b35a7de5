import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rawTar } from '../../testing/raw-tar.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { files } from '../files.ts';

/** Of an archive: a path that ends in `/` is a directory, `a -> b` a link, anything else a file; of a mode, where one is said. */
interface Case {
  readonly context?: Readonly<Record<string, string>>;
  /** Archives in the context, made in order of what they list alone: directories above are only implied. */
  readonly archives?: Readonly<Record<string, readonly string[]>>;
  readonly lines: readonly string[];
  /** What is there in the end, as `MODE UID:GID PATH`; a link with its target. */
  readonly left: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'an archive leaves directories that it does not name as they were': {
    archives: { 'a.tar': ['tmp/x', 'new/y'] },
    lines: ['COPY --chmod=1777 --chown=3:4 <<E /tmp/first', 'E', 'ADD a.tar /'],
    left: ['0755 9:9 /new/y', '0755 9:9 /tmp/x', '1777 3:4 /tmp/first', '0777 3:4 /tmp', '0755 0:0 /new'],
  },
  'what an archive names replaces what is there, of whatever kind, but a directory a directory': {
    context: { 'd/a/x': '', 'd/b': '', 'd/c/kept': '' },
    archives: { 'a.tar': ['a', 'b/', 'b/in', 'c/'] },
    lines: ['COPY d /', 'ADD a.tar /'],
    left: ['0755 9:9 /a', '0755 9:9 /b', '0755 9:9 /b/in', '0755 9:9 /c', '0644 0:0 /c/kept'],
  },
  'an archive goes through links to directories that it does not name, and replaces those that it names': {
    context: { 'd/usr/lib/x': '', 'd/usr/etc/x': '', 'd/lib -> usr/lib': '', 'd/etc -> usr/etc': '' },
    archives: { 'a.tar': ['lib/y', 'etc/', 'etc/z'] },
    lines: ['COPY d /', 'ADD a.tar /'],
    left: [
      '0755 0:0 /usr',
      '0755 0:0 /usr/etc',
      '0644 0:0 /usr/etc/x',
      '0755 0:0 /usr/lib',
      '0644 0:0 /usr/lib/x',
      '0755 9:9 /usr/lib/y',
      '0777 0:0 /lib usr/lib',
      '0755 9:9 /etc',
      '0755 9:9 /etc/z',
    ],
  },
  'an archive’s modes are its own, its owners but for --chown; neither its root nor --exclude counts': {
    archives: { 'a.tar': ['./', './run', './log.txt'] },
    lines: ['ADD --chmod=600 --chown=5:6 --exclude=*.txt a.tar /to'],
    left: ['0755 5:6 /to', '0755 5:6 /to/log.txt', '0755 5:6 /to/run'],
  },
  'an archive that is not to be unpacked is a file': {
    archives: { 'a.tar': ['x'] },
    lines: ['ADD --unpack=false --chmod=600 a.tar /to/', 'COPY a.tar /copied'],
    left: ['0600 0:0 /to/a.tar', '0600 0:0 /to', '0644 0:0 /copied'],
  },
  'directories that only lead to what --parents takes get no owner and no mode of the flags where they are there': {
    context: { 'a/b/x': '', 'a/b/y': '', z: '' },
    lines: [
      'COPY --chown=1:1 --chmod=0711 z /to/a/',
      'COPY --parents --chown=2:2 --chmod=0700 a/b/x /to/',
      'COPY --parents a/./b/y /other/',
    ],
    left: [
      '0711 1:1 /to',
      '0755 1:1 /to/a',
      '0711 1:1 /to/a/z',
      '0700 2:2 /to/a/b',
      '0700 2:2 /to/a/b/x',
      '0755 0:0 /other',
      '0755 0:0 /other/b',
      '0644 0:0 /other/b/y',
    ],
  },
  'a directory that is excluded is there where something in it is not': {
    context: { 'd/a/x': '', 'd/a/y': '', 'd/b/y': '', 'd/c/deep/x': '' },
    lines: ['COPY --chown=2:2 --exclude=* --exclude=!a/x --exclude=!c/*/x d /to'],
    left: [
      '0755 2:2 /to',
      '0755 2:2 /to/a',
      '0644 2:2 /to/a/x',
      '0755 2:2 /to/c',
      '0755 2:2 /to/c/deep',
      '0644 2:2 /to/c/deep/x',
    ],
  },
  'directories that are made on the way have the mode of --chmod without what it says of programs': {
    context: { x: '' },
    lines: ['COPY --chmod=6751 x /a/b/', 'COPY --chmod=u+s x /c/d/'],
    left: ['0751 0:0 /a', '0751 0:0 /a/b', '6751 0:0 /a/b/x', '0755 0:0 /c', '0755 0:0 /c/d', '4644 0:0 /c/d/x'],
  },
  'a link that --parents takes is a link, wherever it leads': {
    context: { 'd/x': '', 'd/gone -> /nowhere': '', 'l -> d': '' },
    lines: ['COPY --parents d/gone l /to/'],
    left: ['0755 0:0 /to', '0755 0:0 /to/d', '0777 0:0 /to/d/gone /nowhere', '0777 0:0 /to/l d'],
  },
  '--link with --chmod is as without it: what is there stays, and links are followed': {
    context: { x: '', 'd/there/y': '', 'd/l -> there': '' },
    lines: ['COPY --chown=1:1 d /', 'COPY --link --chmod=700 x /l/'],
    left: ['0755 1:1 /there', '0644 1:1 /there/y', '0700 0:0 /there/x', '0777 1:1 /l there'],
  },
  'what is made in a directory with the set-group-ID bit has the bit, and its group where no owner is said; what is copied has neither':
    {
      context: { 'd/g/x': '', 'e/sub/y': '', x: '' },
      archives: { 'a.tar': ['m/n', 'k/', 'k/l'] },
      lines: [
        'COPY --chmod=2775 --chown=1:2 d /',
        'COPY x /g/in/on/',
        'COPY e /g/e',
        'COPY --chown=5:6 e /g/owned',
        'COPY --from=0 /e /g/staged',
        'ADD a.tar /g/a',
        'WORKDIR /g/w',
      ],
      left: [
        ...['2775 1:2 /g', '2775 1:2 /g/x'],
        ...['2755 0:2 /g/in', '2755 0:2 /g/in/on', '0644 0:0 /g/in/on/x'],
        ...['2755 0:2 /g/e', '0755 0:0 /g/e/sub', '0644 0:0 /g/e/sub/y'],
        ...['2755 5:6 /g/owned', '0755 5:6 /g/owned/sub', '0644 5:6 /g/owned/sub/y'],
        ...['2755 0:2 /g/staged', '0755 0:0 /g/staged/sub', '0644 0:0 /g/staged/sub/y'],
        ...['2755 0:2 /g/a', '2755 0:0 /g/a/m', '0755 9:9 /g/a/m/n', '0755 9:9 /g/a/k', '0755 9:9 /g/a/k/l'],
        '2755 0:2 /g/w',
      ],
    },
  'a line that takes a directory back which is not left out takes back nothing in it': {
    context: { 'd/a.log': '', 'd/b': '', '.dockerignore': '**/*.log\n!d\n.*\n' },
    lines: ['COPY . /'],
    left: ['0755 0:0 /d', '0644 0:0 /d/b'],
  },
};

function makeContext(directory: string, { context = {}, archives = {} }: Case): void {
  for (const [written, content] of Object.entries(context)) {
    const [path = '', target] = written.split(' -> ');
    const at = join(directory, path);
    mkdirSync(dirname(at), { recursive: true });
    if (target !== undefined) symlinkSync(target, at);
    else writeFileSync(at, content);
    for (let above = dirname(at); above.length >= directory.length; above = dirname(above)) chmodSync(above, 0o755);
    if (target === undefined) chmodSync(at, 0o644);
  }
  const from = join(directory, '../archived');
  for (const [name, members] of Object.entries(archives)) {
    for (const member of members) {
      mkdirSync(join(from, member.endsWith('/') ? member : dirname(member)), { recursive: true });
      if (!member.endsWith('/')) writeFileSync(join(from, member), '');
    }
    const how = ['--no-recursion', '--owner=9', '--group=9', '--mode=755', '--mtime=@5'];
    execFileSync('tar', ['-C', from, ...how, '-cf', join(directory, name), ...members]);
    chmodSync(join(directory, name), 0o644);
  }
}

async function leftOf(t: TestContext, one: Case): Promise<readonly string[]> {
  const directory = temporaryDirectory(t);
  const [context, image] = [join(directory, 'context'), `${join(directory, 'img')}:x`];
  mkdirSync(context);
  makeContext(context, one);
  await build(context, [image], {
    dockerfile: ['FROM scratch', 'COPY . /', 'FROM scratch', ...one.lines].join('\n'),
    platforms: ['linux/amd64'],
  });
  const { files: rows } = await files(image, [], { recursive: true });
  return rows.map(({ mode, uid, gid, path, target }) => [mode, `${uid}:${gid}`, path, target ?? ''].join(' ').trim());
}

for (const [name, one] of Object.entries(cases))
  test(`in a build ${name}`, async t => {
    assert.deepEqual([...(await leftOf(t, one))].sort(), [...one.left].sort());
  });

test('a link has the mode that Linux gives all of them, whatever its archive says', async t => {
  const directory = temporaryDirectory(t);
  const [context, image] = [join(directory, 'context'), `${join(directory, 'img')}:x`];
  mkdirSync(context);
  writeFileSync(join(context, 'a.tar'), rawTar([['0644|link', '-> x']]));
  await build(context, [image], { dockerfile: 'FROM scratch\nADD a.tar /\n', platforms: ['linux/amd64'] });
  const { files: rows } = await files(image, [], { recursive: true });
  assert.deepEqual(
    rows.map(({ mode, path }) => [mode, path]),
    [['0777', '/link']],
  );
});
