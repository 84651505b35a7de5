import type { ContainerConfig, Platform } from '../../spec/objects.ts';

/** Where a tree of files comes from. */
export type Origin =
  | { readonly kind: 'scratch' }
  /** An image by its full name, `docker.io/library/busybox:latest`. */
  | { readonly kind: 'image'; readonly name: string; readonly platform: Platform }
  /** The build's context, or one of its named ones. */
  | { readonly kind: 'context'; readonly name?: string }
  /** What a step leaves, by its place in the plan. */
  | { readonly kind: 'step'; readonly step: number };

/** What all steps have: what they change, how progress calls them and what history says of them. */
interface StepBase {
  readonly parent: Origin;
  /** `[build 2/4] RUN make`. */
  readonly title: string;
  readonly createdBy: string;
  readonly stage: string;
  /** First and last line in the Dockerfile; of a trigger, those of its FROM. */
  readonly lines: readonly [number, number];
}

/** A mount of RUN. `target` is absolute, `source` a path inside of where it comes from. */
export type StepMount =
  | {
      readonly kind: 'bind';
      readonly from: Origin;
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
    }
  | {
      readonly kind: 'cache';
      readonly id: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      readonly from: Origin;
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      /** Of a directory that is made, where one of them is given. */
      readonly owner?: { readonly mode: number; readonly uid: number; readonly gid: number };
    }
  /** `size` in bytes, 0 for no limit. */
  | { readonly kind: 'tmpfs'; readonly target: string; readonly size: number; readonly readOnly: boolean }
  | ({ readonly kind: 'secret' } & FileMount)
  | ({ readonly kind: 'ssh' } & FileMount);

/** A secret's file or an agent's socket. */
interface FileMount {
  readonly id: string;
  readonly target: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A secret that a variable of RUN's environment holds. */
interface SecretVariable {
  readonly name: string;
  readonly id: string;
  readonly required: boolean;
}

export interface RunStep extends StepBase {
  readonly kind: 'run';
  readonly arguments: readonly string[];
  /** `NAME=value`, complete. */
  readonly environment: readonly string[];
  readonly directory: string;
  /** As USER says it; empty for root. */
  readonly user: string;
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  readonly mounts: readonly StepMount[];
  readonly secrets: readonly SecretVariable[];
  /** A heredoc that begins with `#!`: a file `/dev/pipes/NAME` of mode 0755, there for the run only. */
  readonly script?: { readonly name: string; readonly content: string };
}

/** A heredoc: a file of mode 0644 that is its own source. */
interface InlineOrigin {
  readonly kind: 'inline';
  readonly name: string;
  readonly content: string;
}

/** What ADD would have to fetch. A build that needs it is refused: ocikit has no network of its own. */
interface RemoteOrigin {
  readonly kind: 'remote';
  readonly address: string;
}

/** One source of a COPY or ADD. */
export interface CopySource {
  readonly from: Origin | InlineOrigin | RemoteOrigin;
  /** Absolute and clean; may have wildcards, but for a heredoc's. With `include` the directory that those are relative to. */
  readonly path: string;
  readonly include?: string;
  /** A path that must exist. */
  readonly required?: string;
  /** Whether an archive is unpacked. */
  readonly unpack: boolean;
}

interface CopyStep extends StepBase {
  readonly kind: 'copy';
  readonly sources: readonly CopySource[];
  /** Absolute; `/` or `/.` at the end says that it is a directory. */
  readonly destination: string;
  /** `user[:group]`, names or numbers, as in `chown`; empty where it is not given. */
  readonly owner: string;
  /** Octal or symbolic, as in `chmod`; empty where it is not given. */
  readonly mode: string;
  readonly exclude: readonly string[];
  /** The layer stands on nothing: what is below does not matter. */
  readonly link: boolean;
}

/** WORKDIR: a directory, and those above it, where they are missing. */
interface DirectoryStep extends StepBase {
  readonly kind: 'directory';
  readonly path: string;
  /** USER at this line; empty for root. */
  readonly owner: string;
}

export type Step = RunStep | CopyStep | DirectoryStep;

/** A line of history; one with a step is a layer. */
export interface PlanHistory {
  readonly createdBy: string;
  readonly step?: number;
}

/** An image that files come from. */
export interface PlanImage {
  readonly name: string;
  readonly platform: Platform;
  readonly title: string;
}

/**
 * What a Dockerfile comes to: every name resolved, every variable expanded, only what the target needs. Steps stand in an
 * order in which they can be done.
 */
export interface Plan {
  /** The images that are needed, in the order in which stages need them. */
  readonly images: readonly PlanImage[];
  readonly steps: readonly Step[];
  /** The files of the image. */
  readonly result: Origin;
  /** The image that the target stands on, whose history and unknown fields are kept; undefined for scratch. */
  readonly base?: { readonly name: string; readonly platform: Platform };
  readonly platform: Platform;
  readonly config: ContainerConfig;
  readonly author?: string;
  readonly history: readonly PlanHistory[];
  /** Seconds since 1970 that every new time is set to, where SOURCE_DATE_EPOCH says so. */
  readonly epoch?: number;
  /** `NAME=value` of the proxies that were given: for the environment of RUN, never for history or keys. */
  readonly proxies: readonly string[];
}
