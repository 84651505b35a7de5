import { accessSync, constants, statSync } from 'node:fs';

/** Where a program of the host is, by directories as PATH has them; undefined where it is in none of them. */
export function findProgram(name: string, path: string): string | undefined {
  return path
    .split(':')
    .map(directory => `${directory}/${name}`)
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
