import type { Command } from '../command.ts';
import { hasColor } from '../environment.ts';
import { printJson } from '../output.ts';
import { withProgress } from '../progress.ts';
import { validateText } from '../validate-text.ts';

export const validate: Command = {
  name: 'validate',
  describe: 'check that a layout, an archive or an image is whole: schemas, digests, sizes, diffIDs, history',
  positionals: [{ name: 'place', describe: 'PATH[:NAME][@DIGEST]', completes: 'place' }],
  options: [
    { name: 'fast', kind: 'flag', describe: 'documents, sizes and presence only; no blob is hashed' },
    { name: 'strict', kind: 'flag', describe: 'warnings count as errors' },
  ],
  examples: [
    ['ocikit validate img', 'everything in a layout'],
    ['ocikit validate img:base --fast --json', 'one image, without hashing, for a program'],
  ],
  details: ['Each finding is a line: severity, code, what it is about, and what was expected. Codes are stable.'],
  library: ['validate(place, options)', 'ValidateResult'],
  no: 'something is wrong: there are errors, or with --strict warnings',
  run: async (words, io) => {
    const { validate } = await import('../../ops/validate.ts');
    const options = { fast: words.flag('fast'), strict: words.flag('strict') };
    const result = await withProgress(words, io, work => validate(words.word('place'), { ...options, ...work }));
    if (words.flag('json')) printJson(io, result);
    else io.stdout(validateText(words.word('place'), result, hasColor(words, io)));
    const fails = result.findings.some(({ severity }) => severity === 'error' || words.flag('strict'));
    return fails ? 1 : 0;
  },
};
