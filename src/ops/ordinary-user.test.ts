import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeBusyboxBase } from '../testing/busybox.ts';
import { type OrdinaryUser, ordinaryUser, tsx } from '../testing/ordinary-user.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { diff } from './diff.ts';

/** Gives a user a layout with a base, whose files are of a group that is not root's, and a context with a Dockerfile. */
async function give(t: TestContext, { shell }: OrdinaryUser, lines: readonly string[]): Promise<void> {
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o755);
  await makeBusyboxBase(directory, 'img', { instructions: ['CMD ["sh"]'], owner: '0:42' });
  mkdirSync(join(directory, 'context'));
  writeFileSync(join(directory, 'context/Dockerfile'), ['FROM base', ...lines].join('\n'));
  writeFileSync(join(directory, 'context/given'), 'given\n');
  const { status, err } = shell(
    `chmod -R a+rX ${directory} 2>/dev/null; cp -r ${directory}/img ${directory}/context .`,
  );
  assert.equal(status, 0, err);
}

const buildWords = ['build', 'context', '-t', 'img:made', '--platform', 'linux/amd64'];

/** What stands in a user's directory; what loads the program's TypeScript there is not ocikit's. */
const left = ({ home }: OrdinaryUser): readonly string[] =>
  readdirSync(home)
    .filter(name => !name.startsWith('tsx-'))
    .sort();

const changing = [
  'COPY given /given',
  'RUN echo more >> /etc/passwd && rm /bin/ls && echo x > /new && echo told > /dev/stderr',
  'RUN --mount=type=cache,target=/cache --mount=type=tmpfs,target=/other touch /cache/a /other/b && cat /given',
];

for (const ids of ['own', 'subordinate'] as const) {
  const whose = ids === 'own' ? 'nobody but themselves' : 'subordinate ids';
  test(`an ordinary user with ${whose} builds with RUN: what was there keeps its owner, and nothing is left beside the layout`, async t => {
    const user = ordinaryUser(t, { ids });
    if (user === undefined) return;
    await give(t, user, changing);
    const { status, err } = user.ocikit(...buildWords);
    assert.equal(status, 0, err);
    const rows = user.ocikit('files', 'img:made', '-l', '/etc', '/new', '/given').out;
    assert.match(rows, /^-rw-r--r-- 1 root 42 .* \/etc\/passwd$/m);
    assert.match(rows, /^-rw-r--r-- 1 root root +2 .* \/new$/m);
    // A careful umask gives a file of the context to its owner alone.
    assert.match(rows, /^-rw-(r--r--|------) 1 root root +6 .* \/given$/m);
    assert.equal(user.ocikit('cat', 'img:made', '/bin/ls').status, 2);
    assert.deepEqual(left(user), ['cache', 'context', 'img']);
    assert.equal(user.ocikit('validate', 'img').status, 0);
    // What nobody but root cannot do is said before anything is done.
    const said = /^#2 \[internal\] users of RUN\n#2 .* no subordinate ids .*\n(#2 .*\n)+\n#3 .* FROM /m;
    assert.equal(said.test(err), ids === 'own', err);
    const again = user.ocikit(...buildWords);
    assert.equal(again.err.match(/CACHED/g)?.length, 3, again.err);
  });
}

test('owners that a RUN gives are real for a user with subordinate ids, and so is who runs it', async t => {
  const user = ordinaryUser(t, { ids: 'subordinate' });
  if (user === undefined) return;
  const line = 'RUN chown 7:8 /given && mkdir -m 700 /of && chown app:more /of';
  await give(t, user, ['COPY given /given', line, 'USER app', 'RUN touch /of/mine && id -G > /of/groups']);
  const { status, err } = user.ocikit(...buildWords);
  assert.equal(status, 0, err);
  const rows = user.ocikit('files', 'img:made', '-l', '/given', '/of').out;
  assert.match(rows, /^-rw-r--r-- 1 7 +8 .* \/given$/m);
  assert.match(rows, /^-rw-r--r-- 1 app app .* \/of\/mine$/m);
  assert.equal(user.ocikit('cat', 'img:made', '/of/groups').out, '1000 2000\n');
});

