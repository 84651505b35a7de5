import { invalid } from '../errors.ts';
import type { Node, Path } from './node.ts';
import { shortTextOf } from './path.ts';

/** The root is a directory, whatever a layer says. */
export const badRoot = (subject: string, kind: string): Error =>
  invalid(subject, "a directory for the root '.'", `a ${kind}`);

/** A hardlink that names nothing that can have two names. */
export function badLink(subject: string, link: { path: Path; target: Path; found: Node | undefined }): Error {
  const got = link.found === undefined ? 'nothing there' : 'a directory';
  return invalid(
    subject,
    `the hardlink '${shortTextOf(link.path)}' to name a file`,
    `'${shortTextOf(link.target)}': ${got}`,
  );
}
