import { type OciError, usage } from '../../errors.ts';
import type { ValidateResult } from '../../ops/results.ts';
import { answers } from '../../ops/several.ts';
import { type Command, excludes } from '../command.ts';
import { hasColor } from '../environment.ts';
import { printExplanation } from '../explain-text.ts';
import { reportAll } from '../failure.ts';
import { printJson } from '../output.ts';
import { withProgress } from '../progress.ts';
import { validateText } from '../validate-text.ts';

/** Whether something is wrong, or an engine that was asked about refuses it; where it is strict, whatever there is to say. */
const isRefused = ({ findings, engines = [] }: ValidateResult, isStrict: boolean): boolean =>
  findings.some(({ severity }) => severity === 'error' || isStrict) ||
  engines.some(({ verdict }) => verdict === 'refuses' || (isStrict && verdict === 'differs'));

export const validate: Command = {
  name: 'validate',
  describe: 'check that a layout, an archive or an image is whole: schemas, digests, sizes, diffIDs, history',
  positionals: [{ name: 'place', describe: 'PATH[:NAME][@DIGEST]', completes: 'place', optional: true, many: true }],
  options: [
    { name: 'fast', kind: 'flag', describe: 'documents, sizes and presence only; no blob is hashed' },
    { name: 'strict', kind: 'flag', describe: 'warnings count as errors' },
    { name: 'notes', kind: 'flag', describe: 'facts that are no fault are listed as well' },
    {
      name: 'engines',
      kind: 'texts',
      value: 'NAME[@VERSION],…',
      describe: 'whether these engines take it: docker, podman, containerd, buildah, umoci, kaniko, skopeo, crane',
      default: 'no engine is asked about',
    },
    {
      name: 'explain',
      kind: 'text',
      value: 'CODE',
      describe: 'what one code means, what the specification says and what to do; no place is read',
      default: 'places are checked',
    },
  ],
  examples: [
    ['ocikit validate img other.tar', 'everything in a layout and in an archive'],
    ['ocikit validate img:base --fast --json', 'one image, without hashing, for a program'],
    [
      'ocikit validate img:app --engines docker@20.10,podman,containerd --strict',
      'whether engines take an image, and make the same files of it',
    ],
    ['ocikit validate --explain size-mismatch', 'what a code means'],
  ],
  details: [
    'Each finding is a line: severity, code, what it is about, and what was expected; of many of one code in one blob the first three are shown, and --json has more, and the notes in any case. Codes are stable (docs/findings.md has them all). What engines make of it is predicted by a table of what is known of them, no engine is run: accepts says that nothing is known that speaks against it. Of one place --json prints an object, of several a list of them, null in the place of one that cannot be read: that is an error beside the others.',
  ],
  library: ['validate(place, options)', 'ValidateResult'],
  no: 'something is wrong: there are errors, or an engine of --engines refuses it; with --strict, warnings and engines that make other files of it count as well',
  rules: [
    ...excludes('explain', ['fast', 'strict', 'notes', 'engines'], 'no place is read'),
    ...excludes('fast', ['engines'], 'most of what an engine refuses is in the layers, which are not read then'),
  ],
  run: async (words, io) => {
    if (words.has('explain')) {
      if (words.texts('place').length > 0) throw usage('--explain', 'expected no PLACE beside it, got one');
      return printExplanation(words, io);
    }
    const places = words.texts('place');
    if (places.length === 0) throw usage('validate', 'expected a PLACE, got none');
    const { validate } = await import('../../ops/validate.ts');
    const engines = words.has('engines') ? { engines: words.texts('engines').flatMap(text => text.split(',')) } : {};
    const options = { fast: words.flag('fast'), strict: words.flag('strict'), ...engines };
    const errors: OciError[] = [];
    const results = await withProgress(words, io, async work => {
      const found: (ValidateResult | null)[] = [];
      for (const place of places) {
        const [result = null] = await answers([place], { errors }, one => validate(one, { ...options, ...work }));
        found.push(result);
      }
      return found;
    });
    const shown = { color: hasColor(words, io), notes: words.flag('notes') };
    const known = results.filter(result => result !== null);
    const isJson = words.flag('json');
    if (isJson && (places.length > 1 || known.length > 0)) printJson(io, places.length === 1 ? results[0] : results);
    for (const [at, result] of results.entries())
      if (!isJson && result !== null) io.stdout(validateText(places[at] as string, result, shown));
    const isWrong = known.some(result => isRefused(result, words.flag('strict')));
    return reportAll(errors, io) || (isWrong ? 1 : 0);
  },
};
