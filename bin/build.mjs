// Builds dist/: declarations (tsc), and the library and the program as one module.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transformSync } from 'esbuild';

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

/**
 * yargs sets up Node's stream of the output, for the width of a terminal that it is told anyway, and looks for a package.json
 * that may tell its program's version, which it is told as well: four milliseconds of every command.
 */
const lightStart = {
  name: 'light-start',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^escalade\/sync$/ }, () => ({ path: 'find-up', namespace: 'light-start' }));
    onLoad({ filter: /.*/, namespace: 'light-start' }, () => ({ contents: 'export default () => undefined;' }));
    onLoad({ filter: /\/yargs\/lib\/platform-shims\/esm\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const light = text.replace(/(?<=stdColumns: )typeof process\.stdout\.columns .*: null/, 'null');
      if (light === text) throw new Error(`${path}: expected stdColumns of process.stdout`);
      return { contents: light };
    });
  },
};

function compileLibrary() {
  const config = join(root, 'tsconfig.build.json');
  const exclude = ['src/report/browser', 'src/testing', 'src/**/*.test.ts', 'src/**/*.interop.ts'];
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
  // Of an error that nobody catches Node shows the line that threw it.
  lineLimit: 160,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/** Declarations name modules by what they are when they run: compilers before 5.7 know no other names. */
function rewriteDeclarations() {
  for (const file of readdirSync(dist, { recursive: true }).filter(file => file.endsWith('.d.ts'))) {
    const path = join(dist, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/((?:\bfrom |\bimport\(|^import )['"]\.[^'"]+)\.ts(?=['"])/gm, '$1.js'));
  }
}

/** What the code imports by name; of packages, yargs alone is needed by every command and stays in the program. */
const isPackage = specifier => !/^(\.|node:|\/)/.test(specifier) && specifier !== 'yargs';
const nameOf = specifier =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const fileOfName = name => `${name.replace(/[^a-z0-9]+/gi, '-').replace(/^-/, '')}.cjs`;
const fileOf = specifier => fileOfName(nameOf(specifier));

/**
 * A package as one file, which the library and the program share, so that nothing is installed beside ocikit and what is
 * there is what was tested. Its last line names its exports for Node, which reads them in the text of such a module.
 */
async function bundlePackage(specifiers) {
  const [first] = specifiers;
  const parts = specifiers.map(specifier => `require(${JSON.stringify(specifier)})`);
  const contents = `module.exports = ${parts.length === 1 ? parts[0] : `Object.assign({}, ${parts.join(', ')})`};`;
  const outfile = join(dist, 'packages', fileOf(first));
  const { metafile } = await build({ ...common, stdin: { contents, resolveDir: root }, outfile });
  const names = Object.keys(createRequire(outfile)(outfile)).filter(name => /^[A-Za-z_$][\w$]*$/.test(name));
  if (names.length > 0) appendFileSync(outfile, `0&&(module.exports={${names.filter(name => name !== 'default')}});\n`);
  return metafile;
}

/** All packages that modules of the library import, each once, and the imports turned to them. */
async function bundlePackages() {
  const found = new Map();
  for (const file of readdirSync(dist, { recursive: true }).filter(file => /\.js$/.test(file))) {
    const path = join(dist, file);
    const up = '../'.repeat(file.split('/').length - 1) || './';
    const text = readFileSync(path, 'utf8').replace(/(\bfrom |\bimport\()'([^']+)'/g, (whole, before, specifier) => {
      if (!isPackage(specifier)) return whole;
      found.set(nameOf(specifier), new Set([...(found.get(nameOf(specifier)) ?? []), specifier]));
      return `${before}'${up}packages/${fileOf(specifier)}'`;
    });
    // Comments are for the sources; declarations keep theirs.
    writeFileSync(path, transformSync(text, { format: 'esm', target: 'node20', legalComments: 'none' }).code);
  }
  return Promise.all([...found.values()].map(specifiers => bundlePackage([...specifiers].sort())));
}

