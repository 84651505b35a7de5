import { changed, compression, read, type Table, write } from './base-calls.ts';
import * as kinds from './call-kinds.ts';
import type {
  CheckBaseOptions,
  DropOptions,
  FixOptions,
  RebaseOptions,
  SquashOptions,
  StripOptions,
} from './layer-options.ts';
import type {
  AppendOptions,
  AttachOptions,
  ConfigOptions,
  ConvertOptions,
  IndexOptions,
  ReferrersOptions,
} from './options.ts';

const { flag, text, path, platform, listOf, oneOf } = kinds;
const append: Table<AppendOptions> = {
  ...changed,
  ...compression,
  normalize: flag,
  owner: text,
  mode: text,
  exclude: listOf(kinds.glob),
  ignoreFile: path,
};
const attach: Table<AttachOptions> = {
  ...read,
  dryRun: flag,
  artifactType: kinds.mediaType,
  annotations: listOf(kinds.annotation),
  created: kinds.time,
  tag: text,
  fallbackTag: flag,
};
const referrers: Table<ReferrersOptions> = { ...read, artifactType: text, recursive: flag, scan: flag };
const config: Table<ConfigOptions> = {
  ...changed,
  unset: listOf(text),
  set: listOf(text),
  layerAnnotations: listOf(text),
  indexAnnotations: listOf(kinds.annotation),
  redact: listOf(text),
  noHistory: flag,
  historyAuthor: text,
  historyCreated: kinds.time,
};
const convert: Table<ConvertOptions> = {
  ...changed,
  ...compression,
  compression: oneOf('gzip', 'zstd', 'none', 'estargz', 'zstd:chunked'),
  format: oneOf('oci', 'docker'),
};
const index: Table<IndexOptions> = {
  ...write,
  platforms: listOf(platform),
  annotations: listOf(kinds.annotation),
  entryAnnotations: listOf(kinds.annotation),
  artifactType: kinds.mediaType,
  subject: kinds.operand,
  nest: flag,
};
const squash: Table<SquashOptions> = {
  ...changed,
  ...compression,
  layers: kinds.layerRange,
  fromBase: kinds.operand,
};
const strip: Table<StripOptions> = { ...changed, ...compression, keepLinks: flag, redact: listOf(text) };
const { allPlatforms: _allPlatforms, platform: _platform, ...withoutPlatform } = changed;
const fix: Table<FixOptions> = withoutPlatform;
const drop: Table<DropOptions> = { ...changed, layers: kinds.layerRange, createdBy: text, materialize: flag };
const rebase: Table<RebaseOptions> = {
  ...changed,
  oldBase: kinds.operand,
  newBase: kinds.operand,
  force: flag,
  strict: flag,
};
const checkBase: Table<CheckBaseOptions> = read;

/** The library's functions that change images, and what is said of that. */
export type ChangeVerb =
  | 'addToIndex'
  | 'append'
  | 'attach'
  | 'checkBase'
  | 'config'
  | 'convert'
  | 'createIndex'
  | 'drop'
  | 'fix'
  | 'listIndex'
  | 'rebase'
  | 'referrers'
  | 'removeFromIndex'
  | 'squash'
  | 'strip';

/** Their options. */
export const changeTables: Readonly<Record<ChangeVerb, Readonly<Record<string, kinds.Kind>>>> = {
  addToIndex: index,
  append,
  attach,
  checkBase,
  config,
  convert,
  createIndex: index,
  drop,
  fix,
  listIndex: kinds.work,
  rebase,
  referrers,
  removeFromIndex: index,
  squash,
  strip,
};
