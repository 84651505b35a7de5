import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { savedByDocker, withDocker } from '../testing/engines.ts';
import { randomOf } from '../testing/random-directory.ts';
import { rawTar } from '../testing/raw-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { build } from './build.ts';
import { diff } from './diff.ts';

/** How many Dockerfiles. */
const count = 40;

type Random = ReturnType<typeof randomOf>;
const oneOf = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)] as Item;
const chance = (random: Random, percent: number): boolean => random(100) < percent;

const fileNames = ['a', 'b', 'c.txt', 'd.txt', '.hid', 'sp ace', 'x[1]', 'é'];
const directories = ['d1', 'd1/x', 'd1/x/y', 'd2', 'd2/.git', 'empty'];
const links = [
  ...['l1 -> a', 'l2 -> d1', 'd1/up -> ../d2', 'l3 -> /etc', 'l4 -> nowhere', 'd2/abs -> /d1/x', 'loop -> loop'],
] as const;
const ignored = ['d2', '*.txt', '!d.txt', '**/.hid', 'd1/x', '!d1/x/y', '**/.git', 'd?', '/b', '**/a', 'l*', 'd1/*/y'];
const modes = [0o644, 0o600, 0o755, 0o4755];

/** What the base of every image has: links of all kinds, and a directory whose group and bit are handed on. */
const base = [
  ['etc/', ''],
  ['etc/passwd', 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n'],
  ['etc/group', 'root:x:0:\nnode:x:1000:\nstaff:x:50:node\n'],
  ['750|opt/', ''],
  ['opt/x/', ''],
  ['opt/x/keep', 'k'],
  ...[
    'lnk|-> shared',
    'abs|-> /shared/in',
    'rel|-> ../../opt',
    'dang|-> nowhere/x',
    'flink|-> file',
    'opt/up|-> ../shared',
  ].map(text => text.split('|') as [string, string]),
  ['file', 'base file'],
] as const;

function makeContext(context: string, random: Random): void {
  mkdirSync(join(context, 'group/shared/in'), { recursive: true });
  chmodSync(join(context, 'group/shared'), 0o2775);
  chmodSync(join(context, 'group/shared/in'), 0o755);
  for (const directory of directories) {
    mkdirSync(join(context, directory), { recursive: true });
    chmodSync(join(context, directory), oneOf(random, [0o755, 0o700, 0o1777]));
  }
  for (const directory of ['', ...directories.slice(0, -1)])
    for (const name of fileNames.filter(() => chance(random, 40))) {
      const path = join(context, directory, name);
      writeFileSync(path, `${directory}${random(10)}`);
      chmodSync(path, oneOf(random, modes));
    }
  writeFileSync(join(context, 'a'), 'always');
  for (const link of links.filter(() => chance(random, 30))) {
    const [path, target] = link.split(' -> ') as [string, string];
    symlinkSync(target, join(context, path));
  }
  if (chance(random, 30)) linkSync(join(context, 'a'), join(context, 'd1/hard'));
  writeFileSync(join(context, 'base.tar'), rawTar(base));
  const members = [
    ['1777|td/', ''],
    ['td/f', 'hello'],
    ['td/h', '=> td/f'],
    ['no/parent/z', 'z'],
    ['shared/in/new', 'n'],
  ] as const;
  writeFileSync(
    join(context, 'some.tar'),
    rawTar(members.filter(([name]) => name.startsWith('td') || chance(random, 50))),
  );
  const said = ignored.filter(() => chance(random, 12));
  writeFileSync(join(context, '.dockerignore'), `${said.join('\n')}\n!base.tar\n!some.tar\n!group\n`);
}

const sources = [
  ...[
    'a',
    '*.txt',
    'd1',
    'd1/',
    'd1/x',
    'd1/*',
    'd?',
    '.',
    'd2/.',
    'l1',
    'l2',
    'l2/x',
    'l3',
    'd1/up',
    'd1/x/../x',
    '/d1',
  ],
  ...['empty/', 'x[[]1]', 'sp*', 'd*/*', 'd2/abs', 'nosuch*', 'some.tar', '[ab]', 'é', '../a', 'd1/../../a'],
];
const destinations = [
  ...['/', '/new', '/new/', '/shared', '/shared/in/', '/lnk', '/lnk/n', '/abs/', '/abs/q', '/rel/', '/rel/k', '/dang'],
  ...[
    '/dang/z',
    '/file',
    '/flink',
    './',
    'rel/',
    '../up',
    '/opt/up/',
    '/opt/up/w',
    '/opt/x',
    '/deep/a/b/',
    '/deep/a/b',
  ],
  ...['/etc/', '$V', '${V}/x/', '/opt/../shared/in/', '//shared//in'],
];
const plain = [
  ...[
    'ENV V=/v W=$V',
    'ENV V /a b',
    'ARG V=/arg',
    'ENV V=${V:-/dflt}',
    'ENV V=${W:+/alt}/t',
    'LABEL a=b "c d"=\'e f\'',
  ],
  ...[
    'USER node',
    'USER 1000',
    'USER node:staff',
    'VOLUME /shared/in',
    'EXPOSE 80 443/udp',
    'STOPSIGNAL 9',
    'CMD echo hi',
  ],
  ...['ENTRYPOINT ["e"]', 'SHELL ["/bin/bash", "-c"]', 'HEALTHCHECK --interval=5s CMD true', 'ONBUILD COPY a /onb'],
];
const work = [
  '/w',
  '/shared/in',
  'w',
  'lnk',
  '/lnk/sub',
  '/abs/s',
  '../x',
  '/dang',
  '/file',
  '$V',
  '.',
  '/new/./q/../r',
];
const taken = ['/etc/passwd', '/shared', '/lnk', '/lnk/', '/abs', '/opt/*', '/flink', '/s*', '/'];

function instruction(random: Random, stage: string): string {
  const kind = random(10);
  const chown = chance(random, 30) ? ` --chown=${oneOf(random, ['1000', '1000:50', '0:7', 'node', 'node:staff'])}` : '';
  if (kind < 4) return `COPY${chown} ${oneOf(random, sources)} ${oneOf(random, destinations)}`;
  if (kind < 5) return `ADD some.tar ${oneOf(random, destinations)}`;
  if (kind < 7) return `WORKDIR ${oneOf(random, work)}`;
  if (kind < 8) return `COPY${chown} --from=${stage} ${oneOf(random, taken)} ${oneOf(random, destinations)}`;
  return oneOf(random, plain);
}

function dockerfileOf(random: Random): string {
  const some = (stage: string): readonly string[] =>
    Array.from({ length: 1 + random(5) }, () => instruction(random, stage));
  const first = ['FROM scratch AS base', 'ADD base.tar /', 'COPY --chown=1001:1002 group /', 'FROM base AS one'];
  const last = chance(random, 35)
    ? [`FROM ${oneOf(random, ['base', 'scratch', 'one'])}`, 'COPY a /', ...some('one')]
    : [];
  return [...first, ...some('base'), ...last, ''].join('\n');
}

test('dockerd builds random Dockerfiles as ocikit does', async t => {
  const directory = temporaryDirectory(t);
  const [context, layout, archive] = ['context', 'layout', 'other.tar'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await withDocker(t, async ({ docker, client, host }) => {
    const options = { env: { ...process.env, DOCKER_BUILDKIT: '1' }, stdio: 'pipe' } as const;
    const built = { theirs: 0, refused: 0 };
    for (let seed = 1; built.theirs < count; seed++) {
      const random = randomOf(seed * 7919);
      rmSync(context, { recursive: true, force: true });
      makeContext(context, random);
      const dockerfile = dockerfileOf(random);
      const what = `seed ${seed}:\n${dockerfile}`;
      const mine = await build(context, [`${layout}:mine`], { dockerfile, platforms: ['linux/amd64'] }).catch(String);
      writeFileSync(join(directory, 'Dockerfile'), dockerfile);
      const words = [
        '-H',
        host,
        'build',
        '-q',
        '--no-cache',
        '-t',
        'random',
        '-f',
        join(directory, 'Dockerfile'),
        context,
      ];
      let refused = '';
      try {
        execFileSync(client, words, options);
      } catch (error) {
        refused = String((error as { stderr?: unknown }).stderr);
      }
      assert.equal(refused !== '', typeof mine === 'string', `${what}\n${mine}\n${refused}`);
      if (refused !== '') {
        built.refused++;
        continue;
      }
      built.theirs++;
      savedByDocker(docker, archive, 'random');
      const { changes, config } = await diff(`${layout}:mine`, archive, { semantic: true });
      const rows = changes.map(({ kind, path, reasons }) => `${kind} ${path} ${reasons.join()}`);
      assert.deepEqual(
        [rows, config.filter(({ before, after }) => (before ?? null) !== (after ?? null))],
        [[], []],
        what,
      );
      rmSync(archive);
    }
    t.diagnostic(`${built.theirs} built alike, ${built.refused} refused by both`);
  });
});
