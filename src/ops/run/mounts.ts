import { badOption } from '../../errors.ts';
import type { JobMount } from '../../runner/job.ts';
import { hostPathOf, hostResolver } from '../../store/disk/host-path.ts';

const onlyRoot = { uid: 0, gid: 0, mode: 0o644 };

/** What every program finds in `/etc` of the machine that it runs on. */
export function networkFiles(hostname: string, others: readonly string[] = []): readonly JobMount[] {
  const said = others.map(text => `${parseHost(text).join('\t')}\n`).join('');
  const hosts = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n${said}`;
  return [
    { kind: 'file', target: '/etc/resolv.conf', content: hostResolver(), ...onlyRoot },
    { kind: 'file', target: '/etc/hosts', content: new TextEncoder().encode(hosts), ...onlyRoot },
  ];
}

/** `NAME:ADDRESS` or `NAME=ADDRESS`, as docker's `--add-host`, as its address and its name; `host-gateway` is this machine, whose network a run has. Throws `usage`. */
export function parseHost(text: string): readonly [address: string, name: string] {
  const [, name, said = ''] = /^([A-Za-z0-9_.-]{1,253})[:=](.+)$/.exec(text) ?? [];
  const address = said === 'host-gateway' ? '127.0.0.1' : said.replace(/^\[(.*)\]$/, '$1');
  if (name === undefined || !/^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/.test(address))
    throw badOption('hosts', `expected NAME:ADDRESS, got '${text}'`);
  return [address, name];
}

/** `HOST:PATH[:ro]`, as docker's `-v`; labels are accepted. */
export function volumeOf(text: string): JobMount {
  const [host = '', target = '', mode = 'rw', ...more] = text.split(':');
  const flags = mode.split(',');
  if (!target.startsWith('/') || host === '' || more.length > 0)
    throw badOption('volumes', `expected HOST:PATH[:ro] with an absolute PATH, got '${text}'`);
  const unknown = flags.find(flag => !['ro', 'rw', 'z', 'Z'].includes(flag));
  if (unknown !== undefined) throw badOption('volumes', `expected ro or rw, got '${unknown}'`);
  const { path, isDirectory } = hostPathOf(host);
  return {
    kind: 'bind',
    from: [path],
    path: '/',
    target,
    isDirectory,
    isReadOnly: flags.includes('ro'),
    isDiscarded: false,
  };
}
