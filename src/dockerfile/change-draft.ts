import type { ContainerConfig, Healthcheck } from '../spec/objects.ts';
import { type Environment, environmentOf } from './environment.ts';

const defaultShell: readonly string[] = ['/bin/sh', '-c'];

/** The container's config while instructions change it; null is docker's nil. */
export interface Draft {
  readonly env: Environment;
  readonly labels: Map<string, string>;
  readonly ports: Map<string, object>;
  readonly volumes: Map<string, object>;
  readonly triggers: string[];
  readonly shell: readonly string[];
  entrypoint: readonly string[] | null;
  command: readonly string[] | null;
  commandIsNew: boolean;
  user: string;
  directory: string;
  signal: string;
  healthcheck: Healthcheck | null;
}

export function draftOf(config: ContainerConfig): Draft {
  return {
    env: environmentOf(config.Env ?? []),
    labels: new Map(Object.entries(config.Labels ?? {})),
    ports: new Map(Object.entries(config.ExposedPorts ?? {})),
    volumes: new Map(Object.entries(config.Volumes ?? {})),
    triggers: [...(config.OnBuild ?? [])],
    shell: config.Shell?.length ? config.Shell : defaultShell,
    entrypoint: config.Entrypoint ?? null,
    command: config.Cmd ?? null,
    commandIsNew: false,
    user: config.User ?? '',
    directory: config.WorkingDir ?? '',
    signal: config.StopSignal ?? '',
    healthcheck: config.Healthcheck ?? null,
  };
}

/** Docker's merge of a container's config with its image's: what the draft has empty is filled from the base. */
export function merged(draft: Draft, base: ContainerConfig): ContainerConfig {
  const command = commandOf(draft, base);
  return defined(base, {
    User: draft.user || base.User,
    ExposedPorts: filled(draft.ports),
    Env: draft.env.entries.length > 0 ? draft.env.entries : undefined,
    Entrypoint: command.entrypoint ?? undefined,
    Cmd: command.command ?? undefined,
    Volumes: filled(draft.volumes),
    WorkingDir: draft.directory || base.WorkingDir,
    Labels: filled(draft.labels),
    StopSignal: draft.signal || base.StopSignal,
    Healthcheck: healthcheckOf(draft.healthcheck, base.Healthcheck ?? null) ?? undefined,
    OnBuild: draft.triggers.length > 0 ? draft.triggers : undefined,
  });
}

function commandOf(draft: Draft, base: ContainerConfig): Pick<Draft, 'entrypoint' | 'command'> {
  const { entrypoint, command } = draft;
  if (entrypoint !== null && entrypoint.length > 0) return { entrypoint, command };
  return {
    entrypoint: entrypoint ?? base.Entrypoint ?? null,
    command: command?.length ? command : (base.Cmd ?? command),
  };
}

function healthcheckOf(changed: Healthcheck | null, base: Healthcheck | null): Healthcheck | null {
  if (changed === null || base === null) return changed ?? base;
  return { ...base, ...changed };
}

function filled<T>(map: ReadonlyMap<string, T>): Record<string, T> | undefined {
  return map.size === 0 ? undefined : Object.fromEntries(map);
}

type Fields = { readonly [Key in keyof ContainerConfig]: ContainerConfig[Key] | undefined };

/** The base with its fields replaced; a field that is undefined is left out, others that ocikit does not know stay. */
function defined(base: ContainerConfig, fields: Fields): ContainerConfig {
  const entries = Object.entries({ ...base, ...fields }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}
