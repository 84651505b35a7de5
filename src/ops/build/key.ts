import type { CopySource, Step, StepMount } from '../../dockerfile/plan/plan.ts';
import type { Digest } from '../../spec/digest.ts';
import { digestOf } from '../../spec/digest.ts';
import { jsonText } from '../../spec/document.ts';
import type { Wanted } from '../../tree/select.ts';

/** What goes before everything in a key: another text where keys come to mean something else. */
export const version = 'ocikit-build-3';

/** Files that a step takes: of which tree, and what of it. */
export interface StepInput {
  readonly from: CopySource['from'];
  readonly wanted: Wanted;
}

/** What a key is made of beside the step. */
interface KeyParts {
  /** What is below: nothing for what stands on nothing. */
  readonly below: string;
  /** What stands for each of the inputs. */
  readonly inputs: readonly string[];
  /** What holds for every step: how layers are stored, and the time that theirs are set to. */
  readonly terms: readonly unknown[];
}

/** The files that a step takes, in order. */
export function inputsOf(step: Step): readonly StepInput[] {
  if (step.kind === 'copy') return step.sources.map(source => ({ from: source.from, wanted: source }));
  if (step.kind === 'directory') return [];
  return step.mounts.flatMap(mount =>
    mount.kind === 'bind' ? [{ from: mount.from, wanted: { path: mount.source } }] : [],
  );
}

/**
 * The key that a step's layer is found by in a cache: of all that decides what the step leaves, and of nothing else. Titles, lines, secrets, what is in
 * caches and the proxies are no part of it.
 */
export function keyOf(step: Step, { below, inputs, terms }: KeyParts): Digest {
  return digestOf(new TextEncoder().encode(jsonText([version, below, essenceOf(step), inputs, terms])));
}

/** What a key says of the step itself: steps that differ in it have no key in common. */
export const essenceText = (step: Step): string => jsonText(essenceOf(step));

function essenceOf(step: Step): readonly unknown[] {
  switch (step.kind) {
    case 'directory':
      return [step.kind, step.path, step.owner];
    case 'copy': {
      const { destination, owner, mode, exclude, link } = step;
      const sources = step.sources.map(({ from, path, include, unpack }) => [from.kind, path, include, unpack]);
      return [step.kind, sources, destination, owner, mode, exclude, link];
    }
    case 'run': {
      const { arguments: words, environment, directory, user, network, security, script } = step;
      const secrets = step.secrets.map(({ name }) => name);
      return [
        step.kind,
        [words, environment, directory, user, network, security],
        [step.mounts.map(mountEssence), secrets, script],
      ];
    }
  }
}

function mountEssence(mount: StepMount): readonly unknown[] {
  const { kind, target } = mount;
  if (kind === 'bind') return [kind, target, mount.source, mount.readOnly];
  if (kind === 'cache') return [kind, target, mount.readOnly];
  return kind === 'tmpfs' ? [kind, target, mount.size] : [kind, target];
}
