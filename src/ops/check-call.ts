import { levelOf } from '../codec/compression.ts';
import { compressionOfForm, type LayerForm } from '../codec/lazy.ts';
import { badOption, gotOf, OciError, usage } from '../errors.ts';
import { checkOperand } from '../store/parse-operand.ts';
import { type Kind, target, text } from './call-kinds.ts';
import { optionTables, type Verb } from './calls.ts';
import { isGivenStream } from './given-bytes.ts';

/** What a function is called with beside its options. */
/** A `target` is a path that is written to; of a dry run, which writes nothing, any text. */
type ArgumentKind = 'target' | 'operand' | 'operand?' | 'operands' | 'operand or bytes' | 'path or bytes' | Kind;
type Arguments = Readonly<Record<string, readonly [kind: ArgumentKind, value: unknown]>>;

/** What was given in place of a kind: of a list the first member that is none of its kind. */
function gotFor({ each }: Kind, value: unknown): string {
  const wrong = Array.isArray(value) && each !== undefined ? Array.from(value).filter(one => !each.accepts(one)) : [];
  return gotOf(wrong.length === 0 ? value : wrong);
}

function checkSeveral(value: unknown, name: string): void {
  if (!Array.isArray(value)) checkOperand(value, name);
  else for (const [position, operand] of value.entries()) checkOperand(operand, `${name}[${position}]`);
}

function checkArgument(name: string, kind: ArgumentKind, value: unknown): void {
  if (typeof kind !== 'string') {
    if (kind.accepts(value)) return;
    const hint = value === '-' ? './- is a file that is called so' : undefined;
    throw usage(name, `expected ${kind.expected}, got ${gotFor(kind, value)}`, hint);
  } else if (kind === 'operands') checkSeveral(value, name);
  else if (kind === 'operand?' && value === undefined) return;
  else if (!kind.endsWith('or bytes') || !isGivenStream(value)) checkOperand(value, name);
}

function kindOf(kind: ArgumentKind, options: object): ArgumentKind {
  if (kind !== 'target') return kind;
  return 'dryRun' in options && options.dryRun === true ? text : target;
}

function checkGiven(verb: Verb, given: Arguments, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw usage('options', `expected an object, got ${gotOf(options)}`);
  for (const [name, [kind, value]] of Object.entries(given)) checkArgument(name, kindOf(kind, options), value);
  const table: Readonly<Record<string, Kind>> = optionTables[verb];
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (kind === undefined) throw badOption(name, `expected an option of ${verb}, got none of that name`);
    if (value !== undefined && !kind.accepts(value))
      throw badOption(name, `expected ${kind.expected}, got ${gotFor(kind, value)}`);
  }
  checkLevel(options);
}

/** A level that there is none of is refused although nothing comes to be compressed: what is given is never passed over. */
function checkLevel(options: object): void {
  const { compression, level }: { compression?: LayerForm; level?: number } = options;
  if (compression !== undefined && level !== undefined) levelOf({ compression: compressionOfForm(compression), level });
}

/**
 * Holds what a caller gave a public function to the table of its options, before anything is read or written. An option that
 * is undefined is not given. Throws `usage`, which names the argument or the option, also for what throws when it is looked at.
 */
export function checkCall(verb: Verb, given: Arguments, options: unknown): void {
  try {
    checkGiven(verb, given, options);
  } catch (error) {
    if (error instanceof OciError) throw error;
    throw new OciError('usage', verb, 'expected arguments that can be looked at, got one that throws', {
      cause: error,
    });
  }
}
