import type { DiffID, Digest } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import type { CompressionOptions, ReadOptions, Work } from './options.ts';

/** What `build` takes; `platform` is what the image is for. */
export interface BuildOptions extends ReadOptions, CompressionOptions {
  /** The Dockerfile, which may lie outside the context; `Dockerfile` in it, `dockerfile` or `Containerfile` when absent. */
  readonly file?: string;
  /** The stage to build, by its name in any case or its number; the last when absent. */
  readonly target?: string;
  /** `NAME=VALUE` for ARG, SOURCE_DATE_EPOCH among them; none when absent. */
  readonly buildArguments?: readonly string[];
  /** `NAME=DIRECTORY`, or `NAME=oci:LAYOUT[:NAME]` and other images: what a FROM or a `from` of that name stands for. None when absent. */
  readonly contexts?: readonly string[];
  /** Layouts and archives in which images are looked for by name, before the layout that the image goes to; none when absent. */
  readonly bases?: readonly ImageOperand[];
  /** `NAME=VALUE`, each on the image's config; none when absent. */
  readonly labels?: readonly string[];
  /** `key=value`, each on the manifest; none when absent. */
  readonly annotations?: readonly string[];
  /** When the image was made: RFC 3339, or a Date; the time of its new lines of history and of what is made. SOURCE_DATE_EPOCH says it otherwise; no time is written when absent. */
  readonly created?: string | Date;
  /** Does everything but write: the result says what would be made. False when absent. */
  readonly dryRun?: boolean;
}

/** What `checkBuild` takes: what says which Dockerfile it is, and what it is evaluated with. */
export type CheckBuildOptions = Pick<BuildOptions, 'file' | 'buildArguments' | 'platform' | 'hostPlatform'> & Work;

/** What `build` answers. */
export interface BuildResult {
  readonly manifest: Digest;
  /** The config's digest. */
  readonly imageID: Digest;
  /** `LAYOUT:NAME` of every name that it has been given. */
  readonly names: readonly string[];
  /** What was done, in order: each COPY, ADD and WORKDIR of the stages that were needed. */
  readonly steps: readonly BuildStep[];
  readonly warnings: readonly string[];
}

/** One instruction that was done. */
export interface BuildStep {
  /** `[build 2/4] COPY . /app`. */
  readonly title: string;
  /** The line of the Dockerfile that it begins on. */
  readonly line: number;
  /** Null where the image has none of it: it is of a stage that files were copied from. */
  readonly layer: Descriptor | null;
  readonly diffID: DiffID | null;
}
