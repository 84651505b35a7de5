import { flag, type Kind, wholeNumber } from './call-kinds.ts';
import type { CpOptions, FilesOptions } from './look-options.ts';
import type { ReadOptions } from './options.ts';

type Table<O> = { readonly [Name in keyof Required<O>]: Kind };

/** The library's functions that look into what is there. */
export type LookVerb = 'blame' | 'catStream' | 'cp' | 'cpStream' | 'files';

/** Their options, beside those of whatever reads an image. */
export function lookTables(read: Table<ReadOptions>): Readonly<Record<LookVerb, Readonly<Record<string, Kind>>>> {
  const cp: Table<CpOptions> = { ...read, archive: flag, followLink: flag, force: flag };
  const files: Table<FilesOptions> = { ...read, recursive: flag, depth: wholeNumber, long: flag };
  return { blame: read, catStream: read, cp, cpStream: cp, files };
}
