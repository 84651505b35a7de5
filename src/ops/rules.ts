import { badOption, type Fail, invalid, usage } from '../errors.ts';
import { textFileLimit } from '../limits.ts';
import { checkDocument } from '../schema/check-document.ts';
import { parseJson } from '../spec/document.ts';
import { readSmallFile } from '../store/disk/text-file.ts';
import type { AnalyzeOptions } from './analyze-options.ts';

type Severity = 'error' | 'warning' | 'info';

/** One rule of `ocikit.rules.json` (schemas/rules.json): what it asks for is whichever of these fields it has. */
export interface Rule {
  readonly id?: string;
  readonly severity?: Severity;
  readonly message?: string;
  readonly except?: readonly string[];
  readonly layers?: 'final' | 'any';
  readonly maxSize?: string | number;
  readonly maxLayers?: number;
  readonly maxWasted?: string | number;
  readonly minEfficiency?: number;
  readonly forbid?: readonly string[];
  readonly require?: readonly string[];
  readonly noSetuid?: true;
  readonly noWorldWritable?: true;
  readonly owners?: readonly string[];
  readonly noRootUser?: true;
  readonly ports?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly base?: readonly string[];
  readonly forbidPackages?: readonly string[];
  readonly requirePackages?: readonly string[];
}

const powers: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** `200MB`, `1.5GiB`, `4096`: bytes. Throws what `fail` makes of anything else. */
export function parseSize(text: string | number, fail: Fail): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?$/i.exec(String(text).trim()) ?? [];
  if (number === undefined) throw fail(`expected a size such as 200MB or 1.5GiB, got '${text}'`);
  return Number(number) * (powers[unit.toLowerCase()] ?? 1);
}

/** A size, or a share of the whole as `5%`. */
export function parseAmount(text: string | number, whole: number, fail: Fail): number {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(String(text).trim())?.[1];
  if (percent !== undefined) return (Number(percent) / 100) * whole;
  return parseSize(text, message => fail(message.replace('such as', 'such as 5%,')));
}

/** What a rule asks for. */
const demands = [
  'maxSize',
  'maxLayers',
  'maxWasted',
  'minEfficiency',
  'forbid',
  'require',
  'noSetuid',
  'noWorldWritable',
  'owners',
  'noRootUser',
  'ports',
  'labels',
  'base',
  'forbidPackages',
  'requirePackages',
] as const satisfies readonly (keyof Rule)[];

/** What a rule asks for first, as a name for it. */
export const demandOf = (rule: Rule): string => demands.find(demand => rule[demand] !== undefined) ?? 'nothing';

async function rulesIn(path: string, signal: AbortSignal | undefined): Promise<readonly Rule[]> {
  const json = parseJson(await readSmallFile(path, { limit: textFileLimit, signal }), path);
  checkDocument('rules', json, { subject: path });
  const { rules } = json as unknown as { readonly rules: readonly Rule[] };
  for (const [at, rule] of rules.entries()) {
    if (demandOf(rule) === 'nothing')
      throw invalid(`${path}/rules/${at}`, `one of ${demands.join(', ')}`, 'none of them');
    checkAmounts(rule, message => usage(`${path}/rules/${at}`, message));
  }
  return rules;
}

function checkAmounts({ maxSize, maxWasted }: Rule, fail: Fail): void {
  if (maxSize !== undefined) parseSize(maxSize, fail);
  if (maxWasted !== undefined) parseAmount(maxWasted, 0, fail);
}

/** The rules that options say, and then those of a file. Throws `usage` and `invalid`. */
export async function rulesOf({
  maxWasted,
  maxSize,
  forbid,
  noSetuid,
  rules,
  signal,
}: AnalyzeOptions): Promise<readonly Rule[]> {
  if (maxSize !== undefined) parseSize(maxSize, message => badOption('maxSize', message));
  if (maxWasted !== undefined) parseAmount(maxWasted, 0, message => badOption('maxWasted', message));
  return [
    ...(maxSize === undefined ? [] : [{ maxSize }]),
    ...(maxWasted === undefined ? [] : [{ maxWasted }]),
    ...(forbid === undefined || forbid.length === 0 ? [] : [{ forbid }]),
    ...(noSetuid === true ? [{ noSetuid } as const] : []),
    ...(rules === undefined ? [] : await rulesIn(rules, signal)),
  ];
}
