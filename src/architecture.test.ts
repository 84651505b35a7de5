import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commands } from './cli/commands.ts';
import { optionTables } from './ops/calls.ts';

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
  packages: ['errors', 'engine', 'spec', 'tree'],
  report: ['spec', 'tree'],
  stream: ['errors', 'engine', 'spec'],
  codec: ['errors', 'engine', 'spec', 'tree', 'stream'],
  schema: ['errors', 'spec', 'image'],
  graph: ['errors', 'engine', 'spec', 'tree', 'image', 'stream', 'codec', 'schema'],
  store: ['errors', 'engine', 'spec', 'tree', 'image', 'stream', 'codec', 'schema', 'graph'],
  runner: ['errors', 'spec', 'image', 'store'],
  ops: [
    'errors',
    'engine',
    'spec',
    'tree',
    'image',
    'dockerfile',
    'packages',
    'report',
    'stream',
    'codec',
    'schema',
    'graph',
    'store',
    'runner',
  ],
  cli: ['ops', 'spec', 'tree', 'errors'],
  index: ['ops', 'runner', 'errors', 'spec', 'tree', 'image', 'dockerfile', 'packages'],
};

/** Packages and built-in modules with one door. */
const doors: Readonly<Record<string, RegExp>> = {
  'node:crypto': /^engine\/(node|usual-zlib)\.ts$/,
  'node:zlib':
    /^engine\/(deflater|node|inflate-whole|node-gunzip|node-zstd|node-zstd-encoder|usual-zlib|raw-deflate|raw-gunzip|inflate-worker|zstd-worker)\.ts$/,
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
  // A pipe that can be waited for without being blocked.
  'node:net': /^store\/disk\/(input-file|pipe)\.ts$/,
  'node:os': /^(cli\/|engine\/threaded-zstd\.ts$)/,
  'node:child_process': /^runner\/(process-tree|own-namespace|host-program)\.ts$/,
  '@koromix/koffi-linux-$': /^store\/disk\/native\.ts$/,
  'node:module': /^store\/disk\/native\.ts$/,
  'node:url': /^cli\//,
  tar: /^store\/archive\//,
  '@koromix': /^store\/disk\/native\.ts$/,
  'd3-hierarchy': /^report\/browser\/layout\.ts$/,
  yargs: /^cli\/parser\.ts$/,
};

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !/\.(test|interop)\.ts$/.test(entry.name))
  .map(entry => relative(src, join(entry.parentPath, entry.name)));
const sources = new Map(files.map(file => [file, readFileSync(join(src, file), 'utf8')]));
const product = files.filter(file => !file.startsWith('testing/'));

const roomOf = (file: string): string =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '');

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** Not loaded before it is asked for. */
  readonly isLazy: boolean;
}

