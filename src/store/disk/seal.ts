import { nodeEngine } from '../../engine/node.ts';
import { statCost } from '../../stream/pace.ts';
import type { ByteString, Path } from '../../tree/node.ts';
import { inOrder, type Parts } from '../../tree/parts.ts';
import { joinPath } from '../../tree/path.ts';
import { Descent } from './descent.ts';
import { loadNative } from './native.ts';
import { type Identity, kindOf, type Stat } from './stat.ts';

const rowOf = (name: ByteString, stat: Stat): string =>
  `${name}\0${[stat.inode, stat.mode, stat.uid, stat.gid, stat.links, stat.size, stat.mtime, stat.ctime, stat.special].join(' ')}\n`;

/**
 * What stat(2) says of a directory and of everything in it, and `of`, as one digest (hexadecimal): whatever is changed there
 * changes a time that nobody can set. Contents are not read. In parts. Throws the system's error.
 */
export function* sealing(root: string, of: string): Parts<string> {
  const native = loadNative();
  const hasher = nodeEngine.createHash('sha256');
  const descent = new Descent(root);
  try {
    const own = descent.stat('.', native);
    hasher.update(Buffer.from(`${of}\0${rowOf('.', own)}`, 'latin1'));
    const pending: { readonly path: Path; readonly id: Identity }[] = [{ path: '', id: own }];
    for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
      descent.enter(top.path, top.id);
      let rows = `${top.path}\0\n`;
      for (const name of yield* inOrder(descent.names())) {
        const stat = descent.stat(name, native);
        // What is mounted there is no part of it.
        rows += stat.device === own.device ? rowOf(name, stat) : `${name}\0\n`;
        if (stat.device === own.device && kindOf(stat) === 'directory')
          pending.push({ path: joinPath(top.path, name), id: stat });
        yield statCost;
      }
      hasher.update(Buffer.from(rows, 'latin1'));
      descent.check();
    }
    return hasher.digest();
  } finally {
    descent.close();
  }
}
