import { imageKey } from '../../dockerfile/plan/evaluate.ts';
import type { Origin, Plan, Step } from '../../dockerfile/plan/plan.ts';
import { essenceText, inputsOf } from './key.ts';

/**
 * For each step the earlier ones that it has to wait for: those that leave the files that it takes, and the last one that says the same on the same
 * files, since it may find what that has made.
 */
export function needsOf({ steps, platform }: Plan): readonly (readonly number[])[] {
  const last = new Map<string, number>();
  /** What steps stand on, and say, by numbers that are the same for the same. */
  const known = new Map<string, number>();
  const numberOf = (text: string): number => {
    const number = known.get(text) ?? known.size;
    known.set(text, number);
    return number;
  };
  const numbers: number[] = [];
  const groundOf = (origin: Origin): string => {
    if (origin.kind === 'image') return imageKey(origin.name, origin.platform, platform);
    return origin.kind === 'step' ? `${numbers[origin.step]}` : '';
  };
  return steps.map((step, place) => {
    const said = `${groundOf(step.parent)}\n${essenceText(step)}`;
    const twin = last.get(said);
    last.set(said, place);
    numbers.push(numberOf(said));
    const taken = originsOf(step).flatMap(origin => (origin.kind === 'step' ? [origin.step] : []));
    return twin === undefined ? taken : [...taken, twin];
  });
}

/** Where all files come from that a step stands on and takes. */
function originsOf(step: Step): readonly ReturnType<typeof inputsOf>[number]['from'][] {
  const caches = step.kind === 'run' ? step.mounts.flatMap(mount => (mount.kind === 'cache' ? [mount.from] : [])) : [];
  return [step.parent, ...inputsOf(step).map(({ from }) => from), ...caches];
}

/** The steps whose layers the image has: those that lead to its result. */
export function chainOf({ steps, result }: Plan): ReadonlySet<number> {
  const chain = new Set<number>();
  for (let at = result; at.kind === 'step'; at = (steps[at.step] as Step).parent) chain.add(at.step);
  return chain;
}

/** The steps whose files runs stand on. */
export function underRuns({ steps }: Plan): ReadonlySet<number> {
  const under = new Set<number>();
  for (const [place, { kind, parent }] of [...steps.entries()].reverse())
    if (parent.kind === 'step' && (kind === 'run' || under.has(place))) under.add(parent.step);
  return under;
}
