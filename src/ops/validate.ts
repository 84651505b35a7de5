import { badOption } from '../errors.ts';
import { engineNames } from '../image/engines/engine-rule.ts';
import { type Engine, engineVerdicts } from '../image/engines/engine-verdicts.ts';
import { finding } from '../image/finding-codes.ts';
import { OpenPlaces, openPlace, withNamed } from '../store/open-operand.ts';
import { isDirectory } from '../store/open-source.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import { Inspection } from './inspection.ts';
import type { ValidateOptions } from './options.ts';
import type { ValidateResult } from './results.ts';

/** An engine in words: its name, and a version of it. Throws `usage` for one that nobody knows of here. */
function engineOf(text: string): Engine {
  const [, word = '', version] = /^([^@]*)(?:@(\d+(?:\.\d+)*))?$/.exec(text) ?? [];
  const name = engineNames.find(known => known === word);
  if (name !== undefined) return version === undefined ? { name } : { name, version };
  const hint = `one of ${engineNames.join(', ')}, or one of them and its version: docker@20.10`;
  throw badOption('engines', `expected the names of engines, got '${text}'`, { hint });
}

/**
 * Checks a layout, or one image of it, against the spec: schemas, digests, sizes, diffIDs, history and layer counts. What
 * is wrong is a finding, never thrown; throws only where the place cannot be read as a layout at all.
 */
export async function validate(place: ImageOperand, options: ValidateOptions = {}): Promise<ValidateResult> {
  checkCall('validate', { place: ['operand', place] }, options);
  const engines = options.engines?.map(engineOf);
  // No engine is said to accept what nobody has looked at.
  if (engines !== undefined && options.fast === true)
    throw badOption('engines', 'expected layers to be read, got fast');
  const opened = await openPlace(place, new OpenPlaces(options));
  const { name, digest } = opened.place;
  const isWhole = name === undefined && digest === undefined;
  const image = isWhole ? undefined : await withNamed(opened);
  const inspection = new Inspection(image?.source ?? opened.source, options);
  // Of a directory nothing else is said.
  const code = isDirectory(opened.place.path) ? 'layout-header-missing' : 'place';
  for (const said of opened.source.warnings ?? [])
    inspection.findings.push(
      finding(code, { within: opened.source.subject }, said.slice(opened.source.subject.length + 2)),
    );
  await (image === undefined ? inspection.index(opened.index) : inspection.entries([image.named]));
  const result = inspection.findings.result(options.strict === true);
  const { blobs, bytes } = inspection;
  if (engines === undefined) return { ...result, blobs, bytes };
  return { ...result, engines: engineVerdicts([...result.findings, ...result.notes], engines), blobs, bytes };
}
