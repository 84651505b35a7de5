import type { Option } from './command.ts';

type SharedName =
  | 'json'
  | 'quiet'
  | 'noProgress'
  | 'noColor'
  | 'dryRun'
  | 'datedDryRun'
  | 'platform'
  | 'strict'
  | 'format'
  | 'noTrunc'
  | 'trustMtime'
  | 'ignoreFile'
  | 'redact';

/** Options that several verbs have. */
export const shared: Readonly<Record<SharedName, Option>> = {
  json: { name: 'json', kind: 'flag', isForm: true, describe: 'print the result as one JSON value' },
  quiet: { name: 'quiet', alias: 'q', kind: 'flag', describe: 'no warnings and no progress' },
  noProgress: { name: 'no-progress', kind: 'flag', describe: 'no progress on the terminal' },
  noColor: { name: 'no-color', kind: 'flag', describe: 'no colours' },
  dryRun: { name: 'dry-run', kind: 'flag', describe: 'print the digests that would result, write nothing' },
  datedDryRun: {
    name: 'dry-run',
    kind: 'flag',
    describe:
      'print the digests that would result, write nothing; where neither --created nor SOURCE_DATE_EPOCH says the time, a new image says the second of its making, and its digest is another one a second later',
  },
  platform: {
    name: 'platform',
    kind: 'text',
    value: 'OS/ARCH',
    default: "the only image, else the host's platform on linux",
    describe:
      'which image of a multi-platform image: OS/ARCH[/VARIANT], ARCH for one of linux, windows(10.0.20348)/amd64 with its version',
  },
  strict: { name: 'strict', kind: 'flag', describe: 'a warning is an error' },
  format: {
    name: 'format',
    default: 'table',
    kind: 'text',
    value: 'TEMPLATE',
    isForm: true,
    describe: 'a Go template, json, table, or table TEMPLATE',
  },
  noTrunc: { name: 'no-trunc', kind: 'flag', describe: 'do not shorten' },
  ignoreFile: {
    name: 'ignore-file',
    default: 'none',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    describe: 'a file of .dockerignore patterns',
  },
  redact: {
    name: 'redact',
    kind: 'texts',
    value: 'TEXT',
    describe: 'what becomes *** wherever a line of history says it; may be repeated',
  },
  trustMtime: { name: 'trust-mtime', kind: 'flag', describe: 'same size and mtime count as same content, unread' },
};
