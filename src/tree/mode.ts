import { badOption } from '../errors.ts';
import type { Node } from './node.ts';
import { type ModeChange, parseModeChange } from './symbolic-mode.ts';

/** The mode of an option: `0755`, or clauses with commas between them: `u=rwX,go=rX`. Throws `usage`. */
export function parseMode(text: string): ModeChange {
  const bad = (): Error => badOption('mode', `expected octal digits or u=rwX,go=rX, got '${text.slice(0, 64)}'`);
  return parseModeChange(text, bad);
}

/** The mode that a change gives a node. A symbolic link has the one that it has. */
export function changedMode({ kind, meta }: Node, change: ModeChange): number {
  return kind === 'symlink' ? meta.mode : change(meta.mode, kind === 'directory');
}
