import { type Place, placeOf } from '../dockerfile-error.ts';
import type { DockerfileLine } from '../lines.ts';
import type { Dockerfile } from '../parse.ts';
import { keyOf, resolved } from './evaluate.ts';
import { linterOf, type PlanOptions } from './evaluation.ts';

/** What the images are known by (`imageKey`) that a plan needs and `options.images` does not have; asked again until there are none. */
export function imagesNeeded(dockerfile: Dockerfile, options: PlanOptions): readonly string[] {
  const keys = [...needsOf(dockerfile, options)].map(({ key }) => key);
  return [...new Set(keys)].filter(key => !options.images.has(key));
}

/** Where a Dockerfile first asks for an image that `imagesNeeded` names. */
export function placeOfNeed(dockerfile: Dockerfile, options: PlanOptions, key: string): Place | undefined {
  for (const need of needsOf(dockerfile, options)) if (need.key === key) return placeOf(need.line, need.word);
  return undefined;
}

interface Need {
  readonly key: string;
  readonly line: DockerfileLine;
  readonly word?: string;
}

/** The images that the stages which a target reaches take their files from, and who asks for them. */
function* needsOf(dockerfile: Dockerfile, options: PlanOptions): Generator<Need> {
  const { reached } = resolved(dockerfile, options, { linter: linterOf(dockerfile) });
  for (const { base, platform, stage, sources } of reached) {
    const key = keyOf(base, { platform, options });
    if (key !== undefined) yield { key, line: stage.line, word: stage.base };
    for (const [{ line }, from] of sources)
      for (const source of from) {
        const key = keyOf(source, { platform: undefined, options });
        if (key !== undefined) yield { key, line };
      }
  }
}
