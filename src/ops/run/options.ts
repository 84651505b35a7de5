import type { TerminalSize } from '../../runner/job.ts';
import type { RunnerChoice } from '../../runner/runner.ts';
import type { ProgramSignals } from '../../runner/signals.ts';
import type { Digest } from '../../spec/digest.ts';
import type { ReadOptions } from '../options.ts';

export type { TerminalSize } from '../../runner/job.ts';
export { ProgramSignals } from '../../runner/signals.ts';

/** What `run` takes. */
export interface RunOptions extends ReadOptions {
  /** `NAME=VALUE`, over the image's own; none when absent. */
  readonly environment?: readonly string[] | undefined;
  /** `user[:group]`, names of the image or numbers; the image's when absent. */
  readonly user?: string | undefined;
  /** An absolute path in the image, made where it is missing; the image's when absent. */
  readonly directory?: string | undefined;
  /** The program that gets the words as its arguments; empty for none. The image's when absent. */
  readonly entrypoint?: string | undefined;
  /** `HOST:PATH[:ro]`: files and directories of the host, seen at a path in the image. None when absent. */
  readonly volumes?: readonly string[] | undefined;
  /** The machine's network, or nothing but a loopback; `host` when absent. */
  readonly network?: 'host' | 'none' | undefined;
  /** What runs it; `auto` takes the first that works here, which is the default. */
  readonly runner?: RunnerChoice | undefined;
  /** Where the program's streams go: they are this process's own, with or without standard input, or kept for the result when absent. */
  readonly streams?: 'inherit' | 'output' | 'keep' | undefined;
  /**
   * Whether the program may think of a terminal (TERM), and where it inherits all streams has one of its own, as large as is
   * said in columns and rows. False when absent.
   */
  readonly terminal?: boolean | TerminalSize | undefined;
  /** Sends signals to the program; without it only `signal` ends it. */
  readonly signals?: ProgramSignals | undefined;
  /** Where an image is unpacked for the time of the run; `/var/tmp` when absent. */
  readonly temporary?: string | undefined;
}

/** What `run` answers. */
export interface RunResult {
  /** The program's exit status; 128 and the number of a signal that ended it, 126 where it cannot be started, 127 where it is not there. */
  readonly status: number;
  /** Why the program was not started, where that was seen beforehand: it is not in the image, or nothing that can be started. Null where it was. */
  readonly unstarted: string | null;
  /** The manifest of the image that was run, or that the bundle was unpacked from. */
  readonly manifest: Digest;
  /** The last of what the program wrote, up to `outputLimit` bytes as text each; null where the streams are the caller's. */
  readonly stdout: string | null;
  readonly stderr: string | null;
  readonly warnings: readonly string[];
}
