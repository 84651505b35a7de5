import { usage } from '../errors.ts';
import type { BuildOptions } from '../ops/build/options.ts';
import type { Option } from './command.ts';
import { fieldsOf } from './fields.ts';
import { given, type Words } from './words.ts';

/** What is said of an image beside it. */
export const buildAttestOptions: readonly Option[] = [
  {
    name: 'provenance',
    kind: 'text',
    value: 'mode=MODE',
    default: 'none',
    range: 'mode=min, mode=max, true (which is min), false',
    describe: 'say beside the image what it was built of (SLSA 1.0, as BuildKit stores it)',
  },
  {
    name: 'sbom',
    kind: 'text',
    choices: ['true', 'false'],
    default: 'false',
    describe: 'put a bill of materials beside the image (SPDX, as BuildKit stores it)',
  },
  {
    name: 'attest',
    kind: 'texts',
    value: 'type=TYPE',
    describe: 'the same in one: type=provenance,mode=MODE or type=sbom; may be repeated',
  },
];

const known = ['type', 'mode', 'version', 'disabled'];

/** `mode=max`, `true`, `false`, and what docker's users say beside them. Throws `usage`. */
function modeOf(text: string, option: string): 'min' | 'max' | undefined {
  const words = ['true', 'false', 'min', 'max'];
  const fields = words.includes(text) ? new Map<string, string>() : fieldsOf(text);
  const mode = fields.get('mode') ?? (text === 'max' ? 'max' : 'min');
  const bad = [...fields.keys()].find(key => !known.includes(key));
  if (bad !== undefined || (mode !== 'min' && mode !== 'max') || (fields.get('version') ?? 'v1') !== 'v1')
    throw usage(`--${option}`, `expected mode=min, mode=max, true or false, got '${text}'`, 'it is written as SLSA v1');
  return text === 'false' || fields.get('disabled') === 'true' ? undefined : mode;
}

/** What is asked to be said beside the image. */
export function readBuildAttest(words: Words): Pick<BuildOptions, 'provenance' | 'sbom'> {
  const said = new Map<'provenance' | 'sbom', string>();
  const say = (type: 'provenance' | 'sbom', text: string, option: string): void => {
    const other = said.get(type);
    if (other !== undefined)
      throw usage(`--${option}`, `expected ${type} to be said once, got '${other}' and '${text}'`);
    said.set(type, text);
  };
  const [provenance, sbom] = [words.text('provenance'), words.text('sbom')];
  if (provenance !== undefined) say('provenance', provenance, 'provenance');
  if (sbom !== undefined) say('sbom', sbom, 'sbom');
  for (const text of words.texts('attest')) {
    const type = fieldsOf(text).get('type');
    if (type === 'provenance') say('provenance', text, 'attest');
    else if (text === 'type=sbom') say('sbom', text, 'attest');
    else throw usage('--attest', `expected type=provenance or type=sbom, got '${text}'`, 'no other scanner is run');
  }
  const mode = said.get('provenance');
  return given({
    provenance: mode === undefined ? undefined : modeOf(mode, provenance === undefined ? 'attest' : 'provenance'),
    sbom: said.has('sbom') && said.get('sbom') !== 'false',
  });
}
