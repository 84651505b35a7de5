/** An absolute path without `.`, `..`, and slashes too many. */
export function cleanPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

/** A path joined to a directory, where it is relative; an absolute one stays as it is written. */
export function joined(directory: string, path: string): string {
  return path.startsWith('/') ? path : cleanPath(`${directory}/${path}`);
}

/** A destination as the copy sees it: absolute, clean, and a `/` or `/.` at its end kept, which says that it is a directory. */
export function destinationOf(directory: string, written: string): string {
  const path = written === '' || written === '.' ? './' : written;
  const clean = cleanPath(path.startsWith('/') ? path : `${directory}/${path}`);
  const open = clean === '/' ? '/' : `${clean}/`;
  if (path.endsWith('/')) return open;
  return path.endsWith('/.') ? `${open}.` : clean;
}

/** Whether a source has a wildcard of COPY: `*`, `?`, `[`. */
export function hasWildcard(path: string): boolean {
  return /[*?[]/.test(path.replace(/\\./gs, ''));
}

const address = /^[A-Za-z0-9_][\w.-]*@[\w.-]+:.+/;

/** What is wrong with a source: it is not in the context, but on the network. */
export function remoteKind(source: string): 'git' | 'http' | undefined {
  if (/^(\.\.?\/)/.test(source)) return undefined;
  const scheme = /^([a-zA-Z0-9]+):\/\//.exec(source)?.[1]?.toLowerCase();
  if (scheme === 'git' || scheme === 'ssh') return 'git';
  if (scheme === undefined) return address.test(source) ? 'git' : undefined;
  if (/^https?:\/\/[^?#]*\.git(?:[?#]|$)/.test(source)) return 'git';
  return /^https?:\/\//.test(source) ? 'http' : undefined;
}
