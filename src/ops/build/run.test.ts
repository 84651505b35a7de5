import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { collected } from '../../testing/drained.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { catStream } from '../cat.ts';
import { files } from '../files.ts';
import type { BuildEvent } from './log.ts';
import type { BuildOptions } from './options.ts';

interface Ground {
  readonly directory: string;
  /** Builds a Dockerfile over the base; the image's name. */
  readonly built: (lines: readonly string[], options?: BuildOptions) => Promise<string>;
  /** The text of a file of what was built last. */
  readonly text: (path: string) => Promise<string>;
  /** All paths of it but the base's. */
  readonly paths: () => Promise<readonly string[]>;
}

async function prepare(t: TestContext): Promise<Ground | undefined> {
  if (!canRun(t)) return undefined;
  const directory = temporaryDirectory(t);
  const layout = join(directory, 'layout');
  await makeBusyboxBase(directory, 'layout', { instructions: ['CMD ["sh"]'], owner: '0:0' });
  const context = join(directory, 'context');
  mkdirSync(context);
  writeFileSync(join(context, 'given'), 'given\n');
  const pathsOf = async (image: string): Promise<readonly string[]> =>
    (await files(image, '/', { recursive: true })).files.map(({ path }) => path);
  const before = new Set(await pathsOf(`${layout}:base`));
  const image = `${layout}:made`;
  return {
    directory,
    built: async (lines, options) => {
      const dockerfile = ['FROM base', ...lines].join('\n');
      await build(context, image, { dockerfile, platforms: ['linux/amd64'], ...options });
      return image;
    },
    text: async path => (await collected((await catStream(image, path)).bytes)).toString(),
    paths: async () => (await pathsOf(image)).filter(path => !before.has(path)),
  };
}

/** A build whose RUNs leave texts in files: what each has. */
interface Kind {
  readonly lines: readonly string[];
  readonly options?: BuildOptions;
  readonly texts: Readonly<Record<string, string>>;
  /** All paths that are new; not compared when absent. */
  readonly paths?: readonly string[];
}

