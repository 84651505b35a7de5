import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from './temporary.ts';

/**
 * A program for child processes as one file, so that each starts in a few hundredths of a second: TypeScript, whose imports name
 * files by their whole path. `native` says whether it finds the optional package koffi.
 */
export async function bundledScript(
  t: TestContext,
  program: string,
  native: 'with koffi' | 'without koffi' = 'with koffi',
): Promise<string> {
  const { build } = await import('esbuild');
  const directory = temporaryDirectory(t);
  const [entry, outfile] = [join(directory, 'child.ts'), join(directory, 'child.mjs')];
  writeFileSync(entry, program);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['*/portable.ts'],
    // Some packages are CommonJS and ask for Node's own modules.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf('file:///none/');",
    },
    define: { 'import.meta.url': native === 'with koffi' ? JSON.stringify(import.meta.url) : '"file:///none/"' },
  });
  return outfile;
}

/** A child's exit code and what it wrote to stderr. */
export function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly text: string }> {
  return new Promise(resolve => {
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.on('close', code => resolve({ code, text }));
  });
}
