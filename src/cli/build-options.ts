import { buildAttestOptions } from './build-attest-options.ts';
import { buildRunOptions } from './build-run-options.ts';
import { excludes, type Option, type Rule } from './command.ts';
import { compressionOptions, compressionRules } from './compression-options.ts';
import { shared } from './shared-options.ts';

export const buildOptions: readonly Option[] = [
  {
    name: 'tag',
    alias: 't',
    kind: 'texts',
    value: 'LAYOUT[:NAME]',
    completes: 'image',
    describe: 'where the image goes; may be repeated',
  },
  {
    name: 'file',
    alias: 'f',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    default: 'CONTEXT/Dockerfile',
    describe: 'the Dockerfile',
  },
  {
    name: 'target',
    kind: 'text',
    value: 'STAGE',
    default: 'the last',
    describe: 'the stage to build, by name or number',
  },
  {
    name: 'build-arg',
    kind: 'texts',
    value: 'NAME[=VALUE]',
    describe: 'a value for ARG, of the environment where none is said; may be repeated',
  },
  {
    name: 'build-context',
    kind: 'texts',
    value: 'NAME=PLACE',
    describe: 'a directory, or an image (oci:LAYOUT:NAME), that FROM or COPY --from calls NAME; may be repeated',
  },
  {
    name: 'base-layout',
    kind: 'texts',
    value: 'PLACE',
    completes: 'file',
    describe: 'a layout or an archive to look for images in, by name; may be repeated',
  },
  { name: 'label', kind: 'texts', value: 'NAME=VALUE', describe: 'on the config; may be repeated' },
  {
    name: 'annotation',
    kind: 'texts',
    value: '[WHERE:]KEY=VALUE',
    describe:
      'on the manifest, or where is said: manifest-descriptor:, index:, index-descriptor: (manifest[OS/ARCH]: for one platform); may be repeated',
  },
  {
    ...shared.platform,
    kind: 'texts',
    default: "the host's, on linux",
    describe: 'what the image is for: OS/ARCH[/VARIANT]; of several (with commas, or repeated) an index is made',
  },
  {
    name: 'cache-from',
    kind: 'texts',
    value: 'PLACE',
    completes: 'file',
    describe: 'a layout or an archive with cached steps, beside the layout of -t; may be repeated',
  },
  {
    name: 'cache-to',
    kind: 'text',
    value: 'LAYOUT',
    completes: 'file',
    default: 'the layout of -t',
    describe: 'where it is kept what each step made',
  },
  { name: 'no-cache', kind: 'flag', describe: 'do every step anew' },
  {
    name: 'no-cache-filter',
    kind: 'texts',
    value: 'STAGE',
    describe: 'do the steps of these stages anew; may be repeated',
  },
  {
    name: 'created',
    kind: 'text',
    value: 'TIME',
    default: 'SOURCE_DATE_EPOCH, else now',
    describe: 'when the image was made (RFC 3339)',
  },
  {
    name: 'output',
    default: 'nothing but the image',
    alias: 'o',
    kind: 'text',
    value: 'TYPE,DEST',
    describe:
      'what else is written, or instead of -t: type=oci|docker|tar|local,dest=PATH (name=NAME in an archive); a path alone is type=local, - a tar on standard output',
  },
  {
    name: 'iidfile',
    default: 'none',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    describe: 'a file for the image ID',
  },
  {
    name: 'metadata-file',
    default: 'none',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    describe: "a file for buildx's metadata (JSON)",
  },
  {
    name: 'progress',
    kind: 'text',
    choices: ['auto', 'tty', 'plain', 'rawjson', 'quiet', 'none'],
    default: 'auto: tty on a terminal, else plain',
    describe:
      "what is told on standard error: each step drawn as it goes on, in BuildKit's plain form, as lines of JSON, or nothing",
  },
  ...buildAttestOptions,
  ...buildRunOptions,
  ...compressionOptions,
  { name: 'check', kind: 'flag', describe: "only look for what is wrong with the Dockerfile, by BuildKit's rules" },
  shared.dryRun,
];

const registry = 'there is no registry: skopeo copy brings a base into a layout, and an image out of one';
const daemon = 'there is no daemon';
const runs = 'it says how a RUN is done';

/** Docker's options that mean nothing here. */
export const elsewhere: Readonly<Record<string, string>> = {
  pull: registry,
  push: registry,
  load: 'there is no daemon to load into: -o type=docker,dest=FILE writes what docker load takes',
  builder: daemon,
  rm: 'nothing is left between steps',
  'force-rm': 'nothing is left between steps',
  compress: 'nothing is sent to a daemon',
  isolation: daemon,
  memory: runs,
  'memory-swap': runs,
  'cpu-period': runs,
  'cpu-quota': runs,
  'cpu-shares': runs,
  'cpuset-cpus': runs,
  'cpuset-mems': runs,
  'security-opt': runs,
  'cgroup-parent': runs,
  squash: '`ocikit squash` makes one layer of an image',
  stream: 'nothing is sent to a daemon',
  call: '--check looks for what is wrong',
  'disable-content-trust': registry,
  ignorefile: 'FILE.dockerignore beside the Dockerfile is read',
  layers: 'every step is cached',
  format: "`ocikit convert --format docker` has docker's documents",
};

export const buildRules: readonly Rule[] = [
  ...excludes(
    'check',
    [
      'tag',
      'target',
      'build-context',
      'base-layout',
      'label',
      'annotation',
      'created',
      'cache-from',
      'cache-to',
      'no-cache',
      'no-cache-filter',
      'output',
      'iidfile',
      'metadata-file',
      'progress',
      'dry-run',
      'provenance',
      'sbom',
      'attest',
      'runner',
      'network',
      'secret',
      'ssh',
      'compression',
      'level',
      'compressor',
    ],
    'nothing is built',
  ),
  ...excludes('dry-run', ['iidfile', 'metadata-file', 'output', 'sbom'], 'nothing is written'),
  ...excludes('progress', ['quiet', 'no-progress'], 'both say what is told'),
  ...compressionRules,
];
