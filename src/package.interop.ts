import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './testing/temporary.ts';
import { run } from './testing/witness.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The library's example as the README shows it. */
function readmeExample(): string {
  const block = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'));
  assert.ok(block?.[1] !== undefined, 'the README has an example');
  return block[1];
}

test('the package, installed into an empty directory, runs ocikit, types its library and runs the README’s example', t => {
  const place = temporaryDirectory(t);
  run(root, 'npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', place);
  const [archive] = readdirSync(place).filter(name => name.endsWith('.tgz'));
  writeFileSync(join(place, 'package.json'), '{"name":"user","private":true,"type":"module"}');
  run(place, 'npm', 'install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', `./${archive}`);
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
