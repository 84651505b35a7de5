/** Who a program runs as. */
interface JobUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** All groups of a program: its own is among them, as with docker, so that whoever gives it up gives it up wholly. */
export const allGroups = ({ gid, additionalGids }: JobUser): readonly number[] => [
  ...new Set([gid, ...additionalGids]),
];

/** How large a terminal is; 0 where nobody knows. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A program and its world, whatever runs it. */
export interface Program {
  /** The program, looked up in PATH where it has no slash, and its arguments. */
  readonly arguments: readonly string[];
  /** `NAME=value`, complete: nothing of the caller's own is added. */
  readonly environment: readonly string[];
  /** Variables whose values are on no command line, not even for a moment. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Absolute, and without symbolic links; made where it is missing. */
  readonly directory: string;
  readonly user: JobUser;
  readonly hostname: string;
  /** The machine's network, or a loopback and nothing else. */
  readonly network: 'host' | 'none';
  /** With all capabilities and nothing hidden. */
  readonly isPrivileged: boolean;
  /** The terminal of its own, which is seen on this process's, as large as it begins; undefined for none. */
  readonly terminal: TerminalSize | undefined;
}

/** Directories that lie on one another, the lowest first, as one. */
export type Directories = readonly string[];

/** What is mounted for the run only. `target` is absolute, without symbolic links, and lies in the root. */
export type JobMount =
  | {
      readonly kind: 'bind';
      /** Directories of the host, and a path in what they are together: absolute, without symbolic links. */
      readonly from: Directories;
      readonly path: string;
      readonly target: string;
      readonly isDirectory: boolean;
      readonly isReadOnly: boolean;
      /** What is written is thrown away. */
      readonly isDiscarded: boolean;
    }
  /** `size` in bytes, 0 for no limit of its own. */
  | { readonly kind: 'tmpfs'; readonly target: string; readonly size: number; readonly isReadOnly: boolean }
  | {
      readonly kind: 'file';
      readonly target: string;
      readonly content: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** The root filesystem of a run. */
export type JobRoot =
  /** A directory that is changed in place; `stubs`, lies below it where overlayfs can, so that mount points never come into it. */
  | { readonly kind: 'directory'; readonly path: string; readonly stubs: string | undefined }
  /** What changes goes to `upper`, on overlayfs. */
  | { readonly kind: 'overlay'; readonly lower: Directories; readonly upper: string };

/** All that a runner has to know. */
export interface Job {
  readonly program: Program;
  readonly root: JobRoot;
  readonly mounts: readonly JobMount[];
  /** A directory of ours for the time of the run, on the file system of what is written. */
  readonly work: string;
}
