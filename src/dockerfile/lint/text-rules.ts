import type { Instruction } from '../instruction.ts';
import type { DockerfileLine } from '../lines.ts';
import type { Dockerfile, Stage } from '../parse.ts';
import type { Linter } from './linter.ts';

/** The rules about how a Dockerfile is written, which need no values: in the order in which BuildKit has them. */
export function lintText({ stages, globalArguments }: Dockerfile, linter: Linter): void {
  for (const instruction of globalArguments) lintInstruction(instruction, linter);
  for (const stage of stages) {
    lintBlankLines(stage.line, linter);
    lintFrom(stage, linter);
    for (const instruction of stage.instructions) lintInstruction(instruction, linter);
  }
}

function lintInstruction(instruction: Instruction, linter: Linter): void {
  lintBlankLines(instruction.line, linter);
  if (instruction.kind === 'maintainer') linter.report('MaintainerDeprecated', instruction.line);
  if (instruction.kind === 'arg')
    lintDescription(
      { name: 'ARG', defines: instruction.arguments.map(({ name }) => name), line: instruction.line },
      linter,
    );
}

function lintBlankLines(line: DockerfileLine, linter: Linter): void {
  if (line.blankBefore === undefined) return;
  const piece = { offset: 0, line: line.blankBefore, column: 1 };
  linter.report('NoEmptyContinuation', { ...line, number: line.blankBefore, pieces: [piece] });
}

function lintFrom({ keyword, written, name, line }: Stage, linter: Linter): void {
  if (written === undefined || name === undefined) return;
  if (written.name !== name) linter.report('StageNameCasing', line, { about: [written.name], word: written.name });
  const casing = casingOf(keyword);
  if (casing !== undefined && casing(written.as) !== written.as)
    linter.report('FromAsCasing', line, { about: [written.as, keyword], word: ` ${written.as} ` });
  lintDescription({ name: 'FROM', defines: [name], line }, linter);
}

/** What puts words into the case of a keyword; undefined where that is neither. */
function casingOf(keyword: string): ((word: string) => string) | undefined {
  if (keyword === keyword.toLowerCase()) return word => word.toLowerCase();
  return keyword === keyword.toUpperCase() ? word => word.toUpperCase() : undefined;
}

/** A comment above what defines a name is its description, and begins with that name. */
function lintDescription(
  {
    name,
    defines,
    line,
  }: { readonly name: string; readonly defines: readonly string[]; readonly line: DockerfileLine },
  linter: Linter,
): void {
  const comment = line.comments.at(-1);
  if (comment === undefined || defines.includes(comment.split(' ', 1)[0] as string)) return;
  const example = defines.length > 1 ? '<arg_key>' : String(defines[0]);
  linter.report('InvalidDefinitionDescription', line, { about: [name, example] });
}

const reserved: ReadonlySet<string> = new Set(['context', 'scratch']);

/** The rules about all stages together: their names, and the case of keywords. */
export function lintStages({ stages }: Dockerfile, linter: Linter): void {
  const names = new Set<string>();
  for (const { name, written, line } of stages) {
    if (name === undefined) continue;
    const word = written?.name ?? name;
    if (reserved.has(name)) linter.report('ReservedStageName', line, { about: [name], word });
    if (names.has(name)) linter.report('DuplicateStageName', line, { about: [name], word });
    names.add(name);
  }
  lintCasing(
    stages.flatMap(stage => [stage, ...stage.instructions]),
    linter,
  );
}

function lintCasing(
  written: readonly { readonly keyword: string; readonly line: DockerfileLine }[],
  linter: Linter,
): void {
  const isLower = (word: string): boolean => word === word.toLowerCase();
  const isUpper = (word: string): boolean => word === word.toUpperCase();
  const lower = written.filter(({ keyword }) => isLower(keyword)).length;
  const upper = written.filter(({ keyword }) => !isLower(keyword) && isUpper(keyword)).length;
  const mostAreLower = lower > upper;
  for (const { keyword, line } of written)
    if (mostAreLower ? !isLower(keyword) : !isUpper(keyword))
      linter.report('ConsistentInstructionCasing', line, {
        about: [keyword, mostAreLower ? 'lowercase' : 'uppercase'],
      });
}

const secret = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i;
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** A name of ARG or ENV that tells of a secret: its value would be in the image's history. */
export function lintSecret(
  {
    instruction,
    name,
    line,
  }: { readonly instruction: 'ARG' | 'ENV'; readonly name: string; readonly line: DockerfileLine },
  linter: Linter,
): void {
  if (secret.test(name) && !harmless.test(name))
    linter.report('SecretsUsedInArgOrEnv', line, { about: [instruction, name], word: name });
}
