import yargs, { type Argv } from 'yargs';
import { usage } from '../errors.ts';
import type { Command, Option } from './command.ts';
import { withoutForms } from './docker-forms.ts';
import type { Io } from './io.ts';
import { optionText } from './option-text.ts';
import { optionsOf } from './options-of.ts';
import { listHint, reworded, unknownVerb } from './parsing-errors.ts';
import { withEnd } from './program-words.ts';
import { checkRules } from './rules.ts';
import { checkOptions } from './unknown-option.ts';
import { version } from './version.ts';
import { Words } from './words.ts';

type Parsed =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'command'; readonly command: Command; readonly words: Words };

/** Marks a word that is no option although it looks like one. No real argument can hold it. */
const mark = '\0';
const settings = {
  'camel-case-expansion': false,
  'strip-aliased': true,
  'boolean-negation': false,
  'greedy-arrays': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'duplicate-arguments-array': true,
} as const;

/** Docker's forms as ocikit's, `help VERB` as `VERB --help`, and nothing at all as a call for help. */
function helpWords(argv: readonly string[], commands: readonly Command[]): readonly string[] {
  if (argv.length === 0) return ['--help'];
  if (argv[0] !== 'help') return withoutForms(argv, commands);
  return [...withoutForms(argv.slice(1, 3), commands).slice(0, 1), '--help'];
}

/** The words that a verb was called by, where that is a form of docker's. */
const calledOf = (argv: readonly string[], asked: readonly string[]): string | undefined =>
  argv === asked || argv[0] === 'help' || argv.length === 0
    ? undefined
    : argv.slice(0, argv.length - asked.length + 1).join(' ');

/** Finds the verb and its words, or the help text that was asked for. Throws `usage`. */
export async function parseArguments(argv: readonly string[], commands: readonly Command[], io: Io): Promise<Parsed> {
  const asked = helpWords(argv, commands);
  const verb = asked.find(word => !word.startsWith('-'));
  const command = verb === undefined ? undefined : commands.find(({ name, alias }) => name === verb || alias === verb);
  const help = asked.some(word => ['--help', '-h', '--version'].includes(word));
  if (verb === undefined && !help) throw usage(asked[0] ?? '', 'expected a verb, got an option', listHint);
  const called = calledOf(argv, asked) ?? verb ?? '';
  if (verb !== undefined && command === undefined) throw unknownVerb({ verb, called }, commands);
  const ended = command?.endsOptions === true && !asked.includes('--') ? withEnd(asked, optionsOf(command)) : asked;
  const encoded = encode(ended, command === undefined ? [] : optionsOf(command));
  if (command !== undefined && !help) checkOptions(encoded, { command, called });
  return await run(encoded, { commands, command, verb, called, io, help });
}

interface Place {
  readonly commands: readonly Command[];
  readonly command: Command | undefined;
  readonly verb: string | undefined;
  /** The verb as it was typed: `image rm`. */
  readonly called: string;
  readonly io: Io;
  readonly help: boolean;
}

async function run(encoded: readonly string[], place: Place): Promise<Parsed> {
  let found: Parsed | undefined;
  const parser = yargs([])
    .scriptName('ocikit')
    .locale('en')
    .exitProcess(false)
    .parserConfiguration(settings)
    .strict()
    .demandCommand(1)
    .help(false)
    .version(false)
    .wrap(place.help ? helpWidth(place.io.columns) : narrow)
    .fail((message, error) => {
      if (error !== undefined && error.name !== 'YError') throw error;
      throw reworded((message ?? error?.message ?? '').replaceAll(mark, ''), place, encoded);
    });
  for (const command of place.command === undefined ? place.commands : [place.command]) {
    register(parser, command, {
      help: place.help,
      typed: encoded,
      take: words => {
        found = { kind: 'command', command, words };
      },
    });
  }
  if (place.help) parser.help().alias('help', 'h').version(version);
  let text = '';
  await parser.parseAsync([...encoded], {}, (_error: unknown, _parsed: unknown, output: string) => {
    text = output;
  });
  return found === undefined || text !== '' ? { kind: 'text', text: `${withoutEmpty(text)}\n` } : found;
}

/** A list of operands that are not there is no default worth a word. */
const withoutEmpty = (help: string): string => help.replaceAll(' [default: []]', '');

/** What is not shown is laid out for no terminal, as it takes milliseconds to ask one. */
const narrow = 80;
const helpWidth = (columns: number): number => Math.min(100, columns === 0 ? narrow : Math.max(60, columns));

/** yargs lays out the help text of every command that it runs: without descriptions, where nobody asked, there is none. */
interface Registration {
  readonly help: boolean;
  readonly typed: readonly string[];
  readonly take: (words: Words) => void;
}

