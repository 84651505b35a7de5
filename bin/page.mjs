// Writes src/report/assets.ts, the script and the style of a report's page, from src/report/browser. `npm run page`.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const notice = readFileSync(join(root, 'node_modules/d3-hierarchy/LICENSE'), 'utf8').trim();

/** One file with all that it brings along, as small as it gets, in letters of ASCII: the same bytes each time. */
async function bundled(entry, options) {
  const target = ['chrome111', 'firefox113', 'safari16.4'];
  const common = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    charset: 'ascii',
    legalComments: 'none',
  };
  const { outputFiles } = await build({ ...common, target, entryPoints: [entry], ...options });
  return outputFiles[0].text.trim();
}

const asset = text => {
  // What would end the element that it stands in.
  if (/<\/|<!--/.test(text)) throw new Error('an asset of the page: expected no end of an element in it');
  const hash = `sha256-${createHash('sha256').update(text).digest('base64')}`;
  return `{\n  hash: ${JSON.stringify(hash)},\n  text: ${JSON.stringify(text)},\n}`;
};

/** The text of src/report/assets.ts. */
export async function assetsText() {
  const script = await bundled('src/report/browser/main.ts', { format: 'iife' });
  const style = await bundled('src/report/browser/page.css', {});
  return `/* Made from src/report/browser by bin/page.mjs: not edited by hand. */

/** What stands in an element of the page, and its hash as a policy names it. */
interface Asset {
  readonly hash: string;
  readonly text: string;
}

/** The page's script; of d3-hierarchy it holds the layout of treemaps. */
export const script: Asset = ${asset(`/*! d3-hierarchy\n${notice}\n*/${script}`)};

/** The page's style. */
export const style: Asset = ${asset(style)};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(join(root, 'src/report/assets.ts'), await assetsText());
