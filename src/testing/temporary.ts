import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Lets an ordinary user change, and remove, what lies below a directory whatever modes an image or a fixture gave it. */
export function makeWritable(path: string): void {
  if (process.getuid?.() !== 0 && existsSync(path)) execFileSync('chmod', ['-R', 'u+rwX', '--', path]);
}

/** Removes whatever stands at a path, if anything. */
export function removeTree(path: string): void {
  makeWritable(path);
  rmSync(path, { recursive: true, force: true });
}

/** A directory of the test's own, removed when the test ends. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ocikit-test-'));
  t.after(() => removeTree(directory));
  return directory;
}

/** A directory for all tests of a file, which removes it in the end. */
export function ownDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ocikit-test-'));
  return { path, remove: () => removeTree(path) };
}
