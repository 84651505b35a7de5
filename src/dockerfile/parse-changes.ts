import { badOption, type Fail } from '../errors.ts';
import { splitInstruction } from './heredoc.ts';
import type { Instruction } from './instruction.ts';
import { parseInstruction } from './instructions.ts';
import { dockerfileLines } from './lines.ts';

/** The instructions that a container's config can be changed with. */
const names: readonly string[] =
  'CMD ENTRYPOINT ENV LABEL EXPOSE VOLUME USER WORKDIR STOPSIGNAL ONBUILD HEALTHCHECK'.split(' ');
/** The option that they are given in. */
const subject = 'instructions';

interface Changes {
  readonly escapeToken: string;
  readonly instructions: readonly { readonly instruction: Instruction; readonly fail: Fail }[];
}

/**
 * Parses what `--change` takes: all texts as one Dockerfile of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD,
 * STOPSIGNAL, USER, VOLUME and WORKDIR. Throws `usage`, worded as docker does.
 */
export function parseChanges(changes: readonly string[]): Changes {
  const failAt =
    (number: number): Fail =>
    message =>
      badOption(`${subject} line ${number}`, message);
  const { directives, lines } = dockerfileLines(changes.join('\n'), subject, failAt);
  if (lines.length === 0) throw badOption(subject, 'file with no instructions');
  for (const line of lines) {
    const { name, written } = splitInstruction(line.text);
    if (!names.includes(name))
      throw badOption(`${subject} line ${line.number}`, `${written} is not a valid change command`, {
        hint: `there are ${names.join(' ')}`,
      });
  }
  const grammar = { escapeToken: directives.escape, failAt: ({ number }: { number: number }) => failAt(number) };
  return {
    escapeToken: directives.escape,
    instructions: lines.map(line => ({ instruction: parseInstruction(line, grammar), fail: failAt(line.number) })),
  };
}