function importsOf(file: string): Import[] {
  const text = sources.get(file) ?? '';
  const found = [...text.matchAll(/(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'/g)].map(m => ({
    specifier: m[2] as string,
    typeOnly: m[1] !== undefined,
    isLazy: false,
  }));
  // Text of a worker's program and what createRequire brings are imports as well.
  const brought = /import\('([^']+)'\)|import\s+'([^']+)'|require\('([^']+)'\)|createRequire\([^)]*\)\(['`]([^'`]+)/g;
  const lazy = [...text.matchAll(brought)].map(m => ({
    specifier: (m[1] ?? m[2] ?? m[3] ?? m[4]) as string,
    typeOnly: false,
    isLazy: m[2] === undefined,
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
        ? specifier.split('/').slice(0, 2).join('/').replace(/\{.*/, '')
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
  // A Dockerfile's instructions have flags of their own, and so have the programs of the host; what to do about a finding is a whole line to type, and a page's style has names like that.
  const isSpelt = (file: string): boolean => file.startsWith('image/findings/');
  for (const file of product.filter(
    f => !['cli', 'dockerfile', 'runner', 'report'].includes(roomOf(f)) && !isSpelt(f),
  )) {
    const text = (sources.get(file) ?? '').replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '');
    assert.doesNotMatch(text, /['"`\s]--[a-z]/, file);
  }
});

test('every option of the library is documented', () => {
  const lines = [
    'ops/options.ts',
    'ops/change-options.ts',
    'ops/attach-options.ts',
    'ops/layer-options.ts',
    'ops/package-options.ts',
    'ops/analyze-options.ts',
  ].flatMap(file => (sources.get(file) ?? '').split('\n'));
  for (const [at, line] of lines.entries())
    if (/^( {2}readonly \w+\?|export (interface|type) \w)/.test(line))
      assert.match(String(lines[at - 1]), /\*\/$/, line);
});

test('no file is longer than 250 lines, be it of the product or of what tests stand on', () => {
  for (const file of files) {
    const lines = (sources.get(file) ?? '').split('\n').length - 1;
    assert.ok(lines <= 250, `${file} has ${lines} lines`);
  }
});

test('no list is spread into the arguments of a call that takes any number: V8 has room for some 120,000', () => {
  for (const file of product) {
    const text = withoutComments(sources.get(file) ?? '');
    const calls =
      /(?:\.(?:push|unshift|splice|concat)|Math\.(?:max|min)|\.fromC(?:har|odePoint)\w*)\((?:[^()[\]{}]*,)?\s*\.\.\.[^{]/;
    assert.doesNotMatch(text, calls, file);
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

test('what every start loads does no arithmetic: the modules of Node for it wait for a verb that needs them', () => {
  const loaded = ['cli/bin.ts'];
  for (const at of loaded)
    for (const { specifier, typeOnly, isLazy } of importsOf(at)) {
      const target = specifier.startsWith('.') ? resolve(at, specifier) : specifier;
      if (!typeOnly && !isLazy && !loaded.includes(target)) loaded.push(target);
    }
  assert.ok(loaded.includes('cli/commands.ts'));
  assert.deepEqual(
    loaded.filter(target => /^(?:node:(?:crypto|zlib|worker_threads)$|engine\/)/.test(target)),
    [],
  );
});

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '');

/** All that a file leads to, itself first, without what every verb has. */
function closureOf(file: string, except: RegExp): string[] {
  const found = [file];
  for (const at of found)
    for (const { specifier, typeOnly } of importsOf(at)) {
      const target = resolve(at, specifier);
      if (specifier.startsWith('.') && !typeOnly && !found.includes(target) && !except.test(target)) found.push(target);
    }
  return found;
}

const codeOf = (closure: readonly string[]): string =>
  closure.map(at => withoutComments(sources.get(at) ?? '')).join('\n');

test('every option of a function is read by it, and every option of a command by its run', () => {
  for (const [verb, table] of Object.entries(optionTables)) {
    const file = product.find(
      at => at.startsWith('ops/') && sources.get(at)?.includes(`export async function ${verb}(`),
    );
    const code = codeOf(
      closureOf(
        file as string,
        /^ops\/(calls|call-kinds|check-call|options|change-options)\.ts$|^(errors|spec|schema)/,
      ),
    );
    for (const option of Object.keys(table))
      assert.ok(
        new RegExp(`\\.${option}\\b|[{,\\s]${option}( = [^,}]+)?[,\\s}]`).test(code),
        `${verb}: nobody reads ${option}`,
      );
  }
  for (const command of commands) {
    const code = codeOf(
      closureOf(`cli/commands/${command.name}.ts`, /^ops|^cli\/(commands|parser|main|options-of)\.ts$/),
    );
    // What is taken for the sake of old scripts says so, and nothing else may go unread.
    for (const { name, describe } of command.options)
      assert.ok(
        describe.includes('accepted') || new RegExp(`(flag|text|texts|word|has)\\('${name}'\\)`).test(code),
        `${command.name}: nobody reads --${name}`,
      );
  }
});

test('no function of the product is longer than 40 lines or takes more than three values, but for options after three', () => {
  const { overrides } = JSON.parse(readFileSync(join(src, '../biome.json'), 'utf8'));
  const { complexity } = overrides[0].linter.rules;
  assert.deepEqual(complexity.noExcessiveLinesPerFunction, { level: 'error', options: { maxLines: 40 } });
  assert.deepEqual(complexity.useMaxParams, { level: 'error', options: { max: 3 } });
  const ignored = product.flatMap(file =>
    [...(sources.get(file) ?? '').matchAll(/biome-ignore([^:]*): (.*)\n(.*)/g)].map(([, rule, reason, line]) => ({
      rule: rule?.trim(),
      reason,
      isMeant: file === 'errors.ts' && /constructor|unsupported/.test(line ?? ''),
    })),
  );
  const meant = {
    rule: 'lint/complexity/useMaxParams',
    reason: 'three values, then the options',
    isMeant: true,
  };
  assert.deepEqual(ignored, [meant, meant]);
});

test('whatever a file exports is imported by another', () => {
  const all = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  const holders = new Map<string, number>();
  for (const file of all)
    for (const word of new Set(readFileSync(join(src, file), 'utf8').match(/\w+/g)))
      holders.set(word, (holders.get(word) ?? 0) + 1);
  const exported = /^export (?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/gm;
  for (const file of files)
    for (const [, name = ''] of (sources.get(file) ?? '').matchAll(exported))
      assert.ok((holders.get(name) ?? 0) > 1, `${file}: nobody imports ${name}`);
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
