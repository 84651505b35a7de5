import { usage } from '../errors.ts';
import type { Command, Option } from './command.ts';
import { optionsOf } from './options-of.ts';

const scripts = { bash, zsh, fish };
export const shells: readonly string[] = Object.keys(scripts);

/** A script that completes verbs, options and their choices, made of the command table. Throws `usage` for another shell. */
export function completionScript(shell: string, commands: readonly Command[]): string {
  if (!Object.hasOwn(scripts, shell)) throw usage('completion', `expected one of ${shells.join(', ')}, got '${shell}'`);
  return scripts[shell as keyof typeof scripts](commands);
}

const namesOf = (command: Command): string[] => [command.name, ...(command.alias === undefined ? [] : [command.alias])];
const verbsOf = (commands: readonly Command[]): string[] => [...commands.flatMap(namesOf), 'help'];

function flagsOf(command: Command): string[] {
  return [
    ...optionsOf(command).flatMap(({ name, alias }) => [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])]),
    '--help',
  ];
}

function choicesOf(commands: readonly Command[]): [option: string, choices: readonly string[]][] {
  return commands.flatMap(command =>
    command.options.flatMap(({ name, choices }) =>
      choices === undefined ? [] : [[`--${name}`, choices] as [string, readonly string[]]],
    ),
  );
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map(command => `    ${namesOf(command).join('|')}) words='${flagsOf(command).join(' ')}' ;;`);
  const choices = choicesOf(commands).map(
    ([option, values]) => `    ${option}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`,
  );
  return `# bash completion for ocikit
_ocikit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$previous" = help ]; }; then
    COMPREPLY=($(compgen -W '${verbsOf(commands).join(' ')} --help --version' -- "$current"))
    return
  fi
  case "$previous" in
${choices.join('\n')}
    completion) COMPREPLY=($(compgen -W '${shells.join(' ')}' -- "$current")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _ocikit ocikit
`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const described = (name: string, describe: string): string => quoted(`${name.replaceAll(':', '\\:')}:${describe}`);

function zsh(commands: readonly Command[]): string {
  const verbs = commands.flatMap(command => namesOf(command).map(name => `    ${described(name, command.describe)}`));
  const cases = commands.map(command => {
    const options = optionsOf(command).map(({ name, describe }) => described(`--${name}`, describe));
    return `    ${namesOf(command).join('|')}) options=(${options.join(' ')} ${described('--help', 'help')}) ;;`;
  });
  return `#compdef ocikit
_ocikit() {
  local -a verbs options
  verbs=(
${verbs.join('\n')}
    'help:help for a verb'
  )
  if (( CURRENT == 2 )) || [[ CURRENT -eq 3 && $words[2] == help ]]; then
    _describe verb verbs
    return
  fi
  case $words[2] in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then _describe option options; else _files; fi
}
compdef _ocikit ocikit
`;
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishOption(verbs: string, { name, alias, describe, kind, choices }: Option): string {
  const value = choices !== undefined ? ` -x -a ${fishQuoted(choices.join(' '))}` : kind === 'flag' ? '' : ' -r';
  const short = alias === undefined ? '' : ` -s ${alias}`;
  return `complete -c ocikit -n '__fish_seen_subcommand_from ${verbs}' -l ${name}${short}${value} -d ${fishQuoted(describe)}`;
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap(command => [
    `complete -c ocikit -n __fish_use_subcommand -f -a ${fishQuoted(namesOf(command).join(' '))} -d ${fishQuoted(command.describe)}`,
    ...optionsOf(command).map(option => fishOption(namesOf(command).join(' '), option)),
  ]);
  const shellLine = `complete -c ocikit -n '__fish_seen_subcommand_from completion' -f -a '${shells.join(' ')}'`;
  return `# fish completion for ocikit\n${[...lines, shellLine].join('\n')}\n`;
}
