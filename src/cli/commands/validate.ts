import type { OciError } from '../../errors.ts';
import type { ValidateResult } from '../../ops/results.ts';
import { answers } from '../../ops/several.ts';
import type { Command } from '../command.ts';
import { hasColor } from '../environment.ts';
import { reportAll } from '../failure.ts';
import { printJson } from '../output.ts';
import { withProgress } from '../progress.ts';
import { validateText } from '../validate-text.ts';

export const validate: Command = {
  name: 'validate',
  describe: 'check that a layout, an archive or an image is whole: schemas, digests, sizes, diffIDs, history',
  positionals: [{ name: 'place', describe: 'PATH[:NAME][@DIGEST]', completes: 'place', many: true }],
  options: [
    { name: 'fast', kind: 'flag', describe: 'documents, sizes and presence only; no blob is hashed' },
    { name: 'strict', kind: 'flag', describe: 'warnings count as errors' },
  ],
  examples: [
    ['ocikit validate img other.tar', 'everything in a layout and in an archive'],
    ['ocikit validate img:base --fast --json', 'one image, without hashing, for a program'],
  ],
  details: [
    'Each finding is a line: severity, code, what it is about, and what was expected. Codes are stable. Of one place --json prints an object, of several a list of them, null in the place of one that cannot be read: that is an error beside the others.',
  ],
  library: ['validate(place, options)', 'ValidateResult'],
  no: 'something is wrong: there are errors, or with --strict warnings',
  run: async (words, io) => {
    const { validate } = await import('../../ops/validate.ts');
    const options = { fast: words.flag('fast'), strict: words.flag('strict') };
    const places = words.texts('place');
    const errors: OciError[] = [];
    const results = await withProgress(words, io, async work => {
      const found: (ValidateResult | null)[] = [];
      for (const place of places) {
        const [result = null] = await answers([place], { errors }, one => validate(one, { ...options, ...work }));
        found.push(result);
      }
      return found;
    });
    const known = results.filter(result => result !== null);
    const isJson = words.flag('json');
    if (isJson && (places.length > 1 || known.length > 0)) printJson(io, places.length === 1 ? results[0] : results);
    for (const [at, result] of results.entries())
      if (!isJson && result !== null) io.stdout(validateText(places[at] as string, result, hasColor(words, io)));
    const isWrong = known.some(({ findings }) =>
      findings.some(({ severity }) => severity === 'error' || words.flag('strict')),
    );
    return reportAll(errors, io) || (isWrong ? 1 : 0);
  },
};
