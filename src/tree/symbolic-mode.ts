import type { Fail } from '../errors.ts';

const special = { user: 0o4000, group: 0o2000, sticky: 0o1000 } as const;
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
  const takesSpecial = given === 0 || (given & ~0o007) !== 0;
  const who = letters.includes('t') && takesSpecial ? given | special.sticky : given;
  const mask = given === 0 ? -1 : who;
  const commands: Command[] = [];
  let bits = 0;
  if (operator === '=')
    commands.push(mode => mode & ~(who === 0 || given === 0 ? standard | (who & special.sticky) : who));
  for (const letter of letters) {
    if (letter === 's') bits |= takesSpecial ? special.user | special.group : 0;
    else if (letter === 't') bits |= takesSpecial ? special.sticky : 0;
    else if (letter in permissions) bits |= permissions[letter] ?? 0;
    else if (letter === 'X' && operator === '-') bits |= execute;
    else if (letter === 'X') commands.push(whereExecutable(execute & mask));
    else commands.push(copied(operator, shifts[letter] ?? 0, given));
  }
  commands.push(mode => (operator === '-' ? mode & ~(bits & mask) : mode | (bits & mask)));
  return commands;
}

function whereExecutable(bits: number): Command {
  return (mode, before) => ((before.mode & execute) !== 0 || before.isDirectory ? mode | bits : mode);
}

/** The permissions of user, group or others, given to those that are meant. */
function copied(operator: string, shift: number, who: number): Command {
  const all = who === 0 ? standard : who;
  const spread = (bits: number): number =>
    ([0o400, 0o040, 0o004] as const).reduce(
      (sum, read, at) => ((all & read) === 0 ? sum : sum | (bits << (6 - 3 * at))),
      0,
    );
  return mode => {
    const bits = (mode >> shift) & 0o7;
    return operator === '-' ? mode & ~spread(bits) : mode | spread(bits);
  };
}
