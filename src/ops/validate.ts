import { finding } from '../image/finding-codes.ts';
import { OpenPlaces, openPlace, withNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import { Inspection } from './inspection.ts';
import type { ValidateOptions } from './options.ts';
import type { ValidateResult } from './results.ts';

/**
 * Checks a layout, or one image of it, against the spec: schemas, digests, sizes, diffIDs, history and layer counts. What
 * is wrong is a finding, never thrown; throws only where the place cannot be read as a layout at all.
 */
export async function validate(place: ImageOperand, options: ValidateOptions = {}): Promise<ValidateResult> {
  checkCall('validate', { place: ['operand', place] }, options);
  const opened = await openPlace(place, new OpenPlaces(options));
  const { name, digest } = opened.place;
  const isWhole = name === undefined && digest === undefined;
  const image = isWhole ? undefined : await withNamed(opened);
  const inspection = new Inspection(image?.source ?? opened.source, options);
  for (const said of opened.source.warnings ?? [])
    inspection.findings.push(
      finding('place', { within: opened.source.subject }, said.slice(opened.source.subject.length + 2)),
    );
  await (image === undefined ? inspection.index(opened.index) : inspection.entries([image.named]));
  return { ...inspection.findings.result(options.strict === true), blobs: inspection.blobs, bytes: inspection.bytes };
}
