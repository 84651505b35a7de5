import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: object;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const read = <T>(name: string): T => JSON.parse(readFileSync(join(root, name), 'utf8')) as T;
const manifest = read<Manifest>('package.json');
const { packages } = read<{ readonly packages: Readonly<Record<string, Locked>> }>('package-lock.json');
const locked = Object.entries(packages).filter(([path]) => path !== '');

test('no script runs where the package is installed: neither its own nor one of what comes with it', () => {
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    assert.equal(manifest.scripts[name], undefined);
  assert.equal(manifest.dependencies, undefined);
  for (const [path, { dev, hasInstallScript }] of locked)
    assert.ok(dev === true || hasInstallScript !== true, `${path} runs a script`);
});

test('the lockfile holds every package to its bytes, out of one registry', () => {
  for (const [path, { resolved, integrity }] of locked) {
    if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//, path);
    assert.match(integrity ?? '', /^sha512-/, path);
  }
});

test('what is developed with is of one version each, the one that the lockfile has', () => {
  for (const [name, version] of Object.entries(manifest.devDependencies)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
    assert.equal(packages[`node_modules/${name}`]?.version, version, name);
  }
  for (const name of Object.keys(manifest.optionalDependencies))
    assert.equal(packages[`node_modules/${name}`]?.optional, true, name);
});

test('every package has a licence that lets its code stand in this one', () => {
  const fine = new Set([
    'Apache-2.0',
    'MIT',
    'MIT OR Apache-2.0',
    'ISC',
    'BlueOak-1.0.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    '0BSD',
  ]);
  assert.equal(manifest.license, 'Apache-2.0');
  for (const [path, { license }] of locked) assert.ok(fine.has(license ?? ''), `${path}: ${license}`);
});
