import type { ContainerConfig, Healthcheck, Image, ImageConfig } from '../spec/objects.ts';

/** What an image is called, in docker's words. */
export interface ImageNames {
  /** Familiar form: `base:1`. */
  readonly repoTags: readonly string[];
  /** `name@sha256:…`. */
  readonly repoDigests: readonly string[];
}

const configFields: readonly (keyof ContainerConfig)[] = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'ArgsEscaped',
  'Healthcheck',
  'OnBuild',
  'Shell',
];
const healthcheckFields: readonly (keyof Healthcheck)[] = [
  'Test',
  'Interval',
  'Timeout',
  'StartPeriod',
  'StartInterval',
  'Retries',
];

/**
 * One element of what `docker image inspect` prints, its fields in docker's order. `Id` is the config's digest, `Size`
 * the stored bytes of the layers.
 */
export function inspectObject(image: Image, names: ImageNames): object {
  const { value: config, descriptor } = image.config;
  return {
    Id: descriptor.digest,
    RepoTags: [...names.repoTags],
    RepoDigests: [...names.repoDigests],
    ...optional('Comment', config.history?.at(-1)?.comment),
    ...optional('Created', config.created),
    ...optional('DockerVersion', dockerVersionOf(config)),
    ...optional('Author', config.author),
    Config: containerObject(config.config ?? {}),
    Architecture: config.architecture,
    ...optional('Variant', config.variant),
    Os: config.os,
    ...optional('OsVersion', config['os.version']),
    Size: image.manifest.value.layers.reduce((sum, layer) => sum + layer.size, 0),
    RootFS: { Type: config.rootfs.type, Layers: [...config.rootfs.diff_ids] },
    Descriptor: image.manifest.descriptor,
  };
}

/** What docker's old builders wrote of themselves. */
function dockerVersionOf(config: ImageConfig): string | undefined {
  const version = new Map<string, unknown>(Object.entries(config)).get('docker_version');
  return typeof version === 'string' ? version : undefined;
}

function containerObject(config: ContainerConfig): object {
  const healthcheck = present(config.Healthcheck ?? {}, healthcheckFields);
  return Object.fromEntries(
    present(config, configFields).map(([field, value]) => {
      return [field, field === 'Healthcheck' ? Object.fromEntries(healthcheck) : sorted(value)];
    }),
  );
}

function present<T extends object>(from: T, fields: readonly (keyof T & string)[]): [string, unknown][] {
  return fields.filter(field => Object.hasOwn(from, field) && !isEmpty(from[field])).map(field => [field, from[field]]);
}

/** What Go's `omitempty` leaves out. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Maps come sorted by key, as Go prints them. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function optional(field: string, value: string | null | undefined): object {
  return value ? { [field]: value } : {};
}
