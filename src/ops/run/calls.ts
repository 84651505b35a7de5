import { runnerChoices } from '../../runner/runner.ts';
import { ProgramSignals } from '../../runner/signals.ts';
import { read, type Table } from '../base-calls.ts';
import type { BuildRunOption } from '../build/options.ts';
import { count, type Kind, listOf, oneOf, parsed, path, text } from '../call-kinds.ts';
import { parseHost } from './mounts.ts';
import type { RunOptions } from './options.ts';

const signals: Kind = {
  expected: 'a ProgramSignals',
  accepts: value => value instanceof ProgramSignals,
};

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

/** What the kernel holds of a terminal's size. */
const longest = 0xffff;

const terminal: Kind = {
  expected: 'true, false or an object with columns and rows',
  accepts: value =>
    typeof value === 'boolean' ||
    (typeof value === 'object' &&
      value !== null &&
      Object.keys(value).sort().join() === 'columns,rows' &&
      Object.values(value).every(length => isCount(length) && Number(length) <= longest)),
};

/** What `run` takes. */
export const run: Table<RunOptions> = {
  ...read,
  environment: listOf(text),
  user: text,
  directory: text,
  entrypoint: text,
  volumes: listOf(text),
  network: oneOf('host', 'none'),
  runner: oneOf(...runnerChoices),
  streams: oneOf('inherit', 'output', 'keep'),
  terminal,
  signals,
  temporary: path,
};

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** An object of such fields, all of them text. */
function fields(needed: readonly string[], other: readonly string[] = []): Kind {
  return {
    expected: `an object with ${[...needed, ...other].join(', ')}`,
    accepts: value =>
      typeof value === 'object' &&
      value !== null &&
      needed.every(name => Object.hasOwn(value, name)) &&
      Object.entries(value).every(
        ([name, field]) =>
          [...needed, ...other].includes(name) &&
          (isText(field) || field === '' || (field === undefined && other.includes(name))),
      ),
  };
}

/** What `build` takes for RUN. */
export const buildRun: { readonly [Name in BuildRunOption]: Kind } = {
  runner: oneOf(...runnerChoices),
  network: oneOf('host', 'none'),
  hosts: listOf(parsed('NAME:ADDRESS', parseHost)),
  sharedMemory: count,
  jobs: count,
  secrets: listOf(fields(['id'], ['file', 'value'])),
  agents: listOf(fields(['id', 'socket'])),
  mountCache: path,
  temporary: path,
};
