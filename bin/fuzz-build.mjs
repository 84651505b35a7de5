// The fuzz targets as one file in which each block of ocikit's own code counts how often it is entered: V8's own counts take
// twenty milliseconds an input to ask for, and most inputs take one.
import { countingModule, withCounters } from '../src/testing/fuzz/counters.ts';
import { sourceWithUrl } from './own-url.mjs';

/** What runs as text in a worker, where nobody counts. */
const uncounted = /\/testing\/|\/inflate-worker\.ts$/;

function countingPlugin(transform) {
  let next = 1;
  return {
    name: 'counting',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^block-counts$/ }, () => ({ path: 'runtime', namespace: 'counting' }));
      onLoad({ filter: /.*/, namespace: 'counting' }, () => ({ contents: countingModule }));
      onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
        const options = { loader: 'ts', target: 'es2022', supported: { 'template-literal': false } };
        const { code } = await transform(sourceWithUrl(path), options);
        if (uncounted.test(path)) return { contents: code, loader: 'js' };
        const counted = withCounters(code, next);
        next = counted.next;
        return { contents: counted.text, loader: 'js' };
      });
    },
  };
}

/** Writes the program that tries inputs to `outfile`. */
export async function buildFuzz(entry, outfile) {
  const { build, transform } = await import('esbuild');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    sourcemap: 'inline',
    plugins: [countingPlugin(transform)],
    logLevel: 'warning',
  });
}
