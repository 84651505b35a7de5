import type { Io } from './io.ts';
import type { Words } from './words.ts';

/** An option as data. `flag`: yes or no; `text`: one value; `texts`: may be repeated. */
export interface Option {
  readonly name: string;
  readonly alias?: string;
  readonly kind: 'flag' | 'text' | 'texts';
  readonly describe: string;
  /** What the value is called in help; its choices where there are only some. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** A flag that is on unless it is said to be off. */
  readonly on?: boolean;
}

export interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly optional?: boolean;
  readonly many?: boolean;
}

/** A verb: all that help, parsing and completion need to know, and what it does. */
export interface Command {
  readonly name: string;
  readonly alias?: string;
  readonly describe: string;
  readonly positionals: readonly Positional[];
  readonly options: readonly Option[];
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Answers the exit status. */
  readonly run: (words: Words, io: Io) => Promise<number>;
}

type SharedName =
  | 'json'
  | 'quiet'
  | 'noProgress'
  | 'noColor'
  | 'dryRun'
  | 'platform'
  | 'strict'
  | 'format'
  | 'noTrunc'
  | 'trustMtime';

/** Options that several verbs have. */
export const shared: Readonly<Record<SharedName, Option>> = {
  json: { name: 'json', kind: 'flag', describe: 'print the result as one JSON value' },
  quiet: { name: 'quiet', alias: 'q', kind: 'flag', describe: 'no warnings and no progress' },
  noProgress: { name: 'no-progress', kind: 'flag', describe: 'no progress on the terminal' },
  noColor: { name: 'no-color', kind: 'flag', describe: 'no colours' },
  dryRun: { name: 'dry-run', kind: 'flag', describe: 'print the digests that would result, write nothing' },
  platform: {
    name: 'platform',
    kind: 'text',
    value: 'OS/ARCH',
    describe: 'which image of a multi-platform image: OS/ARCH[/VARIANT]',
  },
  strict: { name: 'strict', kind: 'flag', describe: 'a warning is an error' },
  format: {
    name: 'format',
    kind: 'text',
    value: 'TEMPLATE',
    describe: 'a Go template, json, table, or table TEMPLATE',
  },
  noTrunc: { name: 'no-trunc', kind: 'flag', describe: 'do not shorten' },
  trustMtime: { name: 'trust-mtime', kind: 'flag', describe: 'same size and mtime count as same content, unread' },
};
