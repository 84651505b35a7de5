// Writes docs/ and docs/man from the table of verbs. `npm run docs`.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manualFiles } from '../src/cli/manual/files.ts';
import { shapeSources } from '../src/cli/manual/sources.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(root, 'docs/man'), { recursive: true, force: true });
for (const [path, text] of manualFiles(shapeSources.map(file => readFileSync(join(root, file), 'utf8')))) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
