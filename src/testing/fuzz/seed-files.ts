import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fixturesRoot } from '../fixtures.ts';
import { longestInput } from './mutate.ts';

/** Of so many files at most one in turn is taken, evenly over the folder: a corpus tells more by what it has than by how often. */
const mostFiles = 60;

/** Small files of a folder of the shared fixtures as inputs to start from; none where this checkout has no such folder. */
export function fixtureSeeds(folder: string, isWanted: (path: string) => boolean = () => true): readonly Uint8Array[] {
  const root = join(fixturesRoot, folder);
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => isWanted(path) && statSync(path).size <= longestInput)
    .sort();
  const step = Math.max(1, Math.ceil(files.length / mostFiles));
  return files.filter((_, at) => at % step === 0).map(path => readFileSync(path));
}

export const textSeeds = (...texts: readonly string[]): readonly Uint8Array[] => texts.map(text => Buffer.from(text));
