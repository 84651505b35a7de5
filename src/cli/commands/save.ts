import type { Command } from '../command.ts';
import { outputFile, outputOption, printJson, printWarnings, tarRule } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

const formats = ['universal', 'oci', 'docker'] as const;

export const save: Command = {
  name: 'save',
  describe: 'images as one tar that docker, podman, containerd and skopeo load',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image', many: true }],
  options: [
    outputOption,
    {
      name: 'format',
      kind: 'text',
      choices: formats,
      default: 'universal',
      describe: 'universal, which every engine takes; an OCI layout alone; or what docker saved before version 25',
    },
    {
      ...shared.platform,
      default: 'all of it',
      describe: 'only this image of a multi-platform image: OS/ARCH[/VARIANT]',
    },
    shared.dryRun,
  ],
  rules: [tarRule],
  examples: [
    ['ocikit save img:base img:figlet -o both.tar', 'two images, blobs that they share once'],
    ['ocikit save img:figlet | ssh host docker load', 'to another machine, as img:figlet'],
  ],
  details: [
    "The default is one tar that docker load (old and new), podman load, ctr images import and skopeo (oci-archive: and docker-archive:) all take. A plain name is a tag for them: the repository is the layout's own name, so that img:figlet is loaded as img:figlet.",
  ],
  library: ['save(images, file, options)', 'SaveResult'],
  run: async (words, io) => {
    const { save, saveStream } = await import('../../ops/save.ts');
    const format = formats.find(name => name === words.text('format'));
    const options = given({ format, platform: words.text('platform'), dryRun: words.flag('dry-run') });
    const images = words.texts('image');
    const file = outputFile(words, io);
    const result = await withProgress(words, io, async work => {
      if (file !== undefined || words.flag('dry-run')) return save(images, file ?? '', { ...options, ...work });
      const { bytes, ...result } = await saveStream(images, { ...options, ...work });
      await io.stdoutBytes(bytes);
      return result;
    });
    printWarnings(io, words, result.warnings);
    if (words.flag('json') && (file !== undefined || words.flag('dry-run'))) printJson(io, result);
    else if (words.flag('dry-run')) for (const { digest } of result.images) io.stdout(`${digest}\n`);
    return 0;
  },
};
