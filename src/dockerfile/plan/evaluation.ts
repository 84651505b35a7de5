import { type Fail, OciError } from '../../errors.ts';
import { expansionLimit } from '../../limits.ts';
import type { ImageConfig, Platform } from '../../spec/objects.ts';
import type { InstructionOf } from '../instruction.ts';
import { type DockerfileLine, failIn } from '../lines.ts';
import { Linter } from '../lint/linter.ts';
import { type Dockerfile, failAtLine } from '../parse.ts';
import { reportDefaults } from './from-rules.ts';
import { type GlobalArguments, globalArguments, platformArguments } from './global-arguments.ts';
import type { Scope, Variables } from './variables.ts';

/** What a Dockerfile is evaluated with. */
export interface PlanOptions {
  readonly arguments?: ReadonlyMap<string, string>;
  /** A stage's name in any case, or its number; the last without it. */
  readonly target?: string;
  readonly platform: Platform;
  readonly buildPlatform?: Platform;
  /** The configs of images by their full names (`imageKey`), as of named contexts by theirs. */
  readonly images: Pick<ReadonlyMap<string, ImageConfig>, 'get' | 'has'>;
  /** The names of contexts, which win over images of that name. */
  readonly contexts?: ReadonlySet<string>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether progress names the platform, because there are several. */
  readonly showPlatform?: boolean;
  /** The patterns of .dockerignore, for the linter. */
  readonly ignored?: ((path: string) => boolean) | undefined;
}

/** What the evaluation of one Dockerfile has in common. */
export interface Evaluation {
  readonly dockerfile: Dockerfile;
  readonly options: PlanOptions;
  readonly given: ReadonlyMap<string, string>;
  readonly globals: GlobalArguments;
  /** Seconds since 1970, where SOURCE_DATE_EPOCH says so. */
  readonly epoch: number | undefined;
  readonly linter: Linter;
  readonly failAt: (line: DockerfileLine) => Fail;
  readonly spend: (characters: number) => void;
  readonly scopeOf: (line: DockerfileLine, variables: ReadonlyMap<string, string>) => Scope;
  readonly globalScope: (line: DockerfileLine) => Scope;
}

/** What a Dockerfile's variables may come to, all together: a few lines can double a text with each. */
function allowance(file: string): (characters: number) => void {
  let spent = 0;
  return characters => {
    spent += characters;
    if (spent > expansionLimit)
      throw new OciError('invalid', file, `expected expansions of at most ${expansionLimit} characters, got more`);
  };
}

export function evaluationOf(dockerfile: Dockerfile, options: PlanOptions, linter: Linter): Evaluation {
  const failAt = failAtLine(dockerfile.file);
  const given = options.arguments ?? new Map();
  const spend = allowance(dockerfile.file);
  const escapeToken = dockerfile.directives.escape;
  const scopeOf: Evaluation['scopeOf'] = (line, variables) => ({ variables, escapeToken, fail: failAt(line), spend });
  const stage = options.target ?? dockerfile.stages.at(-1)?.name ?? 'default';
  const build = options.buildPlatform ?? options.platform;
  const platform = platformArguments({ build, target: options.platform, stage }, given);
  const scoping = {
    platform,
    scopeOf: (at: InstructionOf<'arg'>, variables: Variables) => scopeOf(at.line, variables),
  };
  reportDefaults(dockerfile, { linter, scopeOf, scoping });
  const globals = globalArguments(dockerfile.globalArguments, given, scoping);
  const globalScope: Evaluation['globalScope'] = line => scopeOf(line, globals.variables);
  const epoch = epochOf(given.get('SOURCE_DATE_EPOCH') ?? globals.variables.get('SOURCE_DATE_EPOCH'), dockerfile);
  return { dockerfile, options, given, globals, epoch, linter, failAt, spend, scopeOf, globalScope };
}

/** Seconds since 1970. BuildKit also takes the name of a stage or of a context whose time it asks for; here only numbers are. */
function epochOf(text = '', { file, globalArguments: lines, stages }: Dockerfile): number | undefined {
  if (text === '') return undefined;
  const line = lines.find(({ arguments: names }) => names.some(({ name }) => name === 'SOURCE_DATE_EPOCH'))?.line;
  const at = line ?? stages[0]?.line;
  if (!/^-?\d{1,12}$/.test(text) && at !== undefined)
    throw failAtLine(file)(at)(`invalid SOURCE_DATE_EPOCH: ${text}`, text);
  return Number(text);
}

/** A linter of a Dockerfile's own directives. */
export function linterOf({ file, directives }: Pick<Dockerfile, 'file' | 'directives'>): Linter {
  return new Linter(directives.check, failIn(file)(1));
}
