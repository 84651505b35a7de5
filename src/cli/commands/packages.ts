import { type Command, excludes } from '../command.ts';
import { fixedTime } from '../environment.ts';
import type { Io } from '../io.ts';
import { jsonLine, safeJson } from '../json-text.ts';
import { printTexts, printWarnings } from '../output.ts';
import { packagesText } from '../packages-text.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';

async function printSbom(words: Words, io: Io, format: 'spdx' | 'cyclonedx'): Promise<void> {
  const { sbom } = await import('../../ops/sbom.ts');
  const choice = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
  const created = fixedTime(undefined, io);
  const options = { ...choice, ...given({ format, created }) };
  const result = await withProgress(words, io, work => sbom(words.word('rootfs'), { ...options, ...work }));
  printWarnings(io, words, result.warnings);
  await printTexts(io, [safeJson(result.text)]);
}

export const packages: Command = {
  name: 'packages',
  describe: 'the packages in an image, a bundle, a directory or a tar, with the layer that brought each',
  positionals: [{ name: 'rootfs', describe: 'an image, a bundle, a directory or a tar', completes: 'image' }],
  options: [
    {
      name: 'sbom',
      default: 'a table',
      kind: 'text',
      value: 'FORMAT',
      choices: ['spdx', 'cyclonedx'],
      isForm: true,
      describe: 'a bill of materials in JSON: SPDX 2.3 or CycloneDX 1.6',
    },
    shared.platform,
  ],
  rules: [...excludes('sbom', ['json'], 'a bill of materials is JSON of its own')],
  examples: [
    ['ocikit packages img:app', 'a line a package'],
    [
      'ocikit packages img:app --sbom spdx > app.spdx.json',
      'for ocikit attach img:app app.spdx.json:application/spdx+json --artifact-type application/spdx+json',
    ],
  ],
  details: [
    "Databases of dpkg (status, and status.d of distroless images), apk and rpm (SQLite with its write-ahead log, rpm's own, Berkeley DB); manifests of npm, Python, Ruby, Composer and Java archives (those within them too); and what programs of Go and, built with cargo-auditable, of Rust say they are made of.",
    "The layer (#1 is the lowest) is the one from which on a database has had the package; of a package with a file of its own, the one that made that file. SIZE is what is there of the files that it lists; a file that two packages list is the first one's. A database that cannot be read is a warning.",
    'A bill of materials is the same bytes for the same contents: its identifiers are made of them, and its time is SOURCE_DATE_EPOCH, else when the image was made.',
  ],
  library: ['packages(rootfs, options)', 'PackagesResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const format = words.text('sbom');
    if (format === 'spdx' || format === 'cyclonedx') await printSbom(words, io, format);
    else {
      const { packages } = await import('../../ops/packages.ts');
      const options = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
      const result = await withProgress(words, io, work => packages(words.word('rootfs'), { ...options, ...work }));
      printWarnings(io, words, result.warnings);
      await printTexts(io, words.flag('json') ? jsonLine(result) : [packagesText(result)]);
    }
    return 0;
  },
};
