import * as kinds from './call-kinds.ts';
import type { CheckBaseOptions, DropOptions, RebaseOptions, SquashOptions, StripOptions } from './layer-options.ts';
import { type LookVerb, lookTables } from './look-calls.ts';
import type {
  AppendOptions,
  AttachOptions,
  ChangeOptions,
  CommitOptions,
  ConfigOptions,
  ConvertOptions,
  CopyOptions,
  DiffOptions,
  ExportOptions,
  GcOptions,
  ImagesOptions,
  ImportOptions,
  IndexOptions,
  LoadOptions,
  ReadOptions,
  ReferrersOptions,
  SaveOptions,
  UnpackOptions,
  ValidateOptions,
  WriteOptions,
} from './options.ts';

/** A kind for each option that there is: none is left out and none is invented. */
type Table<O> = { readonly [Name in keyof Required<O>]: kinds.Kind };

const { work, flag, text, path, platform, hostPlatform, listOf, oneOf } = kinds;
const notices = kinds.sentences;
const read: Table<ReadOptions> = { ...work, notices, platform, hostPlatform };
const write: Table<WriteOptions> = { ...work, dryRun: flag };
const compression = {
  compression: oneOf('gzip', 'zstd', 'none'),
  level: kinds.wholeNumber,
  compressor: oneOf('zlib', 'portable'),
};
const made: Table<ImportOptions> = {
  ...write,
  ...compression,
  platform,
  hostPlatform,
  author: text,
  message: text,
  instructions: listOf(text),
  created: kinds.time,
  annotations: listOf(kinds.annotation),
};
/** What every verb takes that makes an image of an image. */
const changed: Table<ChangeOptions> = {
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
const append: Table<AppendOptions> = {
  ...changed,
  ...compression,
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
const referrers: Table<ReferrersOptions> = { ...read, artifactType: text, recursive: flag };
const config: Table<ConfigOptions> = {
  ...changed,
  unset: listOf(text),
  set: listOf(text),
  layerAnnotations: listOf(text),
  indexAnnotations: listOf(kinds.annotation),
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
  artifactType: kinds.mediaType,
  subject: kinds.operand,
  nest: flag,
};
const commit: Table<CommitOptions> = {
  ...made,
  base: kinds.operand,
  createdBy: text,
  exclude: listOf(kinds.glob),
  ignoreFile: path,
  crossMounts: flag,
  owner: kinds.owner,
  clampMtime: kinds.wholeNumber,
  trustMtime: flag,
  squash: flag,
  keepBase: flag,
  strict: flag,
};
const copy: Table<CopyOptions> = {
  ...work,
  hostPlatform,
  ...compression,
  all: flag,
  platforms: listOf(platform),
  format: oneOf('oci', 'docker'),
  referrers: flag,
  dryRun: flag,
};
const diff: Table<DiffOptions> = {
  ...read,
  ignore: listOf(text),
  semantic: flag,
  paths: listOf(kinds.glob),
  crossMounts: flag,
  config: flag,
  trustMtime: flag,
  strict: flag,
};
const exported: Table<ExportOptions> = { ...read, dryRun: flag };
const gc: Table<GcOptions> = {
  ...write,
  grace: text,
  now: kinds.wholeNumber,
  untagged: flag,
  danglingReferrers: flag,
  ignoreManifestJson: flag,
};
const images: Table<ImagesOptions> = {
  ...work,
  notices,
  all: flag,
  filters: listOf(text),
  size: oneOf('stored', 'uncompressed'),
  now: kinds.wholeNumber,
  warnings: kinds.sentences,
};
const load: Table<LoadOptions> = write;
const save: Table<SaveOptions> = { ...write, platform, format: oneOf('universal', 'oci', 'docker') };
const squash: Table<SquashOptions> = {
  ...changed,
  ...compression,
  layers: kinds.layerRange,
  fromBase: kinds.operand,
};
const strip: Table<StripOptions> = { ...changed, ...compression, keepLinks: flag };
const drop: Table<DropOptions> = { ...changed, layers: kinds.layerRange, createdBy: text, materialize: flag };
const rebase: Table<RebaseOptions> = {
  ...changed,
  oldBase: kinds.operand,
  newBase: kinds.operand,
  force: flag,
  strict: flag,
};
const checkBase: Table<CheckBaseOptions> = read;
const unpack: Table<UnpackOptions> = {
  ...read,
  bundle: flag,
  rootless: flag,
  uidMap: listOf(kinds.idRange),
  gidMap: listOf(kinds.idRange),
  force: flag,
  strict: flag,
};
const validate: Table<ValidateOptions> = { ...work, fast: flag, strict: flag };

/** The library's functions that do something. */
export type Verb =
  | LookVerb
  | 'append'
  | 'checkBase'
  | 'attach'
  | 'commit'
  | 'config'
  | 'convert'
  | 'copy'
  | 'diff'
  | 'drop'
  | 'exportImage'
  | 'exportStream'
  | 'gc'
  | 'history'
  | 'images'
  | 'importRootfs'
  | 'addToIndex'
  | 'createIndex'
  | 'listIndex'
  | 'removeFromIndex'
  | 'init'
  | 'inspect'
  | 'inspectRaw'
  | 'load'
  | 'referrers'
  | 'save'
  | 'saveStream'
  | 'rebase'
  | 'squash'
  | 'strip'
  | 'tag'
  | 'unpack'
  | 'untag'
  | 'validate';

/** Every function's options. */
export const optionTables: Readonly<Record<Verb, Readonly<Record<string, kinds.Kind>>>> = {
  ...lookTables(read),
  append,
  checkBase,
  attach,
  commit,
  config,
  convert,
  copy,
  diff,
  drop,
  exportImage: exported,
  exportStream: exported,
  gc,
  history: read,
  images,
  importRootfs: made,
  addToIndex: index,
  createIndex: index,
  listIndex: work,
  removeFromIndex: index,
  init: write,
  inspect: read,
  inspectRaw: read,
  load,
  referrers,
  save,
  saveStream: save,
  rebase,
  squash,
  strip,
  tag: write,
  unpack,
  untag: write,
  validate,
};