const kinds: Readonly<Record<string, Kind>> = {
  'the exec form runs a program without a shell': {
    lines: ['ENV X=1', 'RUN ["sh", "-c", "echo $0 \\"$@\\" > /a", "$X", "b c"]', 'RUN ["touch", "/$X"]'],
    texts: { '/a': '$X b c\n', '/$X': '' },
  },
  'SHELL says what runs a line, from there on': {
    lines: [
      'RUN echo $0 > /one',
      'SHELL ["/bin/ash", "-uec"]',
      'RUN echo $0 > /two',
      'RUN (echo $NONE) 2>/dev/null || echo none > /three',
    ],
    texts: { '/one': '/bin/sh\n', '/two': '/bin/ash\n', '/three': 'none\n' },
  },
  'arguments are variables of a RUN and of no config, and proxies are so without a word': {
    lines: [
      'ARG V=1',
      'ARG W',
      'ENV E=$V',
      'RUN echo $V $W $E $http_proxy > /a',
      'FROM base',
      'RUN env | grep -c V= > /b; true',
    ],
    options: { buildArguments: ['W=two words', 'http_proxy=http://p'], target: '0' },
    texts: { '/a': '1 two words 1 http://p\n' },
  },
  'a here-document is a script of the shell, or of what its first line names': {
    lines: [
      ...['RUN <<EOF', 'a=1', 'echo "$a" > /plain', 'EOF'],
      ...['RUN <<EOF', '#!/bin/awk -f', 'BEGIN { print "of awk " ARGV[0] > "/awk" }', 'EOF'],
      ...["RUN <<'ONE' cat > /one && cat <<TWO > /two", '$a', 'ONE', 'second', 'TWO'],
      ...['RUN sh -s x <<-EOF', '\techo $0 $1 > /stdin', '\tEOF'],
    ],
    texts: { '/plain': '1\n', '/awk': 'of awk awk\n', '/one': '$a\n', '/two': 'second\n', '/stdin': '/bin/sh\n' },
    paths: ['/awk', '/one', '/plain', '/stdin', '/two'],
  },
  'USER by its name has its groups and its home; the directory of a WORKDIR is made, and is theirs': {
    lines: [
      'USER app',
      'WORKDIR /made/it',
      'RUN id > a && pwd >> a && echo $HOME >> a && umask >> a',
      'USER root',
      'RUN ls -ld . | cut -c-10 > /b; stat -c %U . >> /b',
    ],
    texts: {
      '/made/it/a': 'uid=1000(app) gid=1000(app) groups=1000(app),2000(more)\n/made/it\n/home/app\n0022\n',
      '/b': 'drwxr-xr-x\napp\n',
    },
  },
  'a program has docker’s capabilities, no network where it is to have none, and nothing to read': {
    lines: [
      'RUN --network=none grep CapEff /proc/self/status > /a; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " " >> /a; cat >> /a; tty >> /a || hostname >> /a; head -c1 /proc/kcore >> /a 2>/dev/null; true',
    ],
    texts: { '/a': 'CapEff:\t00000000a80425fb\nlo\nnot a tty\nbuildkitsandbox\n' },
    paths: ['/a'],
  },
  'a secret is a file or a variable of one RUN, with its mode and owner, and nothing of it stays': {
    lines: [
      'RUN --mount=type=secret,id=s --mount=type=secret,id=s,target=/deep/er,mode=0440,uid=7,gid=8 --mount=type=secret,id=v,env=V --mount=type=secret,id=none wc -c < /run/secrets/s > /a; stat -c "%a %u:%g" /run/secrets/s /deep/er >> /a; echo ${#V} >> /a; ls /run/secrets >> /a',
      'RUN ls -d /run /deep 2>/dev/null | wc -l > /b; env | grep -c V= >> /b; true',
    ],
    options: {
      secrets: [
        { id: 's', value: "five'" },
        { id: 'v', value: 'a\nb' },
      ],
    },
    texts: { '/a': '5\n400 0:0\n440 7:8\n3\ns\n', '/b': '0\n0\n' },
    paths: ['/a', '/b'],
  },
  'what a bind mount is written is thrown away, and a read-only one is not written': {
    lines: [
      'RUN --mount=target=/in (echo x > /in/given) 2>/dev/null || cat /in/given > /a',
      'RUN --mount=target=/in,rw echo y > /in/given && touch /in/new && cat /in/given > /b && rm /in/given',
      'RUN --mount=target=/in,rw --mount=type=bind,from=base,source=/etc/passwd,target=/p ls /in > /c; wc -l < /p >> /c',
    ],
    texts: { '/a': 'given\n', '/b': 'y\n', '/c': 'given\n2\n' },
    paths: ['/a', '/b', '/c'],
  },
  'a tmpfs has its size, and is gone with its RUN': {
    lines: [
      'RUN --mount=type=tmpfs,target=/t,size=64k head -c 100000 /dev/zero > /t/x 2>/dev/null || stat -c %s /t/x > /a; touch /t/y',
      'RUN [ ! -e /t ] && touch /b',
    ],
    texts: { '/a': '65536\n', '/b': '' },
    paths: ['/a', '/b'],
  },
  'caches of one id are one directory, of another another; a new one has its mode and owner, and what `from` has': {
    lines: [
      'RUN --mount=type=cache,target=/c,id=one,mode=0700,uid=7,gid=8 stat -c "%a %u:%g" /c > /a; touch /c/x',
      'RUN --mount=type=cache,target=/d,id=one,mode=0700,uid=7,gid=8,sharing=locked --mount=type=cache,target=/e,id=two,from=base,source=/etc ls /d /e > /b',
      'RUN --mount=type=cache,target=/c,id=one,mode=0700,uid=7,gid=8,ro (touch /c/y) 2>/dev/null || ls /c > /f',
    ],
    texts: { '/a': '700 7:8\n', '/b': '/d:\nx\n\n/e:\ngroup\npasswd\n', '/f': 'x\n' },
    paths: ['/a', '/b', '/f'],
  },
};

