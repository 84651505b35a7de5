import type { AnalyzeOptions } from './analyze-options.ts';
import { notices, read, type Table } from './base-calls.ts';
import { count, flag, glob, type Kind, listOf, oneOf, path, sentences, text, time, work } from './call-kinds.ts';
import type { CpOptions, FilesOptions, ReportOptions } from './look-options.ts';
import type { SbomOptions } from './package-options.ts';

/** The library's functions that look into what is there. */
export type LookVerb =
  | 'analyze'
  | 'blame'
  | 'catStream'
  | 'cp'
  | 'cpStream'
  | 'diffLayers'
  | 'diffPackages'
  | 'dockerfileOf'
  | 'files'
  | 'packages'
  | 'report'
  | 'reportStream'
  | 'sbom'
  | 'sharing';

const analyze: Table<AnalyzeOptions> = {
  ...read,
  depth: count,
  maxWasted: text,
  maxSize: text,
  forbid: listOf(glob),
  noSetuid: flag,
  rules: path,
};
const cp: Table<CpOptions> = { ...read, archive: flag, followLink: flag, force: flag, merge: flag };
const files: Table<FilesOptions> = { ...read, errors: sentences, recursive: flag, depth: count, long: flag };

const report: Table<ReportOptions> = { ...read, dryRun: flag };

/** Their options. */
export const lookTables: Readonly<Record<LookVerb, Readonly<Record<string, Kind>>>> = {
  analyze,
  blame: read,
  catStream: read,
  cp,
  cpStream: cp,
  diffLayers: read,
  diffPackages: read,
  dockerfileOf: read,
  files,
  packages: read,
  report,
  reportStream: report,
  sharing: { ...work, notices },
  sbom: { ...read, format: oneOf('spdx', 'cyclonedx'), created: time } satisfies Table<SbomOptions>,
};
