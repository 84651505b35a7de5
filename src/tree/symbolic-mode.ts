import type { Fail } from '../errors.ts';
import { setGroup } from './node.ts';

const special = { user: 0o4000, group: setGroup, sticky: 0o1000 } as const;
const standard = special.user | special.group | 0o777;
const execute = 0o111;
const whos: Readonly<Record<string, number>> = {
  a: standard,
  u: special.user | 0o700,
  g: special.group | 0o070,
  o: 0o007,
};
const permissions: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111 };
const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

/** A change of a mode; `isDirectory` is asked for `X` only. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

/** One step of a change; `before` is the mode before the first. */
type Command = (mode: number, before: { readonly mode: number; readonly isDirectory: boolean }) => number;

/**
 * What `chmod` says: octal (`0644`) or symbolic (`u=rwX,go-w`, `g=u`, `+t`), as BSD's chmod and so BuildKit reads it, with no
 * umask. Throws what `fail` makes of what is wrong.
 */
export function parseModeChange(text: string, fail: Fail): ModeChange {
  if (/^\d/.test(text)) {
    if (!/^0*[0-7]{1,4}$/.test(text))
      throw fail(`invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`, text);
    const wanted = Number.parseInt(text, 8);
    return () => wanted;
  }
  const commands = text.split(',').flatMap(clause => commandsOf(clause, text, fail));
  return (mode, isDirectory) => commands.reduce((now, command) => command(now, { mode, isDirectory }), mode);
}

function commandsOf(clause: string, text: string, fail: Fail): Command[] {
  const match = /^([augo]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause);
  if (match === null) throw fail(`invalid chmod parameter: '${text}'. it should be octal or as u=rwX,go-w`, text);
  const who = [...(match[1] ?? '')].reduce((bits, letter) => bits | (whos[letter] ?? 0), 0);
  const actions = (match[2] ?? '').match(/[-+=][rwxXstugo]*/g) ?? [];
  return actions.flatMap(action => actionOf(action[0] as string, action.slice(1), who));
}

function actionOf(operator: string, letters: string, given: number): Command[] {
  const commands: Command[] = [];
  let [who, bits, executable, isCopied] = [given, 0, 0, false];
  const meant = (some: number): number => (who === 0 ? some : some & who);
  const copyBefore = (): void => {
    if (executable !== 0) commands.push(whereExecutable(meant(executable)));
    executable = 0;
  };
  const changeBefore = (): void => {
    commands.push(changed(operator, meant(bits), who === 0 ? standard : who));
    bits = 0;
  };
  for (const letter of letters) {
    const isSpecial = letter === 's' || letter === 't';
    // Others alone have neither.
    if (isSpecial && who !== 0 && (who & ~0o007) === 0) continue;
    if (letter === 's') bits |= special.user | special.group;
    // With `t`, what has been said of nobody is of the sticky bit alone.
    else if (letter === 't') {
      who |= special.sticky;
      bits |= special.sticky;
    } else if (letter in permissions) bits |= permissions[letter] ?? 0;
    else if (letter === 'X' && operator === '-') bits |= execute;
    else if (letter === 'X') executable = execute;
    else {
      if (bits !== 0) changeBefore();
      copyBefore();
      commands.push(copied(operator, shifts[letter] ?? 0, who));
      isCopied = operator === '=';
    }
  }
  if (bits !== 0 || (operator === '=' && !isCopied)) changeBefore();
  copyBefore();
  return commands;
}

/** Bits that are taken away, or set; by `=` those of `who` are taken away before. */
function changed(operator: string, bits: number, who: number): Command {
  if (operator === '-') return mode => mode & ~bits;
  return mode => (operator === '=' ? mode & ~who : mode) | bits;
}

function whereExecutable(bits: number): Command {
  return (mode, before) => ((before.mode & execute) !== 0 || before.isDirectory ? mode | bits : mode);
}

/** The permissions of user, group or others, given to those that are meant: by `=` instead of their own. */
function copied(operator: string, shift: number, who: number): Command {
  const all = who === 0 ? standard : who;
  const spread = (bits: number): number =>
    ([0o400, 0o040, 0o004] as const).reduce(
      (sum, read, at) => ((all & read) === 0 ? sum : sum | (bits << (6 - 3 * at))),
      0,
    );
  return mode => {
    const bits = (mode >> shift) & 0o7;
    if (operator === '-') return mode & ~spread(bits);
    return (operator === '=' ? mode & ~spread(0o7) : mode) | spread(bits);
  };
}
