import { chmodSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Shared test data lies beside the checkout, not in it. */
export const fixturesRoot: string = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/fixtures');

/** The absolute path of a shared fixture, or undefined after the test has been skipped with a message because this checkout has none. */
export function fixture(t: TestContext, path: string): string | undefined {
  const file = join(fixturesRoot, path);
  if (existsSync(file)) return file;
  t.skip(`no shared fixtures here: ${path}`);
  return undefined;
}

/** The `cases` of a shared fixture table such as `cases/digests.json`. */
export function fixtureCases<T>(t: TestContext, path: string): readonly T[] | undefined {
  const file = fixture(t, path);
  return file === undefined ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as { cases: T[] }).cases;
}

/** Copies a shared directory, which may be read-only, so that its owner can write to the copy. */
export function copyWritable(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
}
