import { usage } from '../errors.ts';

const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);
const largestPort = 65_535;

interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The keys (`80/tcp`) that one word of EXPOSE stands for: `[ip:][host:]port[-range][/protocol]`.
 * Throws `usage` as docker words it.
 */
export function parsePorts(word: string, subject: string): string[] {
  const parts = word.split(':');
  const { port, protocol } = splitProtocol(parts.pop() ?? '');
  if (port === '') throw usage(subject, `no port specified: ${word}<empty>`);
  const range = parseRange(port);
  if (range === undefined) throw usage(subject, `invalid containerPort: ${port}`);
  checkHost(parts, { container: range, port }, subject);
  if (!protocols.has(protocol)) throw usage(subject, `invalid proto: ${protocol}`);
  return Array.from({ length: range.last - range.first + 1 }, (_, index) => `${range.first + index}/${protocol}`);
}

/** Whether a key of ExposedPorts is `port`, `port/tcp`, `port/udp` or `port/sctp`. */
export function isPortKey(key: string): boolean {
  const [port = '', protocol = 'tcp', ...more] = key.split('/');
  return more.length === 0 && parsePort(port) !== undefined && protocols.has(protocol);
}

function splitProtocol(text: string): { port: string; protocol: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { port: text, protocol: 'tcp' };
  const protocol = text.slice(slash + 1).toLowerCase();
  return { port: text.slice(0, slash), protocol: protocol === '' ? 'tcp' : protocol };
}

function checkHost(parts: readonly string[], wanted: { container: PortRange; port: string }, subject: string): void {
  const host = parts.at(-1) ?? '';
  const address = parts.slice(0, -1).join(':');
  if (address !== '' && !isAddress(address)) throw usage(subject, `invalid IP address: ${address}`);
  if (host === '') return;
  const range = parseRange(host);
  if (range === undefined) throw usage(subject, `invalid hostPort: ${host}`);
  const { first, last } = wanted.container;
  if (last - first !== range.last - range.first && first !== last) {
    throw usage(subject, `invalid ranges specified for container and host Ports: ${wanted.port} and ${host}`);
  }
}

function isAddress(text: string): boolean {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (bare.includes(':')) return bare.length <= 45 && /^[0-9a-fA-F:.]+$/.test(bare);
  const numbers = bare.split('.');
  return numbers.length === 4 && numbers.every(number => /^\d{1,3}$/.test(number) && Number(number) <= 255);
}

function parseRange(text: string): PortRange | undefined {
  const dash = text.indexOf('-');
  const first = parsePort(dash < 0 ? text : text.slice(0, dash));
  const last = dash < 0 ? first : parsePort(text.slice(dash + 1));
  if (first === undefined || last === undefined || last < first) return undefined;
  return { first, last };
}

function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= largestPort ? port : undefined;
}
