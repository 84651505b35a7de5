import type { ContainerConfig, History } from '../../spec/objects.ts';
import { heredocsOf } from '../heredoc.ts';
import { goList, jsonList } from './go-text.ts';
import { checkFromHistory } from './healthcheck-text.ts';

/** What a line of history becomes: an instruction, or none, with what is to be said of it. */
export interface RebuiltRow {
  readonly line: string | null;
  readonly note?: string;
}

/** What is known besides the line: the shell of RUN by then, and the names that the config has. */
interface RowContext {
  /** `/bin/sh -c`. */
  readonly shell: string;
  readonly config: ContainerConfig;
}

export const usualShell = '/bin/sh -c';
const shellForm =
  '(?:/(?:usr/)?bin/)?(?:ba|da|a|z)?sh(?: -[a-z]*o [a-z]+| --?[a-z]+)* -[a-z]*c |cmd /S /C |(?:powershell|pwsh)(?:\\.exe)?(?: -[A-Za-z]+)* -Command ';
const shells = new RegExp(`^(?:${shellForm})`);
const shellWithin = new RegExp(` (?:${shellForm})`);
const instruction =
  /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)(?:\s+(.*))?$/s;
const buildahSuffix =
  /(?:\|(?:unsetLabel|unsetAnnotation|inheritLabels|force-mtime|rewrite-timestamp|inherit-labels)=[^|\s]*)+$/;
/** Of what buildah mounted for a command. */
const mountSums = /(?::sha256:[0-9a-f]{64})+$/;
const safeValue = /^[A-Za-z0-9_./:,@%+~-]+$/;

/** A value of ENV or LABEL that means itself: the text is expanded already. */
const quoted = (value: string): string =>
  safeValue.test(value) ? value : `"${value.replace(/[\\"$]/g, '\\$&').replaceAll('\n', '\\\n')}"`;

/** `A=b B=c d`: a known name begins a pair, all else is value. */
function pairs(text: string, names: ReadonlySet<string>): string {
  const starts = [0];
  for (const { index, 1: name = '' } of text.matchAll(/ ([^\s=]+)(?==)/g)) if (names.has(name)) starts.push(index + 1);
  return starts
    .map((start, at) => {
      const pair = text.slice(start, starts[at + 1]).trimEnd();
      const equals = pair.indexOf('=');
      return equals < 0 ? pair : `${pair.slice(0, equals + 1)}${quoted(pair.slice(equals + 1))}`;
    })
    .join(' ');
}

const envNames = ({ Env }: ContainerConfig): ReadonlySet<string> =>
  new Set((Env ?? []).map(entry => entry.slice(0, Math.max(0, entry.indexOf('=')))));
const labelNames = ({ Labels }: ContainerConfig): ReadonlySet<string> => new Set(Object.keys(Labels ?? {}));

/** CMD and ENTRYPOINT: a list, or what the shell is given. */
function command(text: string, shell: string): string {
  if (!text.startsWith('[')) return text;
  // What docker printed before it quoted: all behind the shell is one word.
  if (text.startsWith(`[${shell} `) && text.endsWith(']')) return text.slice(shell.length + 2, -1);
  const words = goList(text);
  const start = shell.split(' ');
  const isShell = words.length === start.length + 1 && start.every((word, at) => words[at] === word);
  return isShell ? (words.at(-1) ?? '') : jsonList(words);
}

/** `file:HASH in DEST`: names of sources are no more. */
function transfer(text: string): RebuiltRow & { readonly line: string } {
  const [, flags = '', source, target] = /^((?:--\S+ )*)((?:file|dir|multi):[0-9a-f]+) in (.*)$/s.exec(text) ?? [];
  if (source === undefined || target === undefined) return { line: text };
  return { line: `${flags}${source} ${target}`, note: 'source names are lost: only a checksum is recorded' };
}

const byNumber = (one: string, other: string): number => Number.parseInt(one, 10) - Number.parseInt(other, 10);

/** `map[80/tcp:{} 443/tcp:{}]`, or `[80/tcp 443/tcp]` of newer BuildKits. */
function ports(text: string): string {
  const inner = /^(?:map)?\[(.*)\]$/s.exec(text)?.[1];
  return inner === undefined
    ? text
    : inner
        .split(' ')
        .map(port => port.replace(/:\{\}$/, ''))
        .sort(byNumber)
        .join(' ');
}

