import type { Healthcheck } from '../spec/objects.ts';
import type { DockerfileLine } from './lines.ts';
import type { Argument, Pair } from './words.ts';

/** A command as words of its own (JSON), or as one text for the shell. */
interface CommandLine {
  readonly form: 'exec' | 'shell';
  readonly words: readonly string[];
}

/** A file that stands in the Dockerfile itself: a heredoc of COPY or ADD. */
export interface InlineFile {
  readonly name: string;
  readonly content: string;
  readonly expand: boolean;
}

/** What COPY and ADD have in common. */
export interface Transfer {
  readonly sources: readonly string[];
  readonly files: readonly InlineFile[];
  readonly destination: string;
  readonly chown: string;
  readonly chmod: string;
  readonly link: boolean;
  readonly exclude: readonly string[];
}

/** What an instruction says; texts are not expanded yet. */
export type Effect =
  | ({ readonly kind: 'cmd' | 'entrypoint' } & CommandLine)
  | ({ readonly kind: 'run'; readonly run: RunOptions } & CommandLine)
  | { readonly kind: 'env' | 'label'; readonly pairs: readonly Pair[] }
  | { readonly kind: 'arg'; readonly arguments: readonly Argument[] }
  | { readonly kind: 'expose' | 'volume' | 'shell'; readonly words: readonly string[] }
  | { readonly kind: 'user' | 'workdir' | 'stopsignal' | 'onbuild' | 'maintainer'; readonly text: string }
  | { readonly kind: 'healthcheck'; readonly healthcheck: Healthcheck }
  | { readonly kind: 'copy'; readonly transfer: Transfer; readonly from: string; readonly parents: boolean }
  | {
      readonly kind: 'add';
      readonly transfer: Transfer;
      readonly checksum: string;
      /** Whether archives are unpacked; undefined where the Dockerfile does not say. */
      readonly unpack?: boolean;
    }
  | { readonly kind: 'from'; readonly from: From };

/** `FROM [--platform=…] base [AS name]`. */
export interface From {
  readonly base: string;
  readonly platform: string;
  readonly name?: string;
  /** `AS` and the name, as they are written. */
  readonly written?: { readonly as: string; readonly name: string };
}

/** The flags of RUN. Mounts are fields in CSV, to be read when variables have their values. */
export interface RunOptions {
  readonly mounts: readonly string[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  readonly devices: readonly string[];
  /** The names of all that were given. */
  readonly flags: readonly string[];
}

/** One instruction and the line that it was read from; `keyword` is its name as written. */
export type Instruction = Effect & { readonly keyword: string; readonly line: DockerfileLine };

type HasKind<Some, Kind> = Some extends { readonly kind: infer Kinds } ? (Kind extends Kinds ? Some : never) : never;

/** An instruction of one kind. */
export type InstructionOf<Kind extends Effect['kind']> = HasKind<Instruction, Kind>;
