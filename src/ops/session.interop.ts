import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { hasTools, isRoot, listTree, ocikit, run } from '../testing/witness.ts';
import { validate } from './validate.ts';

/** The README's session on a real Debian root filesystem, read by everybody else's tools. */
const place = mkdtempSync(join(tmpdir(), 'ocikit-session-'));
after(() => rmSync(place, { recursive: true, force: true }));

async function isValid(layout: string): Promise<void> {
  const { findings } = await validate(join(place, layout));
  assert.deepEqual(findings, []);
}

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');

test('a Debian root filesystem becomes an image that umoci unpacks attribute for attribute', async t => {
  if (!isRoot(t) || !hasTools(t, 'mmdebstrap', 'umoci')) return;
  run(place, 'mmdebstrap', '--quiet', '--variant=minbase', 'bookworm', 'rootfs');
  const digest = ocikit(
    place,
    'commit',
    'rootfs/',
    'img:base',
    '--author',
    'Ann <a@example.org>',
    '-m',
    'debian minbase',
  ).trim();
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  await isValid('img');
  run(place, 'umoci', 'unpack', '--image', 'img:base', 'by-umoci');
  assert.deepEqual(listTree(join(place, 'by-umoci/rootfs')), listTree(join(place, 'rootfs')));
  assert.equal(
    run(place, 'sh', '-c', 'getfattr -dR -m - --absolute-names rootfs | sort | md5sum'),
    run(place, 'sh', '-c', 'cd by-umoci && getfattr -dR -m - --absolute-names rootfs | sort | md5sum'),
  );
  rmSync(join(place, 'by-umoci'), { recursive: true });
});

test('unpacked as a bundle it is the same tree, and nothing differs', t => {
  if (!existsSync(join(place, 'img'))) return t.skip('no image was made');
  ocikit(place, 'unpack', 'img:base', 'work/', '--bundle');
  assert.deepEqual(listTree(join(place, 'work/rootfs')), listTree(join(place, 'rootfs')));
  assert.equal(ocikit(place, 'diff', 'work/'), '');
  assert.equal(ocikit(place, 'diff', 'img:base', 'rootfs/'), '');
});

/** The real package of figlet for bookworm, fetched from outside of the root filesystem; undefined after the test has been skipped. */
function fetchFiglet(t: TestContext): string | undefined {
  const sources = join(place, 'work/rootfs/etc/apt/sources.list');
  const state = join(place, 'apt');
  mkdirSync(join(state, 'lists/partial'), { recursive: true });
  const words = [`Dir::Etc::SourceList=${sources}`, 'Dir::Etc::SourceParts=-', `Dir::State=${state}`];
  const cache = [`Dir::Cache=${state}`, 'APT::Sandbox::User=root'];
  const options = [...words, ...cache].flatMap(word => ['-o', word]);
  const keys = join(place, 'work/rootfs/etc/apt/trusted.gpg.d');
  try {
    run(state, 'apt-get', ...options, '-o', `Dir::Etc::TrustedParts=${keys}`, '-qq', 'update');
    run(state, 'apt-get', ...options, '-o', `Dir::Etc::TrustedParts=${keys}`, '-qq', 'download', 'figlet');
  } catch (error) {
    t.skip(`the package figlet cannot be had here: ${String((error as { stderr?: string }).stderr).slice(0, 300)}`);
    return undefined;
  }
  const file = readdirSync(state).find(name => name.startsWith('figlet') && name.endsWith('.deb'));
  return file === undefined ? undefined : join(state, file);
}

test('the bundle runs, what a package installation changes is listed exactly, and becomes a layer', async t => {
  if (!existsSync(join(place, 'work'))) return t.skip('no bundle was made');
  if (!hasTools(t, 'apt-get')) return;
  const file = fetchFiglet(t);
  if (file === undefined) return;
  const before = new Set(listTree(join(place, 'work/rootfs')));
  cpSync(file, join(place, 'work/rootfs/root/figlet.deb'));
  run(place, 'chroot', 'work/rootfs', 'dpkg', '-i', '/root/figlet.deb');
  rmSync(join(place, 'work/rootfs/root/figlet.deb'));
  assert.match(run(place, 'chroot', 'work/rootfs', 'figlet', 'hello'), /_/);
  const now = listTree(join(place, 'work/rootfs'));
  const changed = ocikit(place, 'diff', 'work/', '--json');
  const { changes: rows } = JSON.parse(changed) as { changes: { kind: string; path: string; reasons: unknown[] }[] };
  const listed = new Set(rows.map(row => row.path));
  assert.ok(listed.has('/usr/bin/figlet'));
  for (const line of now) if (!before.has(line)) assert.ok(listed.has(line.slice(0, line.indexOf(' '))), line);
  const nowPaths = new Set(now.map(line => line.slice(0, line.indexOf(' '))));
  const beforePaths = new Set([...before].map(line => line.slice(0, line.indexOf(' '))));
  for (const row of rows) {
    if (row.kind === 'A') assert.ok(nowPaths.has(row.path) && !beforePaths.has(row.path), row.path);
    if (row.kind === 'D') assert.ok(!nowPaths.has(row.path) && beforePaths.has(row.path), row.path);
  }
  const told = lines(ocikit(place, 'diff', 'work/'));
  ocikit(
    place,
    'commit',
    'work/',
    'img:figlet',
    '-a',
    'Ann',
    '-m',
    'add figlet',
    '-c',
    'CMD ["figlet","hello"]',
    '-c',
    'ENV GREETING="hi there"',
    '-c',
    'EXPOSE 80 443/udp',
  );
  await isValid('img');
  const between = lines(ocikit(place, 'diff', 'img:base', 'img:figlet'));
  assert.deepEqual(between, told);
  assert.equal(ocikit(place, 'diff', 'work/'), '', 'the bundle has moved on');
  assert.equal(ocikit(place, 'diff', 'img:figlet', 'work/'), '');
  assert.match(ocikit(place, 'diff', 'img:base', 'img:figlet', '--reasons'), /mtime|content/);
});

