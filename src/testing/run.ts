import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

/** Runs `*.test.ts` (or `*.interop.ts` when asked) under src; further words keep the files whose path holds one of them. */
const [kind, words] =
  process.argv[2] === 'interop' ? ['.interop.ts', process.argv.slice(3)] : ['.test.ts', process.argv.slice(2)];
const src = dirname(dirname(fileURLToPath(import.meta.url)));
const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith(kind))
  .map(entry => join(entry.parentPath, entry.name))
  .filter(file => words.length === 0 || words.some(word => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`no ${kind} file under ${src}`);
  process.exit(1);
}
/** No file needs a tenth of this, in milliseconds: what hangs is told by its name, instead of holding up everything. */
const hangs = 20 * 60 * 1000;
run({ files, concurrency: kind === '.test.ts' ? availableParallelism() : 1, timeout: hangs })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
