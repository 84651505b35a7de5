import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PackagesResult } from '../ops/package-results.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, isRoot, ocikit, run } from '../testing/witness.ts';
import { compareApk } from './versions.ts';

/*
 * apk (3.0 on, whose mkpkg makes packages) as a witness, where it is: Debian has no package of it. It is built from its sources by
 * `meson setup build && ninja -C build`, and found as any program is.
 */

interface Made {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly licence: string;
  readonly origin?: string;
  readonly files: readonly string[];
}

const packages: readonly Made[] = [
  { name: 'hello', version: '1.2.3-r4', arch: 'x86_64', licence: 'MIT AND GPL-2.0-or-later', files: ['usr/bin/hello'] },
  { name: 'lib-a+b', version: '20240101_git20240102-r0', arch: 'x86_64', licence: 'MIT', files: ['usr/lib/liba.so.1'] },
  { name: 'py3-deep-doc', version: '2_rc1-r0', arch: 'noarch', licence: 'custom', origin: 'py3-deep', files: [] },
  {
    name: 'odd.names',
    version: '0.1a-r10',
    arch: 'noarch',
    licence: '(MIT OR Apache-2.0) AND BSD-3-Clause',
    origin: 'odd',
    files: ['opt/a b/käse', 'opt/$(x)', 'opt/-dash', "opt/quo'te", 'opt/a:b', 'one', 'opt/R:F'],
  },
];

/** Has apk make the packages and install them into a root filesystem, beside what it calls a virtual package. */
function installed(place: string): string {
  const rootfs = join(place, 'rootfs');
  for (const { name, version, arch, licence, origin, files } of packages) {
    const content = join(place, name);
    mkdirSync(content);
    for (const file of files) {
      mkdirSync(dirname(join(content, file)), { recursive: true });
      writeFileSync(join(content, file), `${file}\n`);
    }
    if (name === 'hello') {
      symlinkSync('hello', join(content, 'usr/bin/link'));
      linkSync(join(content, 'usr/bin/hello'), join(content, 'usr/bin/other'));
    }
    const infos = { name, version, arch, license: licence, ...(origin === undefined ? {} : { origin }) };
    const words = Object.entries(infos).flatMap(([field, value]) => ['--info', `${field}:${value}`]);
    run(place, 'apk', 'mkpkg', ...words, '-F', content, '-o', `${name}.apk`);
  }
  const options = ['--root', rootfs, '--no-network', '--quiet'];
  mkdirSync(rootfs);
  const made = packages.map(({ name }) => `${name}.apk`);
  run(place, 'apk', ...options, '--initdb', '--allow-untrusted', '--arch', 'x86_64', 'add', ...made);
  run(place, 'apk', ...options, 'add', '-t', '.virtual', 'hello');
  return rootfs;
}

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');

test('packages of apk are what apk says in the same tree', t => {
  if (!isRoot(t) || !hasTools(t, 'apk')) return;
  const place = temporaryDirectory(t);
  const rootfs = installed(place);
  ocikit(place, 'commit', 'rootfs/', 'img:app', '-q');
  const found = (JSON.parse(ocikit(place, 'packages', 'img:app', '--json')) as PackagesResult).packages;
  const words = found.map(
    ({ name, version, architecture, source, licence }) =>
      `${name}-${version} ${architecture} {${source?.name ?? name}} (${licence}) [installed]`,
  );
  const said = lines(run(place, 'apk', '--root', rootfs, '--no-network', 'list', '--installed'));
  assert.deepEqual(
    words.sort(),
    said.filter(line => !line.startsWith('.virtual-')),
  );
  assert.equal(said.length, packages.length + 1);
  for (const { name, size, files } of found) {
    const of = (flag: string): string[] =>
      lines(run(place, 'apk', '--root', rootfs, '--no-network', 'info', flag, name));
    assert.deepEqual(files.map(path => path.slice(1)).sort(), of('-L').slice(1).sort(), name);
    // mkpkg says that a package without files takes a byte.
    if (files.length > 0) assert.equal(`${size} B`, of('-s')[1], name);
  }
});

const version = fc
  .tuple(
    fc
      .array(fc.constantFrom('0', '1', '2', '9', '10', '00', '01', '012', '0120', '010', '20240101'), {
        minLength: 1,
        maxLength: 4,
      })
      .map(numbers => numbers.join('.')),
    fc.constantFrom('', '', 'a', 'b'),
    fc.array(fc.constantFrom('_alpha', '_beta2', '_pre', '_rc01', '_rc1', '_cvs', '_git2', '_hg', '_p', '_p10'), {
      maxLength: 2,
    }),
    fc.constantFrom('', '', '~0af', '~12'),
    fc.constantFrom('', '-r0', '-r1', '-r10'),
  )
  .map(parts => parts.flat().join(''));

test("apk's own comparison of many versions is the same", t => {
  if (!hasTools(t, 'apk')) return;
  const compared = ([one, other]: readonly [string, string]): void => {
    const { stdout } = spawnSync('apk', ['version', '-t', one, other], { encoding: 'utf8' });
    assert.equal('<=>'[Math.sign(compareApk(one, other)) + 1], stdout.trim(), `${one} ${other}`);
  };
  fc.assert(fc.property(fc.tuple(version, version), compared), { numRuns: 300 });
});
