import { analyzeText } from '../analyze-text.ts';
import { type Command, excludes } from '../command.ts';
import { hasColor } from '../environment.ts';
import { jsonLine } from '../json-text.ts';
import { printTexts, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { wholeNumber } from '../whole-number.ts';
import { given } from '../words.ts';

export const analyze: Command = {
  name: 'analyze',
  describe:
    'where the bytes of an image or a root filesystem are, which of them nothing reaches, and whether it keeps to rules',
  positionals: [{ name: 'rootfs', describe: 'an image, a bundle, a directory or a tar', completes: 'image' }],
  options: [
    {
      name: 'max-wasted',
      default: 'anything',
      kind: 'text',
      value: 'N%|SIZE',
      describe: 'what no path reaches may be so much at most',
    },
    {
      name: 'max-size',
      default: 'anything',
      kind: 'text',
      value: 'SIZE',
      describe: 'the files of all layers may be so much at most',
    },
    { name: 'forbid', kind: 'texts', value: 'GLOB', describe: 'no path may match' },
    { name: 'no-setuid', kind: 'flag', describe: 'no file may have a set-user-ID or set-group-ID bit' },
    {
      name: 'rules',
      default: 'none',
      kind: 'text',
      value: 'FILE',
      completes: 'file',
      describe: 'rules in JSON (schemas/rules.json)',
    },
    { name: 'depth', kind: 'text', value: 'N', default: '2', describe: 'levels of directories that are listed' },
    shared.platform,
  ],
  rules: [...excludes('json', ['no-color'], 'JSON has no colours')],
  examples: [
    ['ocikit analyze img:app', 'size by layer, directory and package, and the ten paths that waste most'],
    [
      "ocikit analyze img:app --max-wasted 5% --max-size 200MB --forbid '**/*.key' --no-setuid",
      'a gate: exit status 1 and a line for what broke it',
    ],
  ],
  details: [
    "Bytes are those of files, uncompressed. REACHED are those that paths of the merged root filesystem lead to, each file once; HIDDEN those that none does, since a layer above replaced or deleted them; TAR what a layer's archive needs beside. The three are the layer's tar, to the byte; what is reached is the sum over directories, and over packages with what is no package's.",
    'The line of dive has the numbers of wagoodman/dive as it counts: of a path that is replaced both copies are waste there, and a directory that is deleted is none.',
    'SIZE is in bytes, or with kB, MB, GB (powers of 1000), KiB, MiB, GiB. A file of rules is {"version":1,"rules":[…]}; each rule asks for one or more of maxSize, maxLayers, maxWasted, minEfficiency, forbid, require, noSetuid, noWorldWritable, owners ("0:0"), noRootUser, ports, labels ({"name":"pattern"}), base, forbidPackages and requirePackages ("deb/openssl<3.0.14"), and may have id, severity (error, warning, info), message, except (globs) and layers ("any": in lower layers as well, so that a deleted secret is found).',
    'What is no image has neither layers nor a config: nothing of it is hidden, and a rule of maxLayers, noRootUser, ports, labels or base is refused.',
    'Only an error makes the exit status 1.',
  ],
  library: ['analyze(rootfs, options)', 'AnalyzeResult'],
  no: 'the image does not keep to a rule',
  run: async (words, io) => {
    const { analyze } = await import('../../ops/analyze.ts');
    const options = given({
      maxWasted: words.text('max-wasted'),
      maxSize: words.text('max-size'),
      forbid: words.texts('forbid'),
      noSetuid: words.flag('no-setuid'),
      rules: words.text('rules'),
      depth: wholeNumber(words.text('depth'), '--depth'),
      platform: words.text('platform'),
      hostPlatform: io.hostPlatform,
    });
    const result = await withProgress(words, io, work => analyze(words.word('rootfs'), { ...options, ...work }));
    printWarnings(io, words, result.warnings);
    await printTexts(io, words.flag('json') ? jsonLine(result) : [analyzeText(result, hasColor(words, io))]);
    return result.passed ? 0 : 1;
  },
};
