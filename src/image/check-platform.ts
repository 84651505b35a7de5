import type { ImageConfig } from '../spec/objects.ts';
import { at, type Finding, type Place } from './finding.ts';
import { finding } from './finding-codes.ts';

/** What containerd's platforms package, and so docker, takes for a part of a platform. */
const word = /^[A-Za-z0-9_-]*$/;
/** The systems of Go; `unknown` is what BuildKit says of attestations. */
const systems: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris unknown wasip1 windows zos'.split(
    ' ',
  ),
);

/** What is odd about the names of a config's system and architecture. */
export function checkPlatformNames(config: ImageConfig, place: Place): Finding[] {
  const parts = (['os', 'architecture', 'variant'] as const).flatMap(key => {
    const value = config[key];
    return value == null ? [] : [[key, value] as const];
  });
  const wrong = parts.filter(([, value]) => !word.test(value));
  if (wrong.length > 0)
    return wrong.map(([key, value]) =>
      finding('platform-malformed', at(place, `/${key}`), `expected letters, digits, '_' and '-', got '${value}'`),
    );
  if (config.os === '' || systems.has(config.os.toLowerCase())) return [];
  return [finding('platform-unknown', at(place, '/os'), `expected a system that Go knows, got '${config.os}'`)];
}
