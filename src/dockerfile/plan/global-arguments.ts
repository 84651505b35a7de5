import type { Platform } from '../../spec/objects.ts';
import { formatPlatform, normalizePlatform } from '../../spec/platform.ts';
import type { InstructionOf } from '../instruction.ts';
import { expanded, type Scope, setVariable, type Variables } from './variables.ts';

/** The values that FROM may use and that a stage may declare: of the platforms, and of the ARG lines before the first FROM. */
export interface GlobalArguments {
  readonly variables: Variables;
  /** The names of all ARG lines, with a value or without. */
  readonly declared: ReadonlySet<string>;
}

/** BUILDPLATFORM, TARGETARCH and their like; given arguments of these names win. */
export function platformArguments(
  { build, target, stage }: { readonly build: Platform; readonly target: Platform; readonly stage: string },
  given: ReadonlyMap<string, string>,
): Variables {
  const entries = [...fieldsOf('BUILD', build), ...fieldsOf('TARGET', target), ['TARGETSTAGE', stage] as const];
  return new Map(entries.map(([name, value]) => [name, given.get(name) ?? value]));
}

function fieldsOf(prefix: 'BUILD' | 'TARGET', platform: Platform): readonly (readonly [string, string])[] {
  const { os, architecture, variant = '', 'os.version': version = '' } = normalizePlatform(platform);
  return [
    [`${prefix}PLATFORM`, formatPlatform(normalizePlatform(platform))],
    [`${prefix}OS`, os],
    [`${prefix}OSVERSION`, version],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ];
}

/** The ARG lines before the first FROM, each expanded with those before it. */
export function globalArguments(
  lines: readonly InstructionOf<'arg'>[],
  given: ReadonlyMap<string, string>,
  {
    platform,
    scopeOf,
  }: { readonly platform: Variables; readonly scopeOf: (line: InstructionOf<'arg'>, variables: Variables) => Scope },
): GlobalArguments {
  const variables: Variables = new Map(platform);
  const declared = new Set<string>();
  for (const line of lines)
    for (const { name, value } of line.arguments) {
      declared.add(name);
      const chosen = given.get(name) ?? (value === undefined ? undefined : expanded(value, scopeOf(line, variables)));
      if (chosen !== undefined) setVariable(variables, name, chosen);
    }
  return { variables, declared };
}
