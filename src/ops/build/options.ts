import type { Plan } from '../../dockerfile/plan/plan.ts';
import type { RunnerChoice } from '../../runner/runner.ts';
import type { DiffID, Digest } from '../../spec/digest.ts';
import type { Descriptor } from '../../spec/objects.ts';
import type { ImageOperand } from '../../store/parse-operand.ts';
import type { CompressionOptions, ReadOptions, Work } from '../options.ts';
import type { BuildEvents } from './log.ts';

/** What is written of an image beside the layouts, or instead of them: an archive, its root filesystem as a tar, or that in a directory. */
export interface BuildOutput {
  readonly kind: 'oci' | 'docker' | 'tar' | 'local';
  readonly path: string;
  /** What the image is called in an archive. */
  readonly name?: string | undefined;
}

/** What `build` takes. */
export interface BuildOptions extends Omit<ReadOptions, 'platform'>, CompressionOptions {
  /** What the image is for, `os/arch[/variant]`; of several an index is made. `hostPlatform` when absent. */
  readonly platforms?: readonly string[] | undefined;
  /** The Dockerfile, which may lie outside a context that is a directory; `Dockerfile` in it, `dockerfile` or `Containerfile` when absent. */
  readonly file?: string | undefined;
  /** The text of the Dockerfile itself; it is read from `file` when absent. */
  readonly dockerfile?: string | undefined;
  /** The stage to build, by its name in any case or its number; the last when absent. */
  readonly target?: string | undefined;
  /** `NAME=VALUE` for ARG, SOURCE_DATE_EPOCH among them; none when absent. */
  readonly buildArguments?: readonly string[] | undefined;
  /** `NAME=DIRECTORY`, or `NAME=oci:LAYOUT[:NAME]` and other images: what a FROM or a `from` of that name stands for. None when absent. */
  readonly contexts?: readonly string[] | undefined;
  /** Layouts and archives in which images are looked for by name, before the layout that the image goes to; none when absent. */
  readonly bases?: readonly ImageOperand[] | undefined;
  /** `NAME=VALUE`, each on the image's config; none when absent. */
  readonly labels?: readonly string[] | undefined;
  /** `key=value`, each on the manifest; `index:`, `manifest-descriptor[os/arch]:` and so on before it say what else it is on, as buildx has it. None when absent. */
  readonly annotations?: readonly string[] | undefined;
  /** When the image was made: RFC 3339, or a Date; the time of its new lines of history and of what is made. SOURCE_DATE_EPOCH says it otherwise, and no file of a new layer is younger than that. As `now` says when absent. */
  readonly created?: string | Date | undefined;
  /** The same, but only for what is made anew: what is found in the cache keeps the time that it was made. No time is written when absent. */
  readonly now?: string | Date | undefined;
  /** Layouts and archives in which steps are looked for that have been done before, after the layout that the image goes to; none when absent. */
  readonly cacheFrom?: readonly ImageOperand[] | undefined;
  /** The layout that is told what was done; the one that the image goes to when absent. */
  readonly cacheTo?: ImageOperand | undefined;
  /** Every step is done anew. False when absent. */
  readonly noCache?: boolean | undefined;
  /** Stages whose steps are done anew, by their names; none when absent. */
  readonly noCacheStages?: readonly string[] | undefined;
  /** Whether an SPDX document of the packages in the image is attached to it, as BuildKit does. False when absent. */
  readonly sbom?: boolean | undefined;
  /** Whether it is said beside the image what it was built of (SLSA 1.0): `min` the images that files came from, `max` the arguments, the Dockerfile and its steps as well. Nothing when absent. */
  readonly provenance?: 'min' | 'max' | undefined;
  /** What else is written of the image; nothing when absent. */
  readonly output?: BuildOutput | undefined;
  /** A file for the image ID (the config's digest; of several platforms the index's); none when absent. */
  readonly iidFile?: string | undefined;
  /** A file for what buildx says of a build, in JSON; none when absent. */
  readonly metadataFile?: string | undefined;
  /** Who is told what begins and ends, as it does: an array, or anything else with `push`. Nobody when absent. */
  readonly events?: BuildEvents | undefined;
  /** What runs RUN; `auto` takes the first that works here, which is the default; with `none` only what a cache has. */
  readonly runner?: RunnerChoice | undefined;
  /** What RUN reaches where it says nothing of it: the machine's network, or nothing but a loopback; `host` when absent. */
  readonly network?: 'host' | 'none' | undefined;
  /** `NAME:ADDRESS`, each a line of /etc/hosts as RUN sees it, which is a part of no layer and no key; none when absent. */
  readonly hosts?: readonly string[] | undefined;
  /** How many steps are done at once at most, of stages that do not need one another, 0 for all that can be; 4 when absent. */
  readonly jobs?: number | undefined;
  /** How many bytes /dev/shm holds for RUN; 64 MiB when absent. */
  readonly sharedMemory?: number | undefined;
  /** What `RUN --mount=type=secret` has; none when absent. */
  readonly secrets?: readonly BuildSecret[] | undefined;
  /** What `RUN --mount=type=ssh` has; none when absent. */
  readonly agents?: readonly BuildAgent[] | undefined;
  /** The directory in which `RUN --mount=type=cache` keeps its caches; they are gone after the build when absent. */
  readonly mountCache?: string | undefined;
  /** The directory in which it is kept what files of contexts are, what is in layers of bases, and what RUN stood on, unpacked, so that what is as it was is not read again; all is read when absent. */
  readonly contextCache?: string | undefined;
  /** The directory for what goes through an image that is in no layout: of a dry run, or of an output that is a pipe or an open file. `/var/tmp` when absent. */
  readonly temporary?: string | undefined;
  /** Does everything but write, what no cache has of RUN as well: the result says what would be made. False when absent. */
  readonly dryRun?: boolean | undefined;
}

