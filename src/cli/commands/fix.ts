import { changeOptions, platformOptions, printChange, readChangeOptions } from '../change-options.ts';
import { type Command, excludes } from '../command.ts';
import { escapeLine } from '../escape.ts';
import { withProgress } from '../progress.ts';
import { given } from '../words.ts';

const ofPlatforms = new Set(platformOptions.map(({ name }) => name));

export const fix: Command = {
  name: 'fix',
  describe: 'mend what validate finds wrong with an image, in a form every engine takes',
  positionals: [
    { name: 'image', describe: 'PATH[:NAME][@DIGEST]; all images of PATH without a NAME', completes: 'image' },
  ],
  options: changeOptions.filter(({ name }) => !ofPlatforms.has(name)),
  rules: excludes('tag', ['output'], 'an output has a name of its own'),
  examples: [
    ['ocikit fix img:app --dry-run', 'what would be mended'],
    ['ocikit fix img:app -t fixed', 'the same root filesystem, in a form that every engine takes'],
    ['ocikit fix broken/ -o mended/', 'all images of a layout, into another'],
  ],
  details: [
    'Mended is what follows from the blobs: sizes and embedded data that are not those of the blob, media types of documents and of layers stored otherwise, media types of docker and of OCI in one image (all become those of OCI), zeros after a gzip stream, a table of contents that is not that of its layer (it goes), platforms that the config denies, entries of an index that lead nowhere (they go), times that are none (they go), and a history that is out of step with the layers. A layer whose tar some engine refuses or reads otherwise (an entry twice, beside its whiteout, below what is no directory, a hardlink to a file of a lower layer, types of tar alone) is written anew as what it does to the layers below, with the compression that it has.',
    'The merged root filesystem stays as it is, and what has nothing wrong keeps its bytes. All images of a multi-platform image are mended, and whatever is above them. What stays, and some engine refuses, is said. Nothing is invented: bytes that are not what their digest or diffID says are an error, and what only a person knows (a malformed variable, a missing blob) stays and is a warning.',
    'Without a NAME all that a place lists is mended, in one go, and the list: entries that lead nowhere or are no descriptors go, images of one name for several platforms become one index, and of others the last keeps the name. A layout without the file oci-layout gets it. Results are listed in the place of what they were made of; of one image with a NAME, what it was stays listed without a name.',
  ],
  library: ['fix(image, options)', 'FixResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { fix } = await import('../../ops/fix.ts');
    const { platform: _platform, allPlatforms: _all, ...said } = readChangeOptions(words, io);
    const result = await withProgress(words, io, work => fix(words.word('image'), { ...given(said), ...work }));
    if (!words.flag('quiet'))
      for (const { code, subject, message } of result.mended)
        io.stderr(`ocikit: ${escapeLine(`${subject}: ${message} (${code})`)}\n`);
    printChange(io, words, result);
    return 0;
  },
};
