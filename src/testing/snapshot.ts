import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Everything below a directory, a line a path: type and mode, owner, the digest of a file's bytes, where a symlink leads, which
 * names are one file. No times: a directory's own changes where something has been in it for a while.
 */
export function snapshotOf(root: string): readonly string[] {
  const lines: string[] = [];
  const firstNames = new Map<bigint, string>();
  const visit = (directory: string): void => {
    const names = readdirSync(Buffer.from(directory, 'latin1'), { encoding: 'buffer' });
    for (const name of names.map(bytes => bytes.toString('latin1')).sort()) {
      const path = `${directory}/${name}`;
      const place = Buffer.from(path, 'latin1');
      const stat = lstatSync(place, { bigint: true });
      const shown = path.slice(root.length + 1);
      const detail = stat.isFile()
        ? createHash('sha256').update(readFileSync(place)).digest('hex')
        : stat.isSymbolicLink()
          ? readlinkSync(place, 'latin1')
          : `${stat.rdev}`;
      const first = stat.isFile() ? firstNames.get(stat.ino) : undefined;
      if (stat.isFile() && first === undefined) firstNames.set(stat.ino, shown);
      const link = first === undefined ? '' : ` = ${first}`;
      lines.push(`${shown} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${detail}${link}`);
      if (stat.isDirectory()) visit(path);
    }
  };
  visit(root);
  return lines;
}

/** Holds that two snapshots are one; where not, says which lines differ. */
export function isSame(now: readonly string[], then: readonly string[], what: string): void {
  const [isNow, wasThen] = [new Set(now), new Set(then)];
  const come = now.filter(line => !wasThen.has(line));
  const gone = then.filter(line => !isNow.has(line));
  assert.deepEqual({ come, gone }, { come: [], gone: [] }, what);
}
