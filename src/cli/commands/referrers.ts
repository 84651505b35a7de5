import type { Command } from '../command.ts';
import { escapeLine } from '../escape.ts';
import { printJson, printWarnings, withNotices } from '../output.ts';
import { shared } from '../shared-options.ts';
import { tableText } from '../table.ts';
import { given } from '../words.ts';

export const referrers: Command = {
  name: 'referrers',
  describe: 'the signatures, SBOMs and other artifacts about an image',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    { name: 'artifact-type', default: 'all', kind: 'text', value: 'TYPE', describe: 'only artifacts of this type' },
    { name: 'recursive', alias: 'r', kind: 'flag', describe: 'what is about the artifacts as well' },
    { name: 'scan', kind: 'flag', describe: 'blobs that nothing in the layout leads to are looked at as well' },
    { ...shared.platform, default: 'all of it: the index', describe: 'about the image of one platform' },
  ],
  examples: [
    ['ocikit referrers img:app', 'what is about the image that the name stands for'],
    [
      'ocikit referrers img:multi --platform linux/arm64 --artifact-type application/spdx+json --json',
      'SBOMs of one platform',
    ],
  ],
  details: [
    "Found by every convention that tools have for layouts: the artifact's own subject (OCI 1.1, oras, notation), containerd's and buildx's annotation, the fallback tag sha256-… (regctl), cosign's tags and what cosign save writes, and BuildKit's attestations beside their image. --scan reads every small blob of the layout besides, for what was left there without an entry, as cosign does with its bundles. VIA says which.",
    'Of a multi-platform image, what is about the index is listed; --platform asks for what is about one image of it.',
  ],
  library: ['referrers(image, options)', 'ReferrersResult'],
  run: async (words, io) => {
    const { referrers } = await import('../../ops/referrers.ts');
    const options = given({
      artifactType: words.text('artifact-type'),
      recursive: words.flag('recursive'),
      scan: words.flag('scan'),
      platform: words.text('platform'),
      hostPlatform: io.hostPlatform,
    });
    const result = await withNotices(words, io, work => referrers(words.word('image'), { ...options, ...work }));
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else {
      const rows = result.referrers.map(({ digest, artifactType, size, via }) => [
        digest,
        escapeLine(artifactType ?? ''),
        String(size),
        via.join(', '),
      ]);
      io.stdout(tableText([['DIGEST', 'ARTIFACT TYPE', 'SIZE', 'VIA'], ...rows]));
    }
    return 0;
  },
};
