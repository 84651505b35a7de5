import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { hasTools, isRoot, ocikit, run } from '../testing/witness.ts';
import type { AnalyzeResult } from './analyze-results.ts';
import type { FilesResult } from './look-results.ts';
import type { PackagesResult } from './package-results.ts';

/** What is said of a real Debian root filesystem without unpacking it, beside what the system's own programs say of it unpacked. */
const place = mkdtempSync(join(tmpdir(), 'ocikit-insight-'));
after(() => rmSync(place, { recursive: true, force: true }));

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');

/** A package for rpm alone, with a file and an epoch, built here. */
const spec = `Name: witness
Epoch: 3
Version: 1.2~rc1
Release: 4
Summary: a witness
License: MIT
BuildArch: noarch
%description
A witness.
%install
mkdir -p %{buildroot}/opt/witness
echo witness > %{buildroot}/opt/witness/file
%files
/opt/witness/file
`;

/** Puts rpm's own database, with a package installed, into a root filesystem. */
function installRpm(rootfs: string): void {
  writeFileSync(join(place, 'witness.spec'), spec);
  run(place, 'rpmbuild', '--quiet', '-bb', '--define', `_topdir ${join(place, 'rpm')}`, 'witness.spec');
  const built = join(place, 'rpm/RPMS/noarch/witness-1.2~rc1-4.noarch.rpm');
  run(place, 'rpm', '--root', rootfs, '--dbpath', '/var/lib/rpm', '--nodeps', '--ignoreos', '-i', built);
}

let isMade = false;

/** The root filesystem, and the image `img:debian` of two layers that is made of it; made once. */
function prepare(t: TestContext): string | undefined {
  const rootfs = join(place, 'rootfs');
  if (!isRoot(t) || !hasTools(t, 'mmdebstrap', 'rpm', 'rpmbuild', 'dpkg-query', 'chroot')) return undefined;
  if (isMade) return rootfs;
  run(place, 'mmdebstrap', '--quiet', '--variant=essential', 'bookworm', 'rootfs');
  ocikit(place, 'commit', 'rootfs/', 'img:base', '-q');
  installRpm(rootfs);
  mkdirSync(join(rootfs, 'srv/deep'), { recursive: true });
  writeFileSync(join(rootfs, 'srv/deep/one'), 'x'.repeat(5000));
  run(rootfs, 'ln', 'srv/deep/one', 'srv/two');
  ocikit(place, 'commit', 'rootfs/', 'img:debian', '--base', 'img:base', '-q');
  isMade = true;
  return rootfs;
}

/** The paths that dpkg-query lists of each package, by name and architecture. */
function filesOfPackages(rootfs: string): ReadonlyMap<string, ReadonlySet<string>> {
  const each = `dpkg-query -W -f '\${Package}:\${Architecture} \${binary:Package}\\n' | while read -r id package; do
    dpkg-query -L "$package" | sed "s|^|$id |"; done`;
  const listed = new Map<string, Set<string>>();
  for (const line of lines(run(place, 'chroot', rootfs, 'sh', '-c', each))) {
    const [id = '', path = ''] = line.split(/ (.*)/);
    listed.set(id, (listed.get(id) ?? new Set()).add(path));
  }
  return listed;
}

test('packages of dpkg and of rpm are what dpkg-query and rpm say in the same tree', t => {
  const rootfs = prepare(t);
  if (rootfs === undefined) return;
  const { packages, warnings } = JSON.parse(ocikit(place, 'packages', 'img:debian', '--json')) as PackagesResult;
  assert.deepEqual(warnings, []);
  const of = (type: string): PackagesResult['packages'] => packages.filter(one => one.type === type);
  const format = '${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\n';
  assert.deepEqual(
    of('deb')
      .map(({ name, version, architecture, source }) =>
        [name, version, architecture, source?.name ?? name, source?.version ?? version].join(' '),
      )
      .sort(),
    lines(run(place, 'chroot', rootfs, 'dpkg-query', '-W', '-f', format)).sort(),
  );
  const listed = filesOfPackages(rootfs);
  for (const { name, architecture, files } of of('deb')) {
    const named = listed.get(`${name}:${architecture}`);
    assert.deepEqual(
      files.filter(path => named?.has(path) !== true),
      [],
      name,
    );
  }
  // rpm writes into the database that it is asked about, so it gets a copy.
  run(place, 'cp', '-a', 'rootfs/var/lib/rpm', 'database');
  const query = '%{NAME} %{EPOCHNUM} %{VERSION}-%{RELEASE} %{ARCH} %{LICENSE}\n';
  assert.deepEqual(
    of('rpm').map(({ name, epoch, version, architecture, licence }) =>
      [name, epoch ?? 0, version, architecture, licence].join(' '),
    ),
    lines(run(place, 'rpm', '--dbpath', join(place, 'database'), '-qa', '--qf', query)),
  );
  assert.deepEqual(of('rpm')[0]?.files, ['/opt/witness/file']);
  assert.deepEqual([of('rpm')[0]?.layer, of('deb')[0]?.layer], [2, 1]);
});

