import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unexportedTypes } from './testing/declared-names.ts';
import { temporaryDirectory } from './testing/temporary.ts';
import { installed, run } from './testing/witness.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The library's example as the README shows it. */
function readmeExample(): string {
  const block = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'));
  assert.ok(block?.[1] !== undefined, 'the README has an example');
  return block[1];
}

/** The package as it would be published, built anew. */
function pack(place: string): string {
  run(root, 'npm', 'pack', '--silent', '--pack-destination', place);
  const [archive] = readdirSync(place).filter(name => name.endsWith('.tgz'));
  assert.ok(archive !== undefined);
  return join(place, archive);
}

/** An empty project with the package installed into it, its scripts allowed to run. */
function install(t: TestContext): string {
  const place = temporaryDirectory(t);
  const archive = pack(place);
  writeFileSync(join(place, 'package.json'), '{"name":"user","private":true,"type":"module"}');
  run(place, 'npm', 'install', '--no-audit', '--no-fund', archive);
  return place;
}

test('the package is the same bytes each time it is built, and holds no more than it needs', t => {
  const places = [temporaryDirectory(t), temporaryDirectory(t)];
  const [one, other] = places.map(pack).map(file => readFileSync(file));
  assert.ok(one !== undefined && other?.equals(one), 'two builds differ');
  assert.ok(one.length < 975_000, `${one.length} bytes packed`);
  const files = run(
    root,
    'tar',
    '-tzf',
    join(places[0] as string, readdirSync(places[0] as string)[0] as string),
  ).split('\n');
  assert.ok(files.length < 320, `${files.length} files`);
  assert.deepEqual(
    files.filter(file => /\.(test|interop)\.|\/(testing|cli)\/|\.mjs$|\.ts$(?<!\.d\.ts)/.test(file)),
    [],
  );
});

test('another directory makes the same package', t => {
  const copy = join(temporaryDirectory(t), 'elsewhere');
  mkdirSync(copy);
  const files = run(root, 'git', 'ls-files', '-z')
    .split('\0')
    .filter(file => file !== '');
  for (const file of files) cpSync(join(root, file), join(copy, file), { verbatimSymlinks: true });
  // Copied and not linked: a bundler names modules by where they really are.
  for (const name of readdirSync(join(root, 'node_modules')).filter(name => name !== '.cache')) {
    const module = join('node_modules', name);
    cpSync(join(root, module), join(copy, module), { recursive: true, verbatimSymlinks: true });
  }
  const place = temporaryDirectory(t);
  run(copy, 'npm', 'pack', '--silent', '--pack-destination', place);
  const [name] = readdirSync(place);
  assert.ok(readFileSync(join(place, name as string)).equals(readFileSync(pack(temporaryDirectory(t)))));
});

test('the bill of materials of an installation, by the installed program itself, has the package and what came with it', t => {
  const place = install(t);
  const bill = JSON.parse(run(place, 'npx', 'ocikit', 'packages', `rootfs:${place}`, '--sbom', 'spdx')) as {
    readonly packages: readonly { readonly name: string; readonly licenseDeclared?: string }[];
  };
  const found = bill.packages.filter(({ name }) => name === 'ocikit' || name.startsWith('@koromix/'));
  assert.equal(found.find(({ name }) => name === 'ocikit')?.licenseDeclared, 'Apache-2.0');
  const others = bill.packages
    .map(({ name }) => name)
    .filter(name => name.startsWith('@') && !name.startsWith('@koromix/'));
  assert.deepEqual(others, []);
});

test('an installation runs no script and brings nothing along but the binary for system calls', t => {
  const place = install(t);
  const lock = JSON.parse(readFileSync(join(place, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean; optional?: boolean }>;
  };
  const installed = Object.entries(lock.packages).filter(([name]) => name !== '');
  for (const [name, { hasInstallScript }] of installed) assert.notEqual(hasInstallScript, true, name);
  assert.deepEqual(
    installed.filter(([, { optional }]) => optional !== true).map(([name]) => name),
    ['node_modules/ocikit'],
  );
  const bundled = readdirSync(join(place, 'node_modules/ocikit/dist/packages'))
    .filter(file => file.endsWith('.cjs'))
    .map(file => file.replace(/\.cjs$/, ''));
  const notices = readFileSync(join(place, 'node_modules/ocikit/dist/THIRD_PARTY_NOTICES'), 'utf8');
  for (const name of bundled) assert.match(notices.replaceAll(/[@/]/g, '-'), new RegExp(`-?${name} \\d`), name);
});

/** Each name that the package exports, used: values as values, types as types. */
function useEverything(place: string): string {
  const text = readFileSync(join(place, 'node_modules/ocikit/dist/index.d.ts'), 'utf8');
  const lines = [...text.matchAll(/^export (type )?\{([^}]*)\} from/gms)].flatMap(([, type, names]) =>
    (names as string)
      .split(',')
      .map(name => name.trim().replace(/^(type )?\w+ as /, '$1'))
      .filter(name => name !== '')
      .map(name => `export ${type ?? ''}{ ${name} } from 'ocikit';`),
  );
  assert.ok(lines.length > 50, 'the declarations were read');
  return `${lines.join('\n')}\n${consumer}`;
}

