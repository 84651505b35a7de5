import { usage } from '../errors.ts';
import type { BuildOptions, BuildOutput, CheckBuildOptions } from '../ops/build/options.ts';
import { readBuildAttest } from './build-attest-options.ts';
import { readBuildRun } from './build-run-options.ts';
import { readCompression } from './compression-options.ts';
import { givenTime, nowTime } from './environment.ts';
import { fieldsOf } from './fields.ts';
import type { Io } from './io.ts';
import { given, type Words } from './words.ts';

const outputs = ['oci', 'docker', 'tar', 'local'] as const;
const standardOutput = '/dev/stdout';

/** Docker's `--output`. Throws `usage`. */
function outputOf(text: string | undefined): BuildOutput | undefined {
  if (text === undefined) return undefined;
  const fields = text.includes('=')
    ? fieldsOf(text)
    : new Map([
        ['type', text === '-' ? 'tar' : 'local'],
        ['dest', text],
      ]);
  const kind = outputs.find(name => name === fields.get('type'));
  // Without one, docker's own archive goes into a daemon.
  const [path, name] = [fields.get('dest') ?? (kind === 'oci' || kind === 'tar' ? '-' : ''), fields.get('name')];
  if (kind === undefined || path === '' || (path === '-' && kind === 'local'))
    throw usage(
      '--output',
      `expected type=oci|docker|tar|local,dest=PATH, got '${text}'`,
      '-t puts an image into a layout',
    );
  return { kind, path: path === '-' ? standardOutput : path, ...(name === undefined ? {} : { name }) };
}

/** Whether standard output is what is built itself. */
export const isOnStdout = ({ output }: BuildOptions): boolean => output?.path === standardOutput;

/**
 * `NAME=VALUE`; a name alone takes its value from the environment, and is not given where there is none. SOURCE_DATE_EPOCH is one where the
 * environment has it.
 */
function argumentsOf(words: Words, io: Io): readonly string[] {
  const said = words.texts('build-arg').flatMap(text => {
    if (text.includes('=')) return [text];
    const value = io.env[text];
    return value === undefined ? [] : [`${text}=${value}`];
  });
  const epoch = io.env['SOURCE_DATE_EPOCH'];
  const isSaid = said.some(text => text.startsWith('SOURCE_DATE_EPOCH='));
  return isSaid || epoch === undefined || epoch === '' ? said : [...said, `SOURCE_DATE_EPOCH=${epoch}`];
}

/** A layout's path, or in docker's words `type=local,src=PATH` and `type=local,dest=PATH`. */
function cachePlace(text: string, option: string): string {
  if (!/^type=/.test(text)) return text;
  const fields = fieldsOf(text);
  const place = fields.get('dest') ?? fields.get('src');
  if (fields.get('type') === 'local' && place !== undefined) return place;
  throw usage(
    `--${option}`,
    `expected a layout, or type=local with its path, got '${text}'`,
    'a cache is a layout: skopeo and ocikit copy bring one from and to elsewhere',
  );
}

/** What says which Dockerfile it is, and what it is evaluated with. */
export function readCheckOptions(words: Words, io: Io): CheckBuildOptions {
  return given({
    file: words.text('file'),
    buildArguments: argumentsOf(words, io),
    platform: words.texts('platform')[0],
    hostPlatform: io.hostPlatform,
    signal: io.signal,
  });
}

export function readBuildOptions(words: Words, io: Io): BuildOptions {
  return given({
    file: words.text('file') === '-' ? undefined : words.text('file'),
    buildArguments: argumentsOf(words, io),
    platforms: words.texts('platform').flatMap(text => text.split(',')),
    hostPlatform: io.hostPlatform,
    target: words.text('target'),
    contexts: words.texts('build-context'),
    bases: words.texts('base-layout'),
    labels: words.texts('label'),
    annotations: words.texts('annotation'),
    created: givenTime(words.text('created'), 'created'),
    now: nowTime(io),
    cacheFrom: words.texts('cache-from').map(text => cachePlace(text, 'cache-from')),
    cacheTo: words.has('cache-to') ? cachePlace(words.text('cache-to') ?? '', 'cache-to') : undefined,
    noCache: words.flag('no-cache'),
    output: outputOf(words.text('output')),
    iidFile: words.text('iidfile'),
    metadataFile: words.text('metadata-file'),
    noCacheStages: words.texts('no-cache-filter').flatMap(text => text.split(',')),
    ...readBuildAttest(words),
    ...readBuildRun(words, io),
    ...readCompression(words),
    dryRun: words.flag('dry-run'),
  });
}
