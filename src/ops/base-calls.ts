import * as kinds from './call-kinds.ts';
import type { ChangeOptions, ReadOptions, WriteOptions } from './options.ts';

/** The same options where each may be undefined instead of absent. */
type Undefinable<O> = { readonly [Name in keyof O]: O[Name] | undefined };

/** A kind for each option that there is: none is left out and none is invented; and each may be given as undefined, else there is no table of them. */
export type Table<O> =
  Undefinable<O> extends O ? { readonly [Name in keyof Required<O>]: kinds.Kind } : 'an option that takes no undefined';

const { work, flag, text, platform, hostPlatform, listOf, oneOf } = kinds;
export const notices: kinds.Kind = kinds.sentences;
export const read: Table<ReadOptions> = { ...work, notices, platform, hostPlatform };
export const write: Table<WriteOptions> = { ...work, dryRun: flag };
export const compression: { readonly [Name in 'compression' | 'level' | 'compressor']: kinds.Kind } = {
  compression: oneOf('gzip', 'zstd', 'none'),
  level: kinds.wholeNumber,
  compressor: oneOf('zlib', 'portable'),
};
/** What every verb takes that makes an image of an image. */
export const changed: Table<ChangeOptions> = {
  ...read,
  tag: text,
  output: kinds.operand,
  allPlatforms: flag,
  created: kinds.time,
  now: kinds.time,
  author: text,
  message: text,
  createdBy: text,
  instructions: listOf(text),
  annotations: listOf(kinds.annotation),
  dryRun: flag,
};