test('who has nobody but themselves is told before anything is built that a RUN of another user cannot be', async t => {
  const user = ordinaryUser(t, { ids: 'own' });
  if (user === undefined) return;
  await give(t, user, ['RUN touch /a', 'USER app', 'RUN touch /tmp/b']);
  const { status, err } = user.ocikit(...buildWords);
  assert.equal(status, 2);
  assert.match(err, /user: expected root, got app \(.*\/etc\/subuid/);
  assert.doesNotMatch(err, /] RUN/);
  // Where a cache has records, its may be among them: that is said first, and what is not looked for there is refused.
  const write = (...lines: readonly string[]): void =>
    writeFileSync(join(user.home, 'context/Dockerfile'), ['FROM base', ...lines].join('\n'));
  write('RUN touch /a');
  assert.equal(user.ocikit(...buildWords).status, 0);
  write('RUN touch /a', 'USER app', 'RUN touch /tmp/b');
  const late = user.ocikit(...buildWords);
  assert.deepEqual(
    [
      late.status,
      late.err.match(/only a cache can have this step, as nobody can be app: \[3\/3\] RUN touch \/tmp\/b/g)?.length,
    ],
    [2, 1],
    late.err,
  );
  const early = user.ocikit(...buildWords, '--no-cache-filter', 'stage-0');
  assert.equal(early.status, 2);
  assert.doesNotMatch(early.err, /\d\/3] RUN/);
  const ran = user.ocikit('run', '-u', 'app', 'img:base', '--', 'true');
  assert.equal(ran.status, 125);
  assert.match(ran.err, /expected root, got 1000:1000/);
});

test('an ordinary user runs a program of an image as root of its own, and its status is theirs', async t => {
  const user = ordinaryUser(t, { ids: 'own' });
  if (user === undefined) return;
  await give(t, user, []);
  const { status, out, err } = user.ocikit('run', 'img:base', '--', 'sh', '-c', 'id -u; touch /x /bin/y; exit 7');
  assert.deepEqual({ status, out, err }, { status: 7, out: '0\n', err: '' });
  const script = 'mkdir /d; chroot /d /bin/true; cd /proc/1/root/../../..; ls /; cat /proc/self/root/../../home/*';
  const seen = user.ocikit('run', 'img:base', '--', 'sh', '-c', script).out;
  assert.equal(seen, 'bin\nd\ndev\netc\nhome\nproc\nroot\nsys\ntmp\n');
  assert.deepEqual(left(user), ['context', 'img']);
});

for (const ids of ['own', 'subordinate'] as const)
  test(`a bundle that a user with ${ids} ids has unpacked is changed in place, and diff and commit follow`, async t => {
    const user = ordinaryUser(t, { ids });
    if (user === undefined) return;
    await give(t, user, []);
    assert.equal(user.ocikit('unpack', 'img:base', 'work', '--bundle').status, 0);
    const script =
      'echo hi > /etc/motd; rm /bin/ls; mkdir -m 700 /priv; echo s > /priv/s; chmod 600 /priv/s; mv /etc/group /priv; cat $APT_CONFIG';
    const ran = user.ocikit('run', 'work/', '--', 'sh', '-c', script);
    assert.deepEqual([ran.status, ran.out], [0, 'APT::Sandbox::User "root";\n'], ran.err);
    const { out, err } = user.ocikit('diff', 'work/');
    assert.equal(out, 'C /bin\nD /bin/ls\nC /etc\nD /etc/group\nA /etc/motd\nA /priv\nA /priv/group\nA /priv/s\n', err);
    assert.equal(user.ocikit('commit', 'work/', 'img:two', '-m', 'ran it').status, 0);
    const rows = user.ocikit('files', 'img:two', '-l', '/etc', '/priv').out;
    // The names of groups have gone with their file.
    assert.match(rows, /^-rw------- 1 root 0 +2 .* \/priv\/s$/m);
    assert.match(rows, /^-rw-r--r-- 1 root 42 .* \/etc\/passwd$/m);
    assert.match(rows, /^-rw-r--r-- 1 root 42 .* \/priv\/group$/m);
    assert.equal(user.ocikit('run', 'img:two', 'cat', '/etc/motd').out, 'hi\n');
    assert.equal(user.shell('rm -r work').status, 0);
  });

