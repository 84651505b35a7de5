// Builds dist/: the library as plain modules (tsc), and the program as one file with its compiled code beside it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const npmBin = name => join(root, 'node_modules', '.bin', name);

/** yargs imports two functions of node:assert, which loads a tenth of Node for them. */
const lightAssert = {
  name: 'light-assert',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^assert$/ }, ({ importer }) =>
      importer.includes('/node_modules/yargs/') ? { path: 'assert', namespace: 'light-assert' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'light-assert' }, () => ({ contents: assertions }));
  },
};
const assertions = `
function check(holds, message) { if (!holds) throw new Error(typeof message === 'string' ? message : 'assertion'); }
export const strictEqual = (a, b, message) => check(Object.is(a, b), message);
export const notStrictEqual = (a, b, message) => check(!Object.is(a, b), message);`;

/** string-width takes 30 ms to start, for the sake of exact emoji; help texts need none of that. */
const lightWidth = {
  name: 'light-width',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^string-width$/ }, () => ({ path: 'width', namespace: 'light-width' }));
    onLoad({ filter: /.*/, namespace: 'light-width' }, () => ({
      contents: "export { displayWidth as default } from './width.ts';",
      resolveDir: join(root, 'src/cli'),
    }));
  },
};

function compileLibrary() {
  const config = join(root, 'tsconfig.build.json');
  const exclude = ['src/testing', 'src/**/*.test.ts', 'src/**/*.interop.ts'];
  writeFileSync(
    config,
    JSON.stringify({ extends: './tsconfig.json', compilerOptions: { noEmit: false }, include: ['src'], exclude }),
  );
  try {
    execFileSync(npmBin('tsc'), ['-p', config], { stdio: 'inherit', cwd: root });
  } finally {
    rmSync(config);
  }
}

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  lineLimit: 120,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/** Packages that only some commands need: each its own file, so that the others do not read it. */
const apart =
  /^(@hpcc-js\/wasm-zstd|@noble\/hashes|@balena\/dockerignore|ajv|fflate|fzstd|picomatch|tar|xxhash-wasm|xz-decompress)(\/|$)/;
const fileOf = name => `${name.replace(/[^a-z0-9]+/gi, '-').replace(/^-/, '')}.cjs`;

async function bundleApart(name) {
  const outfile = `dist/packages/${fileOf(name)}`;
  const stdin = { contents: `module.exports = require(${JSON.stringify(name)});`, resolveDir: root };
  const { metafile } = await build({ ...common, stdin, outfile });
  return metafile;
}

async function bundleProgram() {
  const found = new Set();
  const setApart = {
    name: 'set-apart',
    setup({ onResolve }) {
      onResolve({ filter: apart, namespace: 'file' }, ({ path }) => {
        found.add(path);
        return { path: `../dist/packages/${fileOf(path)}`, external: true };
      });
    },
  };
  const { metafile, outputFiles } = await build({
    ...common,
    entryPoints: ['src/cli/bin.ts'],
    outfile: 'dist/cli.cjs',
    external: ['koffi'],
    supported: { 'dynamic-import': false },
    plugins: [setApart, lightWidth, lightAssert],
    // One expression, as bin/ocikit.cjs runs it. The modules' address is that of an unbundled one, so that what a module
    // finds beside itself is where it expects it.
    banner: {
      js: "(function (require, __dirname) {var moduleUrl = require('node:url').pathToFileURL(__dirname + '/cli/bin.js').href;",
    },
    footer: { js: '})' },
    define: { 'import.meta.url': 'moduleUrl' },
    write: false,
  });
  // One byte a character is read and compared fastest; esbuild leaves what stands in regular expressions.
  const text = outputFiles[0].text.replace(
    /[^\0-\x7f]/g,
    found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  writeFileSync(join(dist, 'cli.cjs'), text);
  return [metafile, ...(await Promise.all([...found].map(bundleApart)))];
}

/** The folder of the package that a bundled file comes from. */
function packageOf(file) {
  const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
  return found === null ? [] : [found[1]];
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const texts = readdirSync(join(root, folder))
    .filter(file => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort();
  const body = texts.map(file => readFileSync(join(root, folder, file), 'utf8').trim()).join('\n\n');
  return `${name} ${version} (${license})\n\n${body === '' ? `Licence: ${license}; the package has no licence file.` : body}\n`;
}

function writeNotices(metafiles) {
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(output => Object.keys(output.inputs));
  const used = new Set(inputs.flatMap(packageOf));
  const rule = `\n${'-'.repeat(80)}\n\n`;
  const head = 'dist/cli.cjs and dist/packages hold code of these packages.\n';
  writeFileSync(join(dist, 'THIRD_PARTY_NOTICES'), [head, ...[...used].sort().map(noticeOf)].join(rule));
}

/**
 * Compiles what quick commands need, by running them, and keeps it beside the program. Another Node than this one
 * ignores it.
 */
function compileProgram() {
  const place = mkdtempSync(join(tmpdir(), 'ocikit-build-'));
  const image = join(place, 'layout:sample');
  const warmUp = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const [file, folder, image] = process.argv.splice(1);
    const script = new (require('node:vm').Script)(readFileSync(file, 'latin1'), { filename: file });
    const lines = [['history', '--help'], ['history', image], ['inspect', image], ['images', image.slice(0, -7)], ['tag', image, 'b']];
    process.on('beforeExit', () => {
      const words = lines.shift();
      if (words === undefined) return writeFileSync(file + '.cache', script.createCachedData());
      process.argv = [process.execPath, file, ...words];
      script.runInThisContext()(require, folder);
      setImmediate(() => {});
    });`;
  try {
    execFileSync(process.execPath, [join(root, 'bin/ocikit.cjs'), 'commit', join(root, 'bin'), image], {
      stdio: 'ignore',
    });
    execFileSync(process.execPath, ['-e', warmUp, join(dist, 'cli.cjs'), dist, image], { stdio: 'ignore' });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
compileLibrary();
writeNotices(await bundleProgram());
compileProgram();
