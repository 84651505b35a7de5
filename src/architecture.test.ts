import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const src = dirname(fileURLToPath(import.meta.url));

/** Who may import whom: the house's one table (CONTRIBUTING.md draws it). Every room may import `limits`. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  limits: [],
  engine: ['errors'],
  spec: ['errors', 'engine'],
  tree: ['errors', 'spec'],
  image: ['errors', 'spec'],
  dockerfile: ['errors', 'spec', 'tree'],
  stream: ['errors', 'engine', 'spec'],
  codec: ['errors', 'engine', 'spec', 'tree', 'stream'],
  schema: ['errors', 'spec', 'image'],
  graph: ['errors', 'engine', 'spec', 'tree', 'image', 'stream', 'codec', 'schema'],
  store: ['errors', 'engine', 'spec', 'tree', 'image', 'stream', 'codec', 'schema', 'graph'],
  ops: ['errors', 'engine', 'spec', 'tree', 'image', 'dockerfile', 'stream', 'codec', 'schema', 'graph', 'store'],
  cli: ['ops', 'spec', 'tree', 'errors'],
  index: ['ops', 'errors', 'spec', 'tree', 'image'],
};

/** Packages and built-in modules with one door. */
const doors: Readonly<Record<string, RegExp>> = {
  'node:crypto': /^engine\/(node|usual-zlib)\.ts$/,
  'node:zlib': /^engine\/(node|node-gunzip|node-zstd|usual-zlib|held-gunzip)\.ts$/,
  'node:worker_threads': /^engine\//,
  '@noble/hashes': /^engine\/portable\.ts$/,
  fflate: /^engine\/portable(-gunzip)?\.ts$/,
  fzstd: /^engine\/fzstd-decoder\.ts$/,
  '@hpcc-js/wasm-zstd': /^engine\/wasm-zstd\.ts$/,
  'xz-decompress': /^engine\/xz\.ts$/,
  'xxhash-wasm': /^engine\/zstd\.ts$/,
  ajv: /^schema\//,
  'node:fs': /^(store\/|cli\/process\.ts$)/,
  'node:path': /^(store|cli)\//,
  'node:os': /^cli\//,
  'node:module': /^store\/disk\/native\.ts$/,
  'node:url': /^cli\//,
  tar: /^store\/archive\//,
  '@koromix': /^store\/disk\/native\.ts$/,
  yargs: /^cli\/parser\.ts$/,
  picomatch: /^tree\/glob\.ts$/,
  '@balena/dockerignore': /^tree\/ignore\.ts$/,
};

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !/\.(test|interop)\.ts$/.test(entry.name))
  .map(entry => relative(src, join(entry.parentPath, entry.name)));
const sources = new Map(files.map(file => [file, readFileSync(join(src, file), 'utf8')]));
const product = files.filter(file => !file.startsWith('testing/'));

const roomOf = (file: string): string =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '');

function importsOf(file: string): { specifier: string; typeOnly: boolean }[] {
  const text = sources.get(file) ?? '';
  const found = [...text.matchAll(/(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'/g)].map(m => ({
    specifier: m[2] as string,
    typeOnly: m[1] !== undefined,
  }));
  const lazy = [...text.matchAll(/import\('([^']+)'\)|import\s+'([^']+)'/g)].map(m => ({
    specifier: (m[1] ?? m[2]) as string,
    typeOnly: false,
  }));
  return [...found, ...lazy];
}

const resolve = (file: string, specifier: string): string => join(dirname(file), specifier);

test('every room imports only the rooms that its row names', () => {
  for (const file of product) {
    const room = roomOf(file);
    const allowed = rooms[room];
    assert.ok(allowed, `${file}: room '${room}' has no row in the table`);
    for (const { specifier } of importsOf(file).filter(i => i.specifier.startsWith('.'))) {
      const target = roomOf(resolve(file, specifier));
      const isAllowed = [room, 'limits', ...allowed].includes(target) || target.startsWith('..');
      assert.ok(isAllowed, `${file} imports ${specifier}`);
    }
  }
});

test('every package has one door', () => {
  for (const file of product) {
    for (const { specifier } of importsOf(file).filter(i => !i.specifier.startsWith('.'))) {
      const name = specifier.startsWith('@')
        ? specifier.split('/').slice(0, 2).join('/')
        : (specifier.split('/')[0] as string);
      const door = doors[name];
      assert.ok(door, `${file}: package '${specifier}' has no door`);
      assert.match(file, door, `${file} imports ${specifier} past its door`);
    }
  }
});

test('below the command line nothing knows the clock, randomness, the environment or the console', () => {
  for (const file of product.filter(f => roomOf(f) !== 'cli')) {
    const text = (sources.get(file) ?? '').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(
      text,
      /\b(Date\.now|new Date\(\)|Math\.random|randomUUID|process\.(env|stdout|stderr|argv)|console\.)/,
      file,
    );
  }
});

test('below the command line options are named as the library names them', () => {
  // A Dockerfile's HEALTHCHECK has flags of its own.
  for (const file of product.filter(f => roomOf(f) !== 'cli' && f !== 'dockerfile/healthcheck.ts')) {
    const text = (sources.get(file) ?? '').replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '');
    assert.doesNotMatch(text, /['"`\s]--[a-z]/, file);
  }
});

test('no file is longer than 250 lines', () => {
  for (const file of product) {
    const lines = (sources.get(file) ?? '').split('\n').length - 1;
    assert.ok(lines <= 250, `${file} has ${lines} lines`);
  }
});

test('no two classes have one name, and one file decompresses layers', () => {
  const classes = new Map<string, string>();
  for (const file of product) {
    const text = sources.get(file) ?? '';
    for (const [, name = ''] of text.matchAll(/^(?:export )?class (\w+)/gm)) {
      assert.equal(classes.get(name), undefined, `${name} in ${file}`);
      classes.set(name, file);
    }
    if (roomOf(file) === 'graph' && file !== 'graph/layer-bytes.ts') assert.doesNotMatch(text, /\bdecompress\b/, file);
  }
});

test('no import goes round in a circle', () => {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    assert.notEqual(state.get(file), 'open', `cycle: ${[...trail, file].join(' → ')}`);
    state.set(file, 'open');
    for (const { specifier, typeOnly } of importsOf(file)) {
      if (specifier.startsWith('.') && !typeOnly && sources.has(resolve(file, specifier))) {
        visit(resolve(file, specifier), [...trail, file]);
      }
    }
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
});

test('whiteout names are spelled in one file and JSON is written in one file', () => {
  for (const file of product) {
    const text = (sources.get(file) ?? '').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    if (file !== 'tree/whiteout.ts') assert.doesNotMatch(text, /['"`]\.wh\./, file);
    if (file !== 'spec/document.ts' && roomOf(file) !== 'cli' && !file.startsWith('store/bundle/stat-index')) {
      assert.doesNotMatch(text, /JSON\.stringify/, file);
    }
    assert.doesNotMatch(text, /\bany\b(?=[\])>;,]| =)|\benum\s/, file);
  }
});
