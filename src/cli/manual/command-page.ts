import { type Command, type Option, variables } from '../command.ts';
import { optionText } from '../option-text.ts';
import { optionsOf } from '../options-of.ts';
import { caseText, rulesOf } from '../rules.ts';
import type { Block, Page } from './page.ts';

const heading = (text: string): Block => ({ kind: 'heading', text });

/** `ocikit diff OLD [NEW] [OPTION]…` */
function synopsisOf({ name, positionals }: Command): string {
  const operands = positionals.map(({ name: operand, optional, many }) => {
    const word = `${operand.toUpperCase()}${many === true ? '…' : ''}`;
    return optional === true ? `[${word}]` : word;
  });
  return ['ocikit', name, ...operands, '[OPTION]…'].join(' ');
}

function optionTerm({ name, alias, kind, value, choices, on }: Option): string {
  const form = value ?? choices?.join('|') ?? '';
  const said = kind === 'flag' ? (on === true ? '=false' : '') : ` ${form}`;
  return `${alias === undefined ? '' : `-${alias}, `}--${name}${said}`;
}

function ruleLines(command: Command): readonly string[] {
  const rules = rulesOf(command);
  const needed = rules.flatMap(rule =>
    rule.kind === 'needs'
      ? [`\`${caseText(rule.one)}\` needs ${rule.anyOf.map(name => `\`--${name}\``).join(' or ')}: ${rule.why}.`]
      : [],
  );
  const excluded = new Map<string, string[]>();
  for (const rule of rules) {
    if (rule.kind !== 'excludes') continue;
    const key = `${caseText(rule.one)}\n${rule.why}`;
    const except = rule.other.except === undefined ? '' : ` (but ${rule.other.except.join(', ')})`;
    excluded.set(key, [...(excluded.get(key) ?? []), `\`${caseText(rule.other)}\`${except}`]);
  }
  const refused = [...excluded].map(([key, others]) => {
    const [one, why] = key.split('\n');
    return `\`${one}\` does not go with ${others.join(', ')}: ${why}.`;
  });
  return [...needed, ...refused];
}

const exits = (command: Command): Block => ({
  kind: 'terms',
  terms: [
    ['0', 'done'],
    ...(command.no === undefined ? [] : [['1', command.no] as const]),
    [
      '2',
      'it could not be done, or was not asked for in a way that can be meant: one line on standard error says why, and nothing changed',
    ],
    ['130', 'interrupted'],
  ],
});

function ending(command: Command): readonly Block[] {
  const rules = ruleLines(command);
  const { environment = [], fields = [] } = command;
  return [
    ...(rules.length === 0 ? [] : [heading('Together'), ...rules.map((text): Block => ({ kind: 'paragraph', text }))]),
    ...(fields.length === 0
      ? []
      : [
          heading('Template fields'),
          { kind: 'paragraph', text: fields.map(field => `\`.${field}\``).join(' ') } as const,
        ]),
    heading('Exit status'),
    exits(command),
    ...(environment.length === 0
      ? []
      : [
          heading('Environment'),
          { kind: 'terms', terms: environment.map(name => [name, variables[name]] as const) } as const,
        ]),
    heading('Examples'),
    ...command.examples.flatMap(([line, what]): Block[] => [
      { kind: 'paragraph', text: `${what}:` },
      { kind: 'code', lines: [line] },
    ]),
  ];
}

/** The page of a verb. `shapes` is what `--json` prints, as declarations. */
export function commandPage(command: Command, shapes: readonly string[]): Page {
  const options = optionsOf(command);
  const alias = command.alias === undefined ? [] : [`Also \`ocikit ${command.alias}\`.`];
  const json: readonly Block[] =
    command.library === undefined
      ? []
      : [
          heading('JSON'),
          {
            kind: 'paragraph',
            text: `\`--json\` prints one value of type \`${command.library[1]}\`, which the library's \`${command.library[0]}\` gives.`,
          },
          ...(shapes.length === 0
            ? []
            : [{ kind: 'code', language: 'ts', lines: shapes.join('\n\n').split('\n') } as const]),
        ];
  return {
    name: `ocikit-${command.name}`,
    title: command.describe,
    blocks: [
      heading('Synopsis'),
      { kind: 'code', lines: [synopsisOf(command)] },
      heading('Description'),
      {
        kind: 'terms',
        terms: command.positionals.map(({ name, describe }) => [name.toUpperCase(), describe] as const),
      },
      ...[...alias, ...(command.details ?? [])].map((text): Block => ({ kind: 'paragraph', text })),
      heading('Options'),
      { kind: 'terms', terms: options.map(option => [optionTerm(option), optionText(option)] as const) },
      ...ending(command),
      ...json,
    ],
  };
}
