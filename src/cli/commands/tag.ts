import type { Command } from '../command.ts';
import { printJson } from '../output.ts';
import { shared } from '../shared-options.ts';

export const tag: Command = {
  name: 'tag',
  describe: 'give an image more names',
  positionals: [
    { name: 'image', describe: 'LAYOUT[:NAME][@DIGEST]', completes: 'image' },
    { name: 'name', describe: 'a tag or a full reference; moved if another image has it', many: true },
  ],
  options: [
    shared.dryRun,
    { name: 'force', alias: 'f', kind: 'flag', describe: 'accepted for the sake of old scripts; names always move' },
  ],
  examples: [
    ['ocikit tag img:base latest', 'a second name in the same layout'],
    ['ocikit tag img@4413 docker.io/library/figlet:1.0', 'a full reference, for the image whose ID starts with 4413'],
  ],
  details: [
    'A full reference (docker.io/library/app:v1, ghcr.io/o/app:v1) is written with its canonical name beside the tag, so that containerd and docker find it. All names are given or none.',
  ],
  library: ['tag(image, names, options)', 'TagResult'],
  run: async (words, io) => {
    const { tag } = await import('../../ops/tag.ts');
    const result = await tag(words.word('image'), words.texts('name'), {
      dryRun: words.flag('dry-run'),
      signal: io.signal,
    });
    if (words.flag('json')) printJson(io, result);
    else if (words.flag('dry-run')) io.stdout(`${result.digest}\n`);
    return 0;
  },
};
