import type { Command } from '../command.ts';
import { printJson } from '../output.ts';
import { shared } from '../shared-options.ts';

export const init: Command = {
  name: 'init',
  describe: 'make an empty image layout',
  positionals: [{ name: 'layout', describe: 'the directory to make it in', completes: 'directory' }],
  options: [shared.dryRun],
  examples: [
    ['ocikit init img', 'an empty layout in ./img'],
    ['ocikit init img --json', 'and its path as JSON'],
  ],
  library: ['init(layout, options)', 'InitResult'],
  run: async (words, io) => {
    const { init } = await import('../../ops/init.ts');
    const result = await init(words.word('layout'), { dryRun: words.flag('dry-run'), signal: io.signal });
    if (words.flag('json')) printJson(io, result);
    return 0;
  },
};