/** An instruction's arguments as a Dockerfile has them. */
function argumentsOf(name: string, text: string, { shell, config }: RowContext): string {
  switch (name) {
    case 'CMD':
    case 'ENTRYPOINT':
      return command(text, shell);
    case 'ENV':
      return pairs(text, envNames(config));
    case 'LABEL':
      return pairs(text, labelNames(config));
    case 'EXPOSE':
      return ports(text);
    case 'VOLUME':
    case 'SHELL':
      return text.startsWith('[') ? jsonList(goList(text)) : text;
    case 'USER':
    case 'STOPSIGNAL':
    case 'WORKDIR':
      return text.replace(/^\[(.*)\]$/s, '$1');
    case 'HEALTHCHECK':
      return checkFromHistory(text, config.Healthcheck ?? undefined);
    default:
      return text;
  }
}

/** A command whose one heredoc is there without the word that ends it, as buildah records it; undefined where it is none. */
function unended(text: string): string | undefined {
  const [first = '', ...body] = text.split('\n');
  const [begun, ...others] = heredocsOf(`RUN ${first}`, '\\');
  if (begun === undefined || others.length > 0 || body.some(line => line.trim() === begun.name)) return undefined;
  return `${text.trimEnd()}\n${begun.name}`;
}

/** What a command that may span lines is written as. */
function run(text: string): string {
  if (!text.includes('\n')) return `RUN ${text}`;
  const begun = unended(text);
  if (begun !== undefined) return `RUN ${begun}`;
  let word = 'EOF';
  while (text.split('\n').includes(word)) word = `${word}_`;
  return `RUN <<'${word}'\n${text.replace(/^\n+|\n+$/g, '')}\n${word}`;
}

/** Build arguments before a command, and the command: it begins at its shell, or behind as many words as there are arguments. */
function withoutArguments(text: string, shell: string): readonly [args: string, rest: string] {
  const [, count = '', counted] = /^\|(\d+) (.*)$/s.exec(text) ?? [];
  if (counted === undefined) return ['', text];
  const spaced = ` ${counted}`;
  const own = spaced.indexOf(` ${shell} `);
  const at = own < 0 ? spaced.search(shellWithin) : own;
  if (at >= 0) return [counted.slice(0, Math.max(0, at - 1)).trim(), counted.slice(at)];
  const words = counted.split(' ');
  return [words.slice(0, Number(count)).join(' '), words.slice(Number(count)).join(' ')];
}

/** The command in a RUN's text: build arguments before it, and the shell that is given it. */
function runRow(text: string, { shell }: RowContext): RebuiltRow {
  const [args, rest] = withoutArguments(text, shell);
  const prefix = rest.startsWith(`${shell} `) ? `${shell} ` : (shells.exec(rest)?.[0] ?? '');
  const line = run(rest.slice(prefix.length).replace(mountSums, ''));
  if (args !== '') return { line, note: `build args: ${args}` };
  return prefix === '' && /^\S+/.test(rest)
    ? { line, note: 'without a shell, or by a builder that does not record it' }
    : { line };
}

function instructionRow(text: string, context: RowContext): RebuiltRow | undefined {
  const [, name, rest = ''] = instruction.exec(text) ?? [];
  if (name === undefined) return undefined;
  const trimmed = rest.trim();
  if (name === 'ADD' || name === 'COPY') {
    const { line, ...more } = transfer(trimmed);
    return { line: `${name} ${line}`, ...more };
  }
  return { line: `${name} ${argumentsOf(name, trimmed, context)}`.trimEnd() };
}

/** The instruction that a line of history stands for (docker's builders, BuildKit, buildah, kaniko); none where something else made the layer. */
export function rebuiltRow({ created_by: by, comment }: History, context: RowContext): RebuiltRow {
  const text = (by ?? '').replace(buildahSuffix, '').replace(/ # buildkit$/, '');
  const nop = /^.*? #\(nop\)\s+(.*)$/s.exec(text)?.[1];
  const said = nop ?? text;
  const found = instructionRow(said, context);
  if (found !== undefined) return found;
  if (/^RUN\s/.test(said)) return runRow(said.slice(4).trimStart(), context);
  if (said.startsWith('|') || said.startsWith(`${context.shell} `) || shells.test(said)) return runRow(said, context);
  const maker = said.trim() !== '' ? said.trim() : (comment?.trim() ?? '');
  return { line: null, note: `made by: ${maker === '' ? '(no text)' : maker}` };
}
