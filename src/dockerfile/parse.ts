import type { Fail } from '../errors.ts';
import type { Directives } from './directives.ts';
import { DockerfileError, placeOf } from './dockerfile-error.ts';
import { checkGiven } from './given.ts';
import type { From, Instruction, InstructionOf } from './instruction.ts';
import { parseInstruction } from './instructions.ts';
import { type DockerfileLine, dockerfileLines, failIn } from './lines.ts';

/** A Dockerfile as a tree: nothing is expanded, comments and lines are kept. */
export interface Dockerfile {
  /** What messages call it. */
  readonly file: string;
  readonly directives: Directives;
  /** The ARG lines before the first FROM. */
  readonly globalArguments: readonly InstructionOf<'arg'>[];
  readonly stages: readonly Stage[];
}

/** One FROM and what follows it. */
export interface Stage extends From {
  readonly keyword: string;
  readonly line: DockerfileLine;
  readonly instructions: readonly Instruction[];
}

/** Makes an error of what is wrong in an instruction, with the place of the word that it is about. */
export function failAtLine(file: string): (line: DockerfileLine) => Fail {
  return line => (message, word) => new DockerfileError(file, message, { place: placeOf(line, word) });
}

/**
 * Parses a Dockerfile by BuildKit's grammar: directives, comments, continuation lines, heredocs, every instruction and flag.
 * All of the file is read, also stages that nothing needs.
 * @throws `invalid` (`DockerfileError`) at the first line that is wrong, with its place; `usage` where the text is too long.
 */
export function parseDockerfile(text: string, file = 'Dockerfile'): Dockerfile {
  checkGiven({ file }, text);
  const { dockerfile, error } = readDockerfile(text, file);
  if (error !== undefined) throw error;
  return dockerfile;
}

/** The same, with what stands before the first instruction that is wrong. Throws where no line can be told from the next. */
export function readDockerfile(
  text: string,
  file: string,
): { readonly dockerfile: Dockerfile; readonly error?: unknown } {
  const { directives, lines } = dockerfileLines(text, file, failIn(file));
  const failAt = failAtLine(file);
  if (lines.length === 0) throw failIn(file)(Math.max(1, text.split('\n').length))('file with no instructions');
  const globalArguments: InstructionOf<'arg'>[] = [];
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  const dockerfile = { file, directives, globalArguments, stages };
  try {
    for (const line of lines) {
      const instruction = parseInstruction(line, { escapeToken: directives.escape, failAt });
      const stage = stages.at(-1);
      if (instruction.kind === 'from')
        stages.push({ ...instruction.from, keyword: instruction.keyword, line, instructions: [] });
      else if (stage !== undefined) stage.instructions.push(instruction);
      else if (instruction.kind === 'arg') globalArguments.push(instruction);
      else throw failAt(line)('no build stage in current context');
    }
    if (stages.length === 0) throw failAt(lines.at(-1) as DockerfileLine)('dockerfile contains no stages to build');
  } catch (error) {
    return { dockerfile, error };
  }
  return { dockerfile };
}