/** Rows of `ls -lR`: mode, links, owner, size, time and path; a directory's links and size are the file system's own affair. */
function lsRows(rootfs: string): string[] {
  const text = run(rootfs, 'env', 'LC_ALL=C.UTF-8', 'ls', '-lARn', '--time-style=+%s', '--quoting-style=literal', '.');
  let directory = '';
  return text.split('\n').flatMap(line => {
    const head = /^\.(.*):$/.exec(line);
    if (head !== null) directory = head[1] ?? '';
    const row = /^([-dlcbp])(\S{9})\S? +(\d+) +(\d+) +(\d+) +(\d+|\d+, +\d+) +(\d+) (.*)$/.exec(line);
    if (row === null) return [];
    const [, type, bits, links, uid, gid, size, time, name = ''] = row;
    const path = `${directory}/${type === 'l' ? name.split(' -> ')[0] : name}`;
    const isFile = type === '-';
    return [[type, bits, isFile ? links : '', uid, gid, isFile ? size : '', type === 'd' ? '' : time, path].join(' ')];
  });
}

const letters: Readonly<Record<string, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  'char device': 'c',
  'block device': 'b',
};

/** Permission bits as ls writes them. */
function bitsOf(mode: number): string {
  const plain = [...'rwxrwxrwx'].map((letter, at) => ((mode >> (8 - at)) & 1 ? letter : '-'));
  const special = (bit: number, at: number, letter: string): void => {
    if ((mode & bit) !== 0) plain[at] = plain[at] === 'x' ? letter : letter.toUpperCase();
  };
  special(0o4000, 2, 's');
  special(0o2000, 5, 's');
  special(0o1000, 8, 't');
  return plain.join('');
}

test('files of the merged tree are what ls says of it unpacked', t => {
  const rootfs = prepare(t);
  if (rootfs === undefined) return;
  const { files } = JSON.parse(ocikit(place, 'files', 'img:debian', '/', '-R', '--json')) as FilesResult;
  const rows = files.map(({ type, mode, links, uid, gid, size, mtime, path }) => {
    const bits = type === 'symlink' ? 'rwxrwxrwx' : bitsOf(Number.parseInt(mode, 8));
    const isFile = type === 'file';
    const time = type === 'directory' ? '' : Math.floor(Date.parse(mtime) / 1000);
    return [letters[type], bits, isFile ? links : '', uid, gid, isFile ? size : '', time, path].join(' ');
  });
  assert.deepEqual(rows.sort(), lsRows(rootfs).sort());
});

test('sizes are what du counts, hardlinks once', t => {
  const rootfs = prepare(t);
  if (rootfs === undefined) return;
  const { size, directories } = JSON.parse(ocikit(place, 'analyze', 'img:debian', '--json')) as AnalyzeResult;
  const du = (path: string): number => {
    const words = `find '${path}' -type f -print0 | du --apparent-size --block-size=1 -c --files0-from=- | tail -n 1 | cut -f 1`;
    return Number(run(rootfs, 'sh', '-c', words));
  };
  assert.equal(size.visible, du('.'));
  for (const directory of ['/usr/lib', '/usr/share', '/etc', '/srv'])
    assert.equal(directories.find(({ path }) => path === directory)?.size ?? 0, du(`.${directory}`), directory);
});

test('contents are those that sha256sum reads of the files unpacked', t => {
  const rootfs = prepare(t);
  if (rootfs === undefined) return;
  mkdirSync(join(place, 'copied'));
  ocikit(place, 'cp', 'img:debian:/', 'copied/all');
  const sums = (directory: string): string =>
    run(directory, 'sh', '-c', 'find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum');
  assert.equal(sums(join(place, 'copied/all')), sums(rootfs));
  const some = lines(run(rootfs, 'sh', '-c', 'find etc -type f | LC_ALL=C sort | head -n 50'));
  assert.equal(ocikit(place, 'cat', 'img:debian', ...some.map(path => `/${path}`)), run(rootfs, 'cat', ...some));
});

test('a patch is what patch takes', t => {
  const rootfs = prepare(t);
  if (rootfs === undefined || !hasTools(t, 'patch', 'git')) return;
  for (const [name, text] of [
    ['one', 'a\nb\nc\n'],
    ['two', 'x\n'],
    ['gone', 'g\n'],
  ] as const)
    writeFileSync(join(rootfs, 'srv', name), text);
  ocikit(place, 'commit', 'rootfs/', 'img:older', '--base', 'img:debian', '-q');
  writeFileSync(join(rootfs, 'srv/one'), 'a\nB\nc');
  writeFileSync(join(rootfs, 'srv/new'), 'new\n');
  rmSync(join(rootfs, 'srv/gone'));
  run(rootfs, 'mv', 'srv/two', 'srv/deep/two');
  ocikit(place, 'commit', 'rootfs/', 'img:newer', '--base', 'img:older', '-q');
  writeFileSync(join(place, 'patch'), ocikit(place, 'diff', 'img:older', 'img:newer', '--text', 'srv/**', '--renames'));
  for (const program of ['patch -p1 -s', 'git apply']) {
    const target = join(place, program.replaceAll(/[^a-z]/g, ''));
    ocikit(place, 'cp', 'img:older:/srv', target);
    run(place, 'mkdir', `${target}.root`);
    run(place, 'mv', target, `${target}.root/srv`);
    run(`${target}.root`, 'sh', '-c', `${program} < ../patch`);
    const list = (root: string): string =>
      run(root, 'sh', '-c', 'cd srv && find . -type f | LC_ALL=C sort | xargs sha256sum');
    assert.equal(list(`${target}.root`), list(rootfs), program);
  }
});
