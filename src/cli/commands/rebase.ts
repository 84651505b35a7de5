import { changeOptions, changeRules, printChange, readChangeOptions } from '../change-options.ts';
import { type Command, excludes } from '../command.ts';
import type { Io } from '../io.ts';
import { printJson } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';

/** `--check`: whether it is made on the base, for each platform. */
async function check(words: Words, io: Io): Promise<number> {
  const { checkBase } = await import('../../ops/check-base.ts');
  const choice = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
  const base = words.text('old-base');
  const result = await withProgress(words, io, work => checkBase(words.word('image'), base, { ...choice, ...work }));
  if (words.flag('json')) printJson(io, result);
  else
    for (const { platform, layer } of result.images)
      io.stdout(layer === null ? `${platform} yes\n` : `${platform} no: layer ${layer} is another\n`);
  return result.isBased ? 0 : 1;
}

export const rebase: Command = {
  name: 'rebase',
  describe: 'the same image on another base',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    {
      name: 'old-base',
      kind: 'text',
      value: 'IMAGE',
      completes: 'image',
      default: 'what the annotation org.opencontainers.image.base.digest names, or a label of buildpacks',
      describe: 'what the image is made on',
    },
    {
      name: 'new-base',
      default: 'none: it has to be said, but with --check',
      kind: 'text',
      value: 'IMAGE',
      completes: 'image',
      describe: 'what it is to be made on',
    },
    { name: 'check', kind: 'flag', describe: 'only say whether the image is made on the old base' },
    { name: 'force', kind: 'flag', describe: 'although labels of buildpacks speak against it' },
    shared.strict,
    ...changeOptions,
  ],
  rules: [
    ...excludes(
      'check',
      [
        'new-base',
        'force',
        'strict',
        'dry-run',
        'all-platforms',
        'tag',
        'output',
        'change',
        'author',
        'message',
        'created',
        'created-by',
        'annotation',
      ],
      'nothing is made',
    ),
    ...changeRules,
  ],
  examples: [
    ['ocikit rebase img:app --old-base img:debian --new-base new:debian', 'on a base with its fixes'],
    ['ocikit rebase img:app --old-base img:debian --check', 'exit status 1 where it is not made on it'],
  ],
  details: [
    "The layers of the new base take the place of the old one's, which are told by diffID: a base that is stored with another compression is the same base. What is above keeps its bytes. Each platform is paired with the same platform of both bases. Attestations of the old image are left out, with a warning. Where both bases are one document nothing changes.",
    "The config is merged three ways, as a rebuild on the new base would make it. What the image itself set stays; what it inherited is as in the new base, and gone where that has it no more. By name: environment variables (one that goes on from the old value, /app/bin:$PATH, goes on from the new one). By key: labels, exposed ports, volumes and fields that ocikit does not know. Entrypoint and command: an entrypoint of the image's own keeps its command; else the new base's entrypoint stands, and the command is the image's where it set one. ONBUILD, times and architecture are the image's, the system's version and features the new base's. Where the image and the new base both differ from the old base, the image's value stays and --json lists it under conflicts.",
    "History: the new base's lines, then those above the old one. The manifest names the new base's digest in org.opencontainers.image.base.digest. Warned of, and with --strict refused: paths of the image's layers that are of another kind in the new base (a symbolic link where a directory was), and databases of packages that hide the new base's, and whiteouts of the image's that hide what the new base has brought.",
    "Images of buildpacks: where no base is named, the layers up to runImage.topLayer in the label io.buildpacks.lifecycle.metadata are the old base, and all that the config says is the image's own. Labels io.buildpacks.stack.* and io.buildpacks.base.* are the new base's, and the metadata name its top layer and its digest. Refused, and with --force warned of: an image whose label io.buildpacks.rebasable is false, and a new base of another io.buildpacks.base.distro.name or version.",
  ],
  library: ['rebase(image, options)', 'RebaseResult'],
  no: 'with --check: the image, or that of some platform, is not made on the base',
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    if (words.flag('check')) return check(words, io);
    const { rebase } = await import('../../ops/rebase.ts');
    const options = given({
      ...readChangeOptions(words, io),
      oldBase: words.text('old-base'),
      newBase: words.text('new-base'),
      force: words.flag('force'),
      strict: words.flag('strict'),
    });
    const result = await withProgress(words, io, work => rebase(words.word('image'), { ...options, ...work }));
    printChange(io, words, result);
    return 0;
  },
};