/** What the library's entry exports beside types. */
function libraryNames() {
  const entry = readFileSync(join(dist, 'index.js'), 'utf8');
  const lists = [...entry.matchAll(/export \{([^}]*)\}/g)].map(([, names]) => names);
  return lists.flatMap(names => names.split(',').map(name => name.trim())).filter(name => name !== '');
}

/** Leaves the declarations that the library's entry leads to; what runs is in the one module, from which the entry has it. */
function prune() {
  const names = libraryNames();
  const kept = new Set();
  const keep = file => {
    if (kept.has(file)) return;
    kept.add(file);
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(
      /(?:\bfrom |\bimport\(|^import )['"](\.[^'"]+)['"]/gm,
    ))
      keep(join(file, '..', specifier).replace(/\.js$/, '.d.ts'));
  };
  keep(join(dist, 'index.d.ts'));
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (/\.(js|d\.ts)$/.test(entry.name) && !kept.has(file)) rmSync(file);
  }
  const folders = readdirSync(dist, { recursive: true, withFileTypes: true }).filter(entry => entry.isDirectory());
  for (const { parentPath, name } of folders.reverse()) {
    const folder = join(parentPath, name);
    if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  }
  // Node reads the names of such a module's exports in its text.
  const library = `module.exports = require('./ocikit.cjs').library();\n0 && (module.exports = { ${names.join(', ')} });\n`;
  writeFileSync(join(dist, 'library.cjs'), library);
  writeFileSync(join(dist, 'index.js'), `export { ${names.join(', ')} } from './library.cjs';\n`);
}

/** What the library exports is called what it is called there, in stacks as well, however short its name has become. */
const parts = `
exports.run = () => require('./src/cli/bin.ts');
exports.library = () => {
  const library = require('./src/index.ts');
  for (const [name, value] of Object.entries(library)) Object.defineProperty(value, 'name', { value: name });
  return library;
};`;

async function bundleProgram() {
  const setApart = {
    name: 'set-apart',
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/, namespace: 'file' }, ({ path, importer }) => {
        if (!importer.startsWith(join(root, 'src')) || !isPackage(path)) return undefined;
        return { path: `../dist/packages/${fileOf(path)}`, external: true };
      });
    },
  };
  const { metafile, outputFiles } = await build({
    ...common,
    // Each part is made when it is asked for: a command does not wait for what it does not use.
    stdin: { contents: parts, resolveDir: root },
    outfile: 'dist/ocikit.cjs',
    supported: { 'dynamic-import': false },
    plugins: [setApart, lightWidth, lightAssert, lightStart],
    // The modules' address is that of an unbundled one, so that what a module finds beside itself is where it expects it.
    // The address of a package's file, for workers; throws where this module has been put into another bundle, without it.
    banner: {
      js: `var moduleUrl = require('node:url').pathToFileURL(__dirname + '/cli/bin.js').href;
var fileOfName = ${fileOfName};
var packageUrl = name => require('node:url').pathToFileURL(require.resolve(__dirname + '/packages/' + fileOfName(name))).href;`,
    },
    define: { 'import.meta.url': 'moduleUrl', 'import.meta.resolve': 'packageUrl' },
    write: false,
  });
  // One byte a character is read and compared fastest; esbuild leaves what stands in regular expressions.
  const text = outputFiles[0].text.replace(
    /[^\0-\x7f]/g,
    found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const identity = createHash('sha256').update(text).digest('hex').slice(0, 16);
  writeFileSync(join(dist, 'ocikit.cjs'), `/*${identity}*/${text}`);
  return metafile;
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
  // The script of a report's page is text here, with a package in it.
  const used = new Set([...inputs.flatMap(packageOf), 'node_modules/d3-hierarchy']);
  const rule = `\n${'-'.repeat(80)}\n\n`;
  const head = 'dist/ocikit.cjs and dist/packages hold code of these packages.\n';
  writeFileSync(join(dist, 'THIRD_PARTY_NOTICES'), [head, ...[...used].sort().map(noticeOf)].join(rule));
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
compileLibrary();
rewriteDeclarations();
writeNotices([...(await bundlePackages()), await bundleProgram()]);
prune();
