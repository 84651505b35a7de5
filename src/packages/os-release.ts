import { linesOf, utf8Of } from './text.ts';

/** What a root filesystem says of itself (os-release(5)); values by their names. */
export type OsRelease = ReadonlyMap<string, string>;

/** Where it stands, the first that is there counts. */
export const osReleasePlaces: readonly string[] = ['etc/os-release', 'usr/lib/os-release'];

/** The assignments of an os-release file, quotes of a shell taken off. */
export function parseOsRelease(bytes: Uint8Array): OsRelease {
  const values = new Map<string, string>();
  for (const line of linesOf(utf8Of(bytes))) {
    const [, name, value = ''] = /^\s*([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line.slice(0, 4096)) ?? [];
    if (name === undefined) continue;
    const [, double, single] = /^"((?:[^"\\]|\\.)*)"$|^'([^']*)'$/.exec(value) ?? [];
    values.set(name, double?.replace(/\\(.)/g, '$1') ?? single ?? value);
  }
  return values;
}
