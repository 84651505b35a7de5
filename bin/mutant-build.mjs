// Bundles of test files in which the mutants of some sources sleep. Tests that bundle programs for child processes find them there, too.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sourceWithUrl } from './own-url.mjs';

const esbuild = createRequire(import.meta.url).resolve('esbuild');

const runtime = `
import { appendFileSync } from 'node:fs';
const active = Number(process.env.MUTANT ?? -1);
const record = process.env.MUTANT_HITS;
const hits = new Set();
if (record !== undefined) process.on('exit', () => appendFileSync(record, [...hits].join('\\n') + '\\n'));
export const __m = id => id === active || (record !== undefined && hits.add(id) && false);`;

/** Gives the sources of `file`, a JSON object from path to text, in place of those on disk. */
export function mutantPlugin(file) {
  const sources = JSON.parse(readFileSync(file, 'utf8'));
  return {
    name: 'mutants',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^mutant-runtime$/ }, () => ({ path: 'runtime', namespace: 'mutant' }));
      onLoad({ filter: /.*/, namespace: 'mutant' }, () => ({ contents: runtime }));
      onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) =>
        sources[path] === undefined
          ? undefined
          : { contents: `import { __m } from 'mutant-runtime';\n${sources[path]}`, loader: 'js' },
      );
    },
  };
}

/** What counts the blocks that are entered by where they stand, which in a bundle says nothing. */
const uncounted = `
export async function workOf(action) { await action(); return 1000; }
export async function isLinear(work, size) { await work(size); }
export function hasEvenParts(work, size) { for (const part of work(size)); }`;

/** Each module knows where its source stands. */
const ownUrl = {
  name: 'own-url',
  setup({ onLoad }) {
    onLoad({ filter: /\/testing\/work\.ts$/ }, () => ({ contents: uncounted }));
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => ({
      contents: sourceWithUrl(path),
      loader: 'ts',
    }));
  },
};

const esbuildOfTests = file => ({
  name: 'esbuild-of-tests',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^esbuild$/ }, () => ({ path: 'esbuild', namespace: 'esbuild-of-tests' }));
    onResolve({ filter: /.*/, namespace: 'esbuild-of-tests' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /.*/, namespace: 'esbuild-of-tests' }, () => ({
      contents: `
        import * as real from '${pathToFileURL(esbuild)}';
        import { mutantPlugin } from '${import.meta.url}';
        export const build = options => real.default.build({ ...options, plugins: [mutantPlugin('${file}')] });`,
    }));
  },
});

/** Laws over fewer inputs: a mutant that they do not tell at once would take minutes each. */
const fewerRuns = `
import * as real from 'fast-check';
const most = Number(process.env.MUTANT_RUNS ?? 60);
const assert = (property, options) => real.assert(property, { ...options, numRuns: Math.min(options?.numRuns ?? 100, most) });
export default { ...real.default, assert };`;

const fewLaws = {
  name: 'few-laws',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^fast-check$/ }, ({ namespace }) =>
      namespace === 'few-laws' ? { path: 'fast-check', external: true } : { path: 'fast-check', namespace: 'few-laws' },
    );
    onLoad({ filter: /.*/, namespace: 'few-laws' }, () => ({ contents: fewerRuns }));
  },
};

/** Bundles test files, each to `outdir` by its name in `entryPoints`. Answers what each bundle holds: absolute paths, by its own. */
export async function buildTests(entryPoints, outdir, file) {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    entryPoints,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    plugins: [fewLaws, esbuildOfTests(file), mutantPlugin(file), ownUrl],
    logLevel: 'warning',
    metafile: true,
  });
  const outputs = Object.entries(metafile.outputs);
  return new Map(
    outputs.map(([bundle, { inputs }]) => [resolve(bundle), new Set(Object.keys(inputs).map(input => resolve(input)))]),
  );
}
