import type { Command } from '../command.ts';
import { completionScript, shells } from '../completion-script.ts';

export const completion: Command = {
  name: 'completion',
  describe: 'a completion script for a shell',
  positionals: [{ name: 'shell', describe: shells.join(', '), choices: shells }],
  options: [],
  examples: [
    ['source <(ocikit completion bash)', 'in this bash'],
    ['ocikit completion fish > ~/.config/fish/completions/ocikit.fish', 'in every fish'],
  ],
  details: [
    'Verbs, options and their values, files, and the names of the images in a layout (img:<TAB>) are completed. In every bash: put the script into ~/.local/share/bash-completion/completions/ocikit. In every zsh: into a file _ocikit in a directory of $fpath.',
  ],
  run: async (words, io) => {
    io.stdout(completionScript(words.word('shell')));
    return 0;
  },
};
