import { type OciError, usage } from '../errors.ts';
import type { Case, Command, Rule } from './command.ts';
import { optionsOf } from './options-of.ts';
import type { Words } from './words.ts';

const formsWhy = 'each is a form of the whole output';

/** Every rule of a verb: its own, and that its output has one form. An own rule that names two forms stands for the common one. */
export function rulesOf(command: Command): readonly Rule[] {
  const own = command.rules ?? [];
  const forms = optionsOf(command).filter(({ isForm }) => isForm === true);
  const isNamed = (one: string, other: string): boolean =>
    own.some(
      rule =>
        rule.kind === 'excludes' &&
        [rule.one.option, rule.other.option].includes(one) &&
        [rule.one.option, rule.other.option].includes(other),
    );
  const common = forms.flatMap(({ name: one }, at) =>
    forms.slice(at + 1).flatMap(({ name: other }): Rule[] => {
      if (isNamed(one, other)) return [];
      return [{ kind: 'excludes', one: { option: one }, other: { option: other }, why: formsWhy }];
    }),
  );
  return [...own, ...common];
}

function holds({ option, values, except }: Case, words: Words): boolean {
  if (!words.has(option)) return false;
  const given = [words.text(option) ?? '', ...words.texts(option)].flatMap(value => value.split(','));
  return (
    (values === undefined || given.some(value => values.includes(value))) &&
    (except === undefined || !given.some(value => except.includes(value)))
  );
}

/** How a case reads: `--stat`, `--compression none`. */
export const caseText = ({ option, values }: Case): string =>
  `--${option}${values === undefined ? '' : ` ${values.join('|')}`}`;

function broken(rule: Rule, words: Words): OciError | undefined {
  if (!holds(rule.one, words)) return undefined;
  if (rule.kind === 'excludes')
    return holds(rule.other, words)
      ? usage(caseText(rule.one), `expected no ${caseText(rule.other)} beside it, got both`, rule.why)
      : undefined;
  if (rule.anyOf.some(option => words.has(option))) return undefined;
  const wanted = rule.anyOf.map(option => `--${option}`).join(' or ');
  return usage(caseText(rule.one), `expected ${wanted} beside it, got none`, rule.why);
}

/** Throws `usage` where options were given that cannot be meant together. */
export function checkRules(command: Command, words: Words): void {
  for (const rule of rulesOf(command)) {
    const error = broken(rule, words);
    if (error !== undefined) throw error;
  }
}
