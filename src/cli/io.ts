import type { Platform } from '../spec/objects.ts';

/** Everything of the world that a command line touches, so that a test can be the world. */
export interface Io {
  /** What is read where a command line says `-`. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly stdinIsTerminal: boolean;
  readonly stdout: (data: string | Uint8Array) => void;
  /** Writes a stream to standard output as it is taken; a chunk need be valid only until the next. */
  readonly stdoutBytes: (bytes: AsyncIterable<Uint8Array>) => Promise<void>;
  readonly stderr: (text: string) => void;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Columns of the terminal; 0 where unknown. */
  readonly columns: number;
  /** Its rows; 0 where unknown. */
  readonly rows: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's cache directory, absolute; undefined where there is none. */
  readonly caches?: string | undefined;
  readonly now: () => Date;
  /** Ends the work of the command, which hands it to its op; an `Interruption` is the reason. */
  readonly signal?: AbortSignal;
  /** Signals go to a program that runs instead of ending the work, until the answer is called. */
  readonly passSignals?: (program: { readonly isRunning: boolean; send(name: NodeJS.Signals): boolean }) => () => void;
  /** The command that runs this command line again; absent for root, and where it cannot be run again. */
  readonly again?: readonly string[];
  readonly hostPlatform: Platform;
}
