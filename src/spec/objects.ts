import type { OciError } from '../errors.ts';
import type { DiffID, Digest } from './digest.ts';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
}

export type Annotations = Readonly<Record<string, string>>;

/** image-spec descriptor.md. `size` in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Annotations;
  readonly data?: string;
  readonly platform?: Platform;
  readonly artifactType?: string;
}

/** image-spec manifest.md. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Annotations;
}

/** Where an index keeps what stands among its manifests and is no descriptor. */
export const oddEntries: unique symbol = Symbol('odd entries');

/** A value among an index's manifests that is no descriptor: its position there, and what is wrong with it. */
export interface OddEntry {
  readonly position: number;
  readonly value: Json;
  readonly fault: OciError;
}

/** image-spec image-index.md. `manifests` are the entries that are descriptors; the others are kept, and written again in their places. */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly [oddEntries]?: readonly OddEntry[];
  readonly subject?: Descriptor;
  readonly annotations?: Annotations;
}

/** Docker's extension of the container config. Durations in nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** The `config` object of an image config: execution parameters (image-spec config.md). Optional fields may be null in what is read. */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Env?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck | null;
  readonly OnBuild?: readonly string[] | null;
  readonly Shell?: readonly string[] | null;
}

/** One line of history (image-spec config.md). `created` is RFC 3339. */
export interface History {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** image-spec config.md. Unknown fields survive every edit. */
export interface ImageConfig {
  readonly created?: string | null;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
  readonly config?: ContainerConfig | null;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly DiffID[] };
  readonly history?: readonly History[] | null;
}

/** The `oci-layout` file (image-spec image-layout.md). */
export interface LayoutHeader {
  readonly imageLayoutVersion: string;
}

/** A JSON object with the exact bytes it was read from or will be written as, and the descriptor of those bytes. */
export interface Document<T> {
  readonly value: T;
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
}

export interface Image {
  readonly manifest: Document<Manifest>;
  readonly config: Document<ImageConfig>;
}

/** One layer of an image: the stored blob and the tar it stands for. */
export interface Layer {
  readonly descriptor: Descriptor;
  readonly diffID: DiffID;
}
