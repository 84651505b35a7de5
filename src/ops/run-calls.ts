import { runnerChoices } from '../runner/choose.ts';
import { ProgramSignals } from '../runner/signals.ts';
import { read, type Table } from './base-calls.ts';
import { flag, type Kind, listOf, oneOf, path, text } from './call-kinds.ts';
import type { RunOptions } from './run-options.ts';

const signals: Kind = {
  expected: 'a ProgramSignals',
  accepts: value => value instanceof ProgramSignals,
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
  terminal: flag,
  signals,
  temporary: path,
};
