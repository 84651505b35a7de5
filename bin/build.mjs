// Builds dist/: the library as plain modules (tsc), and the program as one file with its compiled code beside it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const npmBin = name => join(root, 'node_modules', '.bin', name);

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

async function bundleProgram() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/bin.ts'],
    outfile: 'dist/cli.cjs',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['koffi'],
    plugins: [lightWidth],
    // One expression, as bin/ocikit.cjs runs it. The modules' address is that of an unbundled one, so that what a module
    // finds beside itself is where it expects it.
    banner: {
      js: "(function (require, __dirname) {var moduleUrl = require('node:url').pathToFileURL(__dirname + '/cli/bin.js').href;",
    },
    footer: { js: '})' },
    define: { 'import.meta.url': 'moduleUrl' },
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
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

function writeNotices(metafile) {
  const used = new Set(Object.keys(metafile.outputs['dist/cli.cjs'].inputs).flatMap(packageOf));
  const rule = `\n${'-'.repeat(80)}\n\n`;
  const head = 'dist/cli.cjs holds code of these packages.\n';
  writeFileSync(join(dist, 'THIRD_PARTY_NOTICES'), [head, ...[...used].sort().map(noticeOf)].join(rule));
}

/** Compiles what every start needs and keeps it beside the program; another version of Node than this one ignores it. */
function compileProgram() {
  const warmUp = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const [file, folder] = process.argv.splice(1, 2);
    const script = new (require('node:vm').Script)(readFileSync(file, 'latin1'), { filename: file });
    process.argv.splice(1, 0, file);
    script.runInThisContext()(require, folder);
    process.once('exit', () => writeFileSync(file + '.cache', script.createCachedData()));`;
  const words = ['-e', warmUp, join(dist, 'cli.cjs'), dist, 'history', '--help'];
  execFileSync(process.execPath, words, { stdio: 'ignore' });
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
compileLibrary();
writeNotices(await bundleProgram());
compileProgram();