/** What a program of a user's may say. */
const consumer = `
import { commit, diff, inspect, OciError, type CommitOptions } from 'ocikit';
const options: CommitOptions = { message: 'x', compression: 'zstd' };
export const made: Promise<string> = commit('rootfs', 'img:base', options).then(result => result.manifest);
export const paths = async (): Promise<readonly string[]> => (await diff('img:base', 'rootfs')).changes.map(row => row.path);
export async function layers(): Promise<readonly string[]> {
  const [object] = await inspect(['img:base']);
  return object !== undefined && 'RootFS' in object ? object.RootFS.Layers : [];
}
export const orNone = (base?: string, message?: string): CommitOptions => ({ base, message });
export const codeOf = (error: unknown): string | undefined => (error instanceof OciError ? error.code : undefined);
`;

const compilers: Readonly<Record<string, readonly string[]>> = {
  '4.9': ['node16', 'nodenext'],
  '5.0': ['node16', 'nodenext', 'bundler'],
  '5.9': ['node16', 'nodenext', 'bundler'],
  latest: ['node16', 'nodenext', 'bundler'],
};

test('the declarations are good for TypeScript from 4.9 to the newest, with all checks on', t => {
  const place = install(t);
  writeFileSync(join(place, 'use.ts'), useEverything(place));
  for (const [version, resolutions] of Object.entries(compilers)) {
    const compiler = join(installed('typescript', version), 'tsc');
    for (const moduleResolution of resolutions) {
      const module = moduleResolution === 'bundler' ? 'esnext' : moduleResolution;
      const checks = {
        strict: true,
        skipLibCheck: false,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
      };
      const compilerOptions = {
        ...checks,
        noEmit: true,
        target: 'es2022',
        lib: ['es2022'],
        types: [],
        module,
        moduleResolution,
      };
      writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
      assert.equal(run(place, compiler, '-p', '.'), '', `${version} ${moduleResolution}`);
    }
  }
});

test('whoever calls a function or reads what it answers finds every type of that by its name', t => {
  const place = install(t);
  const missing = unexportedTypes(join(place, 'node_modules/ocikit/dist/index.d.ts'));
  // What an index keeps beside its descriptors is under a key that nobody else has.
  assert.deepEqual(missing, ['ImageIndex > OddEntry']);
});

test('the package, installed into an empty directory, runs ocikit, types its library and runs the README’s example', t => {
  const place = install(t);
  assert.match(run(place, join(place, 'node_modules/.bin/ocikit'), '--version'), /^\d+\.\d+\.\d+\n$/);
  mkdirSync(join(place, 'rootfs/etc'), { recursive: true });
  writeFileSync(join(place, 'rootfs/etc/motd'), 'hello\n');
  writeFileSync(join(place, 'example.ts'), readmeExample());
  const options = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023'],
    types: [],
    skipLibCheck: false,
    rootDir: '.',
  };
  writeFileSync(join(place, 'globals.d.ts'), 'declare const console: { log(...values: unknown[]): void };');
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['example.ts', 'globals.d.ts'] }),
  );
  run(place, join(root, 'node_modules/.bin/tsc'), '-p', '.');
  assert.match(run(place, process.execPath, 'example.js'), /^sha256:[0-9a-f]{64} 0 1\n$/);
  run(
    place,
    process.execPath,
    '-e',
    "require('ocikit/schemas/image-manifest.json'); require('ocikit').validate('img').then(({ findings }) => process.exit(findings.length))",
  );
});

test('what the package exports is called what it is, and an error that nobody catches is a few lines and not a program', t => {
  const place = install(t);
  const names = run(
    place,
    process.execPath,
    '-p',
    "Object.entries(require('ocikit')).filter(([name, value]) => value.name !== name).map(([name]) => name).join()",
  );
  assert.equal(names, '\n');
  const { stderr } = spawnSync(process.execPath, ['-e', "require('ocikit').history('nowhere')"], {
    cwd: place,
    encoding: 'utf8',
  });
  assert.match(stderr, /\nOciError: nowhere: expected an image layout, got nothing\n/);
  assert.ok(stderr.length < 4000, `${stderr.length} characters`);
});
