import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageConfig } from '../../spec/objects.ts';
import { refusalAt } from '../../testing/answers.ts';
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

/** FROM finds a stage in any case, as the classic builder does (build.md §3): BuildKit takes it for an image's name and refuses that. */
const anyCase = 'kaniko/dockerfiles/Dockerfile_test_issue_519';
/** Where titles are others, which are only what progress says: plan, config and history are the same. */
const ownTitles: readonly string[] = [
  // Of two stages of one image the first gives the title, not a chance.
  'dockerfile_mount_test:testCacheMountParallel:1',
  // FROM is counted once, also where triggers bring a stage.
  'dockerfile_onbuild_test:testOnBuildInheritedStageWithFrom:1',
];
const withoutTitle = ({ title: _, ...step }: Readonly<Record<string, unknown>>): unknown => step;

function check({ id, text, expected }: CorpusCase): void {
  if (id === anyCase) return void planned(text);
  if (expected.buildError !== undefined) {
    assert.throws(() => planned(text), refusalAt(expected.buildError));
    return;
  }
  const plan = planned(text);
  if (expected.plan !== undefined) {
    const isOwn = ownTitles.includes(id);
    const hasTitles = !isOwn && expected.plan.some(step => 'title' in step);
    const lowered = loweredPlan(plan, hasTitles);
    const wanted = isOwn ? expected.plan.map(withoutTitle) : expected.plan;
    assert.deepEqual(shortenedAs(wanted, lowered), wanted);
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
