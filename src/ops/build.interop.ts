import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canRun } from '../testing/busybox.ts';
import { openBuildah, savedByDocker, withDocker } from '../testing/engines.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { build } from './build.ts';
import { diff } from './diff.ts';

const head = 'FROM scratch AS files\nCOPY lib /lib\nCOPY one /lib/two\nFROM scratch\n';
/** Dockerfiles without RUN, which every builder takes. */
const dockerfiles: Readonly<Record<string, string>> = {
  plain: `${head}COPY . /all/\nENV A=1 B="two words"\nCMD ["/bin/sh"]\n`,
  stages: `${head}COPY --from=files /lib /opt/lib\nCOPY --from=files /lib/t* /opt/\nLABEL a=b\nUSER 7:7\n`,
  owners: `${head}COPY --chown=7:8 lib /lib\nCOPY --chown=9 one /\nEXPOSE 80 53/udp\nVOLUME /data\n`,
  places: `${head}WORKDIR /work/deep\nCOPY one lib/file ./\nCOPY one renamed\nWORKDIR ../other\nCOPY lib lib/\nENTRYPOINT ["x"]\n`,
  archives: `${head}ADD inner.tar /inner/\nADD inner.tar.gz one /both/\nCOPY inner.tar /kept/\nSTOPSIGNAL SIGTERM\n`,
  wildcards: `${head}COPY l*/f* /some/\nCOPY on? missing* /more/\nONBUILD COPY . /\nHEALTHCHECK --interval=5s CMD x\n`,
};

const running = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
SHELL ["/bin/busybox", "sh", "-c"]
ENV PATH=/bin
RUN mkdir -p /etc /tmp /root && echo 'root:x:0:0::/root:/bin/sh' > /etc/passwd && echo 'app:x:7:8::/:/bin/sh' >> /etc/passwd && echo 'app:x:8:' > /etc/group
`;
/** The same with RUN. */
const runningDockerfiles: Readonly<Record<string, string>> = {
  'files of RUN': `${running}COPY lib /lib\nRUN rm /lib/file && mkdir -p /a/b && echo hi > /a/b/c && ln -s c /a/b/l && ln /a/b/c /a/b/h && chmod 700 /a\nRUN mv /lib/deep /lib/moved; rm -rf /a/b/c; echo more >> /a/b/h\n`,
  'what RUN replaces': `${running}COPY lib /lib\nRUN rm -rf /lib && mkdir /lib && echo x > /lib/other\nRUN rm -rf /lib/other && ln -s /tmp /lib/other\nRUN echo unchanged > /dev/null\n`,
  'users of RUN': `${running}ARG WHO=app\nWORKDIR /work\nRUN chown app:app . && chmod 755 .\nUSER $WHO\nRUN id -u > who; id -g >> who; pwd >> who; echo "$HOME" >> who; umask >> who\nUSER 0\nRUN --mount=type=cache,target=/cache echo kept > /cache/x || true\n`,
  'stages with RUN': `${running}FROM scratch\nCOPY --from=0 /bin /bin\nSHELL ["/bin/busybox", "sh", "-c"]\nENV PATH=/bin A="b c"\nRUN echo "$A" > /a; printf %s "\${A#b}" > /b; test ! -e /etc/passwd\nCMD ["sh"]\n`,
};
/** What only newer builders take. */
const isNew = (text: string): boolean => text.includes('--mount');

function makeContext(
  t: TestContext,
  text: string,
): { readonly context: string; readonly at: (name: string) => string } {
  const directory = temporaryDirectory(t);
  const context = join(directory, 'context');
  mkdirSync(join(context, 'lib/deep'), { recursive: true });
  const files = {
    Dockerfile: text,
    '.dockerignore': 'not*\n!not-this\n',
    one: '1\n',
    'lib/file': 'f',
    'lib/deep/x': '',
  };
  const ignored = { nothing: '', 'not-this': 'kept' };
  for (const [name, content] of Object.entries({ ...files, ...ignored })) writeFileSync(join(context, name), content);
  symlinkSync('file', join(context, 'lib/link'));
  if (text.includes('busybox')) copyFileSync('/bin/busybox', join(context, 'busybox'));
  execFileSync('tar', ['-C', context, '--owner=5', '--group=6', '-cf', join(context, 'inner.tar'), 'one', 'lib']);
  execFileSync('gzip', ['-k', join(context, 'inner.tar')]);
  return { context, at: name => join(directory, name) };
}

/** What only the classic builder writes of a container that there is not, and what only BuildKit says. */
const isOwn = ({ field, before, after }: { field: string; before?: unknown; after?: unknown }): boolean =>
  /^\/config\/(ArgsEscaped|Attach|Domainname|Hostname|Image|OpenStdin|StdinOnce|Tty)/.test(field) ||
  (field === '/config/WorkingDir' && before === '/' && (after === undefined || after === '')) ||
  ((before === undefined || before === null) && (after === null || after === ''));

const tagOf = (name: string): string => name.toLowerCase().replaceAll(' ', '-');

/** What builders leave in an image of what was there for its runs only (mount points, of a cache as well), and the directory that it is in. */
const stubs = /^(A \/(cache|dev|proc|run|sys|etc(\/(hostname|hosts|resolv\.conf))?)|C \/etc) $/;

/** What differs between what ocikit builds and what another has built, of what makes a difference. */
async function differences(
  t: TestContext,
  text: string,
  other: (context: string, archive: string) => void,
): Promise<readonly unknown[]> {
  const { context, at } = makeContext(t, text);
  await build(context, [`${at('layout')}:mine`], { platforms: ['linux/amd64'] });
  other(context, at('other.tar'));
  const { changes, config } = await diff(`${at('layout')}:mine`, at('other.tar'), { semantic: true });
  // The directory of a volume is made by buildah, where engines make it when a container starts.
  const seen = changes.filter(({ path }) => path !== '/data');
  return [
    ...seen
      .map(({ kind, path, reasons }) => `${kind} ${path} ${reasons.join()}`)
      .filter(row => !text.startsWith(running) || !stubs.test(row)),
    ...config.filter(row => !isOwn(row)),
  ];
}

const all = Object.entries({ ...dockerfiles, ...runningDockerfiles });
for (const [name, text] of all) {
  test(`buildah builds ${name} as ocikit does`, async t => {
    const buildah = openBuildah(t);
    if (buildah === undefined || (text.startsWith(running) && !canRun(t))) return;
    const found = await differences(t, text, (context, archive) => {
      const tag = tagOf(name);
      buildah(['bud', '--isolation', 'chroot', '--identity-label=false', '--format', 'docker', '-t', tag, context]);
      buildah(['push', '-q', tag, `docker-archive:${archive}:${tag}`]);
    });
    assert.deepEqual(found, []);
  });
}

test('dockerd builds the same, with BuildKit and without', async t => {
  await withDocker(t, async ({ docker, client, host }) => {
    for (const [name, text] of all.filter(([, each]) => !each.startsWith(running) || canRun(t)))
      for (const buildKit of isNew(text) ? ['1'] : ['0', '1']) {
        const tag = tagOf(name);
        const found = await differences(t, text, (context, archive) => {
          const env = { ...process.env, DOCKER_BUILDKIT: buildKit };
          execFileSync(client, ['-H', host, 'build', '-q', '--network=host', '--no-cache', '-t', tag, context], {
            env,
          });
          savedByDocker(docker, archive, tag);
        });
        assert.deepEqual(found, [], `${name} ${buildKit}`);
      }
  });
});
