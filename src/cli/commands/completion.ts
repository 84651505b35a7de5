import type { Command } from '../command.ts';
import { completionScript, shells } from '../completion-script.ts';

/** A function gives the table, as the table holds this verb too. */
export const completion = (table: () => readonly Command[]): Command => ({
  name: 'completion',
  describe: 'a completion script for a shell',
  positionals: [{ name: 'shell', describe: shells.join(', ') }],
  options: [],
  examples: [
    ['source <(ocikit completion bash)', 'in this bash'],
    ['ocikit completion fish > ~/.config/fish/completions/ocikit.fish', 'in every fish'],
  ],
  run: async (words, io) => {
    io.stdout(completionScript(words.word('shell'), table()));
    return 0;
  },
});
