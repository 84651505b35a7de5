import { compression, notices, read, type Table, write } from './base-calls.ts';
import type { BuildOptions, CheckBuildOptions } from './build/options.ts';
import * as kinds from './call-kinds.ts';
import { type ChangeVerb, changeTables } from './change-calls.ts';
import type { CommitLayerOptions } from './layer-options.ts';
import { type LookVerb, lookTables } from './look-calls.ts';
import type {
  CommitOptions,
  CopyOptions,
  DiffOptions,
  ExportOptions,
  GcOptions,
  ImagesOptions,
  ImportOptions,
  InspectOptions,
  LoadOptions,
  SaveOptions,
  UnpackOptions,
  ValidateOptions,
} from './options.ts';
import { buildRun, run } from './run/calls.ts';

const { work, flag, text, path, platform, hostPlatform, listOf, oneOf } = kinds;
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
/** What says which layer a commit makes. */
const delta = {
  base: kinds.operand,
  baseDir: kinds.operand,
  exclude: listOf(kinds.glob),
  ignoreFile: path,
  crossMounts: flag,
  owner: kinds.owner,
  clampMtime: kinds.wholeNumber,
  trustMtime: flag,
  strict: flag,
};
const commit: Table<CommitOptions> = {
  ...made,
  ...delta,
  createdBy: text,
  squash: flag,
  keepBase: flag,
};
const { platform: _one, ...places } = read;
const build: Table<BuildOptions> = {
  ...places,
  ...compression,
  platforms: listOf(platform),
  file: path,
  dockerfile: text,
  target: text,
  ...buildRun,
  buildArguments: listOf(text),
  contexts: listOf(text),
  bases: listOf(kinds.operand),
  labels: listOf(text),
  annotations: listOf(kinds.annotation),
  created: kinds.time,
  now: kinds.time,
  cacheFrom: listOf(kinds.operand),
  cacheTo: kinds.operand,
  noCache: flag,
  noCacheStages: listOf(text),
  output: kinds.buildOutput,
  events: kinds.listener,
  iidFile: path,
  metadataFile: path,
  contextCache: path,
  sbom: flag,
  provenance: kinds.oneOf('min', 'max'),
  dryRun: flag,
};
const checkBuild: Table<CheckBuildOptions> = {
  ...work,
  file: path,
  dockerfile: text,
  buildArguments: listOf(text),
  platform,
  hostPlatform,
};
const commitLayer: Table<CommitLayerOptions> = {
  ...write,
  ...compression,
  ...delta,
  platform,
  hostPlatform,
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
  manifest: flag,
  text: listOf(kinds.glob),
  renames: flag,
  stat: flag,
  similarity: kinds.percent,
  trustMtime: flag,
  strict: flag,
};
const { platform: _of, hostPlatform: _host, crossMounts: _cross, ...diffPlatforms } = diff;
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
  errors: kinds.sentences,
  all: flag,
  filters: listOf(text),
  size: oneOf('stored', 'uncompressed'),
  now: kinds.wholeNumber,
  warnings: kinds.sentences,
};
const inspected: Table<InspectOptions> = { ...read, errors: kinds.sentences };
const load: Table<LoadOptions> = write;
const save: Table<SaveOptions> = { ...write, platform, format: oneOf('universal', 'oci', 'docker') };
const unpack: Table<UnpackOptions> = {
  ...read,
  bundle: flag,
  rootless: flag,
  uidMap: listOf(kinds.idRange),
  gidMap: listOf(kinds.idRange),
  force: flag,
  strict: flag,
};
const validate: Table<ValidateOptions> = { ...work, fast: flag, strict: flag, engines: listOf(text) };

/** The library's functions that do something. */
export type Verb =
  | ChangeVerb
  | LookVerb
  | 'build'
  | 'checkBuild'
  | 'commit'
  | 'commitLayer'
  | 'commitLayerStream'
  | 'copy'
  | 'diff'
  | 'diffPlatforms'
  | 'exportImage'
  | 'exportStream'
  | 'gc'
  | 'history'
  | 'images'
  | 'importRootfs'
  | 'init'
  | 'inspect'
  | 'inspectRaw'
  | 'load'
  | 'run'
  | 'save'
  | 'saveStream'
  | 'tag'
  | 'unpack'
  | 'untag'
  | 'validate';

/** Every function's options. */
export const optionTables: Readonly<Record<Verb, Readonly<Record<string, kinds.Kind>>>> = {
  ...changeTables,
  ...lookTables,
  build,
  checkBuild,
  commit,
  commitLayer,
  commitLayerStream: commitLayer,
  copy,
  diff,
  diffPlatforms,
  exportImage: exported,
  exportStream: exported,
  gc,
  history: read,
  images,
  importRootfs: made,
  init: write,
  inspect: inspected,
  inspectRaw: read,
  load,
  run,
  save,
  saveStream: save,
  tag: write,
  unpack,
  untag: write,
  validate,
};
