import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canRun, makeBusybox } from '../testing/busybox.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { BuildEvent } from './build/log.ts';
import { build } from './build.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { history } from './history.ts';
import type { RunOptions } from './run/options.ts';
import { run } from './run.ts';
import { unpack } from './unpack.ts';

/** Stands for a distribution: its package manager knows one package, its make compiles by copying. */
const programs: Readonly<Record<string, string>> = {
  'apt-get': `case $1 in
update) mkdir -p /var/lib/apt/lists; echo figlet > /var/lib/apt/lists/main;;
install) for name; do :; done
grep -qx "$name" /var/lib/apt/lists/main || { echo "E: Unable to locate package $name"; exit 100; }
printf '%s\\n' '#!/bin/sh' '[ "$1" != -f ] || { font=$2; shift 2; }' 'echo "$font<$*>"' > /bin/"$name"; chmod 755 /bin/"$name";;
esac`,
  make: 'cp "$1.c" "$1"; chmod 755 "$1"',
};

interface Ground {
  /** Builds a Dockerfile over `ubuntu`; answers what each step was called that a cache had. */
  readonly built: (...lines: readonly string[]) => Promise<readonly string[]>;
  /** What the image that was built last says to these words. */
  readonly says: (words: readonly string[], options?: RunOptions) => Promise<string>;
  readonly image: string;
  readonly at: (name: string) => string;
}

async function ground(t: TestContext): Promise<Ground> {
  const directory = temporaryDirectory(t);
  const at = (name: string): string => join(directory, name);
  makeBusybox(at('rootfs'));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(at(`rootfs/bin/${name}`), `#!/bin/sh\n${text}\n`);
    chmodSync(at(`rootfs/bin/${name}`), 0o755);
  }
  const instructions = ['ENV PATH=/bin', 'CMD ["sh"]'];
  await commit(at('rootfs'), `${at('bases')}:ubuntu`, { instructions, platform: 'linux/amd64' });
  mkdirSync(at('context'));
  const image = `${at('img')}:figlet`;
  return {
    image,
    at,
    async built(...lines) {
      const events: BuildEvent[] = [];
      const dockerfile = lines.join('\n');
      await build(at('context'), [image], { dockerfile, bases: [at('bases')], platforms: ['linux/amd64'], events });
      const titles = new Map(events.flatMap(event => (event.kind === 'start' ? [[event.step, event.title]] : [])));
      return events.flatMap(event => (event.kind === 'cached' ? [titles.get(event.step) ?? ''] : []));
    },
    async says(words, options = {}) {
      const { status, stdout, stderr } = await run(image, words, { ...options, temporary: directory });
      assert.equal(status, 0, stderr ?? '');
      return (stdout ?? '').trim();
    },
  };
}

const installed = ['FROM ubuntu', 'RUN apt-get update', 'RUN ["apt-get", "install", "figlet"]'];

test('figlet is installed step by step, and what was done is found the next time', async t => {
  if (!canRun(t)) return;
  const { built, says, image } = await ground(t);
  assert.deepEqual(await built(...installed), []);
  assert.equal(await says(['figlet', 'hello']), '<hello>');
  const lines = (await history(image)).map(({ createdBy }) => createdBy).slice(0, 2);
  assert.deepEqual(lines, ['RUN apt-get install figlet # buildkit', 'RUN /bin/sh -c apt-get update # buildkit']);
  const found = await built(...installed);
  assert.deepEqual(found.map(title => title.replace(/^.*\] /, '')).sort(), [
    'RUN ["apt-get", "install", "figlet"]',
    'RUN apt-get update',
  ]);
});

test('CMD is what runs unless something else is said, ENTRYPOINT gets what is said, and both go together', async t => {
  if (!canRun(t)) return;
  const { built, says } = await ground(t);
  await built(...installed, 'CMD figlet -f script hello');
  assert.equal(await says([]), 'script<hello>');
  assert.equal(await says(['echo', 'something else']), 'something else');
  await built(...installed, 'ENTRYPOINT ["figlet", "-f", "script"]');
  assert.equal(await says(['salut']), 'script<salut>');
  await built(...installed, 'ENTRYPOINT ["figlet", "-f", "script"]', 'CMD ["hello world"]');
  assert.equal(await says([]), 'script<hello world>');
  assert.equal(await says(['hola mundo']), 'script<hola mundo>');
  assert.equal(await says(['-c', 'echo from a shell'], { entrypoint: 'sh' }), 'from a shell');
});

test('what is compiled is compiled anew where it changed, and a second stage has nothing but it', async t => {
  if (!canRun(t)) return;
  const { built, says, at } = await ground(t);
  const compiled = ['FROM ubuntu AS compiler', 'RUN apt-get update', 'COPY hello.c /', 'RUN make hello', 'CMD /hello'];
  const source = (text: string): void => writeFileSync(at('context/hello.c'), `#!/bin/sh\necho ${text}\n`);
  source('Hello, world!');
  await built(...compiled);
  assert.equal(await says([]), 'Hello, world!');
  source('Hi!');
  assert.deepEqual(await built(...compiled), ['[2/4] RUN apt-get update']);
  assert.equal(await says([]), 'Hi!');
  await built(...compiled, 'FROM ubuntu', 'COPY --from=compiler /hello /hello', 'CMD /hello');
  assert.equal(await says([]), 'Hi!');
  assert.equal(await says(['sh', '-c', 'ls / | grep -c hello']), '1');
});

test('the same by hand: a bundle in which figlet is installed is listed and committed', async t => {
  if (!canRun(t)) return;
  const { at } = await ground(t);
  await unpack(`${at('bases')}:ubuntu`, at('work'), { bundle: true });
  for (const words of [['update'], ['install', 'figlet']])
    assert.equal((await run(at('work'), ['apt-get', ...words])).status, 0);
  const { changes } = await diff(at('work'));
  assert.deepEqual(
    changes.map(({ kind, path }) => `${kind} ${path}`).filter(line => !line.startsWith('A /var')),
    ['C /bin', 'A /bin/figlet'],
  );
  await commit(at('work'), `${at('img')}:figlet`, { message: 'figlet' });
  const { status, stdout } = await run(`${at('img')}:figlet`, ['figlet', 'hello'], { temporary: at('') });
  assert.deepEqual([status, stdout], [0, '<hello>\n']);
});