function register(parser: Argv, command: Command, { help, typed, take }: Registration): void {
  const names = command.positionals.map(({ name, optional, many }) => {
    const inner = many === true ? `${name}..` : name;
    return optional === true ? `[${inner}]` : `<${inner}>`;
  });
  parser.command({
    command: [command.name, ...names].join(' '),
    aliases: command.alias === undefined ? [] : [command.alias],
    describe: help ? command.describe : false,
    builder: (inner: Argv): Argv => build(inner, command, help),
    handler: (parsed: object): void => take(wordsOf(parsed, command, typed)),
  });
}

function build(parser: Argv, command: Command, help: boolean): Argv {
  for (const { name, describe, many } of command.positionals) {
    parser.positional(name, { type: 'string', describe, hidden: !help, ...(many === true ? { array: true } : {}) });
  }
  for (const option of optionsOf(command)) {
    parser.option(option.name, {
      ...(option.alias === undefined ? {} : { alias: option.alias }),
      describe: describeOption(option),
      hidden: !help,
      ...(option.kind === 'flag' ? { type: 'boolean' } : { type: 'string', requiresArg: true }),
      ...(option.kind === 'texts' ? { array: true } : {}),
      ...(option.on === true ? { default: true } : {}),
    });
  }
  if (!help) return parser;
  for (const [line, what] of command.examples) parser.example(line, what);
  return parser.epilogue([...(command.details ?? []), `More: man ocikit-${command.name}`].join('\n\n'));
}

function describeOption(option: Option): string {
  const form = option.value ?? option.choices?.join('|');
  const text = optionText(option);
  return form === undefined ? text : `${form}: ${text}`;
}

function wordsOf(parsed: object, command: Command, typed: readonly string[]): Words {
  const given = new Map<string, unknown>(Object.entries(parsed));
  const values = new Map<string, unknown>();
  for (const option of optionsOf(command)) {
    const value = decode(given.get(option.name));
    if (value !== undefined) values.set(option.name, checked(value, option));
  }
  for (const { name, many } of command.positionals) {
    const value = decode(given.get(name));
    if (value !== undefined && !(many === true && command.endsOptions === true)) checkSaid(value, name, command);
    if (value !== undefined) values.set(name, value);
  }
  const said = [...values.keys()].filter(name => {
    const option = optionsOf(command).find(known => known.name === name);
    return option?.kind !== 'flag' || (values.get(name) === true) !== (option.on === true);
  });
  const words = new Words(values, said, typed);
  checkRules(command, words);
  return words;
}

function checked(value: unknown, { name, kind, choices }: Option): unknown {
  if (kind === 'text' && Array.isArray(value))
    throw usage(`--${name}`, `expected it once, got it ${value.length} times`);
  if (choices !== undefined && !choices.includes(String(value))) {
    throw usage(`--${name}`, `expected one of ${choices.join(', ')}, got '${String(value)}'`);
  }
  return value;
}

/** An empty word is a variable of a script that nobody has set; among another program's words it may stand. */
function checkSaid(value: unknown, name: string, command: Command): void {
  if (![value].flat().includes('')) return;
  throw usage(command.name, `expected ${name.toUpperCase()}, got an empty word`, `ocikit ${command.name} --help`);
}

/** Standard input, with its media type where one is said. */
const isInput = (word: string): boolean => word === '-' || word.startsWith('-:');

/**
 * Words as yargs takes them without surprise: a lone `-` and all that follows `--` are marked, `-mTEXT` becomes
 * `--message=TEXT`, and a flag's value other than true and false is refused.
 */
function encode(argv: readonly string[], options: readonly Option[]): string[] {
  const encoded: string[] = [];
  const end = argv.indexOf('--');
  for (const [at, word] of argv.entries()) {
    if (end !== -1 && at > end) encoded.push(mark + word);
    else if (at !== end) encoded.push(isInput(word) ? mark + word : expanded(word, options));
  }
  return encoded;
}

function expanded(word: string, options: readonly Option[]): string {
  const short = /^-([A-Za-z])=?([\s\S]+)$/.exec(word);
  const valued = options.find(option => option.kind !== 'flag' && option.alias === short?.[1]);
  if (short !== null && valued !== undefined) return `--${valued.name}=${short[2]}`;
  const [, name, value] = /^--?([^=]+)=([\s\S]*)$/.exec(word) ?? [];
  const flag = options.find(
    option => option.kind === 'flag' && name !== undefined && (option.name === name || option.alias === name),
  );
  if (flag !== undefined && value !== 'true' && value !== 'false') {
    throw usage(`--${flag.name}`, `expected true or false, got '${value}'`);
  }
  return word;
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  return typeof value === 'string' && value.startsWith(mark) ? value.slice(1) : value;
}
