import { formatPlatform } from '../../spec/platform.ts';
import type { Evaluation } from './evaluation.ts';
import type { StageState } from './stage-state.ts';
import { type Scope, shownCommand } from './variables.ts';

/** How progress calls the next step of a stage: `[build 2/4] RUN make`. */
export function titleOf(
  state: StageState,
  command: string,
  more: { readonly evaluation: Evaluation; readonly isSingle: boolean; readonly isTrigger?: boolean },
): string {
  if (state.total === 0) return command;
  state.titled += 1;
  const { showPlatform } = more.evaluation.options;
  const platform = showPlatform === true ? `${formatPlatform(state.platform)} ` : '';
  const name = more.isSingle ? '' : `${state.node.name} `;
  const count = String(state.titled).padStart(String(state.total).length);
  return `[${platform}${name}${count}/${state.total}] ${more.isTrigger === true ? 'ONBUILD ' : ''}${command}`;
}

/** A line of the Dockerfile for people: variables replaced, and its keyword in capitals. */
export function shownLine(text: string, scope: Scope, keep: Parameters<typeof shownCommand>[2]): string {
  return shownCommand(text.trim(), scope, keep).replace(/^[^ ]*/, keyword => keyword.toUpperCase());
}