/** Those options that are about RUN, and where it happens. */
export type BuildRunOption =
  | 'runner'
  | 'network'
  | 'hosts'
  | 'sharedMemory'
  | 'jobs'
  | 'secrets'
  | 'agents'
  | 'mountCache'
  | 'temporary';

/** A secret, which is in no layer, no key and no history: the contents of a file, or the value itself. */
export interface BuildSecret {
  readonly id: string;
  readonly file?: string | undefined;
  readonly value?: string | undefined;
}

/** The socket of an agent that holds keys of ssh. */
export interface BuildAgent {
  readonly id: string;
  readonly socket: string;
}

/** What `checkBuild` takes: what says which Dockerfile it is, and what it is evaluated with. */
export interface CheckBuildOptions
  extends Pick<BuildOptions, 'file' | 'dockerfile' | 'buildArguments' | 'hostPlatform'>,
    Work {
  /** What the image would be for, `os/arch[/variant]`; `hostPlatform` when absent. */
  readonly platform?: string | undefined;
}

/** What `build` answers. */
export interface BuildResult {
  /** Of the image; of the index where there are several platforms. */
  readonly manifest: Digest;
  /** `LAYOUT:NAME` of every name that it has been given. */
  readonly names: readonly string[];
  /** One a platform. */
  readonly images: readonly BuiltImage[];
  readonly warnings: readonly string[];
}

export interface BuiltImage {
  readonly platform: string;
  readonly manifest: Digest;
  /** The config's digest. */
  readonly imageID: Digest;
  /** What was done, in order: each COPY, ADD, RUN and WORKDIR of the stages that were needed. */
  readonly steps: readonly BuildStep[];
  /** What the Dockerfile comes to; of a dry run only. */
  readonly plan?: Plan;
}

/** One instruction that was done. */
export interface BuildStep {
  /** `[build 2/4] COPY . /app`. */
  readonly title: string;
  readonly stage: string;
  /** The line of the Dockerfile that it begins on. */
  readonly line: number;
  /** What its layer is found by in a cache; null where nothing was looked for, since it is of a stage that files were copied from. */
  readonly key: Digest | null;
  /** Whether its layer was found; null as `key`. */
  readonly cached: boolean | null;
  /** Null as `key`. */
  readonly layer: Descriptor | null;
  readonly diffID: DiffID | null;
}
