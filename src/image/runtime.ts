import { invalid } from '../errors.ts';
import type { ContainerConfig, ImageConfig } from '../spec/objects.ts';
import { capabilitiesOf, defaultPath, defaultTerminal, rlimits } from './runtime-defaults.ts';
import { isolation, type UserNamespace } from './runtime-namespace.ts';
import { resolveUser, type UserFiles } from './user.ts';

/**
 * The `config.json` of a runtime bundle whose `rootfs/` holds the image (runtime-spec 1.0.2, image-spec conversion.md).
 * Volumes get no mounts: an empty one would hide what the image holds there, and what is written there would not be
 * part of the next commit. Throws `invalid` for a user that passwd or group lacks and for a relative working directory.
 */
export function runtimeConfig(config: ImageConfig, users: UserFiles, namespace?: UserNamespace): object {
  const container = config.config ?? {};
  const { home, ...resolved } = resolveUser(container.User ?? '', users);
  // Without root nobody may set them: setgroups(2) is denied.
  const user = namespace?.isRootless === true ? { uid: resolved.uid, gid: resolved.gid } : resolved;
  const { mounts, linux } = isolation(namespace);
  return {
    ociVersion: '1.0.2',
    process: {
      // With a terminal a runtime refuses to start where it has none.
      terminal: false,
      user,
      args: argumentsOf(container),
      env: environmentOf(container.Env ?? [], home),
      cwd: directoryOf(container.WorkingDir ?? ''),
      capabilities: capabilitiesOf(user.uid),
      rlimits,
      noNewPrivileges: true,
    },
    root: { path: 'rootfs' },
    hostname: 'ocikit',
    mounts,
    annotations: annotationsOf(config, container),
    linux,
  };
}

function argumentsOf(container: ContainerConfig): readonly string[] {
  const words = [...(container.Entrypoint ?? []), ...(container.Cmd ?? [])];
  return words.length === 0 ? ['sh'] : words;
}

function environmentOf(entries: readonly string[], home: string | undefined): string[] {
  const names = new Set(entries.map(nameOf));
  const missing = (entry: string): string[] => (names.has(nameOf(entry)) ? [] : [entry]);
  return [
    ...missing(defaultPath),
    ...missing(defaultTerminal),
    ...entries,
    ...(home === undefined ? [] : missing(`HOME=${home}`)),
  ];
}

function nameOf(entry: string): string {
  return entry.split('=', 1)[0] as string;
}

function directoryOf(directory: string): string {
  if (directory === '') return '/';
  if (!directory.startsWith('/')) throw invalid('WorkingDir', 'an absolute path', `'${directory}'`);
  return directory;
}

const prefix = 'org.opencontainers.image.';

/** Labels win over what is derived from the config's own fields. */
function annotationsOf(config: ImageConfig, container: ContainerConfig): Record<string, string> {
  const ports = Object.keys(container.ExposedPorts ?? {}).sort();
  const derived: readonly (readonly [string, string | null | undefined])[] = [
    ['os', config.os],
    ['architecture', config.architecture],
    ['variant', config.variant],
    ['os.version', config['os.version']],
    ['os.features', config['os.features']?.join(',')],
    ['author', config.author],
    ['created', config.created],
    ['stopSignal', container.StopSignal],
    ['exposedPorts', ports.join(',')],
  ];
  const known = derived.flatMap(([key, value]) => (value ? [[prefix + key, value] as const] : []));
  return Object.fromEntries(new Map([...known, ...Object.entries(container.Labels ?? {})]));
}