for (const [name, { lines, options, texts, paths }] of Object.entries(kinds))
  test(`in a build ${name}`, async t => {
    const ground = await prepare(t);
    if (ground === undefined) return;
    await ground.built(lines, options);
    for (const [path, text] of Object.entries(texts)) assert.equal(await ground.text(path), text, path);
    if (paths !== undefined) assert.deepEqual(await ground.paths(), paths);
    assert.deepEqual(readdirSync(ground.directory).sort(), ['context', 'layout', 'rootfs']);
  });

test('a secret or an agent that has to be there and is not ends the build', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  await assert.rejects(ground.built(['RUN --mount=type=secret,id=s,required true']), /secret s: not found/);
  await assert.rejects(ground.built(['RUN --mount=type=ssh,required true']), /ssh agent default: not found/);
  const [file, events]: [string, BuildEvent[]] = [join(ground.directory, 'none'), []];
  const options = { secrets: [{ id: 's', file }], events };
  await assert.rejects(ground.built(['RUN true'], options), { code: 'not-found', subject: file });
  assert.deepEqual(events, [], 'before anything is done');
});

test('the socket of an agent is where SSH_AUTH_SOCK says, for whom it is, and nothing of it stays', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const socket = join(ground.directory, 'agent');
  const server = createServer().listen(socket);
  t.after(() => server.close());
  const lines = [
    'RUN --mount=type=ssh [ -S $SSH_AUTH_SOCK ] && echo $SSH_AUTH_SOCK > /a',
    'RUN env | grep -c SSH > /b; ls -d /run | wc -l >> /b',
  ];
  await ground.built(lines, { agents: [{ id: 'default', socket }] });
  assert.equal(await ground.text('/a'), '/run/buildkit/ssh_agent.0\n');
  assert.equal(await ground.text('/b'), '0\n0\n');
});

test('a program that fails ends the build with its status and its last lines, and nothing of it stays', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const script = 'RUN for i in $(seq 30); do echo line $i; done; echo last >&2; exit 23';
  await assert.rejects(ground.built([script]), (error: Error) => {
    assert.match(
      error.message,
      /Dockerfile:2:1: process "\/bin\/sh -c for i .*" did not complete successfully: exit code: 23:\n/,
    );
    assert.match(error.message, /line 30\nlast$/);
    assert.doesNotMatch(error.message, /line 20\n/);
    return true;
  });
  await assert.rejects(ground.built(['RUN ["/nothing"]']), /exit code: 127: .*nothing/s);
  await assert.rejects(ground.built(['RUN ["/etc/passwd"]']), /exit code: 126/);
  assert.deepEqual(readdirSync(ground.directory).sort(), ['context', 'layout', 'rootfs']);
});

test('two builds at once take a locked cache one after the other, and private ones each its own', async t => {
  const grounds = [await prepare(t), await prepare(t)];
  const mountCache = join(temporaryDirectory(t), 'caches');
  const [one, two] = grounds;
  if (one === undefined || two === undefined) return;
  const both = async (sharing: string): Promise<readonly string[]> => {
    const script = 'ls /c/busy 2>/dev/null >> /a; touch /c/busy; sleep 0.3; rm /c/busy; touch /a /c/$$';
    const line = `RUN --mount=type=cache,target=/c,id=${sharing},sharing=${sharing} ${script}`;
    await Promise.all([one, two].map(ground => ground.built([line], { mountCache, noCache: true })));
    return Promise.all([one.text('/a'), two.text('/a')]);
  };
  assert.deepEqual(await both('locked'), ['', '']);
  assert.deepEqual(await both('private'), ['', '']);
  const directories = readdirSync(mountCache).filter(name => !name.endsWith('.lock'));
  assert.equal(directories.length, 3);
});
