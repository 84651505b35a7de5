import type { Command } from '../command.ts';
import { gcText } from '../gc-text.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const gc: Command = {
  name: 'gc',
  alias: 'prune',
  describe: 'remove the blobs of a layout that nothing names any more, and what dead writers have left',
  positionals: [{ name: 'layout', describe: 'the layout', completes: 'directory' }],
  options: [
    { ...shared.dryRun, describe: 'print what would go, remove nothing' },
    {
      name: 'grace',
      kind: 'text',
      value: 'DURATION',
      default: '1h',
      describe: 'what is younger stays: 30m, 24h, or 0 where no other tool is at work',
    },
    {
      name: 'untagged',
      kind: 'flag',
      describe: 'images that never had a name, or lost it to another tool, go as well',
    },
    { name: 'dangling-referrers', kind: 'flag', describe: 'what is about an image that is not there goes as well' },
    {
      name: 'ignore-manifest-json',
      kind: 'flag',
      describe: "blobs that only docker's manifest.json beside the index names go as well",
    },
  ],
  examples: [
    ['ocikit gc img --dry-run', 'what would go, and how many bytes'],
    ['ocikit gc img --untagged --grace 0', 'all that has no name, at once'],
  ],
  details: [
    'Everything that an entry of the index leads to stays: over nested indexes, over documents of types that ocikit does not know, over subjects, and with the signatures and SBOMs that refer to what stays.',
    'An entry without a name is an entry, and stays, unless ocikit itself left it so: an image whose name a change, a tag or a build gave to another, or whose name untag took, is marked with its former name and goes, with what is about it alone; tag gives it a name, and so keeps it. --untagged takes every entry that has no name and is not about an image that stays.',
    'Where a manifest or index that is listed is damaged or missing, or an entry of the index has no digest, what it needs is not known: nothing but what dead writers have left goes, and the exit code is 2. untag gives such an image up. What an index lists of other platforms need not be there.',
    'Other writers may be at work meanwhile. A blob younger than the grace time stays with all that it names, since tools bring blobs first and name them last; ocikit and buildx are waited for by their locks. What ocikit, umoci, skopeo, crane, regctl, oras and containerd leave when they are killed goes as well.',
  ],
  library: ['gc(layout, options)', 'GcResult'],
  run: async (words, io) => {
    const { gc } = await import('../../ops/gc.ts');
    const options = given({
      dryRun: words.flag('dry-run'),
      grace: words.text('grace'),
      untagged: words.flag('untagged'),
      danglingReferrers: words.flag('dangling-referrers'),
      ignoreManifestJson: words.flag('ignore-manifest-json'),
      now: io.now().getTime(),
    });
    const result = await withProgress(words, io, work => gc(words.word('layout'), { ...options, ...work }));
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(gcText(result));
    return 0;
  },
};
