import type { Platform } from '../../spec/objects.ts';
import { formatPlatform, parsePlatform } from '../../spec/platform.ts';
import { tryReference } from '../../spec/reference.ts';
import type { Dockerfile, Stage } from '../parse.ts';
import type { Evaluation } from './evaluation.ts';
import { globalArguments } from './global-arguments.ts';
import { expandedWithUses, nearVariable, usedAs } from './variables.ts';

type Uses = ReturnType<typeof expandedWithUses>;

/** The rule about variables of FROM that nothing declares. */
export function reportUndeclared(uses: Uses, stage: Stage, { linter, globals }: Evaluation): void {
  const known = new Set([...globals.declared, ...globals.variables.keys()]);
  for (const name of uses.unset)
    if (!known.has(name))
      linter.report('UndefinedArgInFrom', stage.line, {
        about: [name, nearVariable(name, known)],
        word: usedAs(name, stage.line.text),
      });
}

/** The rules about the platform that a FROM names. */
export function reportPlatform(
  { set, unset, text }: Uses,
  { platform, name = '', line }: Stage,
  evaluation: Evaluation,
): void {
  const { linter, globals } = evaluation;
  if (
    set.size === 1 &&
    unset.size === 0 &&
    set.has('TARGETPLATFORM') &&
    text === globals.variables.get('TARGETPLATFORM')
  )
    linter.report('RedundantTargetPlatform', line, { about: [platform], word: platform });
  if (set.size > 0 || unset.size > 0) return;
  const parsed = tryPlatform(text);
  if (parsed === undefined || name.includes(parsed.os) || name.includes(parsed.architecture)) return;
  linter.report('FromPlatformFlagConstDisallowed', line, { about: [text], word: platform });
}

const systems =
  /^(aix|android|darwin|dragonfly|freebsd|illumos|ios|js|linux|nacl|netbsd|openbsd|plan9|solaris|windows|zos)$/i;
/** As BuildKit reads it: a system or an architecture alone means linux, and the other part of what is built for. */
export function parseGoPlatform(text: string): Platform {
  return parsePlatform(systems.test(text) ? `${text}/amd64` : text);
}

function tryPlatform(text: string): Platform | undefined {
  try {
    return parseGoPlatform(text);
  } catch {
    return undefined;
  }
}

/** The base of every FROM has to be a name with the defaults of ARG alone. */
export function reportDefaults(
  { stages, globalArguments: lines }: Dockerfile,
  {
    linter,
    scopeOf,
    scoping,
  }: Pick<Evaluation, 'linter' | 'scopeOf'> & { readonly scoping: Parameters<typeof globalArguments>[2] },
): void {
  try {
    const { variables } = globalArguments(lines, new Map(), scoping);
    for (const { base, line } of stages)
      if (tryReference(expandedWithUses(base, scopeOf(line, variables)).text) === undefined)
        linter.report('InvalidDefaultArgInFrom', line, { about: [base], word: base });
  } catch {
    // What cannot be expanded is refused when it is expanded with what was given.
  }
}

/** An image that is for another platform than is built for. */
export function reportImagePlatform(
  stage: Stage,
  { expected, actual }: { readonly expected: Platform; readonly actual: Platform },
  { linter, globalScope }: Evaluation,
): void {
  if (expected.os === actual.os && expected.architecture === actual.architecture) return;
  const base = expandedWithUses(stage.base, globalScope(stage.line)).text;
  const about = [base, formatPlatform(actual), formatPlatform(expected)];
  linter.report('InvalidBaseImagePlatform', stage.line, { about, word: stage.base });
}
