import type { Platform } from '../spec/objects.ts';

/** Everything of the world that a command line touches, so that a test can be the world. */
export interface Io {
  /** What is read where a command line says `-`. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly stdout: (data: string | Uint8Array) => void;
  readonly stderr: (text: string) => void;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Columns of the terminal; 0 where unknown. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly hostPlatform: Platform;
}
