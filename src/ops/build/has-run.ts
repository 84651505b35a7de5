import { OpenPlaces } from '../../store/open-operand.ts';
import type { ImageOperand } from '../../store/parse-operand.ts';
import { allOf, type Several } from '../several.ts';
import { readInput } from './input.ts';
import type { BuildOptions } from './options.ts';
import { openContextPlace } from './place.ts';
import { parseBuildPlaces } from './places.ts';
import { prepareAll } from './prepare.ts';
import { runsOf } from './run-check.ts';

/** Whether a build runs anything; its context is a file or a directory. Throws as the build does for what it finds before its first step. */
export async function hasRun(context: string, images: Several<ImageOperand>, options: BuildOptions): Promise<boolean> {
  const layout = parseBuildPlaces(allOf(images))[0]?.path ?? options.output?.path ?? '.';
  const place = await openContextPlace(context, { layout, work: options });
  try {
    const input = await readInput(place, options, options);
    return runsOf(await prepareAll(input, { options, open: new OpenPlaces(options), layout })).length > 0;
  } finally {
    place.close();
  }
}
