import type { Fail } from '../errors.ts';

const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);
const largestPort = 65_535;

interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The keys (`80/tcp`) that one word of EXPOSE stands for: `[ip:][host:]port[-range][/protocol]`.
 * Throws what `fail` makes of docker's words.
 */
export function parsePorts(word: string, fail: Fail): string[] {
  const parts = word.split(':');
  const { port, protocol } = splitProtocol(parts.pop() ?? '');
  if (port === '') throw fail(`no port specified: ${word}<empty>`);
  if (!protocols.has(protocol)) throw fail(`invalid proto: ${protocol}`);
  const range = parseRange(port);
  if (range === undefined) throw fail(`invalid containerPort: ${port}`);
  checkHost(parts, { container: range, port }, fail);
  return Array.from({ length: range.last - range.first + 1 }, (_, index) => `${range.first + index}/${protocol}`);
}

/** Whether a key of ExposedPorts is `port`, `port/tcp`, `port/udp` or `port/sctp`. */
export function isPortKey(key: string): boolean {
  const [port = '', protocol = 'tcp', ...more] = key.split('/');
  return more.length === 0 && parsePort(port) !== undefined && protocols.has(protocol);
}

/** Whether what stands after the slash of a port is a protocol, in any case; nothing is tcp. */
export const isProtocol = (text: string): boolean => text === '' || protocols.has(text.toLowerCase());

function splitProtocol(text: string): { port: string; protocol: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { port: text, protocol: 'tcp' };
  const protocol = text.slice(slash + 1).toLowerCase();
  return { port: text.slice(0, slash), protocol: protocol === '' ? 'tcp' : protocol };
}

function checkHost(parts: readonly string[], wanted: { container: PortRange; port: string }, fail: Fail): void {
  const host = parts.at(-1) ?? '';
  const address = parts.slice(0, -1).join(':');
  if (address !== '' && !isAddress(address)) throw fail(`invalid IP address: ${address}`);
  if (host === '') return;
  const range = parseRange(host);
  if (range === undefined) throw fail(`invalid hostPort: ${host}`);
  const { first, last } = wanted.container;
  if (last - first !== range.last - range.first && first !== last) {
    throw fail(`invalid ranges specified for container and host Ports: ${wanted.port} and ${host}`);
  }
}

function isAddress(text: string): boolean {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  return bare.includes(':') ? isLongAddress(bare) : isShortAddress(bare);
}

/** Four bytes: IPv4. */
function isShortAddress(text: string): boolean {
  const numbers = text.split('.');
  return numbers.length === 4 && numbers.every(number => /^\d{1,3}$/.test(number) && Number(number) <= 255);
}

/** Eight groups, of which one `::` may leave some out, and four bytes may stand for the last two: IPv6. */
function isLongAddress(text: string): boolean {
  const halves = text.split('::').map(half => (half === '' ? [] : half.split(':')));
  const groups = halves.flat();
  const last = groups.at(-1) ?? '';
  const isMixed = isShortAddress(last);
  const hexadecimal = isMixed ? groups.slice(0, -1) : groups;
  const count = groups.length + (isMixed ? 1 : 0);
  return (
    hexadecimal.every(group => /^[0-9a-fA-F]{1,4}$/.test(group)) &&
    (halves.length === 1 ? count === 8 : halves.length === 2 && count < 8)
  );
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