test('names, history, images and inspect say what docker would', async t => {
  if (!existsSync(join(place, 'work'))) return t.skip('no bundle was made');
  ocikit(place, 'tag', 'img:figlet', 'latest', 'docker.io/library/figlet:1.0');
  await isValid('img');
  assert.match(ocikit(place, 'images', 'img'), /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n/);
  assert.match(ocikit(place, 'images', 'img'), /\nfiglet +1\.0 /);
  const history = lines(ocikit(place, 'history', 'img:figlet'));
  assert.equal(history.length, 3);
  assert.match(history[1] as string, /figlet hello .*add figlet$/);
  const layers = JSON.parse(ocikit(place, 'inspect', 'img:figlet', '--format', '{{json .RootFS.Layers}}')) as string[];
  assert.equal(layers.length, 2);
});

test('any other directory is committed as a delta over the same base', async t => {
  if (!existsSync(join(place, 'rootfs'))) return t.skip('no root filesystem was made');
  run(place, 'cp', '-a', 'rootfs', 'rootfs2');
  mkdirSync(join(place, 'rootfs2/opt/two'));
  writeFileSync(join(place, 'rootfs2/opt/two/file'), 'two\n');
  rmSync(join(place, 'rootfs2/etc/motd'), { force: true });
  ocikit(place, 'commit', 'rootfs2/', 'img:two', '--base', 'img:base');
  await isValid('img');
  const config = JSON.parse(ocikit(place, 'inspect', 'img:two')) as { RootFS: { Layers: string[] } }[];
  assert.equal(config[0]?.RootFS.Layers.length, 2);
  run(place, 'umoci', 'unpack', '--image', 'img:two', 'two-by-umoci');
  assert.deepEqual(listTree(join(place, 'two-by-umoci/rootfs')), listTree(join(place, 'rootfs2')));
  rmSync(join(place, 'two-by-umoci'), { recursive: true });
});

test('umoci gives back every image as it is', t => {
  if (!existsSync(join(place, 'work'))) return t.skip('no bundle was made');
  run(place, 'umoci', 'unpack', '--image', 'img:figlet', 'figlet-by-umoci');
  assert.deepEqual(listTree(join(place, 'figlet-by-umoci/rootfs')), listTree(join(place, 'work/rootfs')));
  rmSync(join(place, 'figlet-by-umoci'), { recursive: true });
});

test('skopeo reads the images and copies them with equal digests', t => {
  if (!existsSync(join(place, 'img')) || !hasTools(t, 'skopeo')) return;
  const policy = join(place, 'policy.json');
  writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const seen = JSON.parse(run(place, 'skopeo', '--policy', policy, 'inspect', 'oci:img:base')) as {
    Digest: string;
    Layers: string[];
  };
  const ours = JSON.parse(ocikit(place, 'inspect', 'img:base')) as { Descriptor: { digest: string } }[];
  assert.equal(seen.Digest, ours[0]?.Descriptor.digest);
  run(place, 'skopeo', '--policy', policy, 'copy', '--preserve-digests', 'oci:img:base', 'oci:by-skopeo:base');
  assert.equal(ocikit(place, 'diff', 'img:base', 'by-skopeo:base', '--config'), '');
});

test('buildah and podman read the images', t => {
  if (!isRoot(t) || !existsSync(join(place, 'img')) || !hasTools(t, 'buildah', 'podman')) return;
  const policy = join(place, 'policy.json');
  writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const storage = ['--root', join(place, 'storage'), '--runroot', join(place, 'runroot'), '--storage-driver', 'vfs'];
  const container = run(place, 'buildah', ...storage, 'from', '--signature-policy', policy, 'oci:img:base').trim();
  const mounted = run(place, 'buildah', ...storage, 'mount', container).trim();
  assert.deepEqual(listTree(mounted), listTree(join(place, 'rootfs')));
  run(place, 'buildah', ...storage, 'umount', container);
  run(
    place,
    'podman',
    ...storage,
    '--cgroup-manager',
    'cgroupfs',
    'pull',
    '--signature-policy',
    policy,
    'oci:img:base',
  );
  const images = JSON.parse(
    run(place, 'podman', ...storage, '--cgroup-manager', 'cgroupfs', 'images', '--format', 'json'),
  ) as unknown[];
  assert.ok(images.length > 0);
  assert.ok(readFileSync(policy).length > 0);
});

test('runc runs the bundle', t => {
  if (!isRoot(t) || !existsSync(join(place, 'work')) || !hasTools(t, 'runc')) return;
  const file = join(place, 'work/config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as { process: { args: string[] } };
  config.process.args = ['echo', 'hello from the bundle'];
  writeFileSync(file, JSON.stringify(config));
  try {
    assert.match(
      run(place, 'runc', '--root', join(place, 'runc'), 'run', '-b', 'work', 'ocikit-session'),
      /hello from the bundle/,
    );
  } catch (error) {
    if (!/cgroup|permission|operation not/i.test(String((error as { stderr?: string }).stderr))) throw error;
    t.skip(`this machine starts no containers: ${String((error as { stderr?: string }).stderr).slice(0, 200)}`);
  }
});
