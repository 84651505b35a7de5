import { type Command, shared } from '../command.ts';
import { outputFile, outputOption, printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { given } from '../words.ts';

const formats = ['universal', 'oci', 'docker'] as const;

export const save: Command = {
  name: 'save',
  describe: 'images as one tar that docker, podman, containerd and skopeo load',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', many: true }],
  options: [
    outputOption,
    {
      name: 'format',
      kind: 'text',
      choices: formats,
      describe: 'universal, which every engine takes; an OCI layout alone; or what docker saved before version 25',
    },
    { ...shared.platform, describe: 'only this image of a multi-platform image: OS/ARCH[/VARIANT]' },
    shared.dryRun,
  ],
  examples: [
    ['ocikit save img:base img:figlet -o both.tar', 'two images, blobs that they share once'],
    ['ocikit save img:figlet | ssh host docker load', 'to another machine, as img:figlet'],
  ],
  run: async (words, io) => {
    const { save, saveStream } = await import('../../ops/save.ts');
    const format = formats.find(name => name === words.text('format'));
    const options = given({ format, platform: words.text('platform'), dryRun: words.flag('dry-run') });
    const images = words.texts('image');
    const file = outputFile(words, io);
    const result = await withProgress(words, io, async progress => {
      if (file !== undefined || words.flag('dry-run')) return save(images, file ?? '', { ...options, progress });
      const { bytes, ...result } = await saveStream(images, { ...options, progress });
      await io.stdoutBytes(bytes);
      return result;
    });
    printWarnings(io, words, result.warnings);
    if (words.flag('json') && (file !== undefined || words.flag('dry-run'))) printJson(io, result);
    else if (words.flag('dry-run')) for (const { digest } of result.images) io.stdout(`${digest}\n`);
    return 0;
  },
};
