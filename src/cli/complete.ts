import type { Command, Completes, Option } from './command.ts';
import { groups, withoutForms } from './docker-forms.ts';
import { optionsOf } from './options-of.ts';

/** What a shell may put in place of the last word. Where there are no values, the shell's own files or directories may be. */
interface Completion {
  readonly values: readonly (readonly [value: string, describe: string])[];
  readonly otherwise: 'nothing' | 'files' | 'directories';
}

/** The names of the images in a place; none where it is no place. */
export type NamesOf = (place: string) => Promise<readonly string[]>;

const nothing: Completion = { values: [], otherwise: 'nothing' };
const platforms = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/386', 'linux/ppc64le', 'linux/s390x'];

/** What may stand in place of the last of these words (what is typed after `ocikit`, quotes and all). */
export async function complete(
  words: readonly string[],
  commands: readonly Command[],
  namesOf: NamesOf,
): Promise<Completion> {
  const [before, current] = [words.slice(0, -1).map(unquoted), words.at(-1) ?? ''];
  const [first] = before;
  const isHelp = first === 'help' && before.length === 1;
  if (first === undefined || isHelp) return ofWords(firstWords(commands, isHelp), current);
  const group = Object.hasOwn(groups, first) ? groups[first] : undefined;
  const find = (verb: string | undefined): Command | undefined =>
    commands.find(({ name, alias }) => name === verb || alias === verb);
  if (group !== undefined && before.length === 1) {
    const known = Object.entries(group).flatMap(([word, verb]) => describedAs(word, find(verb)));
    return ofWords(known, current);
  }
  if (group !== undefined && !Object.hasOwn(group, before[1] ?? '')) return nothing;
  const [verb, ...given] = withoutForms(before, commands);
  const command = find(verb);
  return command === undefined ? nothing : await ofCommand(command, { given, current, namesOf });
}

interface Typed {
  readonly given: readonly string[];
  readonly current: string;
  readonly namesOf: NamesOf;
}

type Described = readonly [value: string, describe: string];

const describedAs = (word: string, command: Command | undefined): Described[] =>
  command === undefined ? [] : [[word, command.describe]];

function firstWords(commands: readonly Command[], isHelp: boolean): Described[] {
  const verbs = commands.flatMap(command => [
    ...describedAs(command.name, command),
    ...(command.alias === undefined ? [] : describedAs(command.alias, command)),
  ]);
  const management = Object.keys(groups).map((group): Described => [group, `docker's ${group} words`]);
  if (isHelp) return verbs;
  return [...verbs, ...management, ['help', 'help for a verb'], ['--help', 'help'], ['--version', 'the version']];
}

function ofWords(words: readonly Described[], current: string): Completion {
  return { values: words.filter(([word]) => word.startsWith(current)), otherwise: 'nothing' };
}

/** What a shell's quotes and backslashes stand for. */
function unquoted(word: string): string {
  return word.replace(
    /\\(.)|'([^']*)'?|"((?:\\.|[^"\\])*)"?/gs,
    (_all, ...[escaped, single, double]) => escaped ?? single ?? String(double).replace(/\\(["\\$`])/g, '$1'),
  );
}

const named = (options: readonly Option[], word: string): Option | undefined =>
  options.find(({ name, alias }) => word === `--${name}` || (alias !== undefined && word === `-${alias}`));

async function ofCommand(command: Command, { given, current, namesOf }: Typed): Promise<Completion> {
  const options = optionsOf(command);
  const isOver = given.includes('--');
  const valued = isOver ? undefined : named(options, given.at(-1) ?? '');
  if (valued !== undefined && valued.kind !== 'flag') return await ofValue(valued, current, { namesOf, before: '' });
  const equals = /^(--[^=]+)=(.*)$/s.exec(current);
  const assigned = equals === null || isOver ? undefined : named(options, equals[1] ?? '');
  if (assigned !== undefined && assigned.kind !== 'flag')
    return await ofValue(assigned, equals?.[2] ?? '', { namesOf, before: `${equals?.[1]}=` });
  if (current.startsWith('-') && !isOver) return ofWords(flagsOf(options, given), current);
  const at = operandsIn(given, options).length;
  const positional = command.positionals[at] ?? command.positionals.findLast(({ many }) => many === true);
  return positional === undefined ? nothing : await ofValue(positional, current, { namesOf, before: '' });
}

/** Options that were not given yet, or that may be repeated; short forms are short enough to type. */
function flagsOf(options: readonly Option[], given: readonly string[]): Described[] {
  const isFree = (option: Option): boolean =>
    option.kind === 'texts' || !given.some(word => named([option], word.split('=')[0] ?? '') !== undefined);
  const flags = options.filter(isFree).map(({ name, describe }): Described => [`--${name}`, describe]);
  return [...flags, ['--help', 'help']];
}

/** The words that are neither options nor values of them. */
function operandsIn(given: readonly string[], options: readonly Option[]): readonly string[] {
  const end = given.indexOf('--');
  return given.filter((word, at) => {
    if (end >= 0 && at > end) return true;
    const previous = named(options, given[at - 1] ?? '');
    return (word === '-' || !word.startsWith('-')) && (previous === undefined || previous.kind === 'flag');
  });
}

interface Valued {
  readonly choices?: readonly string[];
  readonly value?: string;
  readonly completes?: Completes;
}

async function ofValue(
  { choices, value, completes }: Valued,
  typed: string,
  { namesOf, before }: { readonly namesOf: NamesOf; readonly before: string },
): Promise<Completion> {
  const known = choices ?? (value === 'OS/ARCH' ? platforms : undefined);
  if (known !== undefined)
    return {
      values: known.filter(word => word.startsWith(typed)).map(word => [before + word, '']),
      otherwise: 'nothing',
    };
  if (completes === undefined) return nothing;
  if (completes === 'directory') return { values: [], otherwise: 'directories' };
  if (completes === 'file') return { values: [], otherwise: 'files' };
  return { values: (await namesAt(typed, namesOf)).map(name => [before + name, '']), otherwise: 'files' };
}

/** What every shell takes as it stands: an image's name is anybody's, and what a shell puts on a line it runs. */
const plain = /^[A-Za-z0-9._:@+/-]+$/;

/** `img:b` with every plain name of the layout `img` that begins with b, as it was typed up to the colon. */
async function namesAt(typed: string, namesOf: NamesOf): Promise<readonly string[]> {
  for (let colon = typed.indexOf(':'); colon >= 0; colon = typed.indexOf(':', colon + 1)) {
    const names = await namesOf(unquoted(typed.slice(0, colon)));
    const place = typed.slice(0, colon + 1);
    if (names.length === 0) continue;
    return names
      .filter(name => plain.test(name))
      .map(name => place + name)
      .filter(name => name.startsWith(typed));
  }
  return [];
}
