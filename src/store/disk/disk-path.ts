import type { Path } from '../../tree/node.ts';

const ascii = /^[\x01-\x7f]*$/;

/** A path below `root` as node:fs takes it: a string where it is ASCII, else its bytes. */
export function diskPath(root: string, path: Path): string | Buffer {
  if (path === '') return root;
  if (ascii.test(path)) return `${root}/${path}`;
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}