for (const ids of ['own', 'subordinate'] as const)
  test(`every runner builds for a user with ${ids} ids what the usual one does`, async t => {
    const user = ordinaryUser(t, { ids });
    if (user === undefined) return;
    await give(t, user, changing);
    const built = (name: string, ...words: readonly string[]): void => {
      const { status, err } = user.ocikit(...buildWords.with(3, `img:${name}`), '--no-cache', ...words);
      assert.equal(status, 0, `${name}: ${err}`);
    };
    built('usual');
    for (const runner of ['bwrap', 'runc', 'crun', 'chroot']) {
      if (runner !== 'chroot' && user.shell(`command -v ${runner}`).status !== 0) {
        t.diagnostic(`not installed here: ${runner}`);
        continue;
      }
      built(runner, '--runner', runner);
      const [before, after] = ['usual', runner].map(name => `${join(user.home, 'img')}:${name}`) as [string, string];
      assert.deepEqual((await diff(before, after, { semantic: true })).changes, [], runner);
    }
    assert.deepEqual(left(user), ['cache', 'context', 'img']);
  });

test('a program that uses the library is told what it has to be started in, and works there', async t => {
  const user = ordinaryUser(t, { ids: 'own' });
  if (user === undefined) return;
  await give(t, user, []);
  const library = join(dirname(fileURLToPath(import.meta.url)), '../index.ts');
  const lines = [
    `import { run } from ${JSON.stringify(library)};`,
    "const answer = await run('img:base', ['id', '-u'], { temporary: '.' }).catch(({ code, message }) => ({ code, message }));",
    'console.log(JSON.stringify(answer));',
  ];
  writeFileSync(join(user.home, 'program.mjs'), lines.join('\n'), { mode: 0o644 });
  const program = `${process.execPath} --import ${tsx()} program.mjs`;
  const alone = JSON.parse(user.shell(program).out) as { readonly code: string; readonly message: string };
  assert.equal(alone.code, 'unsupported');
  assert.match(JSON.stringify(alone), /runner: expected a way to run programs/);
  const { out, err } = user.shell(`unshare --map-root-user ${program}`);
  const { status, stdout } = JSON.parse(out) as { readonly status: number; readonly stdout: string };
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '0\n' }, err);
});

test('a program of an ordinary user has a terminal of its own where one is asked for', async t => {
  const user = ordinaryUser(t, { ids: 'own' });
  if (user === undefined) return;
  if (user.shell('command -v script').status !== 0) return t.skip('not installed here: script');
  await give(t, user, []);
  const inner = 'tty; stty size; id -u; exit 7';
  const line = `stty rows 33 cols 101; ${user.called} run -it --no-progress img:base -- sh -c '${inner}'`;
  writeFileSync(join(user.home, 'line'), line, { mode: 0o644 });
  const { status, out, err } = user.shell('script -qec "sh line" /dev/null < /dev/null');
  // Where script comes to the end of its own input late, it echoes that behind everything.
  const said = out.replaceAll('\r', '').replace(/\^@$/, '');
  assert.match(said, /\/dev\/pts\/\d+\n33 101\n0\n$/, err);
  assert.equal(status, 7);
});

test('where the kernel gives no namespace of users, that is said before anything is done', async t => {
  const user = ordinaryUser(t, { ids: 'forbidden' });
  if (user === undefined) return;
  await give(t, user, ['RUN true']);
  const ran = user.ocikit('run', 'img:base', '--', 'true');
  assert.equal(ran.status, 125);
  assert.match(ran.err, /^ocikit: runner: expected root, or a user namespace, got .*max_user_namespaces/);
  const built = user.ocikit(...buildWords);
  assert.equal(built.status, 2);
  assert.match(built.err, /needs root, of the machine or of a user namespace \(.*max_user_namespaces/);
});
