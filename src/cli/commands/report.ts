import type { Command } from '../command.ts';
import { needs } from '../command.ts';
import { outputFile, outputOption, printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const report: Command = {
  name: 'report',
  describe: 'a page of HTML about an image or a root filesystem, or about what differs between two',
  positionals: [
    { name: 'rootfs', describe: 'an image, a bundle, a directory or a tar; of two, the older one', completes: 'image' },
    { name: 'new', describe: 'the newer one, which it is compared with', optional: true, completes: 'image' },
  ],
  options: [outputOption, shared.platform, shared.dryRun],
  rules: [needs('json', ['output', 'dry-run'], 'standard output is the page itself')],
  examples: [
    ['ocikit report img:app -o app.html', 'layers and history, where the bytes are, files, packages, waste, config'],
    ['ocikit report img:base img:app -o diff.html', 'what changed, by layer, directory, package and file'],
  ],
  details: [
    'The page is one file that asks no network for anything and needs no server: what it shows is in it, and its script is its own. It may be opened from a disk, sent, printed and kept as an artifact of a build. It follows the light or dark scheme of who reads it, and all of it can be reached by keyboard: / goes to the search of files, arrows walk the tree and the map.',
    'Of one image: its layers with their lines of history, a map of sizes by directory, layer and package and of what no path reaches, the files with the layer and package of each, packages, waste and config. Of two: what changed, by layer, directory and package, each path with its reasons, the fields of the config, and the lines of small text files that were added, changed or deleted. Of a bundle, a directory or a tar, which have neither layers nor a config, it shows what there is.',
    'What an image says (names, labels, contents) is shown as text and never taken for markup; a policy in the page lets nothing but its own script run. The same images make the same bytes; --dry-run prints the digest of them. Differences of text files show what is in them: mind who may read the page.',
  ],
  library: ['report(images, file, options)', 'ReportResult'],
  run: async (words, io) => {
    const { report, reportStream } = await import('../../ops/report.ts');
    const options = given({
      platform: words.text('platform'),
      dryRun: words.flag('dry-run'),
      hostPlatform: io.hostPlatform,
    });
    const newer = words.text('new');
    const images = newer === undefined ? [words.word('rootfs')] : [words.word('rootfs'), newer];
    const file = outputFile(words, io);
    const result = await withProgress(words, io, async work => {
      if (file !== undefined || words.flag('dry-run')) return report(images, file ?? '', { ...options, ...work });
      const { bytes, ...result } = await reportStream(images, { ...options, ...work });
      await io.stdoutBytes(bytes);
      return result;
    });
    printWarnings(io, words, result.warnings);
    if (words.flag('json') && (file !== undefined || words.flag('dry-run'))) printJson(io, result);
    else if (words.flag('dry-run')) io.stdout(`${result.digest}\n`);
    return 0;
  },
};
