import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OciError } from '../../errors.ts';
import type { ImageConfig } from '../../spec/objects.ts';
import { type CorpusCase, dockerfileCorpus, forAll, shortenedAs } from '../../testing/dockerfile-corpus.ts';
import { loweredPlan } from '../../testing/lowered-plan.ts';
import { parseDockerfile } from '../parse.ts';
import { planDockerfile } from './evaluate.ts';
import type { PlanOptions } from './evaluation.ts';
import { imagesNeeded } from './needs.ts';
import type { Plan } from './plan.ts';

/** What stands in for every base image: the fixtures' README describes it. */
const standIn = {
  os: 'linux',
  architecture: 'amd64',
  config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['/bin/sh'] },
  rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
  history: [{ created_by: 'base' }],
} as unknown as ImageConfig;

function planned(text: string): Plan {
  const dockerfile = parseDockerfile(text);
  const options: PlanOptions = { platform: { os: 'linux', architecture: 'amd64' }, images: new Map() };
  const images = new Map<string, ImageConfig>();
  for (;;) {
    const needed = imagesNeeded(dockerfile, { ...options, images });
    if (needed.length === 0) break;
    for (const name of needed) images.set(name, standIn);
  }
  return planDockerfile(dockerfile, { ...options, images });
}

/** Where another than BuildKit's answer is wanted, and why. */
const meant: Readonly<Record<string, string>> = {
  'kaniko/dockerfiles/Dockerfile_test_issue_519': 'FROM finds a stage in any case, as the classic builder does',
  'dockerfile_mount_test:testCacheMountParallel:1':
    'of two stages of one image, the first gives progress its title, not a chance',
  'dockerfile_onbuild_test:testOnBuildInheritedStageWithFrom:1':
    'FROM is counted once, also where triggers bring a stage',
};

function check({ id, text, expected }: CorpusCase): void {
  if (id in meant) return;
  if (expected.buildError !== undefined) {
    assert.throws(() => planned(text), OciError, expected.buildError);
    return;
  }
  const plan = planned(text);
  if (expected.plan !== undefined) {
    const hasTitles = expected.plan.some(step => 'title' in step);
    const lowered = loweredPlan(plan, hasTitles);
    assert.deepEqual(shortenedAs(expected.plan, lowered), expected.plan);
  }
  if (expected.image === undefined) return;
  const image = {
    ...(plan.author === undefined ? {} : { author: plan.author }),
    config: plan.config,
    history: plan.history.map(({ createdBy, step }) => ({
      created_by: createdBy,
      ...(step === undefined ? { empty_layer: true } : {}),
    })),
  };
  assert.deepEqual(shortenedAs(expected.image, JSON.parse(JSON.stringify(image))), {
    ...expected.image,
    config: expected.image.config,
  });
}

test('every Dockerfile of the corpus comes to the plan, the config and the history of BuildKit, or is refused as there', t => {
  const corpus = dockerfileCorpus(t);
  const readable = corpus?.filter(
    ({ expected }) =>
      (expected.parseError ?? expected.instructionError) === undefined &&
      (expected.stages !== undefined || expected.image !== undefined),
  );
  forAll(t, readable ?? [], check);
});
