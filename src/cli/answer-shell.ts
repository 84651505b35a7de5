import type { Command } from './command.ts';
import { complete, type NamesOf } from './complete.ts';
import type { Io } from './io.ts';

/** The names in a place as a shell sees it: `~/` is the home directory. What is no place has none. */
function namesIn(io: Io): NamesOf {
  const home = io.env['HOME'];
  return async text => {
    const place = home !== undefined && text.startsWith('~/') ? `${home}${text.slice(1)}` : text;
    try {
      const { imageNames } = await import('../ops/image-names.ts');
      return await imageNames(place);
    } catch {
      return [];
    }
  };
}

/** Answers `ocikit __complete WORD…`, which the completion scripts ask: a line a value, then what else there may be. */
export async function answerShell(words: readonly string[], commands: readonly Command[], io: Io): Promise<void> {
  const { values, otherwise } = await complete(words, commands, namesIn(io));
  const lines = values.map(([value, describe]) => (describe === '' ? value : `${value}\t${describe}`));
  io.stdout([...lines, `:${otherwise}`].map(line => `${line}\n`).join(''));
}
