import type { Io } from './io.ts';
import type { Words } from './words.ts';

/** What a word stands for, so that a shell can complete it. */
export type Completes = 'image' | 'place' | 'file' | 'directory';

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
  /** What counts where it is not given, and which values there are, in words. */
  readonly default?: string;
  readonly range?: string;
  /** It gives the whole output a form of its own: there can be one of them. */
  readonly isForm?: boolean;
  readonly completes?: Completes;
}

interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly optional?: boolean;
  readonly many?: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
}

/** An option as a rule speaks of it: whatever its value is, only where it is one of `values`, or only where it is none of `except`. */
export interface Case {
  readonly option: string;
  readonly values?: readonly string[];
  readonly except?: readonly string[];
}

/** What cannot be said together, or alone. Whatever no rule names works together. */
export type Rule =
  | { readonly kind: 'excludes'; readonly one: Case; readonly other: Case; readonly why: string }
  | { readonly kind: 'needs'; readonly one: Case; readonly anyOf: readonly string[]; readonly why: string };

/** A verb: all that help, parsing, completion, the manual and docs/ need to know, and what it does. */
export interface Command {
  readonly name: string;
  readonly alias?: string;
  readonly describe: string;
  readonly positionals: readonly Positional[];
  readonly options: readonly Option[];
  /** Whether what follows the first word that is no option's is another program's command line, options and all. */
  readonly endsOptions?: true;
  readonly rules?: readonly Rule[];
  /** Options of docker's that mean nothing here, and what there is to say of each. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Paragraphs for the manual. */
  readonly details?: readonly string[];
  /** False where standard output is a file's own bytes, whatever they are. */
  readonly hasJson?: false;
  /** The library's function, and the type of its result, which `--json` prints. */
  readonly library?: readonly [call: string, result: string];
  /** What exit status 1 means, where there is such an answer. */
  readonly no?: string;
  /** The fields that a template of `--format` may name. */
  readonly fields?: readonly string[];
  readonly environment?: readonly Variable[];
  /** Answers the exit status. */
  readonly run: (words: Words, io: Io) => Promise<number>;
}

export const variables = {
  SOURCE_DATE_EPOCH:
    'Seconds since 1970: every time that ocikit itself writes (created, history), and the bound of --clamp-mtime. Without it, now.',
  NO_COLOR: 'Anything but empty: no colours, as --no-color.',
  TZ: 'The time zone of times in tables and templates.',
  XDG_CACHE_HOME:
    "Where the user's caches are, else .cache in the home: in ocikit there, a start leaves compiled code for the next one.",
} as const;
type Variable = keyof typeof variables;

/** Two options that cannot stand beside each other. */
export function excludes(one: string | Case, others: readonly (string | Case)[], why: string): readonly Rule[] {
  return others.map(other => ({ kind: 'excludes', one: caseOf(one), other: caseOf(other), why }));
}

/** An option that says something only beside another. */
export function needs(one: string | Case, anyOf: readonly string[], why: string): Rule {
  return { kind: 'needs', one: caseOf(one), anyOf, why };
}

const caseOf = (option: string | Case): Case => (typeof option === 'string' ? { option } : option);
