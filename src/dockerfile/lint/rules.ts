export type RuleName =
  | 'ConsistentInstructionCasing'
  | 'CopyIgnoredFile'
  | 'DuplicateStageName'
  | 'ExposeInvalidFormat'
  | 'ExposeProtoCasing'
  | 'FromAsCasing'
  | 'FromPlatformFlagConstDisallowed'
  | 'InvalidBaseImagePlatform'
  | 'InvalidDefaultArgInFrom'
  | 'InvalidDefinitionDescription'
  | 'JSONArgsRecommended'
  | 'LegacyKeyValueFormat'
  | 'MaintainerDeprecated'
  | 'MultipleInstructionsDisallowed'
  | 'NoEmptyContinuation'
  | 'RedundantTargetPlatform'
  | 'ReservedStageName'
  | 'SecretsUsedInArgOrEnv'
  | 'StageNameCasing'
  | 'UndefinedArgInFrom'
  | 'UndefinedVar'
  | 'WorkdirRelativePath';

/** A rule of the linter: BuildKit's name, and its words for what it found. */
interface Rule {
  readonly message: (...about: readonly string[]) => string;
  /** Only where a `check` directive asks for it. */
  readonly experimental?: true;
  /** About the file as a whole: only the directive at its beginning leaves it out, none above an instruction. */
  readonly ofFile?: true;
}

const mayBe = (word: string | undefined, mark = ''): string =>
  word === undefined || word === '' ? '' : ` (did you mean ${mark}${word}?)`;

/** BuildKit's rules. Its documentation of each is at https://docs.docker.com/go/dockerfile/rule/. */
export const rules: Readonly<Record<RuleName, Rule>> = {
  ConsistentInstructionCasing: {
    message: (keyword, casing) => `Command '${keyword}' should match the case of the command majority (${casing})`,
    ofFile: true,
  },
  CopyIgnoredFile: {
    message: (instruction, path) => `Attempting to ${instruction} file "${path}" that is excluded by .dockerignore`,
  },
  DuplicateStageName: { message: name => `Duplicate stage name "${name}", stage names should be unique`, ofFile: true },
  ExposeInvalidFormat: {
    message: port => `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
  },
  ExposeProtoCasing: { message: port => `Defined protocol '${port}' in EXPOSE instruction should be lowercase` },
  FromAsCasing: { message: (as, from) => `'${as}' and '${from}' keywords' casing do not match` },
  FromPlatformFlagConstDisallowed: {
    message: platform => `FROM --platform flag should not use constant value "${platform}"`,
  },
  InvalidBaseImagePlatform: {
    message: (image, actual, expected) =>
      `Base image ${image} was pulled with platform "${actual}", expected "${expected}" for current build`,
    ofFile: true,
  },
  InvalidDefaultArgInFrom: {
    message: base => `Default value for ARG ${base} results in empty or invalid base image name`,
    ofFile: true,
  },
  InvalidDefinitionDescription: {
    message: (instruction, name) => `Comment for ${instruction} should follow the format: \`# ${name} <description>\``,
    experimental: true,
  },
  JSONArgsRecommended: {
    message: name => `JSON arguments recommended for ${name} to prevent unintended behavior related to OS signals`,
  },
  LegacyKeyValueFormat: {
    message: name => `"${name} key=value" should be used instead of legacy "${name} key value" format`,
  },
  MaintainerDeprecated: { message: () => 'Maintainer instruction is deprecated in favor of using label' },
  MultipleInstructionsDisallowed: {
    message: name =>
      `Multiple ${name} instructions should not be used in the same stage because only the last one will be used`,
  },
  NoEmptyContinuation: { message: () => 'Empty continuation line', ofFile: true },
  RedundantTargetPlatform: {
    message: platform =>
      `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`,
  },
  ReservedStageName: {
    message: name => `Stage name should not use the same name as reserved stage "${name}"`,
    ofFile: true,
  },
  SecretsUsedInArgOrEnv: {
    message: (instruction, name) => `Do not use ARG or ENV instructions for sensitive data (${instruction} "${name}")`,
  },
  StageNameCasing: { message: name => `Stage name '${name}' should be lowercase` },
  UndefinedArgInFrom: { message: (name, near) => `FROM argument '${name}' is not declared${mayBe(near)}` },
  UndefinedVar: { message: (name, near) => `Usage of undefined variable '$${name}'${mayBe(near, '$')}` },
  WorkdirRelativePath: {
    message: path => `Relative workdir ${path} can have unexpected results if the base image changes`,
  },
};

export const isOfFile = (name: RuleName): boolean => rules[name].ofFile === true;
export const isExperimental = (name: RuleName): boolean => rules[name].experimental === true;
