import { DockerfileError, placeOf } from '../dockerfile-error.ts';
import type { Instruction } from '../instruction.ts';
import { parseInstruction } from '../instructions.ts';
import { dockerfileLines } from '../lines.ts';
import type { Evaluation } from './evaluation.ts';
import type { StageNode } from './graph.ts';

/**
 * Reads the triggers of a stage's base: instructions that run first. What is wrong in one is the fault of the FROM that brings
 * it, and it stands there.
 */
export function parseTriggers(
  triggers: readonly string[],
  { stage }: StageNode,
  { dockerfile }: Evaluation,
): Instruction[] {
  const fail = (message: string): Error =>
    new DockerfileError(dockerfile.file, message, { place: placeOf(stage.line) });
  return triggers.map(trigger => {
    const { lines, directives } = dockerfileLines(trigger, dockerfile.file, () => fail);
    const [line, ...more] = lines;
    if (line === undefined || more.length > 0) throw fail('onbuild trigger should be a single expression');
    const { number, end } = stage.line;
    const placed = { ...line, number, end, pieces: stage.line.pieces.slice(0, 1) };
    return parseInstruction(placed, { escapeToken: directives.escape, failAt: () => fail });
  });
}
