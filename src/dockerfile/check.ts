import { OciError } from '../errors.ts';
import type { ImageConfig, Platform } from '../spec/objects.ts';
import { machinePlatform } from '../spec/platform.ts';
import { DockerfileError, type Place } from './dockerfile-error.ts';
import { excerptOf } from './excerpt.ts';
import { checkGiven } from './given.ts';
import type { Linter } from './lint/linter.ts';
import { lintText } from './lint/text-rules.ts';
import { type Dockerfile, readDockerfile } from './parse.ts';
import { plannedStages } from './plan/evaluate.ts';
import { linterOf, type PlanOptions } from './plan/evaluation.ts';

/** What is wrong with a Dockerfile, or could be better. Lines and columns count from 1. */
export interface DockerfileFinding {
  /** An error keeps the Dockerfile from being built. */
  readonly severity: 'error' | 'warning';
  /** BuildKit's name of the rule (`StageNameCasing`), `parse-error`, or `build-error` for what is wrong with a value. */
  readonly code: string;
  /** `Dockerfile:4:6`. */
  readonly subject: string;
  readonly message: string;
  /** The first line of the instruction that it is about, as BuildKit gives it, and the last. */
  readonly line: number;
  readonly endLine: number;
  /** The word that it is about, as in the subject. */
  readonly at: { readonly line: number; readonly column: number };
  /** The lines of the instruction with those around it, marked as docker marks them. */
  readonly excerpt: string;
}

/** What a Dockerfile is checked with. */
export interface CheckDockerfileOptions {
  /** What messages call the file; `Dockerfile` without it. */
  readonly file?: string | undefined;
  /** Build arguments by their names. */
  readonly arguments?: Readonly<Record<string, string>> | undefined;
  /** What is built for; this machine's architecture without it. */
  readonly platform?: Platform | undefined;
  /** Configs of images by their full names (`docker.io/library/alpine:latest`); the others count as images that set PATH alone. */
  readonly images?: ReadonlyMap<string, ImageConfig> | undefined;
  /** Whether .dockerignore leaves a path of the context out. */
  readonly ignored?: ((path: string) => boolean) | undefined;
}

/** What an image counts as that is not known: it has files, and PATH. */
const unknownImage = {
  os: '',
  architecture: '',
  config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [{}],
} as const satisfies ImageConfig;

/**
 * Checks a Dockerfile by BuildKit's rules, all stages of it, with the place of each finding. What keeps it from being built is a
 * finding as well, the last of its kind: nothing is thrown but `usage` for options.
 */
export function checkDockerfile(text: string, options: CheckDockerfileOptions = {}): readonly DockerfileFinding[] {
  checkGiven(options, text);
  const file = options.file ?? 'Dockerfile';
  const found: DockerfileFinding[] = [];
  const textLines = text.replace(/\n$/, '').split('\n');
  const say = (place: Place, about: Pick<DockerfileFinding, 'severity' | 'code' | 'message'>): void => {
    const { line, column, lines } = place;
    const where = { line: lines[0], endLine: lines[1], at: { line, column }, excerpt: excerptOf(textLines, place) };
    found.push({ ...about, subject: `${file}:${line}:${column}`, ...where });
  };
  const fault = (error: unknown, code: string): void => {
    if (!(error instanceof OciError)) throw error;
    const place = error instanceof DockerfileError ? error.place : { line: 1, column: 1, lines: [1, 1] as const };
    say(place, { severity: 'error', code, message: error.message.slice(error.subject.length + 2) });
  };
  try {
    const { dockerfile, error } = readDockerfile(text, file);
    const linter = linterOf(dockerfile);
    if (error !== undefined) fault(error, 'parse-error');
    try {
      lint(dockerfile, { linter, options, isWhole: error === undefined });
    } catch (failure) {
      fault(failure, 'build-error');
    }
    const severity = linter.isStrict ? 'error' : 'warning';
    for (const { rule, message, place } of linter.findings) say(place, { severity, code: rule, message });
  } catch (error) {
    fault(error, 'parse-error');
  }
  return found.sort((one, other) => one.at.line - other.at.line || one.at.column - other.at.column);
}

function lint(
  dockerfile: Dockerfile,
  {
    linter,
    options,
    isWhole,
  }: { readonly linter: Linter; readonly options: CheckDockerfileOptions; readonly isWhole: boolean },
): void {
  lintText(dockerfile, linter);
  if (!isWhole) return;
  const platform = options.platform ?? machinePlatform;
  const unknown: ImageConfig = { ...unknownImage, os: platform.os, architecture: platform.architecture };
  const planOptions: PlanOptions = {
    platform,
    images: { has: () => true, get: name => options.images?.get(name) ?? unknown },
    arguments: new Map(Object.entries(options.arguments ?? {})),
    ...(options.ignored === undefined ? {} : { ignored: options.ignored }),
  };
  plannedStages(dockerfile, planOptions, { linter, all: true });
}
