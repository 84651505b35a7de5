import type { Instruction } from '../instruction.ts';
import type { DockerfileLine } from '../lines.ts';
import type { Evaluation } from './evaluation.ts';
import type { Graph, Source } from './graph.ts';
import type { Origin, Step } from './plan.ts';
import type { StageState } from './stage-state.ts';
import { shownLine, titleOf } from './title.ts';
import { nearVariable, type Scope, type shownCommand, usedAs } from './variables.ts';

type WithoutPlace<Some> = Some extends Step ? Omit<Some, 'parent' | 'lines' | 'stage'> : never;

/** What the instructions of one stage are applied with. */
export interface StageScope {
  readonly state: StageState;
  readonly evaluation: Evaluation;
  /** What a line is expanded with; the linter hears of variables that are not set. */
  readonly at: (line: DockerfileLine) => Scope;
  /** A line of history that is no layer. */
  readonly record: (createdBy: string) => void;
  /** Adds a step, which is a layer, and makes it what the next one stands on. */
  readonly step: (step: WithoutPlace<Step>, instruction: Instruction) => void;
  readonly title: (instruction: Instruction, more?: TitleOptions) => string;
  /** Where files of a source come from. */
  readonly originOf: (source: Source, instruction: Instruction) => Origin;
}

interface TitleOptions {
  readonly keep?: Parameters<typeof shownCommand>[2];
  readonly variables?: ReadonlyMap<string, string>;
  readonly suffix?: string;
}

export interface Planning {
  readonly evaluation: Evaluation;
  readonly graph: Graph;
  readonly steps: Step[];
  readonly originOf: (source: Source, instruction: Instruction, state: StageState) => Origin;
}

export function stageScope(state: StageState, planning: Planning): StageScope {
  const { evaluation, graph, steps } = planning;
  const { spend, linter } = evaluation;
  const isTrigger = (instruction: Instruction): boolean =>
    state.node.instructions.indexOf(instruction) < state.node.triggers;
  return {
    state,
    evaluation,
    at: line => ({ ...evaluation.scopeOf(line, state.variables), onUnset: name => reportUnset(name, line) }),
    record: createdBy => {
      spend(createdBy.length);
      state.history.push({ createdBy });
    },
    step: (step, { line }) => {
      spend(step.createdBy.length + step.title.length);
      const place = { parent: state.origin, lines: [line.number, line.end] as const, stage: state.node.name };
      steps.push({ ...step, ...place });
      state.origin = { kind: 'step', step: steps.length - 1 };
      state.history.push({ createdBy: step.createdBy, step: steps.length - 1 });
    },
    title: (instruction, { keep = {}, variables = state.variables, suffix = '' } = {}) => {
      const { line } = instruction;
      const shown = shownLine(line.text, evaluation.scopeOf(line, variables), keep) + suffix;
      return titleOf(state, shown, { evaluation, isSingle: graph.isSingle, isTrigger: isTrigger(instruction) });
    },
    originOf: (source, instruction) => planning.originOf(source, instruction, state),
  };

  function reportUnset(name: string, line: DockerfileLine): void {
    if (state.declared.has(name)) return;
    const near = nearVariable(name, state.variables.keys());
    linter.report('UndefinedVar', line, { about: [name, near], word: usedAs(name, line.text) });
  }
}
