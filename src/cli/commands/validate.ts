import type { ValidateResult } from '../../ops/results.ts';
import type { Command } from '../command.ts';
import { hasColor } from '../environment.ts';
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
    'Each finding is a line: severity, code, what it is about, and what was expected. Codes are stable. Of one place --json prints an object, of several a list of them.',
  ],
  library: ['validate(place, options)', 'ValidateResult'],
  no: 'something is wrong: there are errors, or with --strict warnings',
  run: async (words, io) => {
    const { validate } = await import('../../ops/validate.ts');
    const options = { fast: words.flag('fast'), strict: words.flag('strict') };
    const places = words.texts('place');
    const results = await withProgress(words, io, async work => {
      const found: ValidateResult[] = [];
      for (const place of places) found.push(await validate(place, { ...options, ...work }));
      return found;
    });
    if (words.flag('json')) printJson(io, results.length === 1 ? results[0] : results);
    else
      for (const [at, result] of results.entries())
        io.stdout(validateText(places[at] as string, result, hasColor(words, io)));
    const findings = results.flatMap(result => result.findings);
    return findings.some(({ severity }) => severity === 'error' || words.flag('strict')) ? 1 : 0;
  },
};
