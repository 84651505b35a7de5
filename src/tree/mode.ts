import { badOption } from '../errors.ts';
import type { Node } from './node.ts';

/** One clause of a symbolic mode: `u+rwX`. */
interface Clause {
  /** The bits of those who are meant. */
  readonly mask: number;
  readonly operator: '+' | '-' | '=';
  readonly letters: string;
}

/** A change of modes, as chmod(1) has it: one mode for all, or clauses. */
export type ModeChange = number | readonly Clause[];

const masks: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const bits: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };
const clausePattern = /^([ugoa]*)([-+=])([rwxXst]*)$/;

/** `0755`, or clauses with commas between them: `u=rwX,go=rX`. Throws `usage`. */
export function parseMode(text: string): ModeChange {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  return text.split(',').map(clause => {
    const [, who = '', operator, letters = ''] = clausePattern.exec(clause) ?? [];
    if (operator === undefined)
      throw badOption('mode', `expected octal digits or u=rwX,go=rX, got '${text.slice(0, 64)}'`);
    const mask = [...(who === '' ? 'a' : who)].reduce((all, letter) => all | (masks[letter] ?? 0), 0);
    return { mask, operator: operator as Clause['operator'], letters };
  });
}

/** The mode that a change gives a node; X is x for directories and for what somebody may execute already. */
export function changedMode({ kind, meta }: Node, change: ModeChange): number {
  if (kind === 'symlink') return meta.mode;
  if (typeof change === 'number') return change;
  return change.reduce((mode, { mask, operator, letters }) => {
    const isProgram = kind === 'directory' || (mode & 0o111) !== 0;
    const plain = [...letters].map(letter => (letter === 'X' ? (isProgram ? 'x' : '') : letter));
    const said = plain.reduce((all, letter) => all | (bits[letter] ?? 0), 0) & mask;
    if (operator === '+') return mode | said;
    return operator === '-' ? mode & ~said : (mode & ~(mask & 0o777)) | said;
  }, meta.mode);
}
