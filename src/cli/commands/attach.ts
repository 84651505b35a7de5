import { usage } from '../../errors.ts';
import type { AttachedFile } from '../../ops/options.ts';
import { withoutEdits } from '../change-options.ts';
import type { Command } from '../command.ts';
import { fixedTime } from '../environment.ts';
import { filledStdin } from '../filled-stdin.ts';
import type { Io } from '../io.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';

const typed = /^([\s\S]+):([a-z0-9][\w!#$&^.+-]*\/[\w!#$&^.+-]+)$/i;

/** `FILE[:MEDIATYPE]`; `-` is standard input, which can be read once. */
function filesOf(words: Words, io: Io): readonly AttachedFile[] {
  const files = words.texts('file').map((text): AttachedFile => {
    const [, file, mediaType] = typed.exec(text) ?? [];
    const named = file === undefined || mediaType === undefined ? { file: text } : { file, mediaType };
    const said = { expected: 'a file', hint: 'an empty file is attached by its name' };
    return named.file === '-' ? { ...named, file: filledStdin(io, said) } : named;
  });
  if (files.filter(({ file }) => typeof file !== 'string').length > 1)
    throw usage('FILE', 'expected standard input once, got it more often');
  return files;
}

export const attach: Command = {
  name: 'attach',
  describe: 'an SBOM, a signature or any file to an image, as an artifact about it',
  positionals: [
    { name: 'subject', describe: 'LAYOUT[:NAME][@DIGEST]: what it is about', completes: 'image' },
    { name: 'file', describe: 'FILE[:MEDIATYPE]; - is standard input', optional: true, many: true, completes: 'file' },
  ],
  options: [
    {
      name: 'artifact-type',
      kind: 'text',
      value: 'TYPE',
      default: 'that of the one file, where it is known',
      describe: 'what the artifact is: a media type',
    },
    { name: 'annotation', kind: 'texts', value: 'KEY=VALUE', describe: 'on the artifact; may be repeated' },
    {
      name: 'created',
      kind: 'text',
      value: 'TIME',
      default: 'SOURCE_DATE_EPOCH, else when the image was made',
      describe: 'when it was attached (RFC 3339)',
    },
    {
      name: 'tag',
      default: 'none',
      alias: 't',
      kind: 'text',
      value: 'NAME',
      describe: "the artifact's own name in the layout",
    },
    {
      name: 'fallback-tag',
      kind: 'flag',
      default: 'where the layout has such tags',
      describe: "list it in registries' tag sha256-… as well, which regctl reads",
    },
    { ...shared.platform, default: 'all of it: the index', describe: 'about the image of one platform' },
    shared.dryRun,
  ],
  elsewhere: withoutEdits(
    'an artifact has no author, command or history: --annotation says what there is to say, such as org.opencontainers.image.authors=NAME',
    ['created', 'annotation'],
  ),
  examples: [
    [
      'ocikit attach img:app sbom.json:application/spdx+json --artifact-type application/spdx+json',
      'an SBOM; oras discover lists it',
    ],
    ['ocikit packages img:app --sbom spdx | ocikit attach img:app -', 'a list of the packages of an image, with it'],
  ],
  details: [
    'The artifact is a manifest whose subject is the image (OCI 1.1), with an empty config and a layer for each file. The image itself does not change, and its digest stays. The layout lists the artifact without a name, with what it is about beside it.',
    'A file without MEDIATYPE is known by its name (.spdx.json, .cdx.json, .sarif …) or by what its JSON begins with: SPDX, CycloneDX, in-toto, DSSE, sigstore bundles, OpenVEX.',
    'With the same files and time it is the same artifact: nothing is attached twice. copy --referrers takes it along, and gc keeps it as long as the image is there.',
    'What is printed is the digest of the artifact.',
  ],
  library: ['attach(subject, files, options)', 'AttachResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { attach } = await import('../../ops/attach.ts');
    const options = given({
      artifactType: words.text('artifact-type'),
      annotations: words.texts('annotation'),
      created: fixedTime(words.text('created'), io),
      tag: words.text('tag'),
      fallbackTag: words.flag('fallback-tag'),
      platform: words.text('platform'),
      hostPlatform: io.hostPlatform,
      dryRun: words.flag('dry-run'),
    });
    const result = await withProgress(words, io, work =>
      attach(words.word('subject'), filesOf(words, io), { ...options, ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(`${result.manifest}\n`);
    return 0;
  },
};
