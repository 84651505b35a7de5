import type { Step } from '../../dockerfile/plan/plan.ts';
import { nodeEngine } from '../../engine/node.ts';
import type { Fail } from '../../errors.ts';
import type { Digest } from '../../spec/digest.ts';
import { jsonText } from '../../spec/document.ts';
import { Pace } from '../../stream/pace.ts';
import { describeSelected, filesIn } from '../../tree/described.ts';
import { excluded } from './copy.ts';
import { type StageFiles, selectedOf } from './files.ts';
import { inputsOf, keyOf, type StepInput, version } from './key.ts';
import type { Building } from './steps.ts';

/** Characters. */
const hashedAtOnce = 1 << 15;

interface Keyed {
  readonly building: Building;
  /** What the step stands on; nothing for a link. */
  readonly below: StageFiles;
  readonly filesOf: (
    from: Extract<StepInput['from'], { kind: 'scratch' | 'image' | 'context' | 'step' }>,
  ) => StageFiles;
  readonly fail: Fail;
}

/**
 * The keys of a step, the one that is quicker to know first: what comes of images and stages by what those are known by, then by what the
 * files are that are taken of them, whatever else has changed. What comes of a context is always known by its files.
 */
export function keysOf(step: Step, keyed: Keyed): readonly (() => Promise<Digest>)[] {
  const inputs = inputsOf(step);
  const isKnown = ({ from }: StepInput): boolean => from.kind === 'image' || from.kind === 'step';
  const key = async (byContents: boolean): Promise<Digest> => {
    const { building, below } = keyed;
    const texts: string[] = [];
    for (const input of inputs) texts.push(await inputText(input, { step, keyed, byContents }));
    return keyOf(step, { below: (await below.identity?.()) ?? '', inputs: texts, terms: building.terms });
  };
  return inputs.some(isKnown) ? [() => key(false), () => key(true)] : [() => key(true)];
}

/** All keys of a step, of which some are known. */
export async function allOf(
  keys: readonly (() => Promise<Digest>)[],
  known: readonly Digest[],
): Promise<readonly Digest[]> {
  const all = [...known];
  for (const key of keys.slice(known.length)) all.push(await key());
  return all;
}

async function inputText(
  { from, wanted }: StepInput,
  { step, keyed, byContents }: { readonly step: Step; readonly keyed: Keyed; readonly byContents: boolean },
): Promise<string> {
  if (from.kind === 'inline') return `${from.name}\n${from.content}`;
  if (from.kind === 'remote') return from.address;
  const files = keyed.filesOf(from);
  if (!byContents && files.identity !== undefined) return files.identity();
  const described = (): Promise<string> => contentsText({ from, wanted }, files, { step, keyed });
  if (files.said === undefined) return described();
  const exclude = step.kind === 'copy' ? step.exclude : [];
  return files.said(jsonText([version, wanted.path, wanted.include, wanted.required, exclude]), described);
}

/** Says what the files are that are taken. */
async function contentsText(
  { from, wanted }: StepInput,
  files: StageFiles,
  { step, keyed }: { readonly step: Step; readonly keyed: Keyed },
): Promise<string> {
  const { building, fail } = keyed;
  const isExcluded = step.kind === 'copy' && step.exclude.length > 0 ? excluded(step.exclude) : undefined;
  const owner = from.kind === 'context' ? { uid: 0, gid: 0 } : undefined;
  const how = { owner, ...(isExcluded === undefined ? {} : { isExcluded }) };
  const selected = await selectedOf(files, wanted, fail);
  const digests = await building.files.digests(new Set(selected.flatMap(one => filesIn(one, how))));
  const hasher = nodeEngine.createHash('sha256');
  const pace = new Pace(building.options.signal);
  let lines = '';
  const flush = (): void => {
    hasher.update(Buffer.from(lines));
    lines = '';
  };
  const say = (line: string): void => {
    lines += `${line}\n`;
    if (lines.length > hashedAtOnce) flush();
  };
  for (const one of selected) await pace.run(describeSelected(one, { ...how, digests }, say));
  flush();
  return hasher.digest();
}
