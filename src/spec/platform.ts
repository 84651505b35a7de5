import { invalid } from '../errors.ts';
import type { Platform } from './objects.ts';

/** Other names of operating systems and architectures, as every engine folds them into Go's. */
const systems: Readonly<Record<string, string>> = { macos: 'darwin' };
const architectures: Readonly<Record<string, { readonly architecture: string; readonly variant?: string }>> = {
  i386: { architecture: '386' },
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
};

/** Node's names of architectures that Go, and so every image, calls otherwise. */
const nodeArchitectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  mipsel: 'mipsle',
  ppc64: 'ppc64le',
};

/** Go's names of the architectures that images are for: one alone is an architecture of linux. */
const goArchitectures = /^(?:386|amd64|arm|arm64|loong64|mips|mips64|mips64le|mipsle|ppc64|ppc64le|riscv64|s390x)$/;

const known = (name: string, table: Readonly<Record<string, unknown>>): boolean => Object.hasOwn(table, name);

/** Drops variants that say nothing (arm64/v8, amd64/v1) and fills in the one that arm means without (v7). */
function normalVariant(architecture: string, variant: string | undefined): string | undefined {
  if (architecture === 'arm64' && (variant === '8' || variant === 'v8')) return undefined;
  if (architecture === 'amd64' && (variant === '1' || variant === 'v1')) return undefined;
  if (architecture === 'arm') return variant === undefined ? 'v7' : variant.replace(/^(?=\d)/, 'v');
  return variant;
}

/** What images are for where nobody says: linux, as every engine has it, on the architecture that Node was built for. */
export const machinePlatform: Platform = {
  os: 'linux',
  architecture: known(process.arch, nodeArchitectures) ? String(nodeArchitectures[process.arch]) : process.arch,
};

/** Whether a config says what it is for: some do not, and then an entry of an index has no platform. */
export const isKnownPlatform = ({ os, architecture }: Platform): boolean => os !== '' && architecture !== '';

/** A platform in Go's names and with the variant that it means. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const given = platform.architecture.toLowerCase();
  const alias = known(given, architectures) ? architectures[given] : undefined;
  const architecture = alias?.architecture ?? given;
  const variant = normalVariant(architecture, platform.variant?.toLowerCase() ?? alias?.variant);
  const { variant: _, ...rest } = platform;
  return {
    ...rest,
    architecture,
    os: known(os, systems) ? (systems[os] as string) : os,
    ...(variant === undefined ? {} : { variant }),
  };
}

const isArchitecture = (word: string): boolean => goArchitectures.test(word) || known(word, architectures);

const platformText = /^([\w.-]+)(?:\(([\w.-]+)\))?\/([\w.-]+)(?:\/([\w.-]+))?$/;

/** Whether a text names a platform in words that `parsePlatform` takes. */
export const isPlatformText = (text: string): boolean => platformText.test(text);

/**
 * `os/arch[/variant]`, normalised; `arch[/variant]` alone is of linux. A version of the system stands behind its name, as
 * containerd writes it: `windows(10.0.20348)/amd64`.
 */
export function parsePlatform(text: string): Platform {
  const [first = ''] = text.toLowerCase().split('/');
  const match = platformText.exec(isArchitecture(first) ? `linux/${text}` : text);
  if (match === null) throw invalid('platform', 'OS/ARCH[/VARIANT], such as linux/arm64', `'${text.slice(0, 64)}'`);
  const [, os = '', version, architecture = '', variant] = match;
  return normalizePlatform({
    architecture,
    os,
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(variant === undefined ? {} : { variant }),
  });
}

/** One text for all spellings of a platform, versions and features of its system included. */
export function platformKey(platform: Platform): string {
  const { os, architecture, variant, ...more } = normalizePlatform(platform);
  const features = [...(more['os.features'] ?? [])].sort();
  return [os, architecture, variant ?? '', more['os.version'] ?? '', ...features].join('\0');
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined || variant === '' ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** The same with the version of its system, where it has one: as `parsePlatform` takes it. */
export function formatExactPlatform(platform: Platform): string {
  const version = platform['os.version'];
  const isSaid = version !== undefined && version !== '';
  return formatPlatform(isSaid ? { ...platform, os: `${platform.os}(${version})` } : platform);
}

/** Whether a system of one version is one of the version that is wanted: itself, or a build of it (10.0.20348 takes 10.0.20348.1129). */
function isVersion(have: string | undefined, want: string | undefined): boolean {
  return want === undefined || have === undefined || have === want || have.startsWith(`${want}.`);
}

/** A variant as two numbers, `v8.2` as 8 and 2. */
function levelsOf(variant: string | undefined, none: number): readonly [number, number] {
  const match = /^v(\d{1,2})(?:\.(\d{1,2}))?$/.exec(variant ?? `v${none}`);
  return match === null ? [none, 0] : [Number(match[1]), Number(match[2] ?? 0)];
}

/** Architectures whose higher variants run what lower ones run: the variant that none means, and the lowest that still runs. */
const ladders: Readonly<Record<string, { readonly none: number; readonly lowest: number }>> = {
  amd64: { none: 1, lowest: 1 },
  arm: { none: 7, lowest: 5 },
  arm64: { none: 8, lowest: 8 },
};

/** More than any lower variant ranks. */
const exact = 10_000;

/** Whether a machine of one variant runs another: arm64 v9.N has what v8.(N+5) has, and v8 ends at v8.9. */
function runs(machine: readonly [number, number], program: readonly [number, number], architecture: string): boolean {
  const [major, minor] = machine;
  const [wantedMajor, wantedMinor] = program;
  if (architecture !== 'arm64') return wantedMajor <= major;
  if (major === wantedMajor) return wantedMinor <= minor;
  return major === 9 && wantedMajor === 8 && wantedMinor <= Math.min(minor + 5, 9);
}

/**
 * How well a platform of an index suits the wanted one: 0 not at all, else the higher the better, exact variant first. A
 * machine of a higher variant runs lower ones (arm v7 takes v6, amd64 v3 takes v1).
 */
export function platformRank(wanted: Platform, candidate: Platform): number {
  const [want, have] = [normalizePlatform(wanted), normalizePlatform(candidate)];
  if (want.os !== have.os || want.architecture !== have.architecture) return 0;
  if (!isVersion(have['os.version'], want['os.version'])) return 0;
  if (want.variant === have.variant) return exact;
  const ladder = known(want.architecture, ladders) ? ladders[want.architecture] : undefined;
  if (ladder === undefined) return 0;
  const [machine, program] = [levelsOf(want.variant, ladder.none), levelsOf(have.variant, ladder.none)];
  if (program[0] < ladder.lowest || !runs(machine, program, want.architecture)) return 0;
  return 1 + program[0] * 20 + program[1];
}

export function matchesPlatform(wanted: Platform, candidate: Platform): boolean {
  return platformRank(wanted, candidate) > 0;
}
