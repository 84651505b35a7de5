import type { Command } from '../command.ts';
import { printJson } from '../output.ts';
import { shared } from '../shared-options.ts';

export const untag: Command = {
  name: 'untag',
  alias: 'rm',
  describe: 'take names away; the images stay, reachable by digest',
  positionals: [{ name: 'image', describe: 'LAYOUT:NAME', completes: 'image', many: true }],
  options: [shared.dryRun],
  examples: [
    ['ocikit untag img:old', 'one name less'],
    ['ocikit untag img:a img:b --dry-run', 'which images would lose a name'],
  ],
  library: ['untag(images, options)', 'UntagResult'],
  run: async (words, io) => {
    const { untag } = await import('../../ops/untag.ts');
    const result = await untag(words.texts('image'), { dryRun: words.flag('dry-run'), signal: io.signal });
    if (words.flag('json')) printJson(io, result);
    else if (words.flag('dry-run')) io.stdout(result.removed.map(({ digest }) => `${digest}\n`).join(''));
    return 0;
  },
};
