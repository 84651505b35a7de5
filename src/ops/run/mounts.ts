import { badOption } from '../../errors.ts';
import type { JobMount } from '../../runner/job.ts';
import { hostPathOf, hostResolver } from '../../store/disk/host-path.ts';

const onlyRoot = { uid: 0, gid: 0, mode: 0o644 };

/** What every program finds in `/etc` of the machine that it runs on. */
export function networkFiles(hostname: string): readonly JobMount[] {
  const hosts = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  return [
    { kind: 'file', target: '/etc/resolv.conf', content: hostResolver(), ...onlyRoot },
    { kind: 'file', target: '/etc/hosts', content: new TextEncoder().encode(hosts), ...onlyRoot },
  ];
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
