import type { Command, Option } from './command.ts';
import { shared } from './shared-options.ts';

/** A verb's own options and those that every verb has. */
export function optionsOf(command: Command): readonly Option[] {
  const own = new Set(command.options.map(option => option.name));
  const common = [...(command.hasJson === false ? [] : [shared.json]), shared.quiet, shared.noProgress, shared.noColor];
  return [...command.options, ...common.filter(option => !own.has(option.name))];
}
