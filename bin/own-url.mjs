import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** The text of a module that is to know where its source stands, whatever it is bundled into. */
export const sourceWithUrl = path =>
  readFileSync(path, 'utf8').replace(/(?<!['"])import\.meta\.url(?!['"])/g, JSON.stringify(pathToFileURL(path).href));
