import type { DiffID, Digest } from '../spec/digest.ts';
import type { Annotations, ContainerConfig, Descriptor, Healthcheck, Image, ImageConfig } from '../spec/objects.ts';

/** What an image is called, in docker's words. */
export interface ImageNames {
  /** Familiar form: `base:1`. */
  readonly repoTags: readonly string[];
  /** `name@sha256:…`. */
  readonly repoDigests: readonly string[];
}

/**
 * What `docker image inspect` says of an image, in docker's words and order. A field that the image's config does not have,
 * or has empty, is left out, as docker leaves it.
 */
export interface InspectImage {
  /** The config's digest: the image ID. */
  readonly Id: Digest;
  /** Familiar names in the layout that stand for it (`base:1`; a plain name alone), sorted. */
  readonly RepoTags: readonly string[];
  /** `repository@sha256:…` of the names that have a repository. */
  readonly RepoDigests: readonly string[];
  /** The last comment of the history. */
  readonly Comment?: string;
  /** RFC 3339. */
  readonly Created?: string;
  /** Of docker's old builders. */
  readonly DockerVersion?: string;
  readonly Author?: string;
  readonly Config: ContainerConfig;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  /** Bytes of the layers as they are stored. */
  readonly Size: number;
  readonly RootFS: { readonly Type: 'layers'; readonly Layers: readonly DiffID[] };
  /** The manifest's. */
  readonly Descriptor: Descriptor;
}

/** What is said of an artifact: a manifest whose config is no image's. Only it has an `ArtifactType`. */
export interface InspectArtifact {
  /** The manifest's digest. */
  readonly Id: Digest;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  /** Its own, or the media type of its config. */
  readonly ArtifactType: string;
  /** Bytes of what it holds. */
  readonly Size: number;
  /** What it is about. */
  readonly Subject?: Descriptor;
  readonly Annotations?: Annotations;
  /** The manifest's. */
  readonly Descriptor: Descriptor;
  /** What it holds. */
  readonly Layers: readonly Descriptor[];
}

/** One of what `inspect` gives; `'RootFS' in object` tells an image from an artifact. */
export type InspectObject = InspectImage | InspectArtifact;

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
export function inspectObject(image: Image, names: ImageNames): InspectImage {
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

function containerObject(config: ContainerConfig): ContainerConfig {
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

function optional<K extends string>(field: K, value: string | null | undefined): { readonly [F in K]?: string } {
  return value ? ({ [field]: value } as { readonly [F in K]: string }) : {};
}
