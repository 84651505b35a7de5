import { usage } from '../../errors.ts';
import type { Command } from '../command.ts';
import { escapeLine } from '../escape.ts';
import type { Io } from '../io.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import type { Words } from '../words.ts';

/** `load FILE LAYOUT`, `load -i FILE LAYOUT`, or `load LAYOUT` from standard input. */
function placesOf(words: Words): { readonly archive: string; readonly layout: string } {
  const places = words.texts('place');
  const input = words.text('input');
  const [first = '', second] = places;
  if (input !== undefined && second !== undefined)
    throw usage('--input', `expected one LAYOUT beside it, got ${places.length} operands`);
  if (places.length > 2) throw usage('load', `expected FILE and LAYOUT, got ${places.length} operands`);
  return second === undefined ? { archive: input ?? '-', layout: first } : { archive: first, layout: second };
}

/** What is called like an archive and is alone has no layout beside it. */
function checkLayout(layout: string, words: Words): void {
  if (words.texts('place').length === 1 && words.text('input') === undefined && /\.(tar|tgz|tar\.\w+)$/.test(layout))
    throw usage('load', `expected FILE and LAYOUT, got only '${layout}'`, `ocikit load ${layout} LAYOUT`);
}

function archiveOf(archive: string, io: Io): string | AsyncIterable<Uint8Array> {
  if (archive !== '-') return archive;
  if (!io.stdinIsTerminal) return io.stdin();
  throw usage('stdin', 'expected an archive, got a terminal', 'give a FILE, or send one through a pipe');
}

import { shared } from '../shared-options.ts';

export const load: Command = {
  name: 'load',
  describe: 'bring the images of a tar into a layout: what docker save, podman save, skopeo and buildx write',
  positionals: [
    {
      name: 'place',
      describe: '[FILE|-] LAYOUT: the archive (- for standard input), and where to',
      completes: 'file',
      many: true,
    },
  ],
  options: [
    {
      name: 'input',
      default: 'the operand',
      alias: 'i',
      kind: 'text',
      value: 'FILE',
      completes: 'file',
      describe: 'the archive, in place of the operand',
    },
    shared.dryRun,
  ],
  examples: [
    ['docker save old:image | ocikit load - layout', 'digests of OCI content stay as they are'],
    ['ocikit load -i both.tar layout', 'every image, under its names'],
  ],
  details: [
    'Every image of the archive comes, under its names; OCI content keeps its digests. Archives of docker get a manifest made of their config and layers, whose diffIDs are checked.',
  ],
  library: ['load(archive, layout, options)', 'LoadResult'],
  run: async (words, io) => {
    const { load } = await import('../../ops/load.ts');
    const { archive, layout } = placesOf(words);
    checkLayout(layout, words);
    const result = await withProgress(words, io, work =>
      load(archiveOf(archive, io), layout, { dryRun: words.flag('dry-run'), ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else
      for (const { name, id } of result.images)
        io.stdout(name === null ? `Loaded image ID: ${id}\n` : `Loaded image: ${escapeLine(name)}\n`);
    return 0;
  },
};
