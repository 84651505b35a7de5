import { chomped, parseHeredoc } from '../heredoc.ts';
import type { InstructionOf } from '../instruction.ts';
import { type MountFlag, parseMount } from '../run-mount.ts';
import { mountsOf } from './mounts.ts';
import type { RunStep } from './plan.ts';
import type { StageScope } from './stage-scope.ts';
import { inShell } from './stage-state.ts';
import { expanded } from './variables.ts';

/** RUN: a step with all that it needs, and a line of history that says which arguments were in force. */
export function applyRun(instruction: InstructionOf<'run'>, scope: StageScope): void {
  const { state, evaluation } = scope;
  const { run, line } = instruction;
  const fail = evaluation.failAt(line);
  const expand = (word: string): string => expanded(word, scope.at(line));
  const flags = run.mounts.map(mount => parseMount(mount, { fail, expand }));
  const { words, script, summary } = commandOf(instruction);
  const command = instruction.form === 'shell' ? inShell(state, words) : words;
  if (command.length === 0) throw fail('arguments are required');
  const environment = [...state.variables].map(([name, value]) => `${name}=${value}`);
  evaluation.spend(environment.length + command.length);
  const title = scope.title(instruction, {
    keep: { quotes: 'kept', unset: 'kept' },
    variables: masked(state.variables, flags),
    suffix: summary,
  });
  const step: Omit<RunStep, 'parent' | 'lines' | 'stage'> = {
    kind: 'run',
    arguments: command,
    environment,
    directory: state.directory,
    user: state.config.user,
    network: run.network,
    security: run.security,
    ...mountsOf(flags, { scope, instruction }),
    ...(script === undefined ? {} : { script }),
    title,
    createdBy: `RUN ${[...argumentsInForce(scope), ...command].join(' ')} # buildkit`,
  };
  scope.step(step, instruction);
}

/** The variables that secrets are put into are not shown. */
function masked(variables: ReadonlyMap<string, string>, mounts: readonly MountFlag[]): ReadonlyMap<string, string> {
  const names = mounts.filter(({ type }) => type === 'secret').map(({ env }) => env);
  if (names.every(name => name === undefined)) return variables;
  return new Map([...variables, ...names.filter(name => name !== undefined).map(name => [name, '****'] as const)]);
}

/** `|2 A=1 B=2`: the arguments declared so far, as they are now. */
function argumentsInForce({ state }: StageScope): readonly string[] {
  if (state.declared.size === 0) return [];
  const pairs = [...state.declared].map(([name, value]) => `${name}=${state.variables.get(name) ?? value}`);
  return [`|${state.declared.size}`, ...pairs];
}

interface Command {
  readonly words: readonly string[];
  readonly script?: { readonly name: string; readonly content: string };
  /** The first line of a script, for people. */
  readonly summary: string;
}

/**
 * The words of RUN, heredocs put into their place: one that stands alone is the script, everything else goes to the shell as it
 * is written.
 */
function commandOf({ words, form, line: { heredocs } }: InstructionOf<'run'>): Command {
  const [text = ''] = words;
  const [first] = heredocs;
  if (form === 'exec' || first === undefined) return { words, summary: '' };
  if (parseHeredoc(text) === undefined)
    return { words: [text + heredocs.map(({ content, name }) => `\n${content}${name}`).join('')], summary: '' };
  const content = first.chomp ? chomped(first.content) : first.content;
  const summary = ` (${summaryOf(first.content)})`;
  if (!content.startsWith('#!')) return { words: [content], summary };
  return { words: [`/dev/pipes/${first.name}`], script: { name: first.name, content }, summary };
}

function summaryOf(content: string): string {
  const [first = '', ...more] = content.trim().replaceAll('\r\n', '\n').split('\n');
  return more.length > 0 ? `${first}...` : first;
}
