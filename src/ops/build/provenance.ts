import { imageKey } from '../../dockerfile/plan/evaluate.ts';
import type { Step } from '../../dockerfile/plan/plan.ts';
import type { Predicate } from '../../image/attestation.ts';
import { encodeBase64 } from '../../spec/base64.ts';
import type { Image, Platform } from '../../spec/objects.ts';
import { formatPlatform } from '../../spec/platform.ts';
import { product } from '../../spec/product.ts';
import { familiarName, parseReference } from '../../spec/reference.ts';
import type { BuildOptions } from './options.ts';
import type { Prepared } from './prepare.ts';
import type { Done } from './steps.ts';

const predicateType = 'https://slsa.dev/provenance/v1';
/** What says how the parameters of a Dockerfile's build are called: BuildKit's words. */
const buildType = 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md';

interface Provenance {
  readonly prepared: Prepared;
  readonly done: readonly Done[];
  readonly image: Image;
  /** What built it. */
  readonly builder: Platform;
  readonly options: BuildOptions;
}

/**
 * What an image was built of and how, as SLSA 1.0 says it in BuildKit's words: by `min` the images that files came from; by `max` also the arguments, the
 * Dockerfile's text and each step. The same build says the same: the only time is the image's own, and no path of this machine is in it.
 */
export function provenanceOf(mode: 'min' | 'max', { prepared, done, image, builder, options }: Provenance): Predicate {
  const { plan, input, directories } = prepared;
  const isMax = mode === 'max';
  const isHermetic = plan.steps.every(
    step => step.kind !== 'run' || (step.network === 'none' ? true : options.network === 'none'),
  );
  const path = input.file.split('/').at(-1) ?? input.file;
  const locals = ['context', 'dockerfile', ...directories.keys()].map(name => ({ name }));
  const { created } = image.config.value;
  const source = {
    infos: [{ filename: path, language: 'Dockerfile', data: encodeBase64(new TextEncoder().encode(input.text)) }],
  };
  const predicate = {
    buildDefinition: {
      buildType,
      externalParameters: {
        configSource: { path },
        request: { frontend: 'dockerfile.v0', ...(isMax ? requestOf(options) : {}), locals },
      },
      internalParameters: {
        builderPlatform: formatPlatform(builder),
        ...(isMax ? { buildConfig: { steps: plan.steps.map((step, at) => stepOf(step, done[at])) } } : {}),
      },
      resolvedDependencies: dependenciesOf(prepared),
    },
    runDetails: {
      builder: { id: `pkg:npm/${product.name}`, version: { [product.name]: product.version } },
      metadata: {
        ...(created == null ? {} : { finishedOn: created }),
        buildkit_hermetic: isHermetic,
        buildkit_completeness: { request: isMax, resolvedDependencies: false },
        ...(isMax ? { buildkit_metadata: { source } } : {}),
      },
    },
  };
  return { type: predicateType, predicate };
}

/** What the caller has asked for; of secrets and agents only what they are called. */
function requestOf({ buildArguments = [], labels = [], target, secrets = [], agents = [] }: BuildOptions): object {
  const pairs = (prefix: string, texts: readonly string[]): readonly (readonly [string, string])[] =>
    texts.map(text => {
      const [name = ''] = text.split('=', 1);
      return [`${prefix}:${name}`, text.slice(name.length + 1)];
    });
  const said = [
    ...pairs('build-arg', buildArguments),
    ...pairs('label', labels),
    ...(target === undefined ? [] : [['target', target] as const]),
  ];
  const named = (all: readonly { readonly id: string }[]): readonly object[] =>
    all.map(({ id }) => ({ id, optional: true }));
  return {
    ...(said.length === 0 ? {} : { args: Object.fromEntries(said) }),
    ...(secrets.length === 0 ? {} : { secrets: named(secrets) }),
    ...(agents.length === 0 ? {} : { ssh: named(agents) }),
  };
}

const stepOf = ({ title, stage, lines: [line] }: Step, done: Done | undefined): object => ({
  title,
  stage,
  line,
  ...(done?.layer === undefined ? {} : { layer: done.layer.descriptor.digest }),
});

/** The images that files came from, as package URLs. */
function dependenciesOf({ plan, bases, platform: target }: Prepared): readonly object[] {
  const found = new Map<string, object>();
  for (const { name, platform } of plan.images) {
    const base = bases.get(imageKey(name, platform, target));
    if (base === undefined) continue;
    const reference = parseReference(name);
    const path = familiarName(reference).split('/').map(encodeURIComponent).join('/');
    const uri = `pkg:docker/${path}@${reference.tag ?? 'latest'}?platform=${encodeURIComponent(formatPlatform(platform))}`;
    const [algorithm = '', hex = ''] = base.image.manifest.descriptor.digest.split(':');
    found.set(uri, { uri, digest: { [algorithm]: hex } });
  }
  return [...found.values()];
}
